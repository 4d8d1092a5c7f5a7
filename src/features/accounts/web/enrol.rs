//! Registering a passkey or an app: reached by a link, or from one's own page. What was proved before is
//! in the step that the browser holds; without one these pages do not exist.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use axum_extra::extract::CookieJar;

use super::account::LONGEST_NAME;
use super::arrival::HeldStep;
use super::key::{KeyForm, KeyWidget};
use crate::features::access::Requirement;
use crate::features::access::strength::required_by;
use crate::features::accounts::authenticators::{self, Kind};
use crate::features::accounts::equipping::{Equipped, Offer, equip};
use crate::features::accounts::passkeys::{self, Question, RelyingParty};
use crate::features::accounts::sessions::Arrival;
use crate::features::accounts::steps::store::Step;
use crate::features::accounts::{paths, store};
use crate::kernel::text;
use crate::platform::security::totp::App;
use crate::platform::web::cookies;
use crate::platform::web::error::WebError;
use crate::platform::web::form::text_problem;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of enrolment.
    pub struct EnrolWords {
        title: "サインインの方法の登録" / "Register a way to sign in",
        lead: "パスワードだけではサインインできません。次のどちらかを登録してください。" / "A password alone is not enough to sign in. Register one of these.",
        lead_key: "あなたの役割では、パスキーの登録が必要です。" / "Your role needs a passkey.",
        key_heading: "パスキー(おすすめ)" / "Passkey (recommended)",
        key_note: "指紋・顔・暗証番号や、USBのセキュリティキーで確認します。偽のサイトでは使えないため、いちばん安全です。" / "Your device or a USB security key checks your fingerprint, face or PIN. It does not work on a false site, which makes it the safest way.",
        key_name: "このパスキーの名前" / "A name for this passkey",
        key_name_help: "例: 執務室のパソコン。あとで見分けるための名前です。" / "For example: office computer. The name helps you to tell them apart later.",
        key_submit: "パスキーを登録する" / "Register the passkey",
        key_help: "パスキーの説明を見る" / "About passkeys",
        app_heading: "認証アプリ" / "Authenticator app",
        app_note: "スマートフォンなどのアプリに表示される6桁の数字を、サインインのたびに入力します。" / "An app shows six digits that you type at each sign-in.",
        app_submit: "認証アプリを登録する" / "Register an authenticator app",
        app_help: "認証アプリの説明を見る" / "About authenticator apps",
        app_title: "認証アプリの登録" / "Register an authenticator app",
        app_scan: "認証アプリでこの図を読み取ってください。" / "Scan this picture with the app.",
        app_alt: "認証アプリで読み取る図" / "Picture for the app to scan",
        app_typed: "読み取れないときは、次の文字をアプリに入力してください。" / "If that is not possible, type these letters into the app.",
        code: "アプリに表示された6桁の数字" / "The six digits that the app shows",
        code_help: "数字は30秒ごとに変わります。" / "They change every 30 seconds.",
        submit: "登録する" / "Register",
        wrong_code: "数字が違います。アプリに今表示されている6桁を入力してください。違いが続くときは、端末の時計が合っているか確かめてください。" / "The digits are wrong. Type those that the app shows now. If it happens again, check that the clock of the device is right.",
        wrong_key: "パスキーを登録できませんでした。もう一度お試しください。" / "The passkey could not be registered. Please try again.",
        over: "手続きの有効時間が切れました。リンクをもう一度依頼してください。" / "The time for this is over. Ask for another link.",
        codes_title: "予備コード" / "Recovery codes",
        codes_lead: "認証アプリを登録しました。認証アプリを使えないときのために、次の予備コードを印刷して、鍵のかかる場所に保管してください。それぞれ1回だけ使えます。この画面は二度と表示されません。" / "The app is registered. Print these recovery codes and lock them away: you can sign in with them when you cannot use the app. Each works once. This page is not shown again.",
        codes_print: "印刷する" / "Print",
        codes_done: "保管したので、次へ進む" / "I have stored them; continue",
    }
}

#[derive(Template)]
#[template(path = "accounts/enrol.html")]
struct EnrolPage {
    chrome: Chrome,
    w: &'static EnrolWords,
    key: KeyWidget,
    by_app: bool,
    error: &'static str,
    key_name: String,
    key_name_error: String,
}

#[derive(Template)]
#[template(path = "accounts/enrol_app.html")]
struct AppPage {
    chrome: Chrome,
    w: &'static EnrolWords,
    secret: String,
    error: &'static str,
}

#[derive(Template)]
#[template(path = "accounts/codes.html")]
struct CodesPage {
    chrome: Chrome,
    w: &'static EnrolWords,
    codes: Vec<String>,
}

fn enrolling(held: HeldStep) -> Result<Step, WebError> {
    held.0.filter(|step| step.purpose.enrols()).ok_or(WebError::NotFound)
}

async fn requirement(state: &AppState, step: &Step) -> Result<Requirement, WebError> {
    let mut tx = state.db.begin(Some(step.account_id), state.clock.now()).await?;
    Ok(required_by(&store::affiliations(&mut tx).await?))
}

/// The app that the step would register.
fn app_of(state: &AppState, step: &Step) -> anyhow::Result<App> {
    let sealed = step.sealed_secret.as_deref().unwrap_or_default();
    authenticators::opened(&state.secret_key, step.account_id, sealed, &step.sign_in_name)
}

/// The choice.
pub async fn get(State(state): State<AppState>, held: HeldStep, frame: Frame) -> Result<Response, WebError> {
    let step = enrolling(held)?;
    let page = choice(&state, &frame, &step, "", String::new()).await?;
    Ok(Page(page).into_response())
}

async fn choice(
    state: &AppState,
    frame: &Frame,
    step: &Step,
    error: &'static str,
    key_name: String,
) -> Result<EnrolPage, WebError> {
    let w = EnrolWords::of(frame.language);
    let by_app = Kind::Totp.suffices(requirement(state, step).await?);
    let chrome = frame.chrome(w.title, &[frame.home()]);
    Ok(EnrolPage {
        chrome,
        w,
        key: KeyWidget::new(state, frame.language),
        by_app,
        error,
        key_name,
        key_name_error: String::new(),
    })
}

/// The app's page.
pub async fn get_app(State(state): State<AppState>, held: HeldStep, frame: Frame) -> Result<Response, WebError> {
    let step = enrolling(held)?;
    Ok(Page(app_page(&state, &frame, &step, "").await?).into_response())
}

async fn app_page(state: &AppState, frame: &Frame, step: &Step, error: &'static str) -> Result<AppPage, WebError> {
    if !Kind::Totp.suffices(requirement(state, step).await?) {
        return Err(WebError::NotFound);
    }
    let w = EnrolWords::of(frame.language);
    let way = [frame.home(), (paths::ENROL, w.title)];
    Ok(AppPage { chrome: frame.chrome(w.app_title, &way), w, secret: app_of(state, step)?.typed_secret(), error })
}

/// The picture that the app reads.
pub async fn get_picture(State(state): State<AppState>, held: HeldStep) -> Result<Response, WebError> {
    let step = enrolling(held)?;
    let picture = app_of(&state, &step)?.picture().map_err(anyhow::Error::from)?;
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "no-store")], picture).into_response())
}

/// The six digits.
#[derive(Debug, serde::Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    code: String,
}

/// Registers the app.
pub async fn post_app(
    State(state): State<AppState>,
    held: HeldStep,
    arrival: Arrival,
    jar: CookieJar,
    frame: Frame,
    Form(form): Form<CodeForm>,
) -> Result<Response, WebError> {
    let step = enrolling(held)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(step.account_id), now).await?;
    let offer = Offer::App(&form.code);
    let equipped = equip(&mut tx, &state.config, &state.secret_key, &step, offer, &arrival, now).await?;
    let w = EnrolWords::of(frame.language);
    match equipped {
        Equipped::Done { .. } => {
            tx.commit().await?;
            Ok(done(&state, &frame, jar, equipped))
        }
        Equipped::Wrong => {
            drop(tx);
            let page = app_page(&state, &frame, &step, w.wrong_code).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Equipped::NotAllowed | Equipped::Over => Err(WebError::NotFound),
    }
}

/// What to ask a new passkey.
pub async fn post_challenge(State(state): State<AppState>, held: HeldStep) -> Result<Json<Question>, WebError> {
    let step = enrolling(held)?;
    let party = RelyingParty::of(&state.config).ok_or(WebError::NotFound)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(step.account_id), now).await?;
    let names = (step.sign_in_name.as_str(), step.display_name.as_str());
    let question = party.ask_to_enrol(&mut tx, step.account_id, names, now).await?;
    tx.commit().await?;
    Ok(Json(question))
}

/// Registers the passkey.
pub async fn post_passkey(
    State(state): State<AppState>,
    held: HeldStep,
    arrival: Arrival,
    jar: CookieJar,
    frame: Frame,
    Form(form): Form<KeyForm>,
) -> Result<Response, WebError> {
    let step = enrolling(held)?;
    let party = RelyingParty::of(&state.config).ok_or(WebError::NotFound)?;
    let now = state.clock.now();
    let name = match text::line(&form.name, LONGEST_NAME) {
        Ok(name) => name,
        Err(problem) => {
            let page = choice(&state, &frame, &step, "", form.name).await?;
            let page = EnrolPage { key_name_error: text_problem(problem, frame.language), ..page };
            return Ok(Unprocessable(page).into_response());
        }
    };
    let mut tx = state.db.begin(Some(step.account_id), now).await?;
    let answer = form.answer();
    let offer = Offer::Passkey(&party, &answer, &name);
    let equipped = equip(&mut tx, &state.config, &state.secret_key, &step, offer, &arrival, now).await?;
    match equipped {
        Equipped::Done { .. } => {
            tx.commit().await?;
            Ok(done(&state, &frame, jar, equipped))
        }
        Equipped::Wrong => {
            drop(tx);
            let mut tx = state.db.begin(Some(step.account_id), now).await?;
            passkeys::burn(&mut tx, &answer, step.account_id, now).await?;
            tx.commit().await?;
            let w = EnrolWords::of(frame.language);
            let page = choice(&state, &frame, &step, w.wrong_key, name).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Equipped::NotAllowed | Equipped::Over => Err(WebError::NotFound),
    }
}

/// The cookie of the new session, and the recovery codes where there are some.
fn done(state: &AppState, frame: &Frame, jar: CookieJar, equipped: Equipped) -> Response {
    let over_tls = state.config.over_tls();
    let mut jar = jar.add(cookies::no_step(over_tls));
    let Equipped::Done { session, codes } = equipped else { return Redirect::to(paths::ENROL).into_response() };
    if let Some(token) = session {
        jar = jar.add(cookies::session(token.reveal(), over_tls));
    }
    if codes.is_empty() {
        return (jar, Redirect::to("/account?added=1")).into_response();
    }
    (jar, Page(codes_page(frame, codes))).into_response()
}

/// The page of new recovery codes.
pub fn codes_page(frame: &Frame, codes: Vec<String>) -> impl Template {
    let w = EnrolWords::of(frame.language);
    let mut chrome = frame.chrome(w.codes_title, &[frame.home()]);
    chrome.path = paths::ACCOUNT.to_owned();
    CodesPage { chrome, w, codes }
}
