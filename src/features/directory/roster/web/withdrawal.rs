//! Taking a planned change back.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use uuid::Uuid;

use super::edit::actor;
use super::reading::LONGEST_REASON;
use super::shown::{ChangeRow, change_row};
use super::{member, note_reading, permitted, way};
use crate::features::access::Viewer;
use crate::features::access::action::DirectoryAction;
use crate::features::directory::roster::changes::{self, ChangeError};
use crate::features::directory::roster::paths;
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::{self, CeptoarFacts, PastChange};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::OrganisationId;
use crate::kernel::text;
use crate::platform::db::Tx;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Place;
use crate::platform::web::form::{ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of taking a plan back.
    pub struct WithdrawalWords {
        title: "予定を取り消す" / "Take the plan back",
        lead: "次の予定を取り消し、その前の登録を続けます。取り消したことは履歴に残ります。" / "What was registered before goes on. That the plan was taken back stays in the history.",
        plan: "取り消す予定" / "The plan",
        when: "時期" / "When",
        before: "予定の前" / "Before",
        after: "予定" / "Plan",
        reason: "理由・メモ" / "Reason or note",
        reason_help: "履歴に残ります。200文字以内。" / "Stays in the history. At most 200 characters.",
        submit: "予定を取り消す" / "Take the plan back",
        cancel: "やめる" / "Cancel",
    }
}

#[derive(Template)]
#[template(path = "directory/withdrawal.html")]
struct WithdrawalPage {
    chrome: Chrome,
    w: &'static WithdrawalWords,
    subject: String,
    action: String,
    back: String,
    plan: ChangeRow,
    reason: String,
    errors: Vec<ErrorLine>,
    at: FieldErrors,
}

/// A change in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct ChangePlace {
    ceptoar: String,
    organisation: OrganisationId,
    change: Uuid,
}

/// What the form sends.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WithdrawalForm {
    reason: String,
}

/// What is to be taken back, in its place.
struct Found {
    ceptoar: CeptoarFacts,
    sheet: Sheet,
    plan: PastChange,
}

/// The plan, for whoever may make such a change; otherwise there is none.
async fn found(tx: &mut Tx, viewer: &Viewer, place: &ChangePlace) -> Result<Found, WebError> {
    permitted(tx, viewer, DirectoryAction::KeepWindow, &place.ceptoar, place.organisation).await?;
    let past = store::history(tx, &place.ceptoar, place.organisation, true, None).await?;
    let plan = past.into_iter().find(|plan| plan.change_id == place.change).ok_or(WebError::NotFound)?;
    if plan.subject != "window" {
        permitted(tx, viewer, DirectoryAction::KeepMember, &place.ceptoar, place.organisation).await?;
    }
    let ceptoar = store::ceptoar(tx, &place.ceptoar).await?.ok_or(WebError::NotFound)?;
    let sheet = store::sheet(tx, &place.ceptoar, place.organisation, true).await?;
    Ok(Found { ceptoar, sheet, plan })
}

fn page(
    viewer: &Viewer,
    frame: &Frame,
    found: &Found,
    today: NaiveDate,
    reason: String,
    errors: FieldErrors,
) -> WithdrawalPage {
    let language = frame.language;
    let w = WithdrawalWords::of(language);
    let (ceptoar_id, organisation) = (&found.sheet.ceptoar_id, found.sheet.organisation_id);
    let back = paths::of_member(paths::MEMBER, ceptoar_id, organisation);
    let mut steps = way(viewer, frame, ceptoar_id, &found.ceptoar);
    let name = found.sheet.name_on(today).map(|name| language.pick(&name.value.ja, &name.value.en).clone());
    let subject = name.unwrap_or_default();
    steps.push((back.clone(), subject.clone()));
    let steps: Vec<_> = steps.iter().map(|(href, label)| (href.as_str(), label.as_str())).collect();
    WithdrawalPage {
        chrome: frame.chrome(w.title, &steps),
        w,
        subject,
        action: paths::withdrawal(ceptoar_id, organisation, found.plan.change_id),
        back,
        plan: change_row(&found.plan, language),
        reason,
        errors: errors.lines(),
        at: errors,
    }
}

/// The question.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<ChangePlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let found = found(&mut tx, &viewer, &place).await?;
    let lines = found.plan.before.iter().chain(&found.plan.after);
    let addresses = lines.filter(|line| line.code.starts_with("channel")).count();
    let tx = note_reading(tx, &state, &viewer, &frame, (&place.ceptoar, place.organisation), addresses).await?;
    tx.commit().await?;
    if !found.plan.is_open {
        return Err(not_open());
    }
    Ok(Page(page(&viewer, &frame, &found, japan_day(now), String::new(), FieldErrors::default())).into_response())
}

/// Takes it back.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<ChangePlace>,
    Form(form): Form<WithdrawalForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    changes::wait_for_turn(&mut tx, &place.ceptoar, place.organisation).await?;
    let found = found(&mut tx, &viewer, &place).await?;
    let mut errors = FieldErrors::default();
    let reason = if form.reason.trim().is_empty() {
        String::new()
    } else {
        errors.take("reason", text::line(&form.reason, LONGEST_REASON), frame.language)
    };
    if !errors.is_empty() {
        return Ok(Unprocessable(page(&viewer, &frame, &found, japan_day(now), form.reason, errors)).into_response());
    }
    let actor = actor(&viewer, &place.ceptoar, place.organisation, &frame, now);
    match changes::withdraw(&mut tx, actor, &found.sheet, &found.plan, reason).await {
        Ok(()) => tx.commit().await?,
        Err(ChangeError::LastWindow) => {
            return Err(WebError::Conflict(Said {
                ja: "この窓口がないと、構成員の窓口がなくなる日があります。先に、ほかの窓口をご確認ください。",
                en: "Without this window there are days on which the member has none. Look at its other windows first.",
            }));
        }
        Err(ChangeError::Fault(fault)) => return Err(fault.into()),
        Err(ChangeError::NoSubgroup) => {
            return Err(WebError::Conflict(Said {
                ja: "以前のサブグループは、もうありません。取り消す代わりに、新しい変更を登録してください。",
                en: "The subgroup of before is no longer there. Register another change instead.",
            }));
        }
        Err(
            ChangeError::NotOpen
            | ChangeError::NotOnThatDay
            | ChangeError::NoMember
            | ChangeError::Overlap
            | ChangeError::NotItsOwn,
        ) => {
            return Err(not_open());
        }
    }
    // Of a firm that was to join for the first time nothing is left to show.
    let first = found.sheet.memberships.iter().all(|m| m.valid.from >= Some(found.plan.effective_on));
    if found.plan.begins_membership() && first {
        return Ok(Redirect::to(&paths::roster(&place.ceptoar)).into_response());
    }
    Ok(Redirect::to(&member::done(&place.ceptoar, place.organisation, "withdrawn")).into_response())
}

fn not_open() -> WebError {
    WebError::Conflict(Said {
        ja: "この変更は、すでに適用されたか、そのあとに別の変更が登録されたため、取り消せません。新しい変更か訂正を登録してください。",
        en: "This change holds already, or something was registered after it. Register another change or a correction.",
    })
}
