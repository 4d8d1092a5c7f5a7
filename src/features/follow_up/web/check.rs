//! The check of a sheet by ministry and centre: it goes on, or back with a comment.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::sheet::{Scene, SheetPlace};
use super::shown::{self, in_whose_name};
use crate::features::access::action::FollowUpAction;
use crate::features::access::{Viewer, can};
use crate::features::follow_up::letters::{About, Reason, letters};
use crate::features::follow_up::paths;
use crate::features::follow_up::sheets::store::{self as sheets, Sheet, Taken};
use crate::features::follow_up::state::{State as SheetState, Step};
use crate::features::follow_up::store;
use crate::kernel::language::Language;
use crate::kernel::text;
use crate::platform::audit::{self, Event};
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Place;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::Frame;
use crate::platform::web::page::Unprocessable;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the check.
    pub struct CheckWords {
        heading: "この調査票を確認する" / "Check this sheet",
        choose: "結果" / "Result",
        missing: "結果を選んでください。" / "Please choose.",
        comment: "コメント" / "Comment",
        comment_help: "差し戻すときと、省庁の確認を待たないときは必要です。差戻しのコメントは、事務局にメールで届きます。" / "Needed for sending back and for not waiting for the ministry. The comment of a return goes to the secretariat by mail.",
        comment_missing: "コメントを入力してください。" / "Please write a comment.",
        submit: "この結果を記録する" / "Record this",
        check_as_ministry: "省庁として確認しました" / "Checked for the ministry",
        return_as_ministry: "事務局に差し戻す" / "Send back to the secretariat",
        confirm: "確認済みにする" / "Confirm",
        confirm_unchecked: "省庁の確認を待たずに確認済みにする" / "Confirm without waiting for the ministry",
        return_as_centre: "事務局に差し戻す" / "Send back to the secretariat",
    }
}

/// The form of a check.
pub(super) struct Check {
    pub w: &'static CheckWords,
    pub action: String,
    pub version: i32,
    pub steps: Vec<Choice>,
    pub comment: String,
    pub errors: FieldErrors,
}

/// What is chosen and typed.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct CheckForm {
    step: String,
    comment: String,
    version: String,
}

/// The steps that a viewer may take with a sheet as it is.
fn steps(viewer: &Viewer, sheet: &Sheet) -> Vec<Step> {
    let may = |step: Step| {
        let action = match step {
            Step::Save | Step::Send => return false,
            Step::CheckAsMinistry | Step::ReturnAsMinistry => FollowUpAction::CheckForMinistry,
            Step::Confirm | Step::ConfirmUnchecked | Step::ReturnAsCentre => FollowUpAction::CheckForCentre,
        };
        can(viewer, action, &sheet.facts)
    };
    Step::ALL.into_iter().filter(|step| sheet.state.after(*step).is_some() && may(*step)).collect()
}

impl Check {
    /// The form, where the viewer may do anything with the sheet.
    pub fn of(viewer: &Viewer, sheet: &Sheet, year: i32, language: Language, typed: &CheckForm) -> Option<Self> {
        let w = CheckWords::of(language);
        let words = |step: Step| match step {
            Step::Save | Step::Send => "",
            Step::CheckAsMinistry => w.check_as_ministry,
            Step::ReturnAsMinistry => w.return_as_ministry,
            Step::Confirm => w.confirm,
            Step::ConfirmUnchecked => w.confirm_unchecked,
            Step::ReturnAsCentre => w.return_as_centre,
        };
        let steps: Vec<Choice> = steps(viewer, sheet)
            .into_iter()
            .map(|step| Choice {
                value: step.code().to_owned(),
                label: words(step).to_owned(),
                explanation: String::new(),
                chosen: typed.step == step.code(),
            })
            .collect();
        (!steps.is_empty()).then(|| Self {
            w,
            action: paths::of_sheet(paths::CHECK, year, &sheet.facts.ceptoar_id),
            version: sheet.version,
            steps,
            comment: typed.comment.clone(),
            errors: FieldErrors::default(),
        })
    }
}

/// What is said where a sheet is not as it was seen.
const OTHERWISE: Said = Said {
    ja: "この調査票の状態が変わりました。もう一度開いて確かめてください。",
    en: "This sheet has changed meanwhile. Please open it again.",
};

fn read(form: &CheckForm, allowed: &[Step], language: Language) -> Result<(Step, String), FieldErrors> {
    let w = CheckWords::of(language);
    let mut errors = FieldErrors::default();
    let step = Step::from_code(&form.step).filter(|step| allowed.contains(step));
    if step.is_none() {
        errors.add("step", w.missing);
    }
    let comment = errors.take("comment", text::paragraph(&form.comment, 1000), language);
    if comment.is_empty() && errors.at("comment").is_empty() && step.is_some_and(Step::needs_comment) {
        errors.add("comment", w.comment_missing);
    }
    match step {
        Some(step) if errors.is_empty() => Ok((step, comment)),
        Some(_) | None => Err(errors),
    }
}

/// Records a check.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SheetPlace>,
    Form(form): Form<CheckForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, &place).await?;
    let sheet = &scene.sheet;
    let checks = [FollowUpAction::CheckForMinistry, FollowUpAction::CheckForCentre];
    if !checks.into_iter().any(|action| can(&viewer, action, &sheet.facts)) {
        return Err(WebError::NotFound);
    }
    if scene.follow_up.published_at.is_some() {
        return Err(shown::frozen());
    }
    let allowed = steps(&viewer, sheet);
    if allowed.is_empty() || form.version.parse() != Ok(sheet.version) {
        return Err(WebError::Conflict(OTHERWISE));
    }
    let (step, comment) = match read(&form, &allowed, frame.language) {
        Ok(read) => read,
        Err(errors) => {
            let check = Check::of(&viewer, sheet, place.year, frame.language, &form);
            let check = check.map(|check| Check { errors, ..check });
            let page = scene.page(&viewer, &frame, None, FieldErrors::default()).with_check(check);
            return Ok(Unprocessable(page).into_response());
        }
    };
    let organisation = in_whose_name(&viewer, step, &sheet.facts).ok_or(WebError::NotFound)?;
    let to = sheet.state.after(step).ok_or(WebError::Conflict(OTHERWISE))?;
    let taken = Taken {
        follow_up_id: scene.follow_up.follow_up_id,
        ceptoar_id: &sheet.facts.ceptoar_id,
        from: sheet.state,
        version: sheet.version,
        to,
        step,
        comment: &comment,
    };
    if !sheets::take(&mut tx, &viewer, organisation, taken, now).await? {
        return Err(WebError::Conflict(OTHERWISE));
    }
    if to == SheetState::Returned {
        let about = About {
            year: place.year,
            ceptoar_id: &sheet.facts.ceptoar_id,
            name: &sheet.name,
            due_on: scene.follow_up.due_on,
            base_url: &state.config.base_url(),
        };
        let texts = letters(about, Reason::Returned(&comment)).map_err(anyhow::Error::from)?;
        store::tell(&mut tx, taken.follow_up_id, &sheet.facts.ceptoar_id, "returned", &texts).await?;
    }
    let subject = place.year.to_string();
    let event = Event::done(now, "follow_up.check", "follow_up", &subject).by(viewer.account_id);
    let detail = serde_json::json!({ "ceptoar": place.ceptoar, "step": step.code() });
    audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    tx.commit().await?;
    let here = paths::of_sheet(paths::SHEET, place.year, &place.ceptoar);
    let done = if to == SheetState::Returned { "returned" } else { "checked" };
    Ok(Redirect::to(&format!("{here}?done={done}")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(step: &str, comment: &str) -> CheckForm {
        CheckForm { step: step.into(), comment: comment.into(), version: "1".into() }
    }

    #[test]
    fn a_return_needs_its_comment_and_only_allowed_steps_are_taken() {
        let allowed = [Step::CheckAsMinistry, Step::ReturnAsMinistry];
        assert_eq!(
            read(&form("check_as_ministry", ""), &allowed, Language::Ja),
            Ok((Step::CheckAsMinistry, String::new()))
        );
        let at = |form: &CheckForm| {
            let errors = read(form, &allowed, Language::Ja).unwrap_err();
            errors.iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(at(&form("return_as_ministry", "  ")), ["comment"]);
        assert_eq!(at(&form("confirm", "よい")), ["step"]);
        assert_eq!(read(&form("return_as_ministry", "単位は?"), &allowed, Language::Ja).unwrap().1, "単位は?");
        // Too long has one message, and not that it is missing.
        let errors = read(&form("return_as_ministry", &"長".repeat(1001)), &allowed, Language::Ja).unwrap_err();
        assert!(errors.at("comment").contains("1000文字以内"), "{}", errors.at("comment"));
    }
}
