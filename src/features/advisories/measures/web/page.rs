//! A member's reports of what it does about an item, and making one.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use super::words::MeasuresWords;
use crate::features::access::action::MemberReportAction;
use crate::features::access::member_report::MembersItem;
use crate::features::access::{Viewer, can};
use crate::features::advisories::measures::measure::{Measure, Member, Report};
use crate::features::advisories::measures::typed::ReportForm;
use crate::features::advisories::measures::{paths, store};
use crate::features::advisories::paths as advisories;
use crate::features::advisories::reading::store::{self as reading, Found};
use crate::features::advisories::receipts::web::entry::MemberPlace;
use crate::features::advisories::web::reading::nothing_here;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::audit::{self, Event};
use crate::platform::db::{self, Tx};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::{Choice, FieldErrors, choices};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ReportQuery {
    done: String,
}

struct ReportRow {
    at: String,
    said: String,
    by: String,
    notes: Vec<String>,
}

#[derive(Template)]
#[template(path = "advisories/measures/report.html")]
struct ReportPage {
    chrome: Chrome,
    w: &'static MeasuresWords,
    number: String,
    level: SharingLevel,
    drill: bool,
    member: String,
    own: bool,
    due: String,
    late: bool,
    action: String,
    back: String,
    measures: Vec<Choice>,
    typed: ReportForm,
    errors: FieldErrors,
    rows: Vec<ReportRow>,
}

struct Scene<'a> {
    frame: &'a Frame,
    found: Found,
    member: Member,
    reports: Vec<Report>,
    own: bool,
    now: DateTime<Utc>,
}

/// The member and the item, for whoever speaks for it or is told; else neither exists.
async fn open<'a>(
    state: &AppState,
    viewer: &Viewer,
    frame: &'a Frame,
    place: &MemberPlace,
) -> Result<(Tx, Scene<'a>), WebError> {
    let (id, now) = (place.id, state.clock.now());
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let facts = reading::facts(&mut tx, viewer, &[id]).await?.remove(&id);
    let member = match &facts {
        Some(_) => store::members(&mut tx, id, Some(&place.ceptoar), &[place.organisation]).await?.pop(),
        None => None,
    };
    let item = facts.map(|facts| MembersItem {
        facts,
        ceptoar_id: place.ceptoar.clone(),
        organisation_id: place.organisation,
        asked: member.is_some(),
    });
    let found = match item.as_ref().filter(|item| can(viewer, MemberReportAction::Measures, item)) {
        Some(_) => reading::find(&mut tx, viewer, id).await?,
        None => None,
    };
    let (Some(item), Some(member), Some(found)) = (item, member, found) else {
        drop(tx);
        return Err(nothing_here(state, viewer, frame, id, "advisory.measures").await);
    };
    let reports = store::reports(&mut tx, id, &place.ceptoar, place.organisation).await?;
    let own = item.is_own(viewer);
    Ok((tx, Scene { frame, found, member, reports, own, now }))
}

/// What was reported, and the form.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, WebError> {
    let (tx, scene) = open(&state, &viewer, &frame, &place).await?;
    tx.commit().await?;
    Ok(Page(scene.page(ReportForm::default(), FieldErrors::default(), query.done == "reported")).into_response())
}

/// Makes a report.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
    Form(form): Form<ReportForm>,
) -> Result<Response, WebError> {
    let (mut tx, scene) = open(&state, &viewer, &frame, &place).await?;
    let new = match form.read(scene.own, japan_day(scene.now), frame.language) {
        Ok(new) => new,
        Err(errors) => return Ok(Unprocessable(scene.page(form, errors, false)).into_response()),
    };
    let whose = (place.id, place.ceptoar.as_str(), place.organisation);
    let made = store::report(&mut tx, &viewer, whose, &new, scene.now).await;
    let made = made.map_err(|error| if db::is_forbidden(&error) { WebError::NotFound } else { error.into() })?;
    if made {
        let subject = place.id.to_string();
        let detail = serde_json::json!({
            "ceptoar": place.ceptoar, "organisation": place.organisation, "measure": new.said.measure.code(),
            "by_desk": !scene.own,
        });
        let event = Event::done(scene.now, "advisory.measures", "advisory", &subject).by(viewer.account_id);
        audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    }
    tx.commit().await?;
    let here = paths::report(place.id, &place.ceptoar, place.organisation);
    Ok(Redirect::to(&format!("{here}?done=reported")).into_response())
}

impl Scene<'_> {
    fn page(&self, typed: ReportForm, errors: FieldErrors, done: bool) -> ReportPage {
        let language = self.frame.language;
        let w = MeasuresWords::of(language);
        let (envelope, member) = (&self.found.envelope, &self.member);
        let id = envelope.advisory_id;
        let item = advisories::show(id);
        let list = format!("{}?ceptoar={}", advisories::deliveries(id), member.ceptoar_id);
        let way = [self.frame.home(), (advisories::INDEX, w.advisories), (item.as_str(), envelope.number.as_str())];
        let mut chrome = self.frame.chrome(w.title, &way);
        if done {
            chrome = chrome.with_flash("success", w.done);
        }
        let finished = member.newest.is_some_and(|(said, _)| said.measure.is_final());
        let late = envelope.measures_due.is_some_and(|due| due < self.now) && !finished;
        let due = envelope.measures_due.map_or_else(String::new, |due| long_time(due, language));
        ReportPage {
            chrome,
            w,
            number: envelope.number.clone(),
            level: envelope.level,
            drill: envelope.drill,
            member: language.pick(&member.name[0], &member.name[1]).clone(),
            own: self.own,
            due: fill(if late { w.late } else { w.due }, &[("time", &due)]),
            late,
            action: paths::report(id, &member.ceptoar_id, member.organisation_id),
            back: if self.own { item } else { list },
            measures: choices(&Measure::ALL, Measure::code, &typed.measure, language),
            typed,
            errors,
            rows: self.reports.iter().map(|report| row(report, language)).collect(),
        }
    }
}

fn row(report: &Report, language: Language) -> ReportRow {
    let w = MeasuresWords::of(language);
    let by = if report.by_desk { w.by_desk } else { w.by_member };
    let notes = [(w.told_by, "who", &report.answered_by), (w.remark_line, "remark", &report.remark)];
    let said = notes.into_iter().filter(|(.., text)| !text.is_empty());
    ReportRow {
        at: long_time(report.at, language),
        said: report.said.words(language),
        by: format!("{by} {}", report.entered_by_name).trim_end().to_owned(),
        notes: said.map(|(words, name, text)| fill(words, &[(name, text)])).collect(),
    }
}
