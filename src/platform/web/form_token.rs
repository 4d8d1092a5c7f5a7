//! The token in every form: a request that changes something shows that its form came from a page of ours,
//! given to this very browser. It stands beside the check of where a request comes from (Fetch-Metadata, `Origin`),
//! and holds where a browser sends neither.
//!
//! A token is derived from a secret that the browser keeps in a cookie: its session, or for strangers a visit. So
//! nothing is stored, any process can check it, and it ends with the session.

use std::fmt;
use std::sync::Arc;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;

use super::cookies;
use super::frame::{Chrome, Frame};
use super::page::Page;
use super::routes::RouteTable;
use super::state::AppState;
use crate::platform::security::form_token::{FIELD, FormToken, HEADER};
use crate::platform::security::token::Token;

crate::words! {
    /// Words of the page for a form that is too old.
    pub struct TooOldWords {
        title: "画面が古くなっています" / "This form is too old",
        kept: "画面を開いてから時間がたったか、別のタブでサインインし直したため、まだ保存していません。入力した内容は残っています。" / "The page was opened a while ago, or you signed in again in another tab, so nothing was saved yet. What you typed is still here.",
        again: "もう一度送信する" / "Send it again",
        not_kept: "画面を開いてから時間がたったか、別のタブでサインインし直したため、まだ何も保存していません。" / "The page was opened a while ago, or you signed in again in another tab, so nothing was saved.",
        remedy: "前のページに戻り、再読み込みしてから、もう一度入力してください。" / "Go back, reload the page, and fill it in again.",
    }
}

/// What the check needs to know.
#[derive(Debug)]
pub struct Checked<R> {
    /// What handlers share.
    pub state: AppState,
    /// The declared routes: everything else is answered by the router with 404 or 405.
    pub routes: Arc<RouteTable<R>>,
    /// Paths whose forms stand on pages that are the same for everybody, and that change nothing but a choice of
    /// the browser itself.
    pub without: &'static [&'static str],
}

impl<R> Clone for Checked<R> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), routes: self.routes.clone(), without: self.without }
    }
}

/// The secret that this browser holds: its session's, else its visit's.
fn held(headers: &HeaderMap, over_tls: bool) -> Option<Token> {
    let jar = CookieJar::from_headers(headers);
    [cookies::session_name(over_tls), cookies::visit_name(over_tls)]
        .into_iter()
        .find_map(|name| Token::parse(jar.get(name)?.value()))
}

/// Gives every request the token that the forms of its answer will carry, and a stranger's browser a visit to
/// derive it from.
pub async fn hand_out(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let over_tls = state.config.over_tls();
    let known = held(request.headers(), over_tls);
    let visit = if known.is_none() { Token::random().ok() } else { None };
    if let Some(secret) = known.as_ref().or(visit.as_ref()) {
        request.extensions_mut().insert(FormToken::of(secret));
    }
    let mut response = next.run(request).await;
    if let Some(visit) = visit
        && is_somebodys_page(response.headers())
        && let Ok(cookie) = HeaderValue::from_str(&cookies::visit(visit.reveal(), over_tls).to_string())
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Pages that caches may keep are everybody's, and have no form that needs a token.
fn is_somebodys_page(headers: &HeaderMap) -> bool {
    let starts = |name, with: &[u8]| headers.get(name).is_some_and(|value| value.as_bytes().starts_with(with));
    starts(header::CONTENT_TYPE, b"text/html") && !starts(header::CACHE_CONTROL, b"public")
}

/// Refuses what would change something and does not carry the token; takes the token out for the handler.
pub async fn verify<R: Copy + Send + Sync + 'static>(
    State(checked): State<Checked<R>>,
    request: Request,
    next: Next,
) -> Response {
    let declared = request.extensions().get::<MatchedPath>().is_some_and(|path| {
        checked.routes.rule(request.method(), path.as_str()).is_some() && !checked.without.contains(&path.as_str())
    });
    if request.method().is_safe() || !declared {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let body = match Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await {
        Ok(body) => body,
        Err(too_large_or_broken) => return too_large_or_broken.into_response(),
    };
    let form = Form::parse(&parts.headers, &body);
    let shown = parts.headers.get(HEADER).map(HeaderValue::as_bytes).or(form.token);
    let good = held(&parts.headers, checked.state.config.over_tls())
        .zip(shown)
        .is_some_and(|(secret, shown)| FormToken::is_of(&secret, shown));
    if !good {
        let Ok(frame) = Frame::from_request_parts(&mut parts, &checked.state).await;
        return refuse(&frame, &parts.headers, &form);
    }
    let body = form.rest.map_or(body, Bytes::from);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// What was sent, as far as it is a form.
struct Form<'a> {
    token: Option<&'a [u8]>,
    /// The body without the token; `None` where it is no form.
    rest: Option<Vec<u8>>,
}

impl<'a> Form<'a> {
    fn parse(headers: &HeaderMap, body: &'a [u8]) -> Self {
        let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        if kind.to_ascii_lowercase().starts_with(b"multipart/form-data") {
            return Self { token: token_of_parts(kind, body), rest: None };
        }
        if !kind.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded") {
            return Self { token: None, rest: None };
        }
        let mut token = None;
        let mut rest: Vec<&[u8]> = Vec::new();
        for pair in body.split(|b| *b == b'&') {
            match pair.strip_prefix(FIELD.as_bytes()).and_then(|value| value.strip_prefix(b"=")) {
                Some(value) => token = token.or(Some(value)),
                None => rest.push(pair),
            }
        }
        Self { token, rest: Some(rest.join(&b'&')) }
    }

    /// What can be shown to be sent again: nothing if it holds a secret, which no page may repeat.
    fn kept(&self) -> Vec<(String, String)> {
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(self.rest.as_deref().unwrap_or_default()).into_owned().collect();
        if pairs.iter().any(|(name, _)| is_secret(name)) { Vec::new() } else { pairs }
    }
}

/// Whether a field's value must never be sent back, so that no page that keeps a form may hold it.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    ["password", "code", "secret", "token", "key", "credential"].iter().any(|word| name.contains(word))
}

/// The token of a form with files. It is the first part, since it stands right behind the opening tag of every form;
/// the rest is not looked at, and the handler passes that part over.
fn token_of_parts<'a>(kind: &[u8], body: &'a [u8]) -> Option<&'a [u8]> {
    let kind = std::str::from_utf8(kind).ok()?;
    let boundary = kind.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?.trim_matches('"');
    let rest = body.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?.strip_prefix(b"\r\n")?;
    let head = format!("content-disposition: form-data; name=\"{FIELD}\"\r\n\r\n");
    let (found, rest) = rest.split_at_checked(head.len())?;
    if !found.eq_ignore_ascii_case(head.as_bytes()) {
        return None;
    }
    let end = rest.iter().position(|byte| *byte == b'\r')?;
    rest.get(..end)
}

/// A field of the form that is shown again, hidden.
struct Kept {
    name: String,
    value: String,
}

#[derive(Template)]
#[template(path = "layout/too_old.html")]
struct TooOldPage {
    chrome: Chrome,
    w: &'static TooOldWords,
    action: String,
    kept: Vec<Kept>,
}

/// Says that the form is too old, and keeps what was typed.
fn refuse(frame: &Frame, headers: &HeaderMap, form: &Form<'_>) -> Response {
    let w = TooOldWords::of(frame.language);
    if headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json") {
        let body = serde_json::json!({ "error": w.not_kept, "request_id": frame.request_id });
        return (StatusCode::FORBIDDEN, axum::Json(body)).into_response();
    }
    let kept = if is_from_here(headers) { form.kept() } else { Vec::new() };
    let page = TooOldPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        action: frame.path.clone(),
        kept: kept.into_iter().map(|(name, value)| Kept { name, value }).collect(),
    };
    (StatusCode::FORBIDDEN, Page(page)).into_response()
}

/// Whether the browser vouches that a page of ours sent this. What a stranger's page put together must not
/// be offered for sending.
fn is_from_here(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin")
}

impl fmt::Debug for Form<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urlencoded() -> HeaderMap {
        HeaderMap::from_iter([(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"),
        )])
    }

    #[test]
    fn the_handler_never_sees_the_token() {
        let form = Form::parse(&urlencoded(), b"a=1&form_token=abc&b=2&form_token=def&form_tokens=3");
        assert_eq!(form.token, Some(&b"abc"[..]));
        assert_eq!(form.rest.as_deref(), Some(&b"a=1&b=2&form_tokens=3"[..]));
        let other = Form::parse(&HeaderMap::new(), b"form_token=abc");
        assert!(other.token.is_none() && other.rest.is_none());
    }

    #[test]
    fn a_form_with_files_carries_its_token_in_front() {
        let kind = "multipart/form-data; boundary=\"x-y\"";
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
        let part =
            |name: &str| format!("--x-y\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nabc\r\n--x-y--");
        assert_eq!(Form::parse(&headers, part("form_token").as_bytes()).token, Some(&b"abc"[..]));
        for other in [part("file"), part("form_token\"; filename=\"x"), String::new(), "--x-y\r\n".into()] {
            let form = Form::parse(&headers, other.as_bytes());
            assert!(form.token.is_none() && form.rest.is_none(), "{other}");
        }
    }

    #[test]
    fn secrets_are_not_repeated() {
        assert_eq!(Form::parse(&urlencoded(), b"title=x&form_token=y").kept().len(), 1);
        for secret in ["password", "new_password", "code", "recovery_code"] {
            assert!(Form::parse(&urlencoded(), format!("title=x&{secret}=y").as_bytes()).kept().is_empty());
        }
    }
}
