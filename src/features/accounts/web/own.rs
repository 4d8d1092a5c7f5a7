//! Changing one's own password and mail address.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::{ExposeSecret, SecretString};

use crate::features::access::Viewer;
use crate::features::accounts::letters::{self, Change, Occasion};
use crate::features::accounts::throttle::{self, Counted};
use crate::features::accounts::{equipping, password_rule, paths, sessions, store, tickets};
use crate::kernel::email_address::EmailAddress;
use crate::platform::mail::outbox::{AccountAddressee, enqueue_account_letter};
use crate::platform::web::error::WebError;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of both forms.
    pub struct OwnWords {
        password_title: "パスワードの変更" / "Change your password",
        old: "今のパスワード" / "Present password",
        new: "新しいパスワード" / "New password",
        new_help: "15文字以上。短い言葉をいくつか並べると、長くても覚えやすくなります。貼り付けもできます。" / "At least 15 characters. A few unrelated words are long and easy to remember. You may paste.",
        wrong: "今のパスワードが違います。" / "The present password is wrong.",
        too_many: "試行が続いたため、しばらく受け付けられません。15分ほど待ってからお試しください。" / "Too many tries. Wait about 15 minutes.",
        submit: "変更する" / "Change",
        address_title: "メールアドレスの変更" / "Change your mail address",
        address_lead: "新しいアドレスに確認のメールを送ります。メールのリンクを開くと変更されます。今のアドレスにもお知らせします。" / "A mail goes to the new address; opening its link makes the change. The present address is told as well.",
        present: "今のメールアドレス" / "Present mail address",
        none: "登録されていません" / "None registered",
        address: "新しいメールアドレス" / "New mail address",
        bad_address: "メールアドレスの形になっていません。半角で、例のように入力してください(例:tanto@bank.example)。" / "This is no mail address. Type it like tanto@bank.example.",
        send: "確認のメールを送る" / "Send the mail",
    }
}

#[derive(Template)]
#[template(path = "accounts/password.html")]
struct PasswordPage {
    chrome: Chrome,
    w: &'static OwnWords,
    errors: FieldErrors,
}

#[derive(Template)]
#[template(path = "accounts/address.html")]
struct AddressPage {
    chrome: Chrome,
    w: &'static OwnWords,
    present: String,
    typed: String,
    errors: FieldErrors,
}

fn chrome(frame: &Frame, title: &'static str) -> Chrome {
    let way = [frame.home(), (paths::ACCOUNT, frame.language.pick("利用者情報", "Your account"))];
    frame.chrome(title, &way)
}

fn password_page(frame: &Frame, errors: FieldErrors) -> PasswordPage {
    let w = OwnWords::of(frame.language);
    PasswordPage { chrome: chrome(frame, w.password_title), w, errors }
}

/// The password's form.
pub async fn get_password(_: Viewer, frame: Frame) -> Response {
    Page(password_page(&frame, FieldErrors::default())).into_response()
}

/// Old and new.
#[derive(Debug, serde::Deserialize)]
pub struct PasswordForm {
    #[serde(default)]
    old: SecretString,
    #[serde(default)]
    new: SecretString,
}

/// Changes the password; all other sessions end.
pub async fn post_password(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<PasswordForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let account_id = viewer.account_id;
    let w = OwnWords::of(frame.language);
    let mut errors = FieldErrors::default();
    let mut tx = state.db.begin(Some(account_id), now).await?;
    let too_many = throttle::charge(&mut tx, Counted::Proof(account_id), now).await?;
    let own = store::own_account(&mut tx, account_id).await?;
    tx.commit().await?;
    if too_many {
        errors.add("old", w.too_many);
        return Ok((StatusCode::TOO_MANY_REQUESTS, Page(password_page(&frame, errors))).into_response());
    }
    if !state.hasher.verify(form.old, own.password_hash).await.map_err(anyhow::Error::from)? {
        errors.add("old", w.wrong);
    }
    let mut names = vec![own.sign_in_name.as_str(), own.display_name.as_str()];
    names.extend(viewer.affiliations.iter().flat_map(|a| [a.organisation_ja.as_str(), a.organisation_en.as_str()]));
    if let Err(weakness) = password_rule::check(form.new.expose_secret(), &names) {
        errors.add("new", weakness.said(frame.language));
    }
    if !errors.is_empty() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(password_page(&frame, errors))).into_response());
    }
    let hash = state.hasher.hash(form.new).await.map_err(anyhow::Error::from)?;
    let mut tx = state.db.begin(Some(account_id), now).await?;
    store::set_own_password(&mut tx, &hash).await?;
    store::end_other_sessions(&mut tx, account_id, Some(viewer.session_id), now).await?;
    sessions::record(&mut tx, account_id, "password.change", &frame.request_id, now).await?;
    equipping::tell(&mut tx, &state.config, account_id, Change::Password, now).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?done=1").into_response())
}

/// The address's form.
pub async fn get_address(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    Ok(Page(address_page(&state, &viewer, &frame, String::new(), FieldErrors::default()).await?).into_response())
}

async fn address_page(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    typed: String,
    errors: FieldErrors,
) -> Result<AddressPage, WebError> {
    let w = OwnWords::of(frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let own = store::own_account(&mut tx, viewer.account_id).await?;
    let present = own.mail_address.unwrap_or_else(|| w.none.to_owned());
    Ok(AddressPage { chrome: chrome(frame, w.address_title), w, present, typed, errors })
}

/// The new address.
#[derive(Debug, serde::Deserialize)]
pub struct AddressForm {
    #[serde(default)]
    address: String,
}

/// Sends the confirming letter to the new address, and a warning to the old one.
pub async fn post_address(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<AddressForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let account_id = viewer.account_id;
    let Ok(new) = EmailAddress::parse(&form.address) else {
        let mut errors = FieldErrors::default();
        errors.add("address", OwnWords::of(frame.language).bad_address);
        let page = address_page(&state, &viewer, &frame, form.address, errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    };
    let mut tx = state.db.begin(Some(account_id), now).await?;
    if throttle::charge(&mut tx, Counted::LetterOf(account_id), now).await? {
        tx.commit().await?;
        let mut errors = FieldErrors::default();
        errors.add("address", OwnWords::of(frame.language).too_many);
        let page = address_page(&state, &viewer, &frame, form.address, errors).await?;
        return Ok((StatusCode::TOO_MANY_REQUESTS, Page(page)).into_response());
    }
    let own = store::own_account(&mut tx, account_id).await?;
    let token = tickets::issue_address(&mut tx, account_id, new.as_str(), now).await?;
    let occasion = Occasion::new(&state.config, &own.display_name, own.language);
    let letter = letters::address_check(&occasion, &token).map_err(anyhow::Error::from)?;
    let to = AccountAddressee { account_id, address: &new, name: &own.display_name };
    enqueue_account_letter(&mut tx, &to, &letter, now).await?;
    if let Some(old) = own.mail_address.as_deref().and_then(|old| EmailAddress::parse(old).ok()) {
        let letter = letters::address_changed(&occasion, false).map_err(anyhow::Error::from)?;
        let to = AccountAddressee { account_id, address: &old, name: &own.display_name };
        enqueue_account_letter(&mut tx, &to, &letter, now).await?;
    }
    sessions::record(&mut tx, account_id, "address.ask", &frame.request_id, now).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?sent=1").into_response())
}
