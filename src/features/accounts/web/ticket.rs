//! What a link in a letter opens. Looking at it changes nothing, as mail scanners look at links too;
//! the form uses the ticket up.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use secrecy::{ExposeSecret, SecretString};

use super::sign_in::with_return;
use crate::features::access::web::MaybeViewer;
use crate::features::accounts::letters::{self, Change, Occasion};
use crate::features::accounts::password_rule;
use crate::features::accounts::steps::{self, StepPurpose};
use crate::features::accounts::throttle::{self, Counted};
use crate::features::accounts::tickets::Purpose;
use crate::features::accounts::tickets::store::{self as ticket_store, Ticket};
use crate::features::accounts::{equipping, paths, sessions, store, tickets};
use crate::kernel::email_address::EmailAddress;
use crate::platform::mail::outbox::{AccountAddressee, enqueue_account_letter};
use crate::platform::security::token::Token;
use crate::platform::web::cookies;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::ClientAddress;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of what a link opens.
    pub struct TicketWords {
        enrol: "利用開始の手続き" / "Set up your account",
        enrol_lead: "はじめに、パスワードを決めます。次の画面で、サインインの方法(パスキーまたは認証アプリ)を登録します。" / "First choose a password. On the next page you register a passkey or an app.",
        reset: "新しいパスワードの設定" / "Choose a new password",
        reset_lead: "新しいパスワードを決めてください。登録済みのパスキーや認証アプリは、そのまま使えます。" / "Choose a new password. Your passkeys and app stay as they are.",
        recover: "サインインの方法の再登録" / "Register a new way to sign in",
        recover_lead: "今のパスワードを入力してください。次の画面で、新しいパスキーまたは認証アプリを登録します。以前のものは使えなくなります。" / "Type your present password. On the next page you register a new passkey or app; earlier ones stop working.",
        address: "メールアドレスの変更" / "Change your mail address",
        address_lead: "メールアドレスを次のものに変更します。変更にはサインインが必要です。" / "Your mail address will become the following. You need to be signed in.",
        name: "利用者名" / "User name",
        new_password: "新しいパスワード" / "New password",
        new_help: "15文字以上。短い言葉をいくつか並べると、長くても覚えやすくなります。貼り付けもできます。" / "At least 15 characters. A few unrelated words are long and easy to remember. You may paste.",
        password: "今のパスワード" / "Present password",
        wrong: "パスワードが違います。忘れたときは、サインインの画面の「パスワードを忘れたとき」から再設定してください。" / "The password is wrong. If you forgot it, use \"Forgotten your password?\" on the sign-in page first.",
        to_sign_in: "サインインの画面を開く" / "Open the sign-in page",
        forgotten: "パスワードを忘れたとき" / "Forgotten your password?",
        next: "次へ進む" / "Continue",
        save: "設定する" / "Save",
        change: "変更する" / "Change",
        dead: "このリンクは使えません" / "This link does not work",
        dead_lead: "有効期間が過ぎたか、すでに使われたか、新しいリンクが送られています。いちばん新しいメールを確かめるか、管理担当者または事務局にリンクをもう一度依頼してください。" / "It is too old, was already used, or a newer one was sent. Look for the newest mail, or ask your administrator or secretariat for another link.",
        address_other: "別の利用者としてサインインしています。いったんサインアウトし、アドレスを変更する利用者でサインインしてから、もう一度リンクを開いてください。" / "You are signed in as somebody else. Sign out, sign in as the person whose address changes, and open the link again.",
        too_many: "試行が続いたため、しばらく受け付けられません。15分ほど待ってからお試しください。" / "Too many tries. Wait about 15 minutes.",
    }
}

#[derive(Template)]
#[template(path = "accounts/ticket.html")]
struct TicketPage {
    chrome: Chrome,
    w: &'static TicketWords,
    lead: &'static str,
    ticket: Option<Ticket>,
    submit: &'static str,
    error: String,
}

impl TicketPage {
    fn is(&self, code: &str) -> bool {
        self.ticket.as_ref().is_some_and(|ticket| ticket.purpose.code() == code)
    }
}

fn page(frame: &Frame, ticket: Option<Ticket>, error: String) -> TicketPage {
    let w = TicketWords::of(frame.language);
    let (title, lead, submit) = match ticket.as_ref().map(|t| t.purpose) {
        None => (w.dead, w.dead_lead, ""),
        Some(Purpose::Enrol) => (w.enrol, w.enrol_lead, w.next),
        Some(Purpose::ResetPassword) => (w.reset, w.reset_lead, w.save),
        Some(Purpose::Recover) => (w.recover, w.recover_lead, w.next),
        Some(Purpose::Address) => (w.address, w.address_lead, w.change),
    };
    let mut chrome = frame.chrome(title, &[frame.home()]);
    // The path is a secret: it is not put into the page's own forms.
    chrome.path = "/".to_owned();
    TicketPage { chrome, w, lead, ticket, submit, error }
}

fn dead(frame: &Frame) -> Response {
    (StatusCode::NOT_FOUND, Page(page(frame, None, String::new()))).into_response()
}

/// The living ticket of a path, counted by address.
async fn found(state: &AppState, text: &str, address: std::net::IpAddr) -> Result<Option<(Token, Ticket)>, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let too_many = throttle::charge(&mut tx, Counted::Ticket(address), now).await?;
    let token = Token::parse(text).filter(|_| !too_many);
    let ticket = match &token {
        Some(token) => ticket_store::find(&mut tx, &token.hash(), now).await?,
        None => None,
    };
    tx.commit().await?;
    let ticket = ticket.filter(|t| state.config.is_demonstration() || !t.demonstration);
    Ok(token.zip(ticket))
}

/// Shows what the link is for.
pub async fn get(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(text): Path<String>,
    frame: Frame,
) -> Result<Response, WebError> {
    match found(&state, &text, address).await? {
        Some((_, ticket)) => Ok(Page(page(&frame, Some(ticket), String::new())).into_response()),
        None => Ok(dead(&frame)),
    }
}

/// The form: a password, new or present.
#[derive(Debug, Default, serde::Deserialize)]
pub struct TicketForm {
    #[serde(default)]
    password: SecretString,
}

/// Uses the ticket up.
pub async fn post(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(text): Path<String>,
    MaybeViewer(viewer): MaybeViewer,
    jar: CookieJar,
    frame: Frame,
    Form(form): Form<TicketForm>,
) -> Result<Response, WebError> {
    let Some((token, ticket)) = found(&state, &text, address).await? else { return Ok(dead(&frame)) };
    match ticket.purpose {
        Purpose::Enrol => choose_password(&state, &frame, jar, &token, ticket, form.password, true).await,
        Purpose::ResetPassword => choose_password(&state, &frame, jar, &token, ticket, form.password, false).await,
        Purpose::Recover => recover(&state, &frame, jar, &token, ticket, form.password).await,
        // Who reads the new address's mail is not yet who owns the account: only the owner's session says that.
        Purpose::Address => match viewer {
            Some(viewer) if viewer.account_id == ticket.account_id => {
                change_address(&state, &frame, &token, ticket).await
            }
            Some(_) => {
                let said = TicketWords::of(frame.language).address_other.to_owned();
                Ok((StatusCode::FORBIDDEN, Page(page(&frame, Some(ticket), said))).into_response())
            }
            None => Ok(Redirect::to(&with_return(paths::SIGN_IN, &tickets::path(&token))).into_response()),
        },
    }
}

/// The new password, for the first time or again. Whoever was signed in with the old one is out.
async fn choose_password(
    state: &AppState,
    frame: &Frame,
    jar: CookieJar,
    token: &Token,
    ticket: Ticket,
    password: SecretString,
    first: bool,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let account_id = ticket.account_id;
    let mut tx = state.db.begin(Some(account_id), now).await?;
    let affiliations = store::affiliations(&mut tx).await?;
    drop(tx);
    let mut names = vec![ticket.sign_in_name.as_str(), ticket.display_name.as_str()];
    names.extend(affiliations.iter().flat_map(|a| [a.organisation_ja.as_str(), a.organisation_en.as_str()]));
    if let Err(weakness) = password_rule::check(password.expose_secret(), &names) {
        let said = weakness.said(frame.language);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page(frame, Some(ticket), said))).into_response());
    }
    let hash = state.hasher.hash(password).await.map_err(anyhow::Error::from)?;
    let mut tx = state.db.begin(Some(account_id), now).await?;
    if !ticket_store::use_up(&mut tx, &token.hash(), ticket.purpose, now).await? {
        return Ok(dead(frame));
    }
    store::set_own_password(&mut tx, &hash).await?;
    store::end_other_sessions(&mut tx, account_id, None, now).await?;
    sessions::record(&mut tx, account_id, "password.change", &frame.request_id, now).await?;
    if !first {
        equipping::tell(&mut tx, &state.config, account_id, Change::Password, now).await?;
        tx.commit().await?;
        return Ok(Redirect::to("/sign-in?password=1").into_response());
    }
    let step = steps::open(&mut tx, &state.secret_key, account_id, StepPurpose::Enrol, None, now).await?;
    tx.commit().await?;
    Ok((jar.add(cookies::step(step.reveal(), state.config.over_tls())), Redirect::to(paths::ENROL)).into_response())
}

/// After a loss: the link and the password together lead to a new authenticator.
async fn recover(
    state: &AppState,
    frame: &Frame,
    jar: CookieJar,
    token: &Token,
    ticket: Ticket,
    password: SecretString,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let account_id = ticket.account_id;
    let w = TicketWords::of(frame.language);
    let mut tx = state.db.begin(Some(account_id), now).await?;
    let too_many = throttle::charge(&mut tx, Counted::RecoveryProof(account_id), now).await?;
    tx.commit().await?;
    if too_many {
        let page = page(frame, Some(ticket), w.too_many.to_owned());
        return Ok((StatusCode::TOO_MANY_REQUESTS, Page(page)).into_response());
    }
    let right = state.hasher.verify(password, ticket.password_hash.clone()).await.map_err(anyhow::Error::from)?;
    if !right {
        let page = page(frame, Some(ticket), w.wrong.to_owned());
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let mut tx = state.db.begin(Some(account_id), now).await?;
    if !ticket_store::use_up(&mut tx, &token.hash(), Purpose::Recover, now).await? {
        return Ok(dead(frame));
    }
    let step = steps::open(&mut tx, &state.secret_key, account_id, StepPurpose::Recover, None, now).await?;
    tx.commit().await?;
    Ok((jar.add(cookies::step(step.reveal(), state.config.over_tls())), Redirect::to(paths::ENROL)).into_response())
}

async fn change_address(state: &AppState, frame: &Frame, token: &Token, ticket: Ticket) -> Result<Response, WebError> {
    let now = state.clock.now();
    let Some(address) = &ticket.new_address else { return Ok(dead(frame)) };
    let mut tx = state.db.begin(Some(ticket.account_id), now).await?;
    if !ticket_store::use_up(&mut tx, &token.hash(), Purpose::Address, now).await? {
        return Ok(dead(frame));
    }
    store::set_own_address(&mut tx, address).await?;
    sessions::record(&mut tx, ticket.account_id, "address.change", &frame.request_id, now).await?;
    let occasion = Occasion::new(&state.config, &ticket.display_name, ticket.language);
    let letter = letters::address_changed(&occasion, true).map_err(anyhow::Error::from)?;
    for address in [ticket.mail_address.as_deref(), Some(address.as_str())].into_iter().flatten() {
        if let Ok(address) = EmailAddress::parse(address) {
            let to = AccountAddressee { account_id: ticket.account_id, address: &address, name: &ticket.display_name };
            enqueue_account_letter(&mut tx, &to, &letter, now).await?;
        }
    }
    tx.commit().await?;
    Ok(Redirect::to("/account?address=1").into_response())
}
