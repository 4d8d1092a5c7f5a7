//! One comment: what was answered, and the form that answers or says that it is dealt with.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::item::Item;
use super::shown::CommentView;
use super::words::ReviewWords;
use crate::features::access::Viewer;
use crate::features::advisories::paths;
use crate::features::advisories::review::comment::{Comment, CommentId, Step};
use crate::features::advisories::review::place::Attached;
use crate::features::advisories::review::typed::StepForm;
use crate::features::advisories::review::{paths as review, place, store};
use crate::kernel::language::Language;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ThreadQuery {
    done: String,
}

#[derive(Template)]
#[template(path = "advisories/review/thread.html")]
struct ThreadPage {
    chrome: Chrome,
    w: &'static ReviewWords,
    number: String,
    title: String,
    comment: CommentView,
    may_say: bool,
    action: String,
    answer: String,
    errors: FieldErrors,
    all: String,
    back: String,
}

/// The comment.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(comment): Id<CommentId>,
    Query(query): Query<ThreadQuery>,
    frame: Frame,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let (item, comment) = find(&mut tx, &viewer, comment).await?.ok_or(WebError::NotFound)?;
    let mut page = page(&mut tx, &frame, &item, &comment, ("", FieldErrors::default())).await?;
    match query.done.as_str() {
        "said" => page.chrome = page.chrome.with_flash("success", page.w.said),
        "answered" => page.chrome = page.chrome.with_flash("success", page.w.answered),
        _ => {}
    }
    Ok(Page(page).into_response())
}

/// Answers, or says that it is dealt with.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(comment): Id<CommentId>,
    frame: Frame,
    Form(form): Form<StepForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (item, comment) = find(&mut tx, &viewer, comment).await?.ok_or(WebError::NotFound)?;
    if !item.may_say {
        return Err(WebError::NotFound);
    }
    let (step, body) = match form.read(comment.is_open(), frame.language) {
        Ok(read) => read,
        Err(errors) => {
            let page = page(&mut tx, &frame, &item, &comment, (&form.answer, errors)).await?;
            return Ok(Unprocessable(page).into_response());
        }
    };
    store::take(&mut tx, comment.comment_id, step, &body).await?;
    let action = match step {
        Step::Answer => "review.answer",
        Step::Done => "review.done",
        Step::Reopened => "review.reopen",
    };
    let subject = item.id.to_string();
    let detail = serde_json::json!({ "comment": comment.comment_id });
    let event = Event::done(now, action, "advisory", &subject).by(viewer.account_id);
    audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=answered", review::comment(comment.comment_id))).into_response())
}

/// A comment with its item, where the viewer may read it.
async fn find(tx: &mut Tx, viewer: &Viewer, comment: CommentId) -> sqlx::Result<Option<(Item, Comment)>> {
    let Some(id) = store::item_of(tx, comment).await? else { return Ok(None) };
    let Some(item) = Item::find(tx, viewer, id).await? else { return Ok(None) };
    let found = store::comments(tx, id).await?.into_iter().find(|c| c.comment_id == comment);
    Ok(found.map(|comment| (item, comment)))
}

async fn page(
    tx: &mut Tx,
    frame: &Frame,
    item: &Item,
    comment: &Comment,
    (answer, errors): (&str, FieldErrors),
) -> sqlx::Result<ThreadPage> {
    let language = frame.language;
    let w = ReviewWords::of(language);
    let anchor = match &item.unpublished {
        Some(unpublished) => {
            let names = store::names(tx, item.id, &unpublished.draft).await?;
            let parts = place::parts(&unpublished.draft, &Attached::of(&unpublished.parts), &names, Language::Ja);
            Some(place::anchor(comment.field, comment.line, &comment.quoted, &parts))
        }
        None => None,
    };
    Ok(ThreadPage {
        chrome: frame.chrome(w.title, &[frame.home(), (paths::INDEX, w.list)]),
        w,
        number: item.number.clone(),
        title: item.title.clone(),
        comment: CommentView::of(comment, anchor, language),
        may_say: item.may_say,
        action: review::comment(comment.comment_id),
        answer: answer.to_owned(),
        errors,
        all: review::review(item.id),
        back: item.back.clone(),
    })
}
