//! Taking back a receipt that was wrong: reason, confirmation, done. The entry is kept, the count falls.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::desk::{self, Asking, Desk, refused};
use super::page::{Known, ReceiptRow};
use super::words::ReceiptWords;
use crate::features::access::Viewer;
use crate::features::access::action::ReceiptAction;
use crate::features::advisories::receipts::receipt::DeskReceipt;
use crate::features::advisories::receipts::typed::LONGEST_REMARK;
use crate::features::advisories::receipts::{paths, store};
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::language::Language;
use crate::kernel::text;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// A receipt in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct ReceiptPlace {
    id: AdvisoryId,
    ceptoar: String,
    organisation: OrganisationId,
    receipt: Uuid,
}

/// What is typed.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct WithdrawalForm {
    reason: String,
    confirmed: String,
    again: String,
}

#[derive(Template)]
#[template(path = "advisories/receipts/withdrawal.html")]
struct WithdrawalPage {
    chrome: Chrome,
    w: &'static ReceiptWords,
    lead: &'static str,
    member: String,
    ceptoar: String,
    row: ReceiptRow,
    action: String,
    back: String,
    reason: String,
    errors: FieldErrors,
}

fn page(
    desk: &Desk,
    frame: &Frame,
    known: &Known,
    receipt: &DeskReceipt,
    reason: String,
    errors: FieldErrors,
) -> Response {
    let language: Language = frame.language;
    let w = ReceiptWords::of(language);
    let wrong = !errors.is_empty();
    let page = WithdrawalPage {
        chrome: desk.chrome(frame, w.withdraw_title),
        w,
        // Of this CEPTOAR's receipts one stands at a time: what else counts is the firm's own word.
        lead: if known.own.is_some() { w.withdraw_lead_own } else { w.withdraw_lead },
        member: language.pick(&known.name[0], &known.name[1]).clone(),
        ceptoar: desk.name(language).to_owned(),
        row: ReceiptRow::of(receipt, language),
        action: paths::withdrawal(desk.id, &desk.ceptoar_id, known.organisation, receipt.receipt_id),
        back: paths::receipt(desk.id, &desk.ceptoar_id, known.organisation),
        reason,
        errors,
    };
    if wrong { Unprocessable(page).into_response() } else { Page(page).into_response() }
}

/// The item, the member and the receipt of this very desk.
async fn found(asking: Asking<'_>, place: &ReceiptPlace) -> Result<(Tx, Desk, Known, DeskReceipt), WebError> {
    let (mut tx, desk) = desk::open(asking, ReceiptAction::Enter, "receipt.withdraw").await?;
    let known = Known::read(&mut tx, &desk, place.organisation).await?;
    let own = |r: &&DeskReceipt| r.receipt_id == place.receipt && r.ceptoar_id == desk.ceptoar_id;
    let receipt = known.entered.iter().find(own).cloned().ok_or(WebError::NotFound)?;
    Ok((tx, desk, known, receipt))
}

/// Asks why.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<ReceiptPlace>,
) -> Result<Response, WebError> {
    let asking = Asking { state: &state, viewer: &viewer, frame: &frame, id: place.id, ceptoar: &place.ceptoar };
    let (tx, desk, known, receipt) = found(asking, &place).await?;
    tx.commit().await?;
    if !receipt.stands() {
        return Ok(to_member(&desk, &known));
    }
    Ok(page(&desk, &frame, &known, &receipt, String::new(), FieldErrors::default()))
}

/// Takes it back, once it is confirmed.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<ReceiptPlace>,
    Form(form): Form<WithdrawalForm>,
) -> Result<Response, WebError> {
    let asking = Asking { state: &state, viewer: &viewer, frame: &frame, id: place.id, ceptoar: &place.ceptoar };
    let (mut tx, desk, known, receipt) = found(asking, &place).await?;
    // A second click, or a colleague was faster: the page shows who took it back, and why.
    if !receipt.stands() {
        return Ok(to_member(&desk, &known));
    }
    if form.again == "true" {
        return Ok(page(&desk, &frame, &known, &receipt, form.reason, FieldErrors::default()));
    }
    let mut errors = FieldErrors::default();
    let reason = errors.take("reason", text::filled_line(&form.reason, LONGEST_REMARK), frame.language);
    if !errors.is_empty() {
        return Ok(page(&desk, &frame, &known, &receipt, form.reason, errors));
    }
    if form.confirmed != "true" {
        return Ok(known.withdrawal(&desk, &frame, &receipt, &reason));
    }
    if !store::withdraw(&mut tx, receipt.receipt_id, &reason, desk.now).await.map_err(refused)? {
        // A colleague was faster by less than this request took.
        return Ok(to_member(&desk, &known));
    }
    let detail = serde_json::json!({ "ceptoar": desk.ceptoar_id, "organisation": known.organisation });
    desk.record(&mut tx, asking, "receipt.withdraw", detail).await?;
    tx.commit().await?;
    let done = paths::done(desk.id, &desk.ceptoar_id, known.organisation, receipt.receipt_id);
    Ok(Redirect::to(&done).into_response())
}

fn to_member(desk: &Desk, known: &Known) -> Response {
    Redirect::to(&paths::receipt(desk.id, &desk.ceptoar_id, known.organisation)).into_response()
}
