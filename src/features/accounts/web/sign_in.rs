//! The sign-in page, the demonstration's one-click sign-ins, and signing out.

use super::key::{KeyForm, KeyWidget};

use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use axum_extra::extract::CookieJar;
use secrecy::SecretString;

use crate::features::access::Viewer;
use crate::features::access::web::{MaybeViewer, TooWeak};
use crate::features::accounts::demonstration::{self, DemonstrationAccount};
use crate::features::accounts::passkeys::{Question, RelyingParty};
use crate::features::accounts::sessions::{self, Arrival};
use crate::features::accounts::sign_in::{self, Answer, Attempt, Second};
use crate::features::accounts::throttle::{self, Counted};
use crate::features::accounts::{paths, store};
use crate::kernel::language::Label;
use crate::platform::security::token::Token;
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
        unequipped: "サインインの方法(パスキーまたは認証アプリ)がまだ登録されていません。所属先の管理担当者または事務局に、登録用のリンクを依頼してください。" / "No passkey or app is registered for this account yet. Ask your administrator or secretariat for a link to register one.",
        unknown_key: "このパスキーではサインインできませんでした。登録したパスキーを選び直すか、利用者名とパスワードでサインインしてください。" / "This passkey did not work. Choose one that you registered, or sign in with user name and password.",
        too_weak: "役割が変わり、今のサインインでは足りなくなりました。パスキーでサインインしてください。パスキーがないときは、管理担当者に再登録のリンクを依頼してください。" / "Your role changed, and your sign-in is no longer enough. Sign in with a passkey. If you have none, ask your administrator for a link.",
        key_heading: "パスキーでサインイン" / "Sign in with a passkey",
        key_note: "利用者名もパスワードも要りません。指紋・顔・暗証番号などで確認します。" / "No user name and no password: your device checks your fingerprint, face or PIN.",
        key_submit: "パスキーでサインインする" / "Sign in with a passkey",
        key_help: "パスキーとは" / "What is a passkey?",
        password_heading: "利用者名とパスワード" / "User name and password",
        forgotten: "パスワードを忘れたとき" / "Forgotten your password?",
        demo_weaker: "デモンストレーションのサインインは、本番より簡単にしてあります。" / "Sign-ins are simpler here than in a real portal.",
        demo_heading: "デモンストレーション用サインイン" / "Demonstration sign-ins",
        demo_note: "役割を選ぶと、パスワードなしでサインインします。実在の人や組織の窓口ではありません。" / "Choose a role to sign in without a password. None of these people or windows is real.",
        demo_as: "この役割でサインイン" / "Sign in as this",
        demo_password: "パスワードでサインインする場合(全員共通):" / "To sign in with a password (the same for all):",
        role: "役割" / "Role",
        organisation: "所属・できること" / "Place and task",
        password_changed: "新しいパスワードを設定しました。サインインしてください。" / "Your new password is set. Please sign in.",
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
    key: KeyWidget,
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
    #[serde(default)]
    password: Option<String>,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    MaybeViewer(viewer): MaybeViewer,
    weak: Option<Extension<TooWeak>>,
    frame: Frame,
    Query(query): Query<SignInQuery>,
) -> Response {
    if viewer.is_some() {
        return Redirect::to(local_path(&query.return_to)).into_response();
    }
    let mut page = page(&state, &frame, String::new(), "", query.return_to);
    if query.signed_out.is_some() {
        page.chrome = page.chrome.with_flash("success", page.w.signed_out);
    } else if query.password.is_some() {
        page.chrome = page.chrome.with_flash("success", page.w.password_changed);
    } else if weak.is_some() {
        page.chrome = page.chrome.with_flash("warning", page.w.too_weak);
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
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        name,
        error,
        return_to,
        demonstration: accounts.iter().map(row).collect(),
        demonstration_password: demonstration::PASSWORD,
        key: KeyWidget::new(state, frame.language),
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

/// Signs in, leads to the second proof, or says that it did not work.
pub async fn post(
    State(state): State<AppState>,
    arrival: Arrival,
    jar: CookieJar,
    frame: Frame,
    Form(form): Form<SignInForm>,
) -> Result<Response, WebError> {
    let attempt = Attempt { name: form.name.chars().take(200).collect(), password: form.password };
    let over_tls = state.config.over_tls();
    let w = SignInWords::of(frame.language);
    let (status, error) = match sign_in::sign_in(&state, attempt, &arrival).await? {
        Answer::Welcome(token) => return Ok(welcome(&state, jar, &token, &form.return_to)),
        Answer::Second(token) => {
            let to = with_return(paths::SECOND, &form.return_to);
            return Ok((jar.add(cookies::step(token.reveal(), over_tls)), Redirect::to(&to)).into_response());
        }
        Answer::Unequipped => (StatusCode::UNPROCESSABLE_ENTITY, w.unequipped),
        Answer::Unknown => (StatusCode::UNPROCESSABLE_ENTITY, w.unknown),
        Answer::TooMany => (StatusCode::TOO_MANY_REQUESTS, w.too_many),
    };
    Ok((status, Page(page(&state, &frame, form.name, error, form.return_to))).into_response())
}

/// The cookie of a new session, and on to where the person wanted to go.
#[must_use]
pub fn welcome(state: &AppState, jar: CookieJar, token: &Token, return_to: &str) -> Response {
    let over_tls = state.config.over_tls();
    let jar = jar.add(cookies::session(token.reveal(), over_tls)).add(cookies::no_step(over_tls));
    (jar, Redirect::to(local_path(return_to))).into_response()
}

/// A path that remembers where the person wanted to go.
#[must_use]
pub fn with_return(path: &str, return_to: &str) -> String {
    match local_path(return_to) {
        "/" => path.to_owned(),
        to => format!(
            "{path}?{}",
            url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", to).finish()
        ),
    }
}

/// What to ask a passkey.
pub async fn post_challenge(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
) -> Result<Json<Question>, WebError> {
    let party = RelyingParty::of(&state.config).ok_or(WebError::NotFound)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let too_many = throttle::charge(&mut tx, Counted::Passkey(address), now).await?;
    let question = if too_many { None } else { Some(party.ask_who(&mut tx, now).await?) };
    tx.commit().await?;
    question.map(Json).ok_or(WebError::BadRequest)
}

/// Signs in by a passkey alone.
pub async fn post_passkey(
    State(state): State<AppState>,
    arrival: Arrival,
    jar: CookieJar,
    frame: Frame,
    Form(form): Form<KeyForm>,
) -> Result<Response, WebError> {
    let w = SignInWords::of(frame.language);
    let second = match RelyingParty::of(&state.config) {
        Some(party) => sign_in::sign_in_by_passkey(&state, &party, &form.answer(), &arrival).await?,
        None => Second::Wrong,
    };
    let (status, error) = match second {
        Second::Welcome(token) => return Ok(welcome(&state, jar, &token, &form.return_to)),
        Second::Wrong | Second::TooWeak | Second::Closed => (StatusCode::UNPROCESSABLE_ENTITY, w.unknown_key),
        Second::TooMany => (StatusCode::TOO_MANY_REQUESTS, w.too_many),
    };
    Ok((status, Page(page(&state, &frame, String::new(), error, form.return_to))).into_response())
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
    arrival: Arrival,
    jar: CookieJar,
    Form(form): Form<DemonstrationForm>,
) -> Result<Response, WebError> {
    if !state.config.is_demonstration() {
        return Err(WebError::NotFound);
    }
    let token = sign_in::sign_in_to_demonstration(&state, &form.name, &arrival).await?;
    Ok(welcome(&state, jar, &token.ok_or(WebError::NotFound)?, &form.return_to))
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
    sessions::record(&mut tx, viewer.account_id, "session.end", &frame.request_id, now).await?;
    tx.commit().await?;
    Ok((jar.add(cookies::no_session(state.config.over_tls())), Redirect::to("/sign-in?signed_out=1")).into_response())
}
