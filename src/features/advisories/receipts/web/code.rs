//! 受領コードで記録: the code of a FAX sheet finds the member, within this desk's own list of this item.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::desk::{self, Asking, Desk};
use super::page::{self, Known};
use super::words::{CodeWords, ReceiptWords};
use crate::features::access::Viewer;
use crate::features::access::action::ReceiptAction;
use crate::features::accounts::throttle::{self, Counted};
use crate::features::advisories::receipts::code::Code;
use crate::features::advisories::receipts::typed::{EntryForm, no_code};
use crate::features::advisories::receipts::{paths, store};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::fill;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// Whose desk.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct DeskQuery {
    /// Whose members.
    pub ceptoar: String,
    /// Where somebody came from.
    pub from: String,
}

/// What is typed.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct CodeForm {
    receipt_code: String,
    from: String,
}

#[derive(Template)]
#[template(path = "advisories/receipts/code.html")]
struct CodePage {
    chrome: Chrome,
    w: &'static CodeWords,
    words: &'static ReceiptWords,
    subject: String,
    action: String,
    back: String,
    form: CodeForm,
    errors: FieldErrors,
}

fn page(desk: &Desk, frame: &Frame, form: CodeForm, errors: FieldErrors) -> CodePage {
    let w = CodeWords::of(frame.language);
    CodePage {
        chrome: desk.chrome(frame, w.title),
        w,
        words: ReceiptWords::of(frame.language),
        subject: format!("{} / {}", desk.number(), desk.name(frame.language)),
        action: paths::code(desk.id, &desk.ceptoar_id),
        back: page::back(desk, &form.from),
        form,
        errors,
    }
}

/// The form alone.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AdvisoryId>,
    Query(query): Query<DeskQuery>,
) -> Result<Response, WebError> {
    let asking = Asking { state: &state, viewer: &viewer, frame: &frame, id, ceptoar: &query.ceptoar };
    let (tx, desk) = desk::open(asking, ReceiptAction::Enter, "receipt.code").await?;
    tx.commit().await?;
    let form = CodeForm { from: query.from, ..CodeForm::default() };
    Ok(Page(page(&desk, &frame, form, FieldErrors::default())).into_response())
}

/// The form of the member that the code belongs to.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AdvisoryId>,
    Query(query): Query<DeskQuery>,
    Form(form): Form<CodeForm>,
) -> Result<Response, WebError> {
    let asking = Asking { state: &state, viewer: &viewer, frame: &frame, id, ceptoar: &query.ceptoar };
    let (mut tx, desk) = desk::open(asking, ReceiptAction::Enter, "receipt.code").await?;
    let w = CodeWords::of(frame.language);
    // Something that is no code guesses nothing.
    let code = match Code::parse(&form.receipt_code) {
        Ok(code) => code,
        Err(problem) => {
            let empty = form.receipt_code.trim().is_empty();
            let message = if empty { w.empty } else { no_code(problem, frame.language) };
            return Ok(Unprocessable(page(&desk, &frame, form, at_code(message))).into_response());
        }
    };
    if charge(&mut tx, &desk, asking).await? {
        tx.commit().await?;
        return Ok((StatusCode::TOO_MANY_REQUESTS, Page(page(&desk, &frame, form, at_code(w.limit)))).into_response());
    }
    let members = store::members(&mut tx, id, &desk.ceptoar_id).await?;
    let mut found = members.into_iter().filter(|member| desk.code(&state, *member) == code);
    let message = match (found.next(), found.next()) {
        (Some(member), None) => {
            forgive(&mut tx, asking).await?;
            let known = Known::read(&mut tx, &desk, member).await?;
            tx.commit().await?;
            let form = EntryForm { receipt_code: code.spoken(), from: form.from, ..EntryForm::just_now(desk.now) };
            return Ok(known.page(&desk, &frame, form, FieldErrors::default()));
        }
        // Rare among thousands of members; the name decides.
        (Some(_), Some(_)) => w.several.to_owned(),
        (None, _) => fill(w.unknown, &[("number", desk.number()), ("ceptoar", desk.name(frame.language))]),
    };
    record_wrong(&mut tx, &desk, asking).await?;
    tx.commit().await?;
    Ok(Unprocessable(page(&desk, &frame, form, at_code(message))).into_response())
}

/// Counts a code before it is compared with anything: whoever tries one after the other learns nothing from them. True
/// when that was one too many.
///
/// # Errors
/// When the database cannot be reached.
pub async fn charge(tx: &mut Tx, desk: &Desk, asking: Asking<'_>) -> sqlx::Result<bool> {
    throttle::charge(tx, Counted::ReceiptCode(asking.viewer.account_id), desk.now).await
}

/// The code was right, and counts for nothing.
///
/// # Errors
/// When the database cannot be reached.
pub async fn forgive(tx: &mut Tx, asking: Asking<'_>) -> sqlx::Result<()> {
    throttle::take_back(tx, Counted::ReceiptCode(asking.viewer.account_id)).await
}

/// Writes down that a code was wrong.
///
/// # Errors
/// When the database cannot be reached.
pub async fn record_wrong(tx: &mut Tx, desk: &Desk, asking: Asking<'_>) -> sqlx::Result<()> {
    let subject = desk.id.to_string();
    let event = Event::refused(desk.now, "receipt.code", "advisory", &subject).by(asking.viewer.account_id);
    audit::record(tx, event.request(&asking.frame.request_id)).await
}

/// A message at the field of the code.
#[must_use]
pub fn at_code(message: impl Into<String>) -> FieldErrors {
    let mut errors = FieldErrors::default();
    errors.add("receipt_code", message);
    errors
}
