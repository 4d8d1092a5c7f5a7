//! One phrase: its form, what it said before, and taking it out of use.

use axum::Form as Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::shown::{self, VersionView};
use super::template::{DoneQuery, OVERTAKEN};
use super::words::PhraseWords;
use crate::features::access::web::extract::Author;
use crate::features::advisories::content::Form;
use crate::features::advisories::paths as advisories;
use crate::features::advisories::phrases::kept::{Kept, Phrase, PhraseField};
use crate::features::advisories::phrases::store::{self, Outcome};
use crate::features::advisories::phrases::{paths, typed};
use crate::kernel::language::fill;
use crate::platform::audit::{self, Event};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::{Choice, FieldErrors, choices};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

#[derive(askama::Template)]
#[template(path = "advisories/phrases/phrase.html")]
struct PhrasePage {
    chrome: Chrome,
    w: &'static PhraseWords,
    action: String,
    /// Where it is taken out of use or brought back; none for a new one.
    archive: Option<String>,
    archived: bool,
    seen: String,
    form: Form,
    errors: FieldErrors,
    for_fields: Vec<Choice>,
    history: Vec<VersionView>,
    back: &'static str,
}

fn page(frame: &Frame, history: &[Kept<Phrase>], form: Form, errors: FieldErrors) -> PhrasePage {
    let language = frame.language;
    let w = PhraseWords::of(language);
    let now = history.first();
    let title = now.map_or_else(|| w.new_phrase.to_owned(), |kept| fill(w.edit_phrase, &[("name", &kept.what.name)]));
    let way = [frame.home(), (advisories::INDEX, w.list), (paths::INDEX, w.title)];
    PhrasePage {
        chrome: frame.chrome(title, &way),
        w,
        action: now.map_or_else(|| paths::NEW_PHRASE.to_owned(), |kept| paths::phrase(kept.id)),
        archive: now.map(|kept| format!("{}/archive", paths::phrase(kept.id))),
        archived: now.is_some_and(|kept| kept.saved.archived),
        seen: now.map_or_else(String::new, |kept| kept.saved.version.to_string()),
        for_fields: choices(&PhraseField::ALL, PhraseField::code, form.value("for_field"), language),
        history: history.iter().map(|kept| shown::phrase(kept, language)).collect(),
        form,
        errors,
        back: paths::INDEX,
    }
}

/// An empty form.
pub async fn get_new(_: Author, frame: Frame) -> Result<Response, WebError> {
    let mut form = Form::default();
    form.push("for_field", PhraseField::Countermeasure.code());
    Ok(Page(page(&frame, &[], form, FieldErrors::default())).into_response())
}

/// Keeps a new one.
pub async fn create(
    State(state): State<AppState>,
    by: Author,
    frame: Frame,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let form = Form::new(pairs);
    let what = match typed::phrase(&form, frame.language) {
        Ok(what) => what,
        Err(errors) => return Ok(Unprocessable(page(&frame, &[], form, errors)).into_response()),
    };
    keep(&state, &by, &frame, (Uuid::new_v4(), 1), &what, ("phrase.save", false)).await?;
    Ok(Redirect::to(&format!("{}?done=saved", paths::INDEX)).into_response())
}

/// The form of one, with what it said before.
pub async fn get(
    State(state): State<AppState>,
    by: Author,
    Id(id): Id<Uuid>,
    Query(query): Query<DoneQuery>,
    frame: Frame,
) -> Result<Response, WebError> {
    let history = history(&state, &by, id).await?;
    let form = history.first().map(|kept| typed::form_of_phrase(&kept.what)).unwrap_or_default();
    let mut page = page(&frame, &history, form, FieldErrors::default());
    if let Some(said) = query.flash(page.w) {
        page.chrome = page.chrome.with_flash("success", said);
    }
    Ok(Page(page).into_response())
}

/// Keeps another version of it.
pub async fn save(
    State(state): State<AppState>,
    by: Author,
    Id(id): Id<Uuid>,
    frame: Frame,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let form = Form::new(pairs);
    let history = history(&state, &by, id).await?;
    let now = history.first().ok_or(WebError::NotFound)?;
    let mut errors = FieldErrors::default();
    if form.value("seen") != now.saved.version.to_string() {
        let name = now.saved.by.clone().unwrap_or_default();
        errors.add("name", fill(PhraseWords::of(frame.language).overtaken, &[("name", &name)]));
        return Ok(Unprocessable(page(&frame, &history, form, errors)).into_response());
    }
    let what = match typed::phrase(&form, frame.language) {
        Ok(what) => what,
        Err(errors) => return Ok(Unprocessable(page(&frame, &history, form, errors)).into_response()),
    };
    keep(&state, &by, &frame, (id, now.saved.version + 1), &what, ("phrase.save", now.saved.archived)).await?;
    Ok(Redirect::to(&format!("{}?done=saved", paths::phrase(id))).into_response())
}

/// Takes it out of use, or brings it back.
pub async fn archive(
    State(state): State<AppState>,
    by: Author,
    Id(id): Id<Uuid>,
    frame: Frame,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let history = history(&state, &by, id).await?;
    let now = history.first().ok_or(WebError::NotFound)?;
    if Form::new(pairs).value("seen") != now.saved.version.to_string() {
        return Err(WebError::Conflict(OVERTAKEN));
    }
    let archived = !now.saved.archived;
    keep(&state, &by, &frame, (id, now.saved.version + 1), &now.what, ("phrase.archive", archived)).await?;
    let done = if archived { "archived" } else { "restored" };
    Ok(Redirect::to(&format!("{}?done={done}", paths::phrase(id))).into_response())
}

async fn history(state: &AppState, by: &Author, id: Uuid) -> Result<Vec<Kept<Phrase>>, WebError> {
    let mut tx = state.db.begin(Some(by.account_id), state.clock.now()).await?;
    let history = store::phrases(&mut tx, Some(id)).await?;
    if history.is_empty() { Err(WebError::NotFound) } else { Ok(history) }
}

async fn keep(
    state: &AppState,
    by: &Author,
    frame: &Frame,
    (id, version): (Uuid, i32),
    what: &Phrase,
    (action, archived): (&'static str, bool),
) -> Result<(), WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    match store::keep_phrase(&mut tx, id, version, what, archived).await? {
        Outcome::Kept => {}
        Outcome::Overtaken => return Err(WebError::Conflict(OVERTAKEN)),
    }
    let subject = id.to_string();
    let detail = serde_json::json!({ "version": version, "archived": archived });
    let event = Event::done(now, action, "phrase", &subject).by(by.account_id).request(&frame.request_id);
    audit::record(&mut tx, event.detail(detail)).await?;
    tx.commit().await?;
    Ok(())
}
