//! A member's receipts, and entering one that it told its desk: form, confirmation, done.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::code;
use super::desk::{self, Asking, Desk, refused};
use super::page::{self, Known, bounds};
use super::words::ReceiptWords;
use crate::features::access::Viewer;
use crate::features::access::action::ReceiptAction;
use crate::features::advisories::receipts::code::Code;
use crate::features::advisories::receipts::receipt::NewReceipt;
use crate::features::advisories::receipts::typed::{EntryForm, TypedWords};
use crate::features::advisories::receipts::{paths, store};
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::language::Language;
use crate::platform::web::error::{Said, WebError};
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
    /// The receipt that was just entered or taken back.
    recorded: String,
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
    let said = page::said(&mut tx, &desk, asking, &query.recorded).await?;
    tx.commit().await?;
    // The way is chosen and never preselected: what nobody chose would stand there as evidence.
    let form = EntryForm { from: query.from, ..EntryForm::just_now(desk.now) };
    Ok(known.page_saying(&desk, &frame, form, FieldErrors::default(), said))
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
    if desk.is_own(place.organisation) {
        let [ja, en] = [Language::Ja, Language::En].map(|language| ReceiptWords::of(language).own_organisation);
        return Err(WebError::Refused(Said { ja, en }));
    }
    if form.again == "true" {
        return Ok(known.page(&desk, &frame, form, FieldErrors::default()));
    }
    let bounds = bounds(&desk, asking, place.organisation);
    // Codes are guessed here as well as on their own page.
    if let Ok(code) = Code::parse(&form.receipt_code) {
        if code::charge(&mut tx, &desk, asking).await? {
            tx.commit().await?;
            let errors = code::at_code(TypedWords::of(frame.language).code_limit);
            let page = known.page(&desk, &frame, form, errors);
            return Ok((StatusCode::TOO_MANY_REQUESTS, page).into_response());
        }
        if code == bounds.code {
            code::forgive(&mut tx, asking).await?;
        } else {
            code::record_wrong(&mut tx, &desk, asking).await?;
        }
    }
    let told = match form.read(bounds, frame.language) {
        Ok(told) => told,
        Err(errors) => {
            tx.commit().await?;
            return Ok(known.page(&desk, &frame, form, errors));
        }
    };
    if let Some(answer) = overtaken(&known, &desk, asking, &form, &told) {
        return Ok(answer);
    }
    if form.confirmed != "true" {
        return Ok(known.confirmation(&desk, &frame, &form, &told));
    }
    let entered = store::enter(&mut tx, desk.id, &desk.ceptoar_id, place.organisation, &told).await;
    let Some(receipt) = entered.map_err(refused)? else {
        // A colleague was faster by less than this request took.
        known = Known::read(&mut tx, &desk, place.organisation).await?;
        return overtaken(&known, &desk, asking, &form, &told).ok_or(WebError::NotFound);
    };
    let detail = serde_json::json!({
        "ceptoar": desk.ceptoar_id, "organisation": place.organisation, "channel": told.channel.code(),
        "with_code": told.with_code,
    });
    desk.record(&mut tx, asking, "receipt.enter", detail).await?;
    tx.commit().await?;
    Ok(done(&desk, &form, place.organisation, receipt))
}

/// The answer where the firm itself or a colleague was faster. A second click is no mistake.
fn overtaken(known: &Known, desk: &Desk, asking: Asking<'_>, form: &EntryForm, told: &NewReceipt) -> Option<Response> {
    let message = known.is_settled(desk, asking.frame.language)?;
    let twice = known
        .standing(desk)
        .filter(|r| known.own.is_none() && r.entered_by == Some(asking.viewer.account_id) && r.told == *told);
    if let Some(receipt) = twice.filter(|_| form.confirmed == "true") {
        return Some(done(desk, form, known.organisation, receipt.receipt_id));
    }
    let mut errors = FieldErrors::default();
    errors.add("channel", message);
    Some(known.page(desk, asking.frame, form.clone(), errors))
}

/// Back to the same member on the call list, which stands there struck out. Else to the member's receipts: they read no
/// addresses, so that whoever has read too many is still told that this one is stored.
fn done(desk: &Desk, form: &EntryForm, organisation: OrganisationId, receipt: Uuid) -> Response {
    let to = match paths::back_to_calls(desk.id, &desk.ceptoar_id, &form.from, desk.now) {
        Some(calls) => format!("{calls}&recorded={receipt}#{}", paths::anchor(organisation)),
        None => paths::done(desk.id, &desk.ceptoar_id, organisation, receipt),
    };
    Redirect::to(&to).into_response()
}
