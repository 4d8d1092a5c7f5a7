//! One person: what they are, were and will be, and what the viewer can do.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;

use super::note_reading;
use super::shown::{DutyRow, duty_row, sees};
use crate::features::access::action::{DutyAction, PersonAction, RequestAction};
use crate::features::access::people::DutyFacts;
use crate::features::access::{Viewer, can};
use crate::features::people::paths;
use crate::features::people::person::{AccountState, Duty, Person, Suspension};
use crate::features::people::store::{self, Wanted};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::AccountId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::short_time;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page of one person.
    pub struct PersonWords {
        people: "利用者管理" / "People",
        account: "アカウント" / "Account",
        state: "状態" / "State",
        sign_in_name: "利用者名" / "User name",
        mail: "メールアドレス" / "Mail address",
        strength: "サインインの方法" / "Signs in with",
        last: "最後のサインイン" / "Last sign-in",
        never: "まだありません" / "Not yet",
        sessions: "現在サインイン中" / "Signed in now",
        sessions_count: "{count}か所" / "devices: {count}",
        now: "現在と今後の担当" / "Duties now and to come",
        before: "これまでの担当" / "Earlier duties",
        none_now: "現在の担当はありません。担当がない方は、サインインできません。" / "No duty now. Somebody without a duty cannot sign in.",
        end: "担当を終了する" / "End this duty",
        change: "担当先を変更する" / "Move to another place",
        add: "別の担当を加える・代理を引き受ける" / "Add a duty, or stand in for somebody",
        reason: "理由" / "Reason",
        end_reason: "終了の理由" / "Reason for the end",
        acts: "この方にできる操作" / "What you can do",
        invite_again: "招待をもう一度送る" / "Send the invitation again",
        withdraw_help: "招待を取り下げるときは、下の「担当を終了する」を押し、「今すぐ」を選んでください。届いたリンクも使えなくなります。" / "To withdraw the invitation, press “End this duty” below and choose “At once”. The link that was sent stops working as well.",
        reset: "パスワードの再設定を始める" / "Start a password reset",
        recovery: "サインインの方法の再登録を始める" / "Replace a lost passkey or app",
        ask_recovery: "サインインの方法の再登録を申請する" / "Ask to replace a lost passkey or app",
        end_sessions: "サインインをすべて終わらせる" / "Sign out everywhere",
        suspend: "利用を停止する" / "Suspend the account",
        lift: "停止を解除する" / "Lift the suspension",
        beyond: "この方のアカウント全体(停止や再設定など)は、システム管理者が扱います。ここでは、担当の終了ができます。" / "This account as a whole (suspending, resets) is looked after by the system administrators. Here you can end duties.",
        brake: "この方にはほかの組織の担当もあります。ここでできるのは、利用の停止、サインインの終了、担当の終了です。再設定などは、システム管理者が扱います。" / "This person has duties elsewhere too. Here you can suspend the account, sign it out and end duties; resets are looked after by the system administrators.",
        higher: "この停止は、上位の管理担当者が行ったものです。解除は、停止した側の管理担当者に依頼してください。" / "Somebody of a higher rank suspended this account. Ask them to lift it.",
        yourself: "ご自分の担当は、ほかの管理担当者が扱います。" / "Your own duties are looked after by another administrator.",
        suspensions: "停止の記録" / "Suspensions",
        suspended_line: "{at} {by}が停止" / "Suspended {at} by {by}",
        lifted_line: "{at} {by}が解除" / "Lifted {at} by {by}",
        another_keeper: "ほかの管理担当者" / "another keeper",
        waiting: "承認待ちの申請" / "Requests awaiting a second person",
        done_invited: "招待のメールを送りました。ご本人がメールのリンクから登録すると、利用できるようになります。" / "The invitation was sent. The person can sign in once they have set up their account from the link in it.",
        done_given: "担当を登録しました。" / "The duty was registered.",
        done_ended: "担当の終了を登録しました。" / "The end of the duty was registered.",
        done_suspended: "利用を停止しました。" / "The account was suspended.",
        done_lifted: "停止を解除しました。" / "The suspension was lifted.",
        done_signed_out: "サインインをすべて終わらせました。" / "The person was signed out everywhere.",
        done_link_sent: "ご本人のアドレスにメールを送りました。" / "A mail was sent to the person's own address.",
        open_request: "申請を見る" / "See the request",
    }
}

/// An act offered on the page.
struct Offer {
    href: String,
    label: &'static str,
    danger: bool,
}

struct SuspensionRow {
    lines: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "people/person.html")]
struct PersonPage {
    chrome: Chrome,
    w: &'static PersonWords,
    name: String,
    state: (&'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    now: Vec<DutyRow>,
    before: Vec<DutyRow>,
    offers: Vec<Offer>,
    invited: bool,
    remark: &'static str,
    add_href: Option<String>,
    suspensions: Vec<SuspensionRow>,
    waiting: Vec<(String, String)>,
}

/// What may follow the address: the step that led here.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct DoneQuery {
    done: String,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AccountId>,
    Query(query): Query<DoneQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let person = store::person(&mut tx, id).await?.ok_or(WebError::NotFound)?;
    if !can(&viewer, PersonAction::Look, &person.facts) {
        return Err(WebError::NotFound);
    }
    let suspensions = store::suspensions(&mut tx, id).await?;
    let requests = store::requests(&mut tx, Wanted::About(id)).await?;
    let addresses = usize::from(person.mail_address.is_some());
    let tx = note_reading(tx, &state, &viewer, &frame, ("account", id.to_string()), addresses).await?;
    tx.commit().await?;
    let language = frame.language;
    let w = PersonWords::of(language);
    let today = japan_day(now);
    let seen = person.duties.iter().filter(|duty| sees(&viewer, duty));
    let (live, over): (Vec<&Duty>, Vec<&Duty>) = seen.partition(|duty| duty.is_live(today));
    let waiting = requests.iter().filter(|r| r.facts.waiting && can(&viewer, RequestAction::Look, &r.facts));
    let mut chrome = frame.chrome(person.listed.display_name.clone(), &[frame.home(), (paths::INDEX, w.people)]);
    if let Some(said) = said(&query.done, person.listed.state, w) {
        chrome = chrome.with_flash("success", said);
    }
    let page = PersonPage {
        chrome,
        w,
        state: (person.listed.state.code(), person.listed.state.label(language)),
        facts: facts(&person, language),
        now: live.iter().map(|duty| row(&viewer, duty, today, language)).collect(),
        before: over.iter().map(|duty| duty_row(duty, today, language)).collect(),
        offers: offers(&viewer, &person, language),
        invited: matches!(person.listed.state, AccountState::Invited | AccountState::Expired),
        remark: remark(&viewer, &person, w),
        add_href: (viewer.keeps_members() && id != viewer.account_id).then(|| format!("{}?person={id}", paths::PLACES)),
        suspensions: suspensions.iter().map(|s| suspension(s, w)).collect(),
        waiting: waiting
            .map(|r| (r.purpose.label(language).to_owned(), paths::of_request(paths::REQUEST, r.id)))
            .collect(),
        name: person.listed.display_name,
    };
    Ok(Page(page).into_response())
}

/// What is said after a step. The address could be typed by anybody, so what can be seen to be untrue is not said.
fn said(done: &str, state: AccountState, w: &'static PersonWords) -> Option<&'static str> {
    let invited = matches!(state, AccountState::Invited | AccountState::Expired);
    match done {
        "invited" if invited => Some(w.done_invited),
        "invited" | "given" => Some(w.done_given),
        "ended" => Some(w.done_ended),
        "suspended" if state == AccountState::Suspended => Some(w.done_suspended),
        "lifted" if state != AccountState::Suspended => Some(w.done_lifted),
        "signed_out" => Some(w.done_signed_out),
        "link_sent" => Some(w.done_link_sent),
        _ => None,
    }
}

fn facts(person: &Person, language: Language) -> Vec<(&'static str, String)> {
    let w = PersonWords::of(language);
    let mut facts = Vec::new();
    if let Some(name) = &person.sign_in_name {
        facts.push((w.sign_in_name, name.clone()));
    }
    if let Some(address) = &person.mail_address {
        facts.push((w.mail, address.clone()));
    }
    facts.push((w.strength, person.listed.strength.label(language).to_owned()));
    facts.push((w.last, person.listed.last_sign_in.map_or_else(|| w.never.to_owned(), short_time)));
    if let Some(count) = person.open_sessions {
        facts.push((w.sessions, fill(w.sessions_count, &[("count", &count.to_string())])));
    }
    facts
}

fn row(viewer: &Viewer, duty: &Duty, today: NaiveDate, language: Language) -> DutyRow {
    let mut row = duty_row(duty, today, language);
    let facts = DutyFacts::of(Some(duty.account_id), duty.hat.clone());
    if can(viewer, DutyAction::End, &facts) {
        row.end_href = paths::end(duty.id);
    }
    if can(viewer, DutyAction::Give, &facts) || can(viewer, DutyAction::Propose, &facts) {
        row.move_href = format!("{}?person={}&leaving={}", paths::PLACES, duty.account_id, duty.id);
    }
    row
}

/// What may be done to this account in the state it is in.
fn offers(viewer: &Viewer, person: &Person, language: Language) -> Vec<Offer> {
    let w = PersonWords::of(language);
    let mut offers = Vec::new();
    let mut offer = |action, route, label, danger| {
        if can(viewer, action, &person.facts) {
            offers.push(Offer { href: paths::of_person(route, person.listed.account_id), label, danger });
        }
    };
    match person.listed.state {
        AccountState::Invited | AccountState::Expired => {
            offer(PersonAction::Resend, paths::INVITATION_AGAIN, w.invite_again, false);
            offer(PersonAction::Suspend, paths::SUSPENSION, w.suspend, true);
        }
        AccountState::Active => {
            offer(PersonAction::StartReset, paths::RESET, w.reset, false);
            offer(PersonAction::StartRecovery, paths::RECOVERY, w.recovery, false);
            offer(PersonAction::AskRecovery, paths::RECOVERY_REQUEST, w.ask_recovery, false);
            offer(PersonAction::EndSessions, paths::SESSIONS, w.end_sessions, false);
            offer(PersonAction::Suspend, paths::SUSPENSION, w.suspend, true);
        }
        AccountState::Suspended => offer(PersonAction::Lift, paths::LIFTING, w.lift, false),
        AccountState::Left | AccountState::Waiting => {
            offer(PersonAction::Suspend, paths::SUSPENSION, w.suspend, true);
        }
    }
    offers
}

fn remark(viewer: &Viewer, person: &Person, w: &'static PersonWords) -> &'static str {
    if person.listed.account_id == viewer.account_id {
        w.yourself
    } else if person.listed.state == AccountState::Suspended
        && can(viewer, PersonAction::Suspend, &person.facts)
        && !can(viewer, PersonAction::Lift, &person.facts)
    {
        w.higher
    } else if can(viewer, PersonAction::StartReset, &person.facts) {
        ""
    } else if can(viewer, PersonAction::Suspend, &person.facts) {
        w.brake
    } else {
        w.beyond
    }
}

fn suspension(s: &Suspension, w: &'static PersonWords) -> SuspensionRow {
    let line = |text, at, by: Option<&String>| {
        fill(text, &[("at", &short_time(at)), ("by", by.map_or(w.another_keeper, String::as_str))])
    };
    let mut lines = vec![(line(w.suspended_line, s.suspended_at, s.suspended_by.as_ref()), s.reason.clone())];
    if let Some(at) = s.lifted_at {
        lines.push((line(w.lifted_line, at, s.lifted_by.as_ref()), s.lift_reason.clone()));
    }
    SuspensionRow { lines }
}
