//! A fact: what it says, what it said before, and for its desk correcting it and taking it back.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use uuid::Uuid;

use super::form::{FactForm, FormWords};
use super::page::{SetupWords, back, note, twice};
use crate::features::access::Viewer;
use crate::features::access::action::ActivityAction;
use crate::features::directory::activities::paths as activities;
use crate::features::directory::activities::web::entry::EntryWords;
use crate::features::directory::activities::web::shown::{CommonWords, Place};
use crate::features::directory::setup::fact::{Content, Fact, Version};
use crate::features::directory::setup::paths;
use crate::features::directory::setup::store::{self, Held};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::short_time;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

#[derive(Template)]
#[template(path = "directory/setup/fact.html")]
struct FactPage {
    chrome: Chrome,
    w: &'static EntryWords,
    fw: &'static FormWords,
    parts: Vec<(&'static str, String)>,
    recorded: String,
    gone: Option<String>,
    past: Vec<(String, String, String)>,
    /// Somebody else was faster: title, lead, what stands there now or was typed.
    meanwhile: Option<(String, &'static str, String)>,
    keeps: bool,
    here: String,
    withdrawal: String,
    version: i32,
    form: FactForm,
    subjects: Vec<Choice>,
    errors: FieldErrors,
    reason_errors: FieldErrors,
}

/// A fact in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct FactPlace {
    ceptoar: String,
    fact: Uuid,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct FactQuery {
    done: String,
}

struct Scene {
    place: Place,
    fact: Fact,
    versions: Vec<Version>,
    today: NaiveDate,
}

impl Scene {
    async fn read(
        tx: &mut Tx,
        viewer: &Viewer,
        (place, action): (&FactPlace, ActivityAction),
        (today, language): (NaiveDate, Language),
    ) -> Result<Self, WebError> {
        let of = Place::read(tx, viewer, (&place.ceptoar, action), language).await?;
        let fact = store::facts(tx, &of.facts.ceptoar_id, Some(place.fact)).await?.pop().ok_or(WebError::NotFound)?;
        let looks_over = of.lets(viewer, ActivityAction::LookOver);
        if fact.taken_back_at.is_some() && !looks_over {
            return Err(WebError::NotFound);
        }
        let versions = if looks_over { store::versions(tx, place.fact).await? } else { Vec::new() };
        Ok(Self { place: of, fact, versions, today })
    }

    fn held(&self) -> Held<'_> {
        let ceptoar_id = &self.place.facts.ceptoar_id;
        Held { ceptoar_id, fact_id: self.fact.fact_id, version: self.fact.version }
    }

    /// Whether what somebody has before them is no longer what stands there.
    fn is_stale(&self, form: &FactForm) -> bool {
        self.fact.taken_back_at.is_some() || form.version != self.fact.version.to_string()
    }

    /// A content in one line.
    fn line(&self, content: &Content, language: Language) -> String {
        let mut line = format!("{} {}", content.subject.label(language), content.time(self.today, language));
        if !content.remark.is_empty() {
            line.push_str(language.pick("。", ". "));
            line.push_str(&content.remark);
        }
        line
    }

    fn page(&self, viewer: &Viewer, frame: &Frame, form: Option<FactForm>, errors: FieldErrors) -> FactPage {
        let language = frame.language;
        let (w, fw) = (EntryWords::of(language), FormWords::of(language));
        let (ceptoar, fact) = (&self.place.facts.ceptoar_id, &self.fact);
        let content = &fact.content;
        let of = fill(SetupWords::of(language).title, &[("ceptoar", &self.place.name)]);
        let setup = paths::setup(ceptoar);
        let way = [frame.home(), (activities::TOTALS, CommonWords::of(language).title), (setup.as_str(), of.as_str())];
        let mut parts = vec![
            (fw.since, content.time(self.today, language)),
            (fw.remark, content.remark.clone()),
            (fw.remark_en, content.remark_en.clone()),
        ];
        parts.retain(|(_, value)| !value.is_empty());
        let form = form.unwrap_or_else(|| FactForm::of(fact));
        FactPage {
            chrome: frame.chrome(content.subject.label(language), &way),
            w,
            fw,
            parts,
            recorded: short_time(fact.recorded_at),
            gone: fact.taken_back_at.map(|_| fill(w.gone_why, &[("why", &fact.correction)])),
            past: self.past(language),
            meanwhile: None,
            keeps: fact.taken_back_at.is_none() && self.place.lets(viewer, ActivityAction::Record),
            here: paths::of_fact(paths::FACT, ceptoar, fact.fact_id),
            withdrawal: paths::of_fact(paths::WITHDRAWAL, ceptoar, fact.fact_id),
            version: fact.version,
            subjects: form.subjects(language),
            form,
            errors,
            reason_errors: FieldErrors::default(),
        }
    }

    /// Until when, what it said, why it says something else since.
    fn past(&self, language: Language) -> Vec<(String, String, String)> {
        let w = EntryWords::of(language);
        let mut why = &self.fact.correction;
        let mut past = Vec::new();
        for version in &self.versions {
            let until = fill(w.until, &[("at", &short_time(version.ended_at))]);
            past.push((until, self.line(&version.content, language), fill(w.why, &[("why", why)])));
            why = &version.correction;
        }
        past
    }

    /// Somebody else corrected it or took it back meanwhile: nothing that was typed is lost.
    fn meanwhile(&self, viewer: &Viewer, frame: &Frame, form: FactForm) -> Response {
        let language = frame.language;
        let w = EntryWords::of(language);
        if self.fact.taken_back_at.is_some() {
            let typed = form.read(self.today, language).map(|content| self.line(&content, language));
            let mut page = self.page(viewer, frame, None, FieldErrors::default());
            page.meanwhile = Some((w.gone_meanwhile.to_owned(), w.gone_text, typed.unwrap_or_default()));
            return (StatusCode::CONFLICT, Page(page)).into_response();
        }
        let title = fill(w.meanwhile, &[("at", &short_time(self.fact.recorded_at))]);
        let now = self.line(&self.fact.content, language);
        let mut page = self.page(viewer, frame, Some(form), FieldErrors::default());
        page.meanwhile = Some((title, w.meanwhile_text, now));
        Unprocessable(page).into_response()
    }
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    extract::Place(place): extract::Place<FactPlace>,
    Query(query): Query<FactQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let seen = (japan_day(now), frame.language);
    let scene = Scene::read(&mut tx, &viewer, (&place, ActivityAction::See), seen).await?;
    tx.commit().await?;
    let mut page = scene.page(&viewer, &frame, None, FieldErrors::default());
    if query.done == "corrected" {
        page.chrome = page.chrome.with_flash("success", page.w.done_corrected);
    }
    Ok(Page(page).into_response())
}

/// Corrects it.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    extract::Place(place): extract::Place<FactPlace>,
    Form(form): Form<FactForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let seen = (japan_day(now), language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, (&place, ActivityAction::Record), seen).await?;
    if scene.is_stale(&form) {
        return Ok(scene.meanwhile(&viewer, &frame, form));
    }
    let (content, why) = match corrected(&form, &scene, language) {
        Ok(read) => read,
        Err(errors) => return Ok(Unprocessable(scene.page(&viewer, &frame, Some(form), errors)).into_response()),
    };
    match store::correct(&mut tx, scene.held(), &content, &why).await {
        Ok(true) => {}
        Ok(false) => {
            // Somebody was faster by a moment.
            let scene = Scene::read(&mut tx, &viewer, (&place, ActivityAction::Record), seen).await?;
            return Ok(scene.meanwhile(&viewer, &frame, form));
        }
        Err(error) => {
            let errors = twice(error, language)?;
            return Ok(Unprocessable(scene.page(&viewer, &frame, Some(form), errors)).into_response());
        }
    }
    let held = scene.held();
    let done = (held.ceptoar_id, held.fact_id, held.version + 1);
    note(&mut tx, &viewer, &frame, "setup.correct", done, now).await?;
    tx.commit().await?;
    let here = paths::of_fact(paths::FACT, held.ceptoar_id, held.fact_id);
    Ok(Redirect::to(&format!("{here}?done=corrected")).into_response())
}

fn corrected(form: &FactForm, scene: &Scene, language: Language) -> Result<(Content, String), FieldErrors> {
    let (content, mut errors) = match form.read(scene.today, language) {
        Ok(content) => (Some(content), FieldErrors::default()),
        Err(errors) => (None, errors),
    };
    let why = FactForm::why("correction", &form.correction, &mut errors, language);
    match content {
        Some(content) if errors.is_empty() && content == scene.fact.content => {
            errors.add("subject", FormWords::of(language).same);
            Err(errors)
        }
        Some(content) if errors.is_empty() => Ok((content, why)),
        Some(_) | None => Err(errors),
    }
}

/// Takes it back.
pub async fn withdraw(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    extract::Place(place): extract::Place<FactPlace>,
    Form(form): Form<FactForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let seen = (japan_day(now), language);
    let scene = Scene::read(&mut tx, &viewer, (&place, ActivityAction::Record), seen).await?;
    let shown = || FactForm { reason: form.reason.clone(), ..FactForm::of(&scene.fact) };
    let mut errors = FieldErrors::default();
    let why = FactForm::why("reason", &form.reason, &mut errors, language);
    if errors.is_empty() && !scene.is_stale(&form) && store::take_back(&mut tx, scene.held(), &why).await? {
        let held = scene.held();
        let done = (held.ceptoar_id, held.fact_id, held.version + 1);
        note(&mut tx, &viewer, &frame, "setup.withdraw", done, now).await?;
        tx.commit().await?;
        return Ok(back(held.ceptoar_id, "withdrawn"));
    }
    let mut page = scene.page(&viewer, &frame, Some(shown()), FieldErrors::default());
    if errors.is_empty() {
        let w = page.w;
        let title = fill(w.meanwhile, &[("at", &short_time(scene.fact.recorded_at))]);
        page.meanwhile = Some((title, w.meanwhile_check, scene.line(&scene.fact.content, language)));
        return Ok((StatusCode::CONFLICT, Page(page)).into_response());
    }
    page.reason_errors = errors;
    Ok(Unprocessable(page).into_response())
}
