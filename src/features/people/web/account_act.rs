//! Acts on an account: one page each that says what will happen, with the reason where it hurts.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::{HIGHER_RANK, actor, or_refused, step_error};
use crate::features::access::action::PersonAction;
use crate::features::access::{Viewer, can};
use crate::features::people::form::{ActForm, Reader};
use crate::features::people::person::Person;
use crate::features::people::steps::acts::{self, AccountAct, Done};
use crate::features::people::{paths, store};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::AccountId;
use crate::kernel::language::Language;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::{ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the acts.
    pub struct ActWords {
        people: "利用者管理" / "People",
        person: "対象の方" / "Person",
        reason: "理由" / "Reason",
        reason_help: "記録に残ります。200文字以内で入力してください。" / "It is kept in the record. At most 200 characters.",
        cancel: "やめる" / "Cancel",
        suspend: "利用を停止する" / "Suspend the account",
        suspend_text: "ただちにサインインできなくなり、開いている画面も使えなくなります。届いたリンクと、送信前のメールも取り消されます。この方だけが担当する窓口への送信待ちのメールも取りやめます。" / "This person can no longer sign in, and pages that are open stop working at once. Links already sent and mails not yet sent are cancelled, also those to windows that only this person answers for.",
        lift: "停止を解除する" / "Lift the suspension",
        lift_text: "もう一度サインインできるようになります。以前の画面やリンクは使えないままです。" / "The person can sign in again. Pages and links from before still do not work.",
        sessions: "サインインをすべて終わらせる" / "Sign out everywhere",
        sessions_text: "開いている画面がすべて使えなくなります。もう一度サインインすることはできます。" / "All pages that this person has open stop working. They can sign in again.",
        reset: "パスワードの再設定を始める" / "Start a password reset",
        reset_text: "ご本人のアドレスにリンクを送ります。新しいパスワードは、ご本人だけが設定します。" / "A link goes to the person's own address. Only they set the new password.",
        recovery: "サインインの方法の再登録を始める" / "Replace a lost passkey or app",
        recovery_text: "パスキーや認証アプリをなくした方のための操作です。電話などでご本人であることを確かめてから行ってください。ご本人のアドレスにリンクを送ります。リンクのほかに、パスワードも必要です。" / "For somebody who lost their passkey or app. First make sure by telephone that it is the person. A link goes to their own address; they need their password as well.",
        ask_recovery: "サインインの方法の再登録を申請する" / "Ask to replace a lost passkey or app",
        ask_recovery_text: "パスキーや認証アプリをなくした方のための申請です。電話などでご本人であることを確かめてください。もう一人の承認者が承認すると、ご本人にリンクを送ります。" / "For somebody who lost their passkey or app. First make sure by telephone that it is the person. The link goes out when a second person has confirmed.",
        resend: "招待をもう一度送る" / "Send the invitation again",
        resend_text: "前に送ったリンクは使えなくなります。新しいリンクは72時間有効です。" / "The earlier link stops working. The new one works for 72 hours.",
    }
}

#[derive(Template)]
#[template(path = "people/account_act.html")]
struct ActPage {
    chrome: Chrome,
    w: &'static ActWords,
    title: &'static str,
    text: &'static str,
    action: String,
    back: String,
    person: String,
    reasoned: bool,
    danger: bool,
    reason: String,
    errors: Vec<ErrorLine>,
    at: FieldErrors,
}

/// Route, title and explanation; whether a reason is asked for; whether it hurts.
fn words(act: AccountAct, w: &'static ActWords) -> (&'static str, &'static str, &'static str, bool, bool) {
    match act {
        AccountAct::Suspend => (paths::SUSPENSION, w.suspend, w.suspend_text, true, true),
        AccountAct::Lift => (paths::LIFTING, w.lift, w.lift_text, true, false),
        AccountAct::EndSessions => (paths::SESSIONS, w.sessions, w.sessions_text, false, true),
        AccountAct::StartReset => (paths::RESET, w.reset, w.reset_text, false, false),
        AccountAct::StartRecovery => (paths::RECOVERY, w.recovery, w.recovery_text, false, false),
        AccountAct::AskRecovery => (paths::RECOVERY_REQUEST, w.ask_recovery, w.ask_recovery_text, true, false),
        AccountAct::Resend => (paths::INVITATION_AGAIN, w.resend, w.resend_text, false, false),
    }
}

async fn find(
    tx: &mut sqlx::PgConnection,
    viewer: &Viewer,
    act: AccountAct,
    id: AccountId,
) -> Result<Person, WebError> {
    let person = store::person(tx, id).await?.ok_or(WebError::NotFound)?;
    if can(viewer, act.right(), &person.facts) {
        Ok(person)
    } else if act == AccountAct::Lift && can(viewer, PersonAction::Suspend, &person.facts) {
        // They keep this person and see the suspension: they are told why it is not theirs to lift.
        Err(WebError::Refused(HIGHER_RANK))
    } else {
        Err(WebError::NotFound)
    }
}

/// Asks whether it is meant.
pub async fn get(
    act: AccountAct,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AccountId>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let person = find(&mut tx, &viewer, act, id).await?;
    Ok(Page(page(&frame, act, &person, String::new(), FieldErrors::default())).into_response())
}

/// Does it.
pub async fn post(
    act: AccountAct,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AccountId>,
    Form(form): Form<ActForm>,
) -> Result<Response, WebError> {
    let answer = taken(act, &state, &viewer, &frame, id, form).await;
    or_refused(answer, &state, &viewer, &frame, "people.act", ("account", id.to_string())).await
}

async fn taken(
    act: AccountAct,
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    id: AccountId,
    form: ActForm,
) -> Result<Response, WebError> {
    let actor = actor(state, viewer, frame);
    let mut tx = state.db.begin(Some(viewer.account_id), actor.now).await?;
    let person = find(&mut tx, viewer, act, id).await?;
    let mut reader = Reader::new(frame.language, japan_day(actor.now));
    let (_, _, _, reasoned, _) = words(act, ActWords::of(Language::Ja));
    let reason = if reasoned { reader.reason(&form.reason) } else { reader.free_reason(&form.reason) };
    if !reader.errors.is_empty() {
        return Ok(Unprocessable(page(frame, act, &person, form.reason, reader.errors)).into_response());
    }
    let done = acts::take(&mut tx, actor, act, &person.facts, &reason).await.map_err(step_error)?;
    tx.commit().await?;
    let to = match done {
        Done::Done => paths::person_after(id, said_after(act)),
        Done::Asked(request) => paths::of_request(paths::REQUEST, request),
    };
    Ok(Redirect::to(&to).into_response())
}

/// What the person's page says after the act.
fn said_after(act: AccountAct) -> &'static str {
    match act {
        AccountAct::Suspend => "suspended",
        AccountAct::Lift => "lifted",
        AccountAct::EndSessions => "signed_out",
        AccountAct::StartReset | AccountAct::StartRecovery | AccountAct::AskRecovery => "link_sent",
        AccountAct::Resend => "invited",
    }
}

fn page(frame: &Frame, act: AccountAct, person: &Person, reason: String, errors: FieldErrors) -> ActPage {
    let w = ActWords::of(frame.language);
    let (route, title, text, reasoned, danger) = words(act, w);
    let id = person.listed.account_id;
    ActPage {
        chrome: frame.chrome(title, &[frame.home(), (paths::INDEX, w.people)]),
        w,
        title,
        text,
        action: paths::of_person(route, id),
        back: paths::person(id),
        person: person.listed.display_name.clone(),
        reasoned,
        danger,
        reason,
        errors: errors.lines(),
        at: errors,
    }
}
