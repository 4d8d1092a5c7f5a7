//! Ending a duty on a day, or at once.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Days;

use super::shown::{choices, place};
use super::{actor, or_refused, step_error};
use crate::features::access::action::DutyAction;
use crate::features::access::people::DutyFacts;
use crate::features::access::{Viewer, can};
use crate::features::people::form::{EndForm, FormWords, Reader};
use crate::features::people::person::Duty;
use crate::features::people::{paths, steps};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::AffiliationId;
use crate::kernel::language::Label;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::{Choice, ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of ending a duty.
    pub struct EndWords {
        title: "担当を終了する" / "End a duty",
        people: "利用者管理" / "People",
        duty: "終了する担当" / "Duty to end",
        lead: "これまでの記録は残ります。ほかに担当がない方は、担当が終わるとサインインできなくなり、届いたリンクも使えなくなります。" / "The record stays. Somebody without another duty can then no longer sign in, and links that were sent stop working.",
        when: "いつ終了しますか" / "When does it end?",
        at_once: "今すぐ" / "At once",
        on_day: "日を指定する" / "On a day",
        last: "最終日" / "Last day",
        last_help: "この日までは担当が続きます。「日を指定する」を選んだときに入力してください。" / "The duty holds until the end of this day. Fill this in if you chose “On a day”.",
        reason: "理由" / "Reason",
        reason_help: "例: 退職、異動。200文字以内で入力してください。" / "For example: leaving, rotation. At most 200 characters.",
        submit: "担当を終了する" / "End the duty",
        cancel: "やめる" / "Cancel",
    }
}

#[derive(Template)]
#[template(path = "people/duty_end.html")]
struct EndPage {
    chrome: Chrome,
    w: &'static EndWords,
    action: String,
    back: String,
    duty: String,
    form: EndForm,
    whens: Vec<Choice>,
    errors: Vec<ErrorLine>,
    at: FieldErrors,
}

/// The form.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AffiliationId>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let duty = steps::duty(&mut tx, id).await.map_err(step_error)?;
    let facts = DutyFacts::of(Some(duty.account_id), duty.hat.clone());
    if !can(&viewer, DutyAction::End, &facts) {
        return Err(WebError::NotFound);
    }
    Ok(Page(page(&frame, &duty, EndForm::default(), FieldErrors::default())).into_response())
}

/// Ends it.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AffiliationId>,
    Form(form): Form<EndForm>,
) -> Result<Response, WebError> {
    let answer = ended(&state, &viewer, &frame, id, form).await;
    or_refused(answer, &state, &viewer, &frame, "people.end", ("affiliation", id.to_string())).await
}

async fn ended(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    id: AffiliationId,
    form: EndForm,
) -> Result<Response, WebError> {
    let actor = actor(state, viewer, frame);
    let today = japan_day(actor.now);
    let mut tx = state.db.begin(Some(viewer.account_id), actor.now).await?;
    let duty = steps::duty(&mut tx, id).await.map_err(step_error)?;
    let facts = DutyFacts::of(Some(duty.account_id), duty.hat.clone());
    if !can(viewer, DutyAction::End, &facts) {
        return Err(WebError::NotFound);
    }
    let mut reader = Reader::new(frame.language, today);
    let typed = reader.date("last", [&form.last_year, &form.last_month, &form.last_day]);
    let last_day = match form.when.as_str() {
        "at_once" => today.checked_sub_days(Days::new(1)),
        "on_day" => {
            if typed.is_none() {
                reader.errors.add("last", FormWords::of(frame.language).last_empty);
            }
            typed
        }
        _ => {
            reader.errors.add("when", FormWords::of(frame.language).when_choose);
            None
        }
    };
    let reason = reader.reason(&form.reason);
    let (Some(last_day), true) = (last_day, reader.errors.is_empty()) else {
        return Ok(Unprocessable(page(frame, &duty, form, reader.errors)).into_response());
    };
    steps::end(&mut tx, actor, &duty, last_day, &reason).await.map_err(step_error)?;
    tx.commit().await?;
    Ok(Redirect::to(&paths::person_after(duty.account_id, "ended")).into_response())
}

fn page(frame: &Frame, duty: &Duty, form: EndForm, errors: FieldErrors) -> EndPage {
    let w = EndWords::of(frame.language);
    let where_held = place(&duty.organisation, duty.ceptoar.as_ref(), duty.window.as_ref(), frame.language);
    EndPage {
        chrome: frame.chrome(w.title, &[frame.home(), (paths::INDEX, w.people)]),
        w,
        action: paths::end(duty.id),
        back: paths::person(duty.account_id),
        duty: format!("{} / {where_held}", duty.hat.role.label(frame.language)),
        whens: choices([("at_once", w.at_once.to_owned()), ("on_day", w.on_day.to_owned())], &form.when),
        form,
        errors: errors.lines(),
        at: errors,
    }
}
