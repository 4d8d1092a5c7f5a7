//! 差し戻す: makes a submitted item a draft again, with a remark on the whole where an approver does it. Its author takes it
//! back without a word.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::shown::ReturnView;
use super::words::ReviewWords;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::web::extract::Author;
use crate::features::advisories::review::comment;
use crate::features::advisories::review::store;
use crate::features::advisories::review::typed::ReturnForm;
use crate::features::advisories::web::step_error;
use crate::features::advisories::{paths, publishing, store as advisories};
use crate::kernel::ids::AdvisoryId;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::{ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Unprocessable;
use crate::platform::web::state::AppState;

#[derive(Template)]
#[template(path = "advisories/review/return.html")]
struct ReturnPage {
    chrome: Chrome,
    w: &'static ReviewWords,
    number: String,
    title: String,
    form: ReturnView,
    error_lines: Vec<ErrorLine>,
    back: String,
}

/// Makes a submitted item a draft again.
pub async fn post(
    State(state): State<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    Form(typed): Form<ReturnForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let item = advisories::find_unpublished(&mut tx, &by, AdvisoryAction::SendBack, id).await?;
    let own = item.as_ref().is_some_and(|item| item.envelope.created_by == by.account_id);
    let remark = match (typed.read(frame.language), &item) {
        (Ok(remark), _) => remark,
        (Err(errors), Some(item)) => {
            let open = comment::open(&store::comments(&mut tx, id).await?);
            return Ok(Unprocessable(page(&frame, item, open, &typed, &errors)).into_response());
        }
        (Err(_), None) => String::new(),
    };
    publishing::send_back(&mut tx, now, &by, id, &frame.request_id).await.map_err(step_error)?;
    if !own {
        store::send_back(&mut tx, id, &remark).await?;
    }
    tx.commit().await?;
    let next = if own { format!("{}?returned=1", paths::draft(id)) } else { paths::INDEX.to_owned() };
    Ok(Redirect::to(&next).into_response())
}

/// The form once more, with what was typed.
fn page(
    frame: &Frame,
    item: &advisories::Unpublished,
    open: usize,
    typed: &ReturnForm,
    errors: &FieldErrors,
) -> ReturnPage {
    let (w, id) = (ReviewWords::of(frame.language), item.envelope.advisory_id);
    let form = ReturnView {
        remark: typed.remark.clone(),
        error: errors.at("remark").to_owned(),
        ..ReturnView::of(id, open, frame.language)
    };
    ReturnPage {
        chrome: frame.chrome(w.return_title, &[frame.home(), (paths::INDEX, w.list)]),
        w,
        number: item.envelope.number.clone(),
        title: item.draft.text.title.clone(),
        form,
        error_lines: errors.lines(),
        back: paths::publication(id),
    }
}
