//! The files of a draft: added, listed and taken out by its author.

use askama::Template;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{Query, State as Shared};
use axum::response::{IntoResponse, Redirect, Response};

use super::scene::{Carried, DoneQuery, Scene, back, no_draft, note};
use super::shown::PartsView;
use crate::features::access::web::extract::Author;
use crate::features::advisories::parts::typed::Typed;
use crate::features::advisories::parts::words::PartsWords;
use crate::features::advisories::parts::{paths, store};
use crate::features::advisories::paths as advisories;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::Language;
use crate::platform::files::intake::{self, Checked};
use crate::platform::files::store as files;
use crate::platform::files::{DisplayName, FileType};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// Fields of the form: the token, the file, its caption, two choices; and one for luck.
const MOST_FIELDS: usize = 6;

#[derive(Template)]
#[template(path = "advisories/parts/files.html")]
struct FilesPage {
    chrome: Chrome,
    w: &'static PartsWords,
    number: String,
    parts: PartsView,
    carried: Carried,
    closed: Option<String>,
    typed: Typed,
    levels: Vec<Choice>,
    scopes: Vec<Choice>,
    accept: String,
    errors: FieldErrors,
    here: String,
    back: String,
    preview: String,
}

/// Why no file can be added.
fn closed(state: &AppState, scene: &Scene, language: Language) -> Option<String> {
    if !state.config.takes_files() {
        return Some(PartsWords::of(language).no_scanner.to_owned());
    }
    scene.closed(true, language)
}

fn page(
    state: &AppState,
    frame: &Frame,
    scene: &Scene,
    (typed, errors): (Typed, FieldErrors),
    done: &str,
) -> FilesPage {
    let (language, w) = (frame.language, PartsWords::of(frame.language));
    let (levels, scopes) = scene.choices((&typed.part_level, &typed.part_scope), language);
    FilesPage {
        chrome: scene.chrome(frame, w.files_title, done),
        w,
        number: scene.item.envelope.number.clone(),
        parts: scene.view(language),
        carried: scene.carried(true, language),
        closed: closed(state, scene, language),
        typed,
        levels,
        scopes,
        accept: FileType::ALL.map(|kind| format!(".{}", kind.code())).join(","),
        errors,
        here: paths::files(scene.id()),
        back: advisories::draft(scene.id()),
        preview: advisories::submission(scene.id()),
    }
}

/// The files of a draft of one's own.
pub async fn get(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    Query(query): Query<DoneQuery>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(by.account_id), state.clock.now()).await?;
    let scene = Scene::read(&mut tx, &by, id).await?;
    tx.commit().await?;
    if !scene.is_draft() {
        return Ok(Redirect::to(&advisories::submission(id)).into_response());
    }
    let nothing = (Typed::default(), FieldErrors::default());
    Ok(Page(page(&state, &frame, &scene, nothing, &query.done)).into_response())
}

/// What was sent: what was typed, what the file is called, and what is in it.
async fn sent(form: Result<Multipart, MultipartRejection>) -> Result<(Typed, String, Vec<u8>), WebError> {
    let mut form = form.map_err(|_| WebError::BadRequest)?;
    let (mut typed, mut name, mut content) = (Typed::default(), String::new(), Vec::new());
    for _ in 0..MOST_FIELDS {
        let Some(field) = form.next_field().await.map_err(|_| WebError::BadRequest)? else { break };
        let place = match field.name() {
            Some("file") => {
                field.file_name().unwrap_or_default().clone_into(&mut name);
                content = field.bytes().await.map_err(|_| WebError::BadRequest)?.into();
                continue;
            }
            Some("heading") => &mut typed.heading,
            Some("part_level") => &mut typed.part_level,
            Some("part_scope") => &mut typed.part_scope,
            _ => continue,
        };
        *place = field.text().await.map_err(|_| WebError::BadRequest)?;
    }
    Ok((typed, name, content))
}

/// A file that can be kept, or what is wrong with it.
async fn checked(state: &AppState, name: &str, content: Vec<u8>, language: Language) -> Result<Checked, String> {
    if name.is_empty() && content.is_empty() {
        return Err(PartsWords::of(language).no_file.to_owned());
    }
    let name = DisplayName::parse(name).map_err(|error| error.said(language))?;
    intake::check(&state.sandbox, name, content).await.map_err(|refused| refused.said(language).to_owned())
}

/// Adds a file.
pub async fn post(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, WebError> {
    let (now, language) = (state.clock.now(), frame.language);
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let scene = Scene::read(&mut tx, &by, id).await?;
    tx.commit().await?;
    if !scene.is_draft() {
        return Err(no_draft());
    }
    let (typed, name, content) = sent(form).await?;
    let mut errors = FieldErrors::default();
    let read = typed.file(scene.reach(), language).map_err(|wrong| errors = wrong).ok();
    let file = match closed(&state, &scene, language) {
        Some(why) => Err(why),
        None => checked(&state, &name, content, language).await,
    };
    let file = file.map_err(|why| errors.add("file", why)).ok();
    let (Some((heading, reach)), Some(file)) = (read, file) else {
        return Ok(Unprocessable(page(&state, &frame, &scene, (typed, errors), "")).into_response());
    };
    // Looking into it may have taken a while; nothing of the database was held meanwhile.
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    if !store::hold_draft(&mut tx, id, by.account_id).await? {
        return Err(no_draft());
    }
    if Scene::read(&mut tx, &by, id).await?.closed(true, language).is_some() {
        return Ok(back(id, true, ""));
    }
    let file_id = files::keep(&mut tx, &file, by.account_id, now).await?;
    store::add_file(&mut tx, id, file_id, &heading, reach, now).await?;
    let detail = serde_json::json!({ "file": file_id, "level": reach.level.code(), "scope": reach.scope.code() });
    note(&mut tx, (&by, &frame), ("advisory.part_added", id), detail, now).await?;
    tx.commit().await?;
    Ok(back(id, true, "added"))
}
