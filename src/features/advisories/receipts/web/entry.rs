//! A member's receipts, and entering one that it told its desk: form, confirmation, done.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::desk::{self, Asking, Desk, refused};
use super::page::{Known, back, bounds};
use crate::features::access::Viewer;
use crate::features::access::action::ReceiptAction;
use crate::features::advisories::receipts::receipt::NewReceipt;
use crate::features::advisories::receipts::store;
use crate::features::advisories::receipts::typed::EntryForm;
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// A member of a CEPTOAR and an item in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct MemberPlace {
    /// Which item.
    pub id: AdvisoryId,
    /// Whose member.
    pub ceptoar: String,
    /// Which one.
    pub organisation: OrganisationId,
}

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct EntryQuery {
    from: String,
}

/// What is known, and the form.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
    Query(query): Query<EntryQuery>,
) -> Result<Response, WebError> {
    let asking = Asking { state: &state, viewer: &viewer, frame: &frame, id: place.id, ceptoar: &place.ceptoar };
    let (mut tx, desk) = desk::open(asking, ReceiptAction::Call, "receipt.enter").await?;
    let known = Known::read(&mut tx, &desk, place.organisation).await?;
    tx.commit().await?;
    let form = EntryForm { from: query.from, channel: "phone".into(), ..EntryForm::just_now(desk.now) };
    Ok(known.page(&desk, &frame, form, FieldErrors::default()))
}

/// Enters it, once it is confirmed.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
    Form(form): Form<EntryForm>,
) -> Result<Response, WebError> {
    let asking = Asking { state: &state, viewer: &viewer, frame: &frame, id: place.id, ceptoar: &place.ceptoar };
    let (mut tx, desk) = desk::open(asking, ReceiptAction::Enter, "receipt.enter").await?;
    let mut known = Known::read(&mut tx, &desk, place.organisation).await?;
    if form.again == "true" {
        return Ok(known.page(&desk, &frame, form, FieldErrors::default()));
    }
    let told = match form.read(bounds(&desk, asking, place.organisation), frame.language) {
        Ok(told) => told,
        Err(errors) => return Ok(known.page(&desk, &frame, form, errors)),
    };
    if let Some(answer) = overtaken(&known, &desk, asking, &form, &told) {
        return Ok(answer);
    }
    if form.confirmed != "true" {
        return Ok(known.confirmation(&desk, &frame, &form, &told));
    }
    let entered = store::enter(&mut tx, &viewer, desk.id, &desk.ceptoar_id, place.organisation, &told).await;
    if !entered.map_err(refused)? {
        // A colleague was faster by less than this request took.
        known = Known::read(&mut tx, &desk, place.organisation).await?;
        return overtaken(&known, &desk, asking, &form, &told).ok_or(WebError::NotFound);
    }
    let detail = serde_json::json!({
        "ceptoar": desk.ceptoar_id, "organisation": place.organisation, "channel": told.channel.code(),
        "with_code": told.with_code,
    });
    desk.record(&mut tx, asking, "receipt.enter", detail).await?;
    tx.commit().await?;
    Ok(done(&desk, &form))
}

/// The answer where the firm itself or a colleague was faster. A second click is no mistake.
fn overtaken(known: &Known, desk: &Desk, asking: Asking<'_>, form: &EntryForm, told: &NewReceipt) -> Option<Response> {
    let message = known.is_settled(desk, asking.frame.language)?;
    let twice = known
        .standing(desk)
        .is_some_and(|r| known.own.is_none() && r.entered_by == asking.viewer.account_id && r.told == *told);
    if twice && form.confirmed == "true" {
        return Some(done(desk, form));
    }
    let mut errors = FieldErrors::default();
    errors.add("channel", message);
    Some(known.page(desk, asking.frame, form.clone(), errors))
}

fn done(desk: &Desk, form: &EntryForm) -> Response {
    Redirect::to(&format!("{}&recorded=1", back(desk, &form.from))).into_response()
}
