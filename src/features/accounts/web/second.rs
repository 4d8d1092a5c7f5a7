//! The second proof, after a right password: a passkey, six digits, or a recovery code.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use axum_extra::extract::CookieJar;

use super::arrival::HeldStep;
use super::key::{KeyForm, KeyWidget};
use super::sign_in::welcome;
use crate::features::access::strength::required_by;
use crate::features::accounts::authenticators::{self, Kind};
use crate::features::accounts::passkeys::{Question, RelyingParty};
use crate::features::accounts::sessions::Arrival;
use crate::features::accounts::sign_in::{self, Second};
use crate::features::accounts::steps::StepPurpose;
use crate::features::accounts::steps::store::Step;
use crate::features::accounts::{paths, store};
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page for the second proof.
    pub struct SecondWords {
        title: "本人確認" / "Second step",
        lead: "パスワードを確認しました。続けて、本人であることを確認します。" / "Your password is right. Now please confirm that it is you.",
        key_heading: "パスキー" / "Passkey",
        key_submit: "パスキーで確認する" / "Use the passkey",
        code_heading: "認証アプリ" / "Authenticator app",
        code: "確認コード(6桁)または予備コード" / "Six-digit code, or a recovery code",
        code_help: "認証アプリに表示される6桁の数字を入力してください。アプリを使えないときは、予備コードを1つ入力してください。" / "Type the six digits that the app shows. If you cannot use the app, type one of your recovery codes.",
        submit: "確認する" / "Continue",
        wrong: "確認コードが違うか、使用済みです。次の数字が表示されるまで待って、もう一度入力してください。" / "The code is wrong or was used already. Wait for the next one and try again.",
        wrong_key: "このパスキーでは確認できませんでした。もう一度お試しください。" / "This passkey did not work. Please try again.",
        too_weak: "あなたの役割では、認証アプリでのサインインはできません。パスキーをお使いください。" / "In your role you cannot sign in with an app. Please use a passkey.",
        too_many: "試行が続いたため、しばらく受け付けられません。15分ほど待って、サインインからやり直してください。" / "Too many tries. Wait about 15 minutes and sign in again.",
        closed: "確認コードの間違いが続いたため、認証アプリは使えません。予備コードまたはパスキーで確認してください。どちらもないときは、管理担当者に再登録のリンクを依頼してください。" / "After too many wrong codes the app takes no more. Use a recovery code or a passkey; without either, ask your administrator for a link.",
        none: "あなたの役割にはパスキーが必要ですが、登録されていません。管理担当者に再登録のリンクを依頼してください。" / "Your role needs a passkey and none is registered. Ask your administrator for a link.",
        back: "サインインに戻る" / "Back to sign-in",
    }
}

#[derive(Template)]
#[template(path = "accounts/second.html")]
struct SecondPage {
    chrome: Chrome,
    w: &'static SecondWords,
    key: KeyWidget,
    by_key: bool,
    by_code: bool,
    error: &'static str,
    code_error: &'static str,
    return_to: String,
}

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
pub struct ReturnTo {
    #[serde(default)]
    return_to: String,
}

/// The six digits or a recovery code.
#[derive(Debug, serde::Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    return_to: String,
}

fn second_step(held: HeldStep) -> Option<Step> {
    held.0.filter(|step| step.purpose == StepPurpose::SecondFactor)
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    held: HeldStep,
    frame: Frame,
    Query(query): Query<ReturnTo>,
) -> Result<Response, WebError> {
    let Some(step) = second_step(held) else { return Ok(Redirect::to(paths::SIGN_IN).into_response()) };
    Ok(Page(page(&state, &frame, &step, query.return_to).await?).into_response())
}

async fn page(state: &AppState, frame: &Frame, step: &Step, return_to: String) -> Result<SecondPage, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(step.account_id), now).await?;
    let there = authenticators::store::list(&mut tx, step.account_id).await?;
    let requirement = required_by(&store::affiliations(&mut tx).await?);
    tx.commit().await?;
    let has = |kind: Kind| kind.suffices(requirement) && there.iter().any(|a| a.kind == kind);
    let w = SecondWords::of(frame.language);
    let (by_key, by_code) = (has(Kind::Passkey), has(Kind::Totp));
    Ok(SecondPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        key: KeyWidget::new(state, frame.language),
        by_key,
        by_code,
        error: if by_key || by_code { "" } else { w.none },
        code_error: "",
        return_to,
    })
}

async fn answered(
    state: &AppState,
    frame: &Frame,
    jar: CookieJar,
    step: &Step,
    second: Second,
    by_key: bool,
    return_to: String,
) -> Result<Response, WebError> {
    let mut page = page(state, frame, step, return_to).await?;
    let status = match second {
        Second::Welcome(token) => return Ok(welcome(state, jar, &token, &page.return_to)),
        Second::Wrong => StatusCode::UNPROCESSABLE_ENTITY,
        Second::TooWeak => {
            page.error = page.w.too_weak;
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Second::Closed => {
            page.error = page.w.closed;
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Second::TooMany => {
            page.error = page.w.too_many;
            StatusCode::TOO_MANY_REQUESTS
        }
    };
    if page.error.is_empty() {
        if by_key { page.error = page.w.wrong_key } else { page.code_error = page.w.wrong }
    }
    Ok((status, Page(page)).into_response())
}

/// Tries a code.
pub async fn post(
    State(state): State<AppState>,
    held: HeldStep,
    arrival: Arrival,
    jar: CookieJar,
    frame: Frame,
    Form(form): Form<CodeForm>,
) -> Result<Response, WebError> {
    let Some(step) = second_step(held) else { return Ok(Redirect::to(paths::SIGN_IN).into_response()) };
    let second = sign_in::prove_by_code(&state, &step, &form.code, &arrival).await?;
    answered(&state, &frame, jar, &step, second, false, form.return_to).await
}

/// Tries a passkey.
pub async fn post_passkey(
    State(state): State<AppState>,
    held: HeldStep,
    arrival: Arrival,
    jar: CookieJar,
    frame: Frame,
    Form(form): Form<KeyForm>,
) -> Result<Response, WebError> {
    let Some(step) = second_step(held) else { return Ok(Redirect::to(paths::SIGN_IN).into_response()) };
    let second = match RelyingParty::of(&state.config) {
        Some(party) => sign_in::prove_by_passkey(&state, &party, &step, &form.answer(), &arrival).await?,
        None => Second::Wrong,
    };
    answered(&state, &frame, jar, &step, second, true, form.return_to).await
}

/// What to ask a passkey.
pub async fn post_challenge(State(state): State<AppState>, held: HeldStep) -> Result<Json<Question>, WebError> {
    let step = second_step(held).ok_or(WebError::NotFound)?;
    let party = RelyingParty::of(&state.config).ok_or(WebError::NotFound)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(step.account_id), now).await?;
    let question = party.ask_again(&mut tx, step.account_id, now).await?;
    tx.commit().await?;
    question.map(Json).ok_or(WebError::NotFound)
}
