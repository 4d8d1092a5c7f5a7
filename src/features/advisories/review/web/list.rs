//! All comments at an item.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::item::Item;
use super::shown::CommentView;
use super::words::ReviewWords;
use crate::features::access::Viewer;
use crate::features::advisories::paths;
use crate::features::advisories::review::comment::{self, Comment, SentBack};
use crate::features::advisories::review::place::Attached;
use crate::features::advisories::review::{place, store};
use crate::features::advisories::web::reading::nothing_here;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_time;
use crate::platform::audit::{self, Event};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

#[derive(Template)]
#[template(path = "advisories/review/list.html")]
struct ListPage {
    chrome: Chrome,
    w: &'static ReviewWords,
    number: String,
    title: String,
    count: String,
    comments: Vec<CommentView>,
    /// Who sent it back and when, and what was said.
    returns: Vec<(String, String)>,
    back: String,
}

/// What was said about an item, place by place.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let Some(item) = Item::find(&mut tx, &viewer, id).await? else {
        drop(tx);
        return Err(nothing_here(&state, &viewer, &frame, id, "review.read").await);
    };
    let mut comments = store::comments(&mut tx, id).await?;
    let returns = store::returns(&mut tx, id).await?;
    let parts = match &item.unpublished {
        Some(unpublished) => {
            let names = store::names(&mut tx, id, &unpublished.draft).await?;
            Some(place::parts(&unpublished.draft, &Attached::of(&unpublished.parts), &names, Language::Ja))
        }
        None => None,
    };
    if item.unpublished.is_none() {
        let subject = id.to_string();
        let event = Event::done(now, "review.read", "advisory", &subject).by(viewer.account_id);
        audit::record_once_an_hour(&mut tx, event.request(&frame.request_id)).await?;
    }
    tx.commit().await?;
    let language = frame.language;
    let w = ReviewWords::of(language);
    comments.sort_by_key(|comment| (comment.field, comment.line));
    let (count, open) = (comments.len().to_string(), comment::open(&comments).to_string());
    let view = |c: &Comment| {
        let anchor = parts.as_ref().map(|parts| place::anchor(c.field, c.line, &c.quoted, parts));
        CommentView::of(c, anchor, language)
    };
    let returned = |back: SentBack| {
        let time = long_time(back.at, language);
        (fill(w.came_back, &[("name", &back.by), ("time", &time)]), back.remark)
    };
    Ok(Page(ListPage {
        chrome: frame.chrome(w.title, &[frame.home(), (paths::INDEX, w.list)]),
        w,
        number: item.number,
        title: item.title,
        count: fill(w.all, &[("count", &count), ("open", &open)]),
        comments: comments.iter().map(view).collect(),
        returns: returns.into_iter().map(returned).collect(),
        back: item.back,
    })
    .into_response())
}
