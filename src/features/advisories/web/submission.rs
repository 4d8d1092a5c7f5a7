//! 確認: the author looks at recipients and content, and hands the draft to an approver.

use askama::Template;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::preview::{self, Asked, Preview, PreviewQuery};
use super::step_error;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::web::extract::Author;
use crate::features::advisories::advisory::State;
use crate::features::advisories::paths;
use crate::features::advisories::publishing::{self, StepError};
use crate::features::advisories::review::web::shown::Notes;
use crate::features::advisories::store::{self, Unpublished};
use crate::features::advisories::versions::step::Step;
use crate::features::advisories::versions::web::unpublished::DraftVersion;
use crate::features::advisories::words::{DraftWords, PreviewWords};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::Label;
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::mail::letter::Letter;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::ErrorLine;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

#[derive(Template)]
#[template(path = "advisories/submission.html")]
struct SubmissionPage {
    chrome: Chrome,
    w: &'static PreviewWords,
    number: String,
    title: String,
    level: SharingLevel,
    drill: bool,
    kind: &'static str,
    state: State,
    state_label: &'static str,
    red: bool,
    missing: Vec<ErrorLine>,
    preview: Preview,
    letter: Letter,
    another_day: String,
    here: String,
    edit: String,
    named: String,
    back: String,
    version: Option<DraftVersion>,
    /// Comments of reviewers: address and how many.
    comments: Option<(String, String)>,
}

/// The preview of a draft of one's own.
pub async fn get(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    Query(query): Query<PreviewQuery>,
    frame: Frame,
) -> Result<Response, WebError> {
    page(&state, &by, id, &query, &frame).await.map(IntoResponse::into_response)
}

async fn page(
    state: &AppState,
    by: &Author,
    id: AdvisoryId,
    query: &PreviewQuery,
    frame: &Frame,
) -> Result<Page<SubmissionPage>, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let item = store::find_unpublished(&mut tx, by, AdvisoryAction::Write, id).await?;
    let item = item.ok_or(WebError::NotFound)?;
    let asked = Asked { ceptoar: &query.ceptoar, page: query.page, at: now, here: paths::submission(id) };
    let preview = preview::of_draft(&mut tx, &item, asked, frame.language).await?;
    let letter = preview::letter(&mut tx, state, &item, &preview, frame.language).await?;
    let missing = item.missing(now, frame.language).lines();
    let comments = Notes::read(&mut tx, Some(&item), frame.language).await?.all;
    Ok(Page(assemble(frame, &item, (preview, letter), query, (missing, comments))))
}

fn assemble(
    frame: &Frame,
    item: &Unpublished,
    (preview, letter): (Preview, Letter),
    query: &PreviewQuery,
    (missing, comments): (Vec<ErrorLine>, Option<(String, String)>),
) -> SubmissionPage {
    let (language, w, id) = (frame.language, PreviewWords::of(frame.language), item.envelope.advisory_id);
    let draft_words = DraftWords::of(language);
    let mut chrome = frame.chrome(w.title, &[frame.home(), (paths::INDEX, draft_words.list)]);
    if query.done == "submitted" {
        chrome = chrome.with_flash("success", w.submitted);
    }
    SubmissionPage {
        chrome,
        w,
        number: item.envelope.number.clone(),
        title: item.draft.text.title.clone(),
        level: item.draft.level,
        drill: item.draft.drill,
        kind: item.draft.text.kind.label(language),
        state: item.envelope.state,
        state_label: item.envelope.state.label(language),
        // The persons of a withdrawal are those of the thread.
        red: item.draft.level == SharingLevel::Red && item.envelope.version.step != Step::Withdrawal,
        missing,
        preview,
        letter,
        another_day: paths::audience(id),
        here: paths::submission(id),
        edit: paths::draft(id),
        named: paths::named(id),
        back: format!("{}/return", paths::show(id)),
        version: DraftVersion::of(item, language),
        comments,
    }
}

/// Hands the draft to the approvers.
pub async fn post(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    match publishing::submit(&mut tx, now, &by, id, frame.language, &frame.request_id).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("{}?done=submitted", paths::submission(id))).into_response())
        }
        Err(StepError::Incomplete(_)) => {
            drop(tx);
            let page = page(&state, &by, id, &PreviewQuery::default(), &frame).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(step_error(error)),
    }
}
