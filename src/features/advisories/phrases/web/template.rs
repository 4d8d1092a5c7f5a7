//! One template: its form, what it said before, and taking it out of use.

use axum::Form as Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::shown::{self, VersionView};
use super::words::PhraseWords;
use crate::features::access::web::extract::Author;
use crate::features::advisories::advisory::{Kind, Purpose};
use crate::features::advisories::content::Form;
use crate::features::advisories::paths as advisories;
use crate::features::advisories::phrases::kept::{Kept, Template};
use crate::features::advisories::phrases::store::{self, Outcome};
use crate::features::advisories::phrases::{paths, typed};
use crate::features::advisories::words::DraftWords;
use crate::kernel::language::fill;
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::platform::audit::{self, Event};
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Id;
use crate::platform::web::form::{Choice, FieldErrors, choices};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// Pressed in the same instant as a colleague did.
pub const OVERTAKEN: Said = Said {
    ja: "同じときに、ほかの方が保存しました。画面を開き直して、いまの内容を確かめてください。",
    en: "A colleague saved it in the same moment. Please open the page again and look at what it says now.",
};

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct DoneQuery {
    /// What was just done.
    pub done: String,
}

impl DoneQuery {
    /// What to say of it.
    #[must_use]
    pub fn flash(&self, w: &PhraseWords) -> Option<&'static str> {
        match self.done.as_str() {
            "saved" => Some(w.saved),
            "archived" => Some(w.archived_done),
            "restored" => Some(w.restored),
            _ => None,
        }
    }
}

#[derive(askama::Template)]
#[template(path = "advisories/phrases/template.html")]
struct TemplatePage {
    chrome: Chrome,
    w: &'static PhraseWords,
    d: &'static DraftWords,
    action: String,
    /// Where it is taken out of use or brought back; none for a new one.
    archive: Option<String>,
    archived: bool,
    seen: String,
    form: Form,
    errors: FieldErrors,
    kinds: Vec<Choice>,
    purposes: Vec<Choice>,
    levels: Vec<Choice>,
    scopes: Vec<Choice>,
    history: Vec<VersionView>,
    back: &'static str,
}

fn page(frame: &Frame, history: &[Kept<Template>], form: Form, errors: FieldErrors) -> TemplatePage {
    let language = frame.language;
    let w = PhraseWords::of(language);
    let now = history.first();
    let title =
        now.map_or_else(|| w.new_template.to_owned(), |kept| fill(w.edit_template, &[("name", &kept.what.name)]));
    let way = [frame.home(), (advisories::INDEX, w.list), (paths::INDEX, w.title)];
    TemplatePage {
        chrome: frame.chrome(title, &way),
        w,
        d: DraftWords::of(language),
        action: now.map_or_else(|| paths::NEW_TEMPLATE.to_owned(), |kept| paths::template(kept.id)),
        archive: now.map(|kept| format!("{}/archive", paths::template(kept.id))),
        archived: now.is_some_and(|kept| kept.saved.archived),
        seen: now.map_or_else(String::new, |kept| kept.saved.version.to_string()),
        kinds: choices(&Kind::ALL, Kind::code, form.value("kind"), language),
        purposes: choices(&Purpose::ALL, Purpose::code, form.value("purpose"), language),
        levels: choices(&SharingLevel::ALL, SharingLevel::code, form.value("level"), language),
        scopes: choices(&HandlerScope::ALL, HandlerScope::code, form.value("handler_scope"), language),
        history: history.iter().map(|kept| shown::template(kept, language)).collect(),
        form,
        errors,
        back: paths::INDEX,
    }
}

/// An empty form.
pub async fn get_new(_: Author, frame: Frame) -> Result<Response, WebError> {
    let mut form = Form::default();
    for (field, value) in
        [("kind", "alert"), ("purpose", "prevention"), ("level", "AMBER"), ("handler_scope", "handlers")]
    {
        form.push(field, value);
    }
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
    let what = match typed::template(&form, frame.language) {
        Ok(what) => what,
        Err(errors) => return Ok(Unprocessable(page(&frame, &[], form, errors)).into_response()),
    };
    keep(&state, &by, &frame, (Uuid::new_v4(), 1), &what, ("template.save", false)).await?;
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
    let form = history.first().map(|kept| typed::form_of(&kept.what)).unwrap_or_default();
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
    let what = match typed::template(&form, frame.language) {
        Ok(what) => what,
        Err(errors) => return Ok(Unprocessable(page(&frame, &history, form, errors)).into_response()),
    };
    keep(&state, &by, &frame, (id, now.saved.version + 1), &what, ("template.save", now.saved.archived)).await?;
    Ok(Redirect::to(&format!("{}?done=saved", paths::template(id))).into_response())
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
    keep(&state, &by, &frame, (id, now.saved.version + 1), &now.what, ("template.archive", archived)).await?;
    let done = if archived { "archived" } else { "restored" };
    Ok(Redirect::to(&format!("{}?done={done}", paths::template(id))).into_response())
}

async fn history(state: &AppState, by: &Author, id: Uuid) -> Result<Vec<Kept<Template>>, WebError> {
    let mut tx = state.db.begin(Some(by.account_id), state.clock.now()).await?;
    let history = store::templates(&mut tx, Some(id)).await?;
    if history.is_empty() { Err(WebError::NotFound) } else { Ok(history) }
}

async fn keep(
    state: &AppState,
    by: &Author,
    frame: &Frame,
    (id, version): (Uuid, i32),
    what: &Template,
    (action, archived): (&'static str, bool),
) -> Result<(), WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    match store::keep_template(&mut tx, id, version, what, archived).await? {
        Outcome::Kept => {}
        Outcome::Overtaken => return Err(WebError::Conflict(OVERTAKEN)),
    }
    let subject = id.to_string();
    let detail = serde_json::json!({ "version": version, "archived": archived });
    let event = Event::done(now, action, "template", &subject).by(by.account_id).request(&frame.request_id);
    audit::record(&mut tx, event.detail(detail)).await?;
    tx.commit().await?;
    Ok(())
}
