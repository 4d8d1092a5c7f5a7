//! A browser's manners without a browser: cookies, forms, no redirects followed unasked.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, header};
use ceptoar_portal::platform::security::form_token::FormToken;
use ceptoar_portal::platform::security::token::Token;
use scraper::{Html, Selector};
use tower::ServiceExt;

/// One visitor with a cookie jar.
#[derive(Debug, Clone)]
pub struct Client {
    router: Router,
    cookies: BTreeMap<String, String>,
    /// Sent with every request.
    pub headers: Vec<(&'static str, String)>,
    /// The name that the portal is asked by.
    pub host: String,
    /// Where the visitor comes from.
    pub address: SocketAddr,
    /// Whether forms carry the token that the portal gave this browser; tests of the token switch it off.
    pub sends_token: bool,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Client {
    pub fn new(router: Router) -> Self {
        let address = SocketAddr::from(([192, 0, 2, 1], 40000));
        Self {
            router,
            cookies: BTreeMap::new(),
            headers: Vec::new(),
            host: "127.0.0.1:8080".into(),
            address,
            sends_token: true,
        }
    }

    /// The same visitor reading English.
    pub fn in_english(mut self) -> Self {
        self.cookies.insert("portal_language".into(), "en".into());
        self
    }

    /// The same visitor, cookies and all, before another portal over the same database.
    pub fn turn_to(&mut self, router: Router) {
        self.router = router;
    }

    /// Holds a cookie that no answer set.
    pub fn hold(&mut self, name: &str, value: String) {
        self.cookies.insert(name.to_owned(), value);
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    /// Posts a form. A field may come several times.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.send(Method::POST, path, Some(body)).await
    }

    /// Posts a form with a file, as a browser does: the token first, then the fields, then the file.
    pub async fn upload(&mut self, path: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Reply {
        let token = self.form_token();
        let token = [("form_token", token.as_str())];
        let fields = token.iter().filter(|_| self.sends_token).chain(fields);
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--b7\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head = "--b7\r\nContent-Disposition: form-data; name=\"file\"; filename=\"";
        let kind = "\"\r\nContent-Type: application/octet-stream\r\n\r\n";
        body.extend_from_slice([head, file.0, kind].concat().as_bytes());
        body.extend_from_slice(file.1);
        body.extend_from_slice(b"\r\n--b7--\r\n");
        self.send_body(Method::POST, path, Some(("multipart/form-data; boundary=b7", body))).await
    }

    /// Sends a form of a page as a browser does: its own fields as they stand there, token and all, with what is
    /// typed into it. Nothing is added that the page does not hold.
    pub async fn press(&mut self, page: &Reply, form: &str, typed: &[(&str, &str)]) -> Reply {
        let (action, fields) = {
            let html = Html::parse_document(&page.body);
            let form = html.select(&Selector::parse(form).expect("a selector")).next().expect("the form");
            let input = Selector::parse("input[name]").expect("a selector");
            let known = |name: &str| typed.iter().any(|(typed, _)| *typed == name);
            let fields: Vec<(String, String)> = form
                .select(&input)
                // A browser sends of boxes and radios those that are chosen.
                .filter(|e| !matches!(e.attr("type"), Some("checkbox" | "radio")) || e.attr("checked").is_some())
                .filter_map(|e| Some((e.attr("name")?.to_owned(), e.attr("value").unwrap_or_default().to_owned())))
                .filter(|(name, _)| !known(name))
                // Line ends are sent as the standard of forms says.
                .map(|(name, value)| (name, value.replace("\r\n", "\n").replace('\n', "\r\n")))
                .collect();
            (form.attr("action").expect("an action").to_owned(), fields)
        };
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(fields).extend_pairs(typed).finish();
        let usual = std::mem::replace(&mut self.sends_token, false);
        let reply = self.send(Method::POST, &action, Some(body)).await;
        self.sends_token = usual;
        reply
    }

    /// The token that the forms of this visitor's pages carry. A visitor who saw no page yet gets a visit.
    pub fn form_token(&mut self) -> String {
        let known = ["__Host-portal_session", "portal_session", "__Host-portal_visit", "portal_visit"];
        let held = known.iter().find_map(|name| self.cookies.get(*name).cloned());
        let secret = held.unwrap_or_else(|| {
            let visit = "5e".repeat(32);
            for name in ["__Host-portal_visit", "portal_visit"] {
                self.cookies.insert(name.into(), visit.clone());
            }
            visit
        });
        Token::parse(&secret).map(|secret| FormToken::of(&secret).value().to_owned()).unwrap_or_default()
    }

    /// A cookie of the jar.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Puts a cookie into the jar.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub async fn send(&mut self, method: Method, path: &str, form: Option<String>) -> Reply {
        let form = match form {
            Some(form) if self.sends_token => Some(format!("{form}&form_token={}", self.form_token())),
            other => other,
        };
        let body = form.map(|form| ("application/x-www-form-urlencoded", form.into_bytes()));
        self.send_body(method, path, body).await
    }

    async fn send_body(&mut self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some((kind, _)) = &body {
            request = request.header(header::CONTENT_TYPE, *kind);
        }
        let body = body.map_or_else(Body::empty, |(_, body)| Body::from(body));
        let mut request = request.body(body).expect("a request");
        request.extensions_mut().insert(ConnectInfo(self.address));
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.remember(cookie.to_str().expect("a cookie"));
        }
        let bytes = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Reply { status: parts.status.as_u16(), headers: parts.headers, body, bytes }
    }

    fn remember(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("a cookie pair");
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Reply {
    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|l| l.to_str().ok()).unwrap_or_default()
    }

    /// The text of every element that matches a CSS selector, white space folded.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector");
        Html::parse_document(&self.body)
            .select(&selector)
            .map(|e| e.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// The values of every field that matches a CSS selector.
    pub fn values(&self, selector: &str) -> Vec<String> {
        self.attributes(selector, "value")
    }

    /// An attribute of what a selector finds.
    pub fn attributes(&self, selector: &str, attribute: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector");
        let page = Html::parse_document(&self.body);
        page.select(&selector).filter_map(|e| e.attr(attribute)).map(str::to_owned).collect()
    }

    /// Where every link leads that matches a CSS selector.
    pub fn hrefs(&self, selector: &str) -> Vec<String> {
        self.attributes(selector, "href")
    }

    /// The body without what differs between two answers to the same request.
    pub fn without_request_id(&self) -> String {
        let id = self.headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        self.body.replace(id, "REQUEST")
    }

    /// The JSON of the body.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).expect("JSON")
    }
}
