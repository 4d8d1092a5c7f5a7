//! How a CEPTOAR is set up: what it shares, and the steps that led there; for its desk writing another one down.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Days, Utc};
use uuid::Uuid;

use super::form::{FactForm, FormWords};
use crate::features::access::Viewer;
use crate::features::access::action::ActivityAction;
use crate::features::directory::activities::paths as activities;
use crate::features::directory::activities::web::shown::{CommonWords, Place};
use crate::features::directory::partners::paths as partners;
use crate::features::directory::roster::web::as_of::AsOf;
use crate::features::directory::setup::fact::{Fact, Group};
use crate::features::directory::setup::{paths, store};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::platform::audit::{self, Event};
use crate::platform::db::{Tx, broken_constraint};
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct SetupWords {
        title: "{ceptoar}の整備状況" / "How {ceptoar} is set up",
        lead: "共有する情報の種別、果たしている機能、構成員への支援、既存の連絡網、整備の経過・予定、概要の文章です。事務局が記録します。" / "Which types of information it shares, what functions it fulfils, what it does for members, which networks it has besides, the steps of its setting up, and the sections of its profile. The secretariat keeps them.",
        functions: "果たしている機能" / "Functions it fulfils",
        sections: "概要の文章" / "Sections of the profile",
        sections_before: "以前の概要の文章" / "Former sections of the profile",
        intakes: "共有する情報の種別" / "Types of information shared",
        steps: "整備の経過と予定" / "Steps of setting up",
        services: "構成員への支援" / "For members",
        networks: "既存の連絡網" / "Networks that are in use besides",
        over: "終わったもの" / "What ended",
        none_title: "まだ記録されていません" / "Nothing is on record yet",
        none_keeper: "下の「整備状況を記録する」から、1件ずつ記録してください。" / "Write it down with the form below, one thing at a time.",
        none_text: "事務局が記録すると、ここに表示されます。" / "What the secretariat writes down appears here.",
        taken_back: "取り消した記録" / "Taken back",
        partners: "連携機関を見る" / "See its partner bodies",
        add: "整備状況を記録する" / "Record how it is set up",
        submit: "記録する" / "Record",
        done_recorded: "整備状況を記録しました。" / "It is on record.",
        done_withdrawn: "記録を取り消しました。" / "The entry was taken back.",
    }
}

struct Row {
    what: &'static str,
    when: String,
    remark: String,
    href: String,
    corrected: bool,
}

#[derive(Template)]
#[template(path = "directory/setup/setup.html")]
struct SetupPage {
    chrome: Chrome,
    w: &'static SetupWords,
    fw: &'static FormWords,
    c: &'static CommonWords,
    as_of: AsOf,
    as_of_title: String,
    groups: Vec<(&'static str, &'static str, Vec<Row>)>,
    taken_back: Vec<Row>,
    keeps: bool,
    partners: String,
    here: String,
    form: FactForm,
    subjects: Vec<Choice>,
    errors: FieldErrors,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct SetupQuery {
    on_year: String,
    on_month: String,
    on_day: String,
    done: String,
}

struct Scene {
    place: Place,
    facts: Vec<Fact>,
    as_of: AsOf,
}

impl Scene {
    async fn read(
        tx: &mut Tx,
        viewer: &Viewer,
        (ceptoar, action): (&str, ActivityAction),
        (as_of, language): (AsOf, Language),
    ) -> Result<Self, WebError> {
        let place = Place::read(tx, viewer, (ceptoar, action), language).await?;
        let mut facts = store::facts(tx, &place.facts.ceptoar_id, None).await?;
        if !place.lets(viewer, ActivityAction::LookOver) {
            facts.retain(|fact| fact.taken_back_at.is_none());
        }
        Ok(Self { place, facts, as_of })
    }

    fn rows(&self, language: Language, wanted: impl Fn(&Fact) -> bool) -> Vec<Row> {
        let row = |fact: &Fact| Row {
            what: fact.content.subject.label(language),
            when: fact.content.time(self.as_of.day, language),
            remark: fact.content.remark.clone(),
            href: paths::of_fact(paths::FACT, &self.place.facts.ceptoar_id, fact.fact_id),
            corrected: fact.version > 1,
        };
        self.facts.iter().filter(|fact| wanted(fact)).map(row).collect()
    }

    /// Whether another section of the kind holds on the day in place of this one.
    fn is_replaced(&self, fact: &Fact) -> bool {
        let newer = |other: &Fact| {
            other.taken_back_at.is_none()
                && other.content.subject == fact.content.subject
                && (fact.content.from_on + Days::new(1)..=self.as_of.day).contains(&other.content.from_on)
        };
        self.facts.iter().any(newer)
    }

    fn page(&self, viewer: &Viewer, frame: &Frame, form: FactForm, errors: FieldErrors) -> SetupPage {
        let language = frame.language;
        let w = SetupWords::of(language);
        let stands = |fact: &Fact| fact.taken_back_at.is_none();
        let of = |fact: &Fact, group: Group| stands(fact) && fact.content.subject.group() == group;
        let over = |fact: &Fact| fact.content.is_over(self.as_of.day);
        let replaced = |fact: &Fact| self.is_replaced(fact);
        let groups = [
            ("intakes", w.intakes, self.rows(language, |fact| of(fact, Group::Intake) && !over(fact))),
            ("functions", w.functions, self.rows(language, |fact| of(fact, Group::Function) && !over(fact))),
            ("services", w.services, self.rows(language, |fact| of(fact, Group::Service) && !over(fact))),
            ("networks", w.networks, self.rows(language, |fact| of(fact, Group::Network) && !over(fact))),
            ("over", w.over, self.rows(language, |fact| stands(fact) && over(fact))),
            ("steps", w.steps, self.rows(language, |fact| of(fact, Group::Step))),
            ("sections", w.sections, self.rows(language, |fact| of(fact, Group::Profile) && !replaced(fact))),
            (
                "sections-before",
                w.sections_before,
                self.rows(language, |fact| of(fact, Group::Profile) && replaced(fact)),
            ),
        ];
        let ceptoar = &self.place.facts.ceptoar_id;
        let way = [frame.home(), (activities::TOTALS, CommonWords::of(language).title)];
        SetupPage {
            chrome: frame.chrome(fill(w.title, &[("ceptoar", &self.place.name)]), &way),
            w,
            fw: FormWords::of(language),
            c: CommonWords::of(language),
            as_of: self.as_of.clone(),
            as_of_title: self.as_of.title(language),
            groups: groups.into_iter().filter(|(_, _, rows)| !rows.is_empty()).collect(),
            taken_back: self.rows(language, |fact| !stands(fact)),
            keeps: self.place.lets(viewer, ActivityAction::Record) && self.as_of.is_today(),
            partners: partners::of_ceptoar(partners::INDEX, ceptoar),
            here: paths::setup(ceptoar),
            subjects: form.subjects(language),
            form,
            errors,
        }
    }
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Query(query): Query<SetupQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let as_of = AsOf::read([&query.on_year, &query.on_month, &query.on_day], japan_day(now), frame.language);
    let (seen, wrong) = ((as_of.clone(), frame.language), !as_of.errors.is_empty());
    let scene = Scene::read(&mut tx, &viewer, (&ceptoar, ActivityAction::See), seen).await?;
    tx.commit().await?;
    let mut page = scene.page(&viewer, &frame, FactForm::default(), FieldErrors::default());
    let said = match query.done.as_str() {
        "recorded" => Some(page.w.done_recorded),
        "withdrawn" => Some(page.w.done_withdrawn),
        _ => None,
    };
    if let Some(said) = said {
        page.chrome = page.chrome.with_flash("success", said);
    }
    Ok(if wrong { Unprocessable(page).into_response() } else { Page(page).into_response() })
}

/// Writes a fact down.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Form(form): Form<FactForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let seen = (AsOf::read([""; 3], today, frame.language), frame.language);
    let scene = Scene::read(&mut tx, &viewer, (&ceptoar, ActivityAction::Record), seen).await?;
    let ceptoar = &scene.place.facts.ceptoar_id;
    let errors = match form.read(today, frame.language) {
        Ok(content) => match store::record(&mut tx, ceptoar, &content).await {
            Ok(fact) => {
                note(&mut tx, &viewer, &frame, "setup.record", (ceptoar, fact, 1), now).await?;
                tx.commit().await?;
                return Ok(back(ceptoar, "recorded"));
            }
            Err(error) => twice(error, frame.language)?,
        },
        Err(errors) => errors,
    };
    Ok(Unprocessable(scene.page(&viewer, &frame, form, errors)).into_response())
}

/// The message about a type that is on record for the same days; any other failure stays one.
pub(super) fn twice(error: sqlx::Error, language: Language) -> Result<FieldErrors, WebError> {
    if !broken_constraint(&error).is_some_and(|name| store::TWICE.contains(&name)) {
        return Err(error.into());
    }
    let mut errors = FieldErrors::default();
    errors.add("since", FormWords::of(language).twice);
    Ok(errors)
}

/// The way back to the page, with what was done.
pub(super) fn back(ceptoar_id: &str, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", paths::setup(ceptoar_id))).into_response()
}

/// Writes into the trail what was done to a fact.
pub(super) async fn note(
    tx: &mut Tx,
    viewer: &Viewer,
    frame: &Frame,
    action: &'static str,
    (ceptoar_id, fact, version): (&str, Uuid, i32),
    now: DateTime<Utc>,
) -> Result<(), WebError> {
    let subject = fact.to_string();
    let event = Event::done(now, action, "setup_fact", &subject)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "ceptoar": ceptoar_id, "version": version }));
    audit::record(tx, event).await?;
    Ok(())
}
