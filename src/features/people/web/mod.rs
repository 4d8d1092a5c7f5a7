//! Pages of people, one file per page.

pub mod account_act;
pub mod duty_end;
pub mod index;
pub mod invitation;
pub mod person;
pub mod places;
pub mod requests;
pub mod request_form;
pub mod shown;

use std::time::Duration;

use axum::response::Response;

use super::paths;
use super::person::Decision;
use super::steps::acts::AccountAct;
use super::steps::{Actor, StepError};
use crate::features::access::action::{DutyAction, PeopleAction, PersonAction, RequestAction};
use crate::features::access::{Action, Routes, Rule, Viewer};
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::contact_reads::{self, Shown};
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

const fn person_rule(action: PersonAction) -> Rule {
    Rule::May(Action::People(PeopleAction::Person(action)))
}

/// For whatever changes somebody's account or duties: whoever does it has just proved to be there.
const fn fresh(rule: Rule) -> Rule {
    match rule {
        Rule::May(action) => Rule::Fresh(action),
        Rule::Public | Rule::SignedIn | Rule::Fresh(_) | Rule::SignedInFresh => rule,
    }
}

const fn duty_rule(action: DutyAction) -> Rule {
    Rule::May(Action::People(PeopleAction::Duty(action)))
}

const fn request_rule(action: RequestAction) -> Rule {
    Rule::May(Action::People(PeopleAction::Request(action)))
}

/// The routes of this feature.
pub fn routes() -> Routes {
    let look = person_rule(PersonAction::Look);
    let give = duty_rule(DutyAction::Give);
    let end = duty_rule(DutyAction::End);
    let ask = duty_rule(DutyAction::Ask);
    let see = request_rule(RequestAction::Look);
    Routes::new()
        .get(paths::INDEX, look, index::get)
        .get(paths::SEARCH, look, index::leave_search)
        .post(paths::SEARCH, look, index::search)
        .get(paths::PLACES, give, places::get)
        .post(paths::PLACES, give, places::search)
        .get(paths::INVITATION, give, invitation::get)
        .post(paths::INVITATION, fresh(give), invitation::post)
        .get(paths::DUTY, give, invitation::get_duty)
        .post(paths::DUTY, fresh(give), invitation::post_duty)
        .get(paths::END, end, duty_end::get)
        .post(paths::END, fresh(end), duty_end::post)
        .get(paths::REQUESTS, see, requests::index)
        .get(paths::NEW_REQUEST, ask, request_form::get)
        .post(paths::NEW_REQUEST, fresh(ask), request_form::post)
        .get(paths::REQUEST, see, requests::get)
        .get(paths::PERSON, look, person::get)
        .merge(decisions())
        .merge(account_acts())
}

fn decisions() -> Routes {
    let confirm = request_rule(RequestAction::Confirm);
    Routes::new()
        .post(paths::CONFIRMATION, fresh(confirm), async |state, viewer, frame, id, form| {
            requests::decide(Decision::Confirmed, state, viewer, frame, id, form).await
        })
        .post(paths::REFUSAL, request_rule(RequestAction::Refuse), async |state, viewer, frame, id, form| {
            requests::decide(Decision::Refused, state, viewer, frame, id, form).await
        })
        .post(paths::WITHDRAWAL, request_rule(RequestAction::Withdraw), async |state, viewer, frame, id, form| {
            requests::decide(Decision::Withdrawn, state, viewer, frame, id, form).await
        })
}

fn account_acts() -> Routes {
    let acts = [
        (paths::SUSPENSION, AccountAct::Suspend),
        (paths::LIFTING, AccountAct::Lift),
        (paths::SESSIONS, AccountAct::EndSessions),
        (paths::RESET, AccountAct::StartReset),
        (paths::RECOVERY, AccountAct::StartRecovery),
        (paths::RECOVERY_REQUEST, AccountAct::AskRecovery),
        (paths::INVITATION_AGAIN, AccountAct::Resend),
    ];
    acts.into_iter().fold(Routes::new(), |routes, (path, act)| {
        routes
            .get(path, person_rule(act.right()), async move |state, viewer, frame, id| {
                account_act::get(act, state, viewer, frame, id).await
            })
            .post(path, fresh(person_rule(act.right())), async move |state, viewer, frame, id, form| {
                account_act::post(act, state, viewer, frame, id, form).await
            })
    })
}

/// What a keeper is told whose rank does not suffice for lifting.
const HIGHER_RANK: Said = Said {
    ja: "この停止は、上位の管理担当者が行ったものです。解除は、停止した側の管理担当者に依頼してください。",
    en: "Somebody of a higher rank suspended this account. Ask them to lift it.",
};

/// Looking at a person's entry stands in the trail, as every look at people's contacts does, and the addresses that the
/// page shows count among those within the hour.
async fn note_reading(
    mut tx: Tx,
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    subject: (&'static str, String),
    addresses: usize,
) -> Result<Tx, WebError> {
    let now = state.clock.now();
    let limit = state.config.contact_reads_per_hour;
    let shown = Shown { account: viewer.account_id, addresses, limit, request_id: &frame.request_id };
    tx = contact_reads::charge(tx, shown, now).await?;
    let event = Event::done(now, "people.read", subject.0, &subject.1)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "addresses": addresses }));
    audit::record(&mut tx, event).await?;
    Ok(tx)
}

/// Who takes a step in this request.
fn actor<'a>(state: &'a AppState, viewer: &'a Viewer, frame: &'a Frame) -> Actor<'a> {
    Actor { viewer, now: state.clock.now(), request_id: &frame.request_id, config: &state.config }
}

/// Writes a refusal into the trail, in a transaction of its own: that of the step was given up.
async fn or_refused(
    answer: Result<Response, WebError>,
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    action: &'static str,
    subject: (&'static str, String),
) -> Result<Response, WebError> {
    if matches!(answer, Err(WebError::NotFound)) {
        let now = state.clock.now();
        let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
        let event = Event::refused(now, action, subject.0, &subject.1);
        audit::record(&mut tx, event.by(viewer.account_id).request(&frame.request_id)).await?;
        tx.commit().await?;
    }
    answer
}

/// The answer to a step that could not be taken, where no field is to blame.
fn step_error(error: StepError) -> WebError {
    let conflict = |ja, en| WebError::Conflict(Said { ja, en });
    match error {
        StepError::NotFound => WebError::NotFound,
        StepError::Place => conflict(
            "この役割は、指定の組織・セプターでは今は設けられていません。",
            "This role is not held at that organisation or CEPTOAR now.",
        ),
        StepError::Period => conflict("期間の指定が正しくありません。", "The period is not possible."),
        StepError::AddressShared => {
            conflict("このメールアドレスは複数の方に登録されています。", "Several people have that address.")
        }
        StepError::AlreadyHeld => {
            conflict("この担当は、その期間すでに登録されています。", "This duty is registered for that period already.")
        }
        StepError::FirstKeeper => conflict(
            "この組織は、ほかのセプターにも属しています。最初の方は、利用者を管理する役割では登録できません。",
            "This organisation is in another CEPTOAR too. Its first person cannot be the keeper of its people.",
        ),
        StepError::FirstWindow => conflict(
            "この組織には、メールアドレスのある窓口がありません。先に、窓口のメールアドレスを登録してください。",
            "This organisation has no window with a mail address. Please register one first.",
        ),
        StepError::AskerGone => conflict(
            "申請した方が、申請できる担当を離れています。却下して、申請し直してもらってください。",
            "Whoever asked may not ask any more. Refuse it and have it asked for again.",
        ),
        StepError::AddressChanged => conflict(
            "申請のあと、この方のメールアドレスが変わっています。却下して、申請し直してもらってください。",
            "The person's mail address has changed since this was asked for. Refuse it and have it asked for again.",
        ),
        StepError::Rank => WebError::Refused(HIGHER_RANK),
        StepError::LastOne => conflict(
            "この役割で利用中の方が、ほかにいません。先に、もう一人の方へ同じ役割を付けてください。",
            "Nobody else active holds this role. Have it given to somebody else first.",
        ),
        StepError::TooManyLetters => WebError::TooMany(Duration::from_secs(3600), None),
        StepError::Overtaken => {
            conflict("すでに別の操作が行われています。", "Somebody else was faster, or it has been done already.")
        }
        StepError::NoAddress => conflict(
            "メールアドレスが登録されていないため、お送りできません。",
            "There is no mail address to send it to.",
        ),
        StepError::Database(error) => error.into(),
        StepError::Letter(error) => WebError::Internal(error.into()),
    }
}
