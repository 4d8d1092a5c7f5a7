//! コメントする: the form for a comment at a place.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::item::Item;
use super::shown::place_words;
use super::words::ReviewWords;
use crate::features::access::Viewer;
use crate::features::advisories::paths;
use crate::features::advisories::review::place::{Attached, Field, Part};
use crate::features::advisories::review::store::{self, NewComment};
use crate::features::advisories::review::typed::CommentForm;
use crate::features::advisories::review::{paths as review, place};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::Language;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Id;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// The place that the address names.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct PlaceQuery {
    field: String,
    line: String,
}

/// A place of an item with its words.
struct Place {
    field: Field,
    line: Option<usize>,
    /// What it says, in the viewer's language.
    words: String,
    /// What is kept of it.
    quoted: String,
}

#[derive(Template)]
#[template(path = "advisories/review/new.html")]
struct NewPage {
    chrome: Chrome,
    w: &'static ReviewWords,
    number: String,
    title: String,
    action: String,
    field: &'static str,
    line: String,
    seen: i32,
    place: String,
    words: String,
    whole: bool,
    body: String,
    errors: FieldErrors,
    back: String,
}

/// The form.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<AdvisoryId>,
    Query(query): Query<PlaceQuery>,
    frame: Frame,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let item = Item::find(&mut tx, &viewer, id).await?.ok_or(WebError::NotFound)?;
    let place = find(&mut tx, &item, (&query.field, &query.line), frame.language).await?;
    let place = place.ok_or(WebError::NotFound)?;
    Ok(Page(page(&frame, &item, &place, "", FieldErrors::default())).into_response())
}

/// Writes a comment down.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    Form(form): Form<CommentForm>,
) -> Result<Response, WebError> {
    let (now, language) = (state.clock.now(), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let item = Item::find(&mut tx, &viewer, id).await?.ok_or(WebError::NotFound)?;
    let edits = item.unpublished.as_ref().map_or(0, |item| item.envelope.edits);
    let same = form.seen.parse() == Ok(edits);
    let place = match find(&mut tx, &item, (&form.field, &form.line), language).await? {
        Some(place) => place,
        // The line went while somebody wrote about it: the words stay, at the field.
        None if !same => find(&mut tx, &item, (&form.field, ""), language).await?.ok_or(WebError::NotFound)?,
        None => return Err(WebError::NotFound),
    };
    let body = match form.read(language) {
        Ok(body) => body,
        Err(errors) => return Ok(Unprocessable(page(&frame, &item, &place, &form.body, errors)).into_response()),
    };
    if !same {
        let mut errors = FieldErrors::default();
        errors.add("body", ReviewWords::of(language).changed);
        return Ok(Unprocessable(page(&frame, &item, &place, &form.body, errors)).into_response());
    }
    let new = NewComment { field: place.field, line: place.line, quoted: &place.quoted, body: &body };
    let comment = store::say(&mut tx, id, new).await?;
    let subject = id.to_string();
    let detail = serde_json::json!({ "comment": comment, "field": place.field.code() });
    let event = Event::done(now, "review.comment", "advisory", &subject).by(viewer.account_id);
    audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=said", review::comment(comment))).into_response())
}

/// The place of an item that was asked for; none where there is no such place.
async fn find(
    tx: &mut Tx,
    item: &Item,
    (field, line): (&str, &str),
    language: Language,
) -> Result<Option<Place>, WebError> {
    let Some(unpublished) = &item.unpublished else { return Err(closed(|w| w.published)) };
    if !item.may_say {
        return Err(closed(|w| w.not_yet));
    }
    let Some(field) = Field::from_code(field) else { return Ok(None) };
    let names = store::names(tx, item.id, &unpublished.draft).await?;
    let lines = |language| {
        let parts = place::parts(&unpublished.draft, &Attached::of(&unpublished.parts), &names, language);
        parts.into_iter().find(|part| part.field == field).map_or_else(Vec::new, |part: Part| part.lines)
    };
    let (shown, kept) = (lines(language), lines(Language::Ja));
    let line = match line.trim() {
        // A field of one line is that line.
        "" => (!field.has_lines() && kept.len() == 1).then_some(1),
        line => match line.parse::<usize>() {
            Ok(line) if (1..=kept.len()).contains(&line) => Some(line),
            Ok(_) | Err(_) => return Ok(None),
        },
    };
    let at = |lines: &[String]| match line {
        Some(line) => lines.get(line - 1).cloned().unwrap_or_default(),
        None => lines.join("\n"),
    };
    let quoted = if line.is_some() { at(&kept) } else { String::new() };
    Ok(Some(Place { field, line, words: at(&shown), quoted }))
}

fn closed(words: fn(&'static ReviewWords) -> &'static str) -> WebError {
    let [ja, en] = Language::ALL.map(|language| words(ReviewWords::of(language)));
    WebError::Conflict(Said { ja, en })
}

fn page(frame: &Frame, item: &Item, place: &Place, body: &str, errors: FieldErrors) -> NewPage {
    let language = frame.language;
    let w = ReviewWords::of(language);
    NewPage {
        chrome: frame.chrome(w.new_title, &[frame.home(), (paths::INDEX, w.list)]),
        w,
        number: item.number.clone(),
        title: item.title.clone(),
        action: format!("{}/new", review::review(item.id)),
        field: place.field.code(),
        line: place.line.map_or_else(String::new, |line| line.to_string()),
        seen: item.unpublished.as_ref().map_or(0, |item| item.envelope.edits),
        place: place_words(place.field, place.line, language),
        words: place.words.clone(),
        whole: place.line.is_none() || !place.field.has_lines(),
        body: body.to_owned(),
        errors,
        back: item.back.clone(),
    }
}
