//! One error type at the edge. Causes go to the log, once; visitors get plain words and a request id.

use std::time::Duration;

use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::frame::{Chrome, Frame};
use super::page::Page;
use super::state::AppState;
use crate::kernel::language::Language;
use crate::platform::db;
use crate::platform::files::store::StoreError;

/// In how many seconds it is worth asking a portal again whose database was out of reach.
const SOON: &str = "10";

/// What can go wrong with a request.
#[derive(Debug)]
pub enum WebError {
    /// No such thing, or not for this viewer: the same answer, on purpose.
    NotFound,
    /// Somebody has to sign in first; then the page asked for is shown.
    SignInFirst {
        /// The path asked for.
        return_to: String,
    },
    /// The session ended while a form was being filled in.
    SessionOver,
    /// The viewer may know the thing, but not do this to it.
    Refused(Said),
    /// The thing has changed meanwhile, so this can no longer be done.
    Conflict(Said),
    /// Too many requests, or too much of something else that is said; how long to wait.
    TooMany(Duration, Option<Said>),
    /// The request itself is not understood.
    BadRequest,
    /// The database is out of reach.
    Unavailable(anyhow::Error),
    /// Our mistake.
    Internal(anyhow::Error),
}

/// What is said about a refusal or a conflict, in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// In Japanese.
    pub ja: &'static str,
    /// In English.
    pub en: &'static str,
}

impl From<sqlx::Error> for WebError {
    fn from(error: sqlx::Error) -> Self {
        if db::is_unreachable(&error) {
            Self::Unavailable(error.into())
        } else if db::is_nonsense(&error) {
            Self::BadRequest
        } else {
            Self::Internal(error.into())
        }
    }
}

impl From<anyhow::Error> for WebError {
    fn from(error: anyhow::Error) -> Self {
        // A database that is gone is no fault of ours, however many hands the error went through.
        match error.downcast::<sqlx::Error>() {
            Ok(database) => database.into(),
            Err(error) => Self::Internal(error),
        }
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Database(error) => error.into(),
            StoreError::Seal(error) => Self::Internal(error.into()),
        }
    }
}

/// Marks an answer for [`error_pages`] to dress.
#[derive(Debug, Clone, Copy)]
struct Undressed(Option<Said>);

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let mut unavailable = false;
        let (status, said) = match self {
            Self::SignInFirst { return_to } => {
                let query = serde_urlencoded(&return_to);
                return Redirect::to(&format!("/sign-in?return_to={query}")).into_response();
            }
            Self::SessionOver => (StatusCode::UNAUTHORIZED, None),
            Self::NotFound => (StatusCode::NOT_FOUND, None),
            Self::Refused(said) => (StatusCode::FORBIDDEN, Some(said)),
            Self::Conflict(said) => (StatusCode::CONFLICT, Some(said)),
            Self::TooMany(wait, said) => {
                let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
                let wait = [(header::RETRY_AFTER, HeaderValue::from(seconds))];
                let mut response = (StatusCode::TOO_MANY_REQUESTS, wait).into_response();
                response.extensions_mut().insert(Undressed(said));
                return response;
            }
            Self::BadRequest => (StatusCode::BAD_REQUEST, None),
            Self::Unavailable(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "database out of reach");
                unavailable = true;
                (StatusCode::SERVICE_UNAVAILABLE, None)
            }
            Self::Internal(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, None)
            }
        };
        let mut response = status.into_response();
        if unavailable {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(SOON));
        }
        response.extensions_mut().insert(Undressed(said));
        response
    }
}

/// Percent-encodes a path for a query string.
fn serde_urlencoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
        out
    })
}

#[derive(Template)]
#[template(path = "layout/error.html")]
struct ErrorPage {
    chrome: Chrome,
    heading: &'static str,
    text: &'static str,
    remedy: &'static str,
}

/// Dresses bare error answers (ours, the router's 404 and 405, the limits' 408 and 413) as a page,
/// or as JSON where that was asked for.
pub async fn error_pages(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(frame) = Frame::from_request_parts(&mut parts, &state).await;
    let wants_json = parts.uri.path().ends_with(".json")
        || parts.headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    let response = next.run(Request::from_parts(parts, body)).await;
    let status = response.status();
    let dressed =
        response.headers().contains_key(header::CONTENT_TYPE) && response.extensions().get::<Undressed>().is_none();
    let plain = response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/plain"));
    if !(status.is_client_error() || status.is_server_error()) || (dressed && !plain) {
        return response;
    }
    let said = response.extensions().get::<Undressed>().and_then(|u| u.0);
    let (heading, text, remedy) = wording(status, said, frame.language);
    if wants_json {
        let body = serde_json::json!({ "error": text, "request_id": frame.request_id });
        return keeping(&response, (status, axum::Json(body)).into_response());
    }
    let page = ErrorPage { chrome: frame.chrome(heading, &[frame.home()]), heading, text, remedy };
    keeping(&response, (status, Page(page)).into_response())
}

/// The dressed answer with what the bare one said to programs.
fn keeping(bare: &Response, mut dressed: Response) -> Response {
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = bare.headers().get(&name) {
            dressed.headers_mut().insert(name, value.clone());
        }
    }
    dressed
}

/// Heading, text and remedy of an error page.
fn wording(status: StatusCode, said: Option<Said>, language: Language) -> (&'static str, &'static str, &'static str) {
    let pick = |ja, en| language.pick(ja, en);
    let said = |ja, en| said.map_or(language.pick(ja, en), |s| language.pick(s.ja, s.en));
    match status {
        StatusCode::NOT_FOUND => (
            pick("ページが見つかりません", "Page not found"),
            pick("お探しのページは存在しないか、ご覧になれません。", "The page does not exist, or is not for you."),
            pick(
                "アドレスをお確かめになるか、メニューからお探しください。",
                "Check the address, or look for it from a list.",
            ),
        ),
        StatusCode::UNAUTHORIZED => (
            pick("サインインの有効時間が切れました", "Your session has ended"),
            pick(
                "しばらく操作がなかったため、送信した内容はまだ保存されていません。",
                "There was no activity for a while, and what you sent is not saved yet.",
            ),
            pick(
                "別のタブでサインインしてから、このページを再読み込みしてください。入力した内容がもう一度送信されます。",
                "Sign in in another tab, then reload this page: what you typed will be sent again.",
            ),
        ),
        StatusCode::FORBIDDEN => (
            pick("この操作はできません", "Not allowed"),
            said("この操作は許可されていません。", "You may not do this."),
            pick("前のページに戻ってください。", "Go back to the page before."),
        ),
        StatusCode::CONFLICT => (
            pick("すでに状況が変わっています", "Things have changed"),
            said("ほかの操作と重なりました。", "Another action came first."),
            pick("最新のページを開いて、ご確認ください。", "Open the page anew and look at its present state."),
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            pick("この操作はできません", "Not possible"),
            pick("このアドレスではその操作を受け付けていません。", "This address does not take that kind of request."),
            pick("前のページに戻ってください。", "Go back to the page before."),
        ),
        StatusCode::TOO_MANY_REQUESTS => (
            pick("しばらくお待ちください", "Please wait"),
            said(
                "短い時間に多くの操作があったため、一時的に受け付けを止めています。",
                "There were many requests in a short time, so the portal takes no more for a moment.",
            ),
            pick("しばらく待ってから、もう一度お試しください。", "Wait a while and try again."),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            pick("送信した内容が大きすぎます", "Too large"),
            pick("送信できる大きさを超えています。", "What was sent is larger than the portal takes."),
            pick(
                "文章を短くするか、ファイルを小さくして、もう一度お送りください。",
                "Shorten the text or make the file smaller, and send it again.",
            ),
        ),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT => (
            pick("ただいま利用できません", "Not available just now"),
            pick(
                "システムが一時的に応答できません。入力内容は保存されていません。",
                "The system cannot answer for the moment. Nothing was saved.",
            ),
            pick("少し待ってから、もう一度お試しください。", "Wait a little and try again."),
        ),
        status if status.is_client_error() => (
            pick("内容を読み取れませんでした", "Not understood"),
            pick("送信された内容に誤りがあります。", "Something in the request is wrong."),
            pick("前のページに戻って、もう一度お試しください。", "Go back and try again."),
        ),
        _ => (
            pick("エラーが発生しました", "Something went wrong"),
            pick(
                "システム側の問題で処理を完了できませんでした。",
                "The portal could not finish this, through a fault of its own.",
            ),
            pick(
                "もう一度お試しになり、続くときは下の番号を添えてお問い合わせください。",
                "Try again; if it goes on, tell us the number below.",
            ),
        ),
    }
}
