//! 本人確認: before the gravest things the person proves again to be there. A form that came too early
//! waits in hidden fields. Afterwards a page with that form alone, and the token of the session that is new by
//! then, is sent on by a small script or by one press of a button.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

use super::key::KeyWidget;
use crate::features::access::strength::required_by;
use crate::features::access::web::{Identity, takes_fresh_form};
use crate::features::access::{OpenedBy, Rule, Viewer};
use crate::features::accounts::authenticators::{self, Kind};
use crate::features::accounts::guesses::{self, Guess};
use crate::features::accounts::passkeys::{Answer, Question, RelyingParty};
use crate::features::accounts::throttle::{self, Counted};
use crate::features::accounts::{equipping, sessions};
use crate::platform::security::form_token::{FIELD, FormToken};
use crate::platform::security::token::Token;
use crate::platform::web::cookies;
use crate::platform::web::error::WebError;
use crate::platform::web::form_token::is_secret;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::language::local_path;
use crate::platform::web::page::Page;
use crate::platform::web::routes::RouteTable;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct ConfirmWords {
        title: "本人確認" / "Confirm that it is you",
        lead: "重要な操作のため、本人であることをもう一度確認します。確認は5分間有効です。" / "This is an important step, so please confirm once more that it is you. You are not asked again for 5 minutes.",
        kept: "入力した内容は残っています。確認が済むと、そのまま送信します。" / "What you typed is kept, and is sent as soon as you have confirmed.",
        confirmed: "本人であることを確認しました" / "You have confirmed that it is you",
        sent_on: "入力した内容を送信しています。画面が変わらないときは、「続ける」を押してください。" / "What you typed is being sent. If nothing happens, press Continue.",
        go_on: "続ける" / "Continue",
        lost: "選んだファイルは残せませんでした。確認の後に、前の画面で選び直してください。" / "The files that you chose could not be kept. Choose them again after this.",
        key_submit: "パスキーで確認する" / "Use the passkey",
        code: "確認コード(6桁)または予備コード" / "Six-digit code, or a recovery code",
        submit: "確認する" / "Continue",
        closed: "確認コードの間違いが続いたため、認証アプリは使えません。予備コードまたはパスキーで確認してください。どちらもないときは、管理担当者に再登録のリンクを依頼してください。" / "After too many wrong codes the app takes no more. Use a recovery code or a passkey; without either, ask your administrator for a link.",
        none: "確認に使えるパスキーや認証アプリが登録されていません。利用者情報から登録してください。" / "No passkey or app is registered to confirm with. Register one under “Your account”.",
        wrong: "確認できませんでした。もう一度お試しください。使った数字は、次の数字が出るまで使えません。" / "That did not work. Try again; digits that were used do not work twice.",
        too_many: "試行が続いたため、しばらく受け付けられません。15分ほど待ってからお試しください。" / "Too many tries. Wait about 15 minutes.",
    }
}

/// A field that waits.
struct Field {
    name: String,
    value: String,
}

#[derive(Template)]
#[template(path = "accounts/confirm.html")]
struct ConfirmPage {
    chrome: Chrome,
    w: &'static ConfirmWords,
    key: KeyWidget,
    by_key: bool,
    by_code: bool,
    action: String,
    resend: bool,
    lost: bool,
    fields: Vec<Field>,
    error: &'static str,
}

#[derive(Template)]
#[template(path = "accounts/confirmed.html")]
struct ConfirmedPage {
    chrome: Chrome,
    w: &'static ConfirmWords,
    action: String,
    fields: Vec<Field>,
}

/// The form that waited, with the token of the session that the browser gets with this very answer.
fn confirmed(frame: &Frame, session: &Token, to: &str, fields: Vec<Field>) -> Response {
    let w = ConfirmWords::of(frame.language);
    let mut chrome = frame.chrome(w.confirmed, &[frame.home()]);
    chrome.form_token = FormToken::of(session);
    Page(ConfirmedPage { chrome, w, action: to.to_owned(), fields }).into_response()
}

/// Where to go afterwards.
#[derive(Debug, serde::Deserialize)]
pub struct ConfirmQuery {
    #[serde(default)]
    return_to: String,
}

/// The page, for a page that was asked for.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<ConfirmQuery>,
) -> Result<Response, WebError> {
    Ok(Page(page(&state, &viewer, &frame, &query.return_to, Waiting::default()).await?).into_response())
}

/// A form that waits.
#[derive(Default)]
struct Waiting {
    resend: bool,
    lost: bool,
    fields: Vec<Field>,
}

async fn page(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    return_to: &str,
    waiting: Waiting,
) -> Result<ConfirmPage, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let there = authenticators::store::list(&mut tx, viewer.account_id).await?;
    tx.commit().await?;
    let requirement = required_by(&viewer.affiliations);
    let has = |kind: Kind| kind.suffices(requirement) && there.iter().any(|a| a.kind == kind);
    let (by_key, by_code) = (has(Kind::Passkey), has(Kind::Totp));
    let w = ConfirmWords::of(frame.language);
    let Waiting { resend, lost, fields } = waiting;
    Ok(ConfirmPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        key: KeyWidget::new(state, frame.language),
        by_key,
        by_code,
        action: super::sign_in::with_return(crate::features::accounts::paths::CONFIRM, return_to),
        resend,
        lost,
        fields,
        error: if by_key || by_code { "" } else { w.none },
    })
}

/// Takes a form that came too early, or the proof together with it.
pub async fn post(
    State(state): State<AppState>,
    (Extension(identity), Extension(routes)): (Extension<Identity>, Extension<Arc<RouteTable<Rule>>>),
    Query(query): Query<ConfirmQuery>,
    jar: CookieJar,
    frame: Frame,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WebError> {
    let form =
        headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"application/x-www-form"));
    let all: Vec<(String, String)> = match form {
        true => url::form_urlencoded::parse(&body).into_owned().collect(),
        false => Vec::new(),
    };
    let mut proof = Proof::default();
    let mut waiting = Waiting { resend: true, lost: !form, fields: Vec::new() };
    for (name, value) in all {
        match name.as_str() {
            "confirm_code" => proof.code = Some(value),
            "confirm_ceremony" => proof.answer.ceremony = value,
            "confirm_credential" => proof.answer.credential = value,
            "confirm_resend" => proof.resend = Some(value == "1"),
            // No page repeats a secret; the form that needs one asks for it again.
            name if name == FIELD || is_secret(name) => {}
            _ => waiting.fields.push(Field { name, value }),
        }
    }
    let Some(resend) = proof.resend else {
        let page = page(&state, &identity.viewer, &frame, &query.return_to, waiting).await?;
        return Ok((StatusCode::FORBIDDEN, Page(page)).into_response());
    };
    waiting.resend = resend;
    let w = ConfirmWords::of(frame.language);
    let (status, error) = match proved(&state, &identity, &proof, &frame.request_id).await? {
        Proved::Yes(opened_by) => {
            let now = state.clock.now();
            let mut tx = state.db.begin(Some(identity.viewer.account_id), now).await?;
            let token = sessions::confirm(&mut tx, &identity.viewer, opened_by, &frame.request_id, now).await?;
            tx.commit().await?;
            let token = token.ok_or(WebError::SessionOver)?;
            let jar = jar.add(cookies::session(token.reveal(), state.config.over_tls()));
            let to = local_path(&query.return_to);
            // No 307: the browser would send the token of the session that has just ended, and the proof.
            if resend && takes_fresh_form(&routes, to) {
                return Ok((jar, confirmed(&frame, &token, to, waiting.fields)).into_response());
            }
            return Ok((jar, Redirect::to(if resend { "/" } else { to })).into_response());
        }
        Proved::No => (StatusCode::UNPROCESSABLE_ENTITY, w.wrong),
        Proved::Closed => (StatusCode::UNPROCESSABLE_ENTITY, w.closed),
        Proved::TooMany => (StatusCode::TOO_MANY_REQUESTS, w.too_many),
    };
    let mut page = page(&state, &identity.viewer, &frame, &query.return_to, waiting).await?;
    page.error = error;
    Ok((status, Page(page)).into_response())
}

#[derive(Default)]
struct Proof {
    code: Option<String>,
    answer: Answer,
    resend: Option<bool>,
}

enum Proved {
    Yes(OpenedBy),
    No,
    Closed,
    TooMany,
}

async fn proved(state: &AppState, identity: &Identity, proof: &Proof, request_id: &str) -> Result<Proved, WebError> {
    let (now, account_id) = (state.clock.now(), identity.viewer.account_id);
    // A passkey is not guessed: nobody's wrong codes keep its owner from a grave step.
    if proof.answer.credential.is_empty() {
        let mut tx = state.db.begin(Some(account_id), now).await?;
        let too_many = throttle::charge(&mut tx, Counted::Proof(account_id), now).await?;
        tx.commit().await?;
        if too_many {
            return Ok(Proved::TooMany);
        }
    }
    let guess = match &proof.code {
        Some(code) if proof.answer.credential.is_empty() => {
            guesses::charge(state, account_id, code, request_id).await?
        }
        Some(_) | None => Guess::RecoveryCode,
    };
    if guess == Guess::Closed {
        return Ok(Proved::Closed);
    }
    let mut tx = state.db.begin(Some(account_id), now).await?;
    let by = if !proof.answer.credential.is_empty() {
        match RelyingParty::of(&state.config) {
            Some(party) => party.confirm(&mut tx, account_id, &proof.answer, now).await?.then_some(OpenedBy::Passkey),
            None => None,
        }
    } else if let Some(code) = &proof.code {
        authenticators::prove(&mut tx, &state.secret_key, account_id, code, now).await?
    } else {
        None
    };
    let Some(by) = by else {
        tx.commit().await?;
        guesses::wrong(state, account_id, guess, request_id).await?;
        return Ok(Proved::No);
    };
    guesses::right(&mut tx, account_id, by).await?;
    if by == OpenedBy::RecoveryCode {
        equipping::tell_code_used(&mut tx, &state.config, account_id, now).await?;
    }
    tx.commit().await?;
    Ok(match by {
        OpenedBy::Passkey => Proved::Yes(by),
        // The session stays what it was opened as; a code makes no passkey of it, nor the reverse.
        OpenedBy::PasswordTotp | OpenedBy::RecoveryCode | OpenedBy::Demonstration
            if by.suffices(required_by(&identity.viewer.affiliations)) =>
        {
            Proved::Yes(identity.opened_by)
        }
        OpenedBy::PasswordTotp | OpenedBy::RecoveryCode | OpenedBy::Demonstration => Proved::No,
    })
}

/// What to ask a passkey.
pub async fn post_challenge(State(state): State<AppState>, viewer: Viewer) -> Result<Json<Question>, WebError> {
    let party = RelyingParty::of(&state.config).ok_or(WebError::NotFound)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let question = party.ask_again(&mut tx, viewer.account_id, now).await?;
    tx.commit().await?;
    question.map(Json).ok_or(WebError::NotFound)
}
