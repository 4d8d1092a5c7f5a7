//! The sign-in page, the demonstration's one-click sign-ins, and signing out.

use std::net::IpAddr;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use secrecy::SecretString;

use crate::features::access::Viewer;
use crate::features::access::web::MaybeViewer;
use crate::features::accounts::demonstration::{self, DemonstrationAccount};
use crate::features::accounts::sign_in::{self, Answer, Attempt};
use crate::features::accounts::store;
use crate::kernel::language::Label;
use crate::platform::audit::{self, Event, Outcome};
use crate::platform::web::cookies;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::ClientAddress;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::language::local_path;
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the sign-in page.
    pub struct SignInWords {
        title: "サインイン" / "Sign in",
        name: "利用者名" / "User name",
        password: "パスワード" / "Password",
        show_password: "パスワードを表示" / "Show password",
        submit: "サインインする" / "Sign in",
        unknown: "利用者名またはパスワードが違います。大文字・小文字や全角・半角をお確かめください。" / "User name or password is wrong. Check upper and lower case, and whether Caps Lock is on.",
        too_many: "サインインの試行が続いたため、しばらく受け付けられません。15分ほど待ってからお試しください。お急ぎのときは事務局に電話でご連絡ください。" / "Too many attempts. Please wait about 15 minutes. If it is urgent, telephone your secretariat.",
        help: "サインインできないときは、所属するセプターの事務局にお問い合わせください。" / "If you cannot sign in, ask the secretariat of your CEPTOAR.",
        return_note: "サインインすると、ご覧になろうとしたページに進みます。" / "After signing in you will go on to the page you asked for.",
        demo_heading: "デモンストレーション用サインイン" / "Demonstration sign-ins",
        demo_note: "役割を選ぶと、パスワードなしでサインインします。実在の人や組織の窓口ではありません。" / "Choose a role to sign in without a password. None of these people or windows is real.",
        demo_as: "この役割でサインイン" / "Sign in as this",
        demo_password: "パスワードでサインインする場合(全員共通):" / "To sign in with a password (the same for all):",
        role: "役割" / "Role",
        organisation: "所属・できること" / "Place and task",
        signed_out: "サインアウトしました。" / "You have signed out.",
    }
}

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct SignInPage {
    chrome: Chrome,
    w: &'static SignInWords,
    name: String,
    error: &'static str,
    return_to: String,
    demonstration: Vec<DemonstrationRow>,
    demonstration_password: &'static str,
}

struct DemonstrationRow {
    account: &'static DemonstrationAccount,
    role: &'static str,
    title: &'static str,
}

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
pub struct SignInQuery {
    #[serde(default)]
    return_to: String,
    #[serde(default)]
    signed_out: Option<String>,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    MaybeViewer(viewer): MaybeViewer,
    frame: Frame,
    Query(query): Query<SignInQuery>,
) -> Response {
    if viewer.is_some() {
        return Redirect::to(local_path(&query.return_to)).into_response();
    }
    let mut page = page(&state, &frame, String::new(), "", query.return_to);
    if query.signed_out.is_some() {
        page.chrome = page.chrome.with_flash("success", page.w.signed_out);
    }
    Page(page).into_response()
}

fn page(state: &AppState, frame: &Frame, name: String, error: &'static str, return_to: String) -> SignInPage {
    let w = SignInWords::of(frame.language);
    let accounts: &[DemonstrationAccount] =
        if state.config.is_demonstration() { &demonstration::ACCOUNTS } else { &[] };
    let row = |account: &'static DemonstrationAccount| DemonstrationRow {
        role: account.role.label(frame.language),
        title: frame.language.pick(account.ja, account.en),
        account,
    };
    SignInPage {
        chrome: frame.chrome(w.title, &[("/", frame.language.pick("ホーム", "Home"))]),
        w,
        name,
        error,
        return_to,
        demonstration: accounts.iter().map(row).collect(),
        demonstration_password: demonstration::PASSWORD,
    }
}

/// The form.
#[derive(Debug, serde::Deserialize)]
pub struct SignInForm {
    name: String,
    password: SecretString,
    #[serde(default)]
    return_to: String,
}

/// Signs in, or says that it did not work.
pub async fn post(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    jar: CookieJar,
    frame: Frame,
    Form(form): Form<SignInForm>,
) -> Result<Response, WebError> {
    let attempt = Attempt {
        name: form.name.chars().take(200).collect(),
        password: form.password,
        address: network(address),
        request_id: frame.request_id.clone(),
    };
    let demonstration = state.config.is_demonstration();
    let w = SignInWords::of(frame.language);
    let (status, error) =
        match sign_in::sign_in(&state.db, &state.hasher, demonstration, state.clock.now(), attempt).await? {
            Answer::Welcome(token) => {
                let cookie = cookies::session(token.reveal(), state.config.over_tls());
                return Ok((jar.add(cookie), Redirect::to(local_path(&form.return_to))).into_response());
            }
            Answer::Unknown => (StatusCode::UNPROCESSABLE_ENTITY, w.unknown),
            Answer::TooMany => (StatusCode::TOO_MANY_REQUESTS, w.too_many),
        };
    Ok((status, Page(page(&state, &frame, form.name, error, form.return_to))).into_response())
}

/// One IPv6 customer has a whole /64; one IPv4 address is one counter.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let s = v6.segments();
            IpAddr::V6(std::net::Ipv6Addr::new(s[0], s[1], s[2], s[3], 0, 0, 0, 0))
        }
    }
}

/// The one-click form.
#[derive(Debug, serde::Deserialize)]
pub struct DemonstrationForm {
    name: String,
    #[serde(default)]
    return_to: String,
}

/// Signs in without a password, in the demonstration alone.
pub async fn post_demonstration(
    State(state): State<AppState>,
    jar: CookieJar,
    frame: Frame,
    Form(form): Form<DemonstrationForm>,
) -> Result<Response, WebError> {
    if !state.config.is_demonstration() {
        return Err(WebError::NotFound);
    }
    let now = state.clock.now();
    let token = sign_in::sign_in_to_demonstration(&state.db, now, &form.name, &frame.request_id).await?;
    let token = token.ok_or(WebError::NotFound)?;
    let cookie = cookies::session(token.reveal(), state.config.over_tls());
    Ok((jar.add(cookie), Redirect::to(local_path(&form.return_to))).into_response())
}

/// Ends the session, here and in the database.
pub async fn post_sign_out(
    State(state): State<AppState>,
    viewer: Viewer,
    jar: CookieJar,
    frame: Frame,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    store::end_session(&mut tx, viewer.session_id, now).await?;
    audit::record(
        &mut tx,
        Event {
            at: now,
            account: Some(viewer.account_id),
            action: "session.end",
            outcome: Outcome::Done,
            subject_kind: "account",
            subject_id: &viewer.account_id.to_string(),
            detail: serde_json::json!({}),
            request_id: Some(&frame.request_id),
        },
    )
    .await?;
    tx.commit().await?;
    Ok((jar.add(cookies::no_session(state.config.over_tls())), Redirect::to("/sign-in?signed_out=1")).into_response())
}
