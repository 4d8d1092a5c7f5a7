//! The form: a new draft, and one being written. Drafts save themselves.

use askama::Template;
use axum::Form as Body;
use axum::extract::{Query, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Timelike;

use super::aids::Aids;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::web::extract::Author;
use crate::features::advisories::advisory::{Kind, Purpose, State};
use crate::features::advisories::content::{self, Draft, Form};
use crate::features::advisories::origin::Source;
use crate::features::advisories::parts::web::shown::DraftParts;
use crate::features::advisories::store::Unpublished;
use crate::features::advisories::versions::step::Step;
use crate::features::advisories::versions::web::unpublished::DraftVersion;
use crate::features::advisories::words::DraftWords;
use crate::features::advisories::{paths, publishing, store};
use crate::features::directory::outline::{self, SectorOutline};
use crate::kernel::clock::{fiscal_year, japan_day, jst};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::Language;
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::platform::audit::{self, Event};
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Id;
use crate::platform::web::form::{Choice, ErrorLine, FieldErrors, choices};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

#[derive(Template)]
#[template(path = "advisories/draft.html")]
struct DraftPage {
    chrome: Chrome,
    w: &'static DraftWords,
    action: String,
    /// Where the draft is thrown away; `None` for one that is not saved yet.
    discard: Option<String>,
    form: Form,
    errors: FieldErrors,
    error_lines: Vec<ErrorLine>,
    kinds: Vec<Choice>,
    purposes: Vec<Choice>,
    sources: Vec<Choice>,
    levels: Vec<Choice>,
    scopes: Vec<Choice>,
    sectors: Vec<SectorOutline>,
    /// Its files and limited sections; none before it is saved.
    parts: Option<DraftParts>,
    /// What was said at its fields, and texts to write with.
    aids: Aids,
    /// Which version it is; none for a first one.
    version: Option<DraftVersion>,
    /// Level and addressees follow from the versions before.
    fixed: bool,
    ja: bool,
}

impl DraftPage {
    /// The typed parts of a date.
    fn part(&self, name: &str, part: &str) -> &str {
        self.form.value(&format!("{name}_{part}"))
    }

    fn name<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        if self.ja { ja } else { en }
    }
}

fn page(
    frame: &Frame,
    sectors: Vec<SectorOutline>,
    item: Option<&Unpublished>,
    aids: Aids,
    (form, errors): (Form, FieldErrors),
) -> DraftPage {
    let (language, w) = (frame.language, DraftWords::of(frame.language));
    let id = item.map(|item| item.envelope.advisory_id);
    let version = item.and_then(|item| DraftVersion::of(item, language));
    let mut levels = choices(&SharingLevel::ALL, SharingLevel::code, form.value("level"), language);
    for (choice, level) in levels.iter_mut().zip(SharingLevel::ALL) {
        choice.explanation = [level.handling(language), level.mail_rule(language)].join(language.pick("", " "));
    }
    let mut scopes = choices(&HandlerScope::ALL, HandlerScope::code, form.value("handler_scope"), language);
    for (choice, text) in scopes.iter_mut().zip([w.scope_named, w.scope_handlers, w.scope_organisation]) {
        choice.explanation = text.to_owned();
    }
    let source = Source::from_code(form.value("origin")).unwrap_or_default();
    let mut sources = choices(&Source::ALL, Source::code, source.code(), language);
    for (choice, source) in sources.iter_mut().zip(Source::ALL) {
        if source.goes_past_ministries() {
            choice.explanation = w.origin_past.to_owned();
        }
    }
    let title = if id.is_some() { w.edit_title } else { w.new_title };
    DraftPage {
        chrome: frame.chrome(title, &[frame.home(), (paths::INDEX, w.list)]),
        w,
        action: id.map_or_else(|| paths::INDEX.to_owned(), paths::draft),
        discard: id.map(|id| format!("{}/discard", paths::show(id))),
        kinds: choices(&Kind::ALL, Kind::code, form.value("kind"), language),
        purposes: choices(&Purpose::ALL, Purpose::code, form.value("purpose"), language),
        sources,
        levels,
        scopes,
        sectors,
        parts: item.and_then(|item| DraftParts::of(item, language)),
        aids,
        fixed: version.as_ref().is_some_and(|version| version.fixed),
        version,
        error_lines: errors.lines(),
        errors,
        form,
        ja: language == Language::Ja,
    }
}

/// What an empty form may begin with.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct NewQuery {
    template: Option<uuid::Uuid>,
}

/// An empty form, with the usual choices made, or one that begins with a template.
pub async fn get_new(
    Shared(state): Shared<AppState>,
    by: Author,
    frame: Frame,
    Query(query): Query<NewQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let sectors = outline::store::load(&mut tx).await?;
    let (aids, begun) = Aids::new(&mut tx, query.template, now, frame.language).await?;
    if let Some(form) = begun {
        return Ok(Page(page(&frame, sectors, None, aids, (form, FieldErrors::default()))).into_response());
    }
    if query.template.is_some() {
        return Err(WebError::NotFound);
    }
    let mut form = Form::default();
    for (field, value) in
        [("kind", "alert"), ("purpose", "prevention"), ("level", "AMBER"), ("handler_scope", "handlers")]
    {
        form.push(field, value);
    }
    Ok(Page(page(&frame, sectors, None, aids, (form, FieldErrors::default()))).into_response())
}

/// The form of a draft of one's own.
pub async fn get(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(by.account_id), state.clock.now()).await?;
    let item = store::find_unpublished(&mut tx, &by, AdvisoryAction::Write, id).await?;
    let item = item.ok_or(WebError::NotFound)?;
    if item.envelope.state != State::Draft {
        return Ok(Redirect::to(&paths::submission(id)).into_response());
    }
    let sectors = outline::store::load(&mut tx).await?;
    // The form does not offer a group that is over: what is left out with the next save is said before.
    let mut errors = FieldErrors::default();
    if let Some(message) = item.draft.addressees.over(frame.language) {
        errors.add("addressees", message);
    }
    let aids = Aids::of(&mut tx, Some(&item), frame.language).await?;
    let mut page = page(&frame, sectors, Some(&item), aids, (content::form_of(&item.draft), errors));
    match query.as_deref() {
        Some("saved=1") => page.chrome = page.chrome.with_flash("success", page.w.saved),
        Some("returned=1") => page.chrome = page.chrome.with_flash("info", page.w.returned),
        _ => {}
    }
    Ok(Page(page).into_response())
}

/// Begins a draft.
pub async fn create(
    Shared(state): Shared<AppState>,
    by: Author,
    frame: Frame,
    headers: HeaderMap,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    save(&state, &by, &frame, &headers, None, Form::new(pairs)).await
}

/// Saves a draft of one's own.
pub async fn update(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    headers: HeaderMap,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    save(&state, &by, &frame, &headers, Some(id), Form::new(pairs)).await
}

async fn save(
    state: &AppState,
    by: &Author,
    frame: &Frame,
    headers: &HeaderMap,
    id: Option<AdvisoryId>,
    form: Form,
) -> Result<Response, WebError> {
    let by_script = headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let item = match id {
        Some(id) => {
            let item = store::find_unpublished(&mut tx, by, AdvisoryAction::Write, id).await?;
            Some(item.ok_or(WebError::NotFound)?)
        }
        None => None,
    };
    if item.as_ref().is_some_and(|item| item.envelope.state != State::Draft) {
        return Err(no_draft());
    }
    let draft = match content::parse(&form, frame.language) {
        Ok(draft) => kept(draft, item.as_ref()),
        Err(errors) if by_script => return Ok(not_saved(&errors)),
        Err(errors) => {
            let sectors = outline::store::load(&mut tx).await?;
            let aids = Aids::of(&mut tx, item.as_ref(), frame.language).await?;
            return Ok(Unprocessable(page(frame, sectors, item.as_ref(), aids, (form, errors))).into_response());
        }
    };
    let saved = match id {
        Some(id) if store::save(&mut tx, id, by.account_id, &draft).await? => id,
        // Submitted or discarded in this very moment.
        Some(_) => return Err(no_draft()),
        None => {
            let year = fiscal_year(japan_day(now));
            let year = i16::try_from(year).map_err(|_| WebError::BadRequest)?;
            let serial = store::next_serial(&mut tx, year).await?;
            let id = store::insert(&mut tx, by.account_id, year, serial, now, &draft).await?;
            record(&mut tx, now, by, "advisory.create", id, frame).await?;
            id
        }
    };
    // A script saves every few seconds; the trail keeps what a person decided.
    if id.is_some() && !by_script {
        record(&mut tx, now, by, "advisory.edit", saved, frame).await?;
    }
    tx.commit().await?;
    if by_script {
        let at = now.with_timezone(&jst());
        let at = format!("{:02}:{:02}", at.hour(), at.minute());
        return Ok(axum::Json(serde_json::json!({ "saved_at": at, "location": paths::draft(saved) })).into_response());
    }
    let next = if form.value("next") == "preview" {
        paths::submission(saved)
    } else {
        format!("{}?saved=1", paths::draft(saved))
    };
    Ok(Redirect::to(&next).into_response())
}

/// What a later version takes from those before, whatever was typed.
fn kept(mut draft: Draft, item: Option<&Unpublished>) -> Draft {
    if let Some(item) = item.filter(|item| item.before.is_some()) {
        draft.drill = item.draft.drill;
        if item.envelope.version.step == Step::Withdrawal {
            (draft.level, draft.handler_scope) = (item.draft.level, item.draft.handler_scope);
            draft.addressees = item.draft.addressees.clone();
        }
    }
    draft
}

/// What the script is told: which fields keep the draft from being saved.
fn not_saved(errors: &FieldErrors) -> Response {
    let fields: serde_json::Map<_, _> = errors.iter().map(|(field, text)| (field.to_owned(), text.into())).collect();
    (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(serde_json::json!({ "errors": fields }))).into_response()
}

/// The answer to saving what is no draft any more.
fn no_draft() -> WebError {
    let [ja, en] = Language::ALL.map(|language| DraftWords::of(language).not_draft);
    WebError::Conflict(Said { ja, en })
}

async fn record(
    tx: &mut sqlx::PgConnection,
    now: chrono::DateTime<chrono::Utc>,
    by: &Author,
    action: &'static str,
    id: AdvisoryId,
    frame: &Frame,
) -> sqlx::Result<()> {
    let subject = id.to_string();
    let event = Event::done(now, action, "advisory", &subject).by(by.account_id).request(&frame.request_id);
    audit::record(tx, event).await
}

/// Throws a draft of one's own away.
pub async fn discard(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    publishing::discard(&mut tx, now, &by, id, &frame.request_id).await.map_err(super::step_error)?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?discarded=1", paths::INDEX)).into_response())
}
