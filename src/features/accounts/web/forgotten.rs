//! 「パスワードを忘れたとき」: the same answer for every name; a letter goes where there is somebody to write to.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::features::accounts::letters::{self, Occasion};
use crate::features::accounts::sign_in::looked_up;
use crate::features::accounts::throttle::NameAndPlace;
use crate::features::accounts::tickets::{self, Purpose};
use crate::features::accounts::{paths, store};
use crate::kernel::email_address::EmailAddress;
use crate::platform::mail::outbox::{AccountAddressee, enqueue_account_letter};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::ClientAddress;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page for forgotten passwords.
    pub struct ForgottenWords {
        title: "パスワードを忘れたとき" / "Forgotten password",
        lead: "利用者名を入力してください。登録されているメールアドレスに、新しいパスワードを設定するためのリンクを送ります。" / "Type your user name. A link for choosing a new password goes to the address that is registered.",
        name: "利用者名" / "User name",
        submit: "リンクを送る" / "Send the link",
        empty: "利用者名を入力してください。" / "Type your user name.",
        done: "受け付けました。利用者名とメールアドレスが登録されていれば、数分以内にメールが届きます。" / "Your request was received. If the user name and a mail address are registered, a mail arrives within minutes.",
        not_there: "届かないときは、迷惑メールに入っていないか確かめ、所属するセプターの事務局にお問い合わせください。" / "If it does not arrive, look in your junk mail, then ask the secretariat of your CEPTOAR.",
        back: "サインインの画面に戻る" / "Back to sign-in",
        too_many: "お申し込みが続いたため、しばらく受け付けられません。15分ほど待ってからお試しください。" / "Too many requests. Wait about 15 minutes.",
    }
}

#[derive(Template)]
#[template(path = "accounts/forgotten.html")]
struct ForgottenPage {
    chrome: Chrome,
    w: &'static ForgottenWords,
    done: bool,
    /// What was typed, where it is asked for again.
    typed: String,
    error: &'static str,
}

fn page(frame: &Frame, done: bool, error: &'static str) -> ForgottenPage {
    let w = ForgottenWords::of(frame.language);
    let way = [frame.home(), (paths::SIGN_IN, frame.language.pick("サインイン", "Sign in"))];
    ForgottenPage { chrome: frame.chrome(w.title, &way), w, done, typed: String::new(), error }
}

/// The page.
pub async fn get(frame: Frame) -> Response {
    Page(page(&frame, false, "")).into_response()
}

/// The form.
#[derive(Debug, serde::Deserialize)]
pub struct NameForm {
    #[serde(default)]
    name: String,
}

/// Takes a name. The letter is made after the answer, so that its time tells nothing.
pub async fn post(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    frame: Frame,
    Form(form): Form<NameForm>,
) -> Result<Response, WebError> {
    let name = looked_up(&form.name.chars().take(200).collect::<String>());
    if name.is_empty() {
        let w = ForgottenWords::of(frame.language);
        let again = ForgottenPage { typed: form.name, ..page(&frame, false, w.empty) };
        return Ok(Unprocessable(again).into_response());
    }
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let too_many = NameAndPlace::new(&name, address).charge_letter(&mut tx, now).await?;
    tx.commit().await?;
    if too_many {
        let w = ForgottenWords::of(frame.language);
        return Ok((StatusCode::TOO_MANY_REQUESTS, Page(page(&frame, false, w.too_many))).into_response());
    }
    tokio::spawn(async move {
        if let Err(error) = write(&state, &name).await {
            tracing::error!(cause = format!("{error:#}"), "a letter for a forgotten password could not be queued");
        }
    });
    Ok(Page(page(&frame, true, "")).into_response())
}

async fn write(state: &AppState, name: &str) -> anyhow::Result<()> {
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let Some(account) = store::find_for_letter(&mut tx, name).await? else { return Ok(()) };
    let Ok(address) = EmailAddress::parse(&account.mail_address) else { return Ok(()) };
    let token = match tickets::issue(&mut tx, account.account_id, Purpose::ResetPassword, now).await {
        Ok(token) => token,
        // As many links as may live are in the mailbox already. None of them dies by asking again.
        Err(sqlx::Error::RowNotFound) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let letter = letters::reset(&Occasion::new(&state.config, &account.display_name, account.language), &token)?;
    let to = AccountAddressee { account_id: account.account_id, address: &address, name: &account.display_name };
    enqueue_account_letter(&mut tx, &to, &letter, now).await?;
    tx.commit().await?;
    Ok(())
}
