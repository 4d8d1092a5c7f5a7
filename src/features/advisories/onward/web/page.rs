//! A hub's reports on an item, and making one.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use super::words::OnwardWords;
use crate::features::access::action::MemberReportAction;
use crate::features::access::member_report::MembersItem;
use crate::features::access::{Viewer, can};
use crate::features::advisories::onward::report::{Hub, Report};
use crate::features::advisories::onward::typed::ReportForm;
use crate::features::advisories::onward::{paths, store};
use crate::features::advisories::paths as advisories;
use crate::features::advisories::reading::store::{self as reading, Found};
use crate::features::advisories::receipts::web::entry::MemberPlace;
use crate::features::advisories::web::reading::nothing_here;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::audit::{self, Event};
use crate::platform::db::{self, Tx};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::FieldErrors;
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
    count: String,
    by: String,
    notes: Vec<String>,
}

#[derive(Template)]
#[template(path = "advisories/onward/report.html")]
struct ReportPage {
    chrome: Chrome,
    w: &'static OnwardWords,
    number: String,
    level: SharingLevel,
    drill: bool,
    hub: String,
    own: bool,
    action: String,
    back: String,
    typed: ReportForm,
    behind_help: &'static str,
    errors: FieldErrors,
    rows: Vec<ReportRow>,
}

struct Scene<'a> {
    frame: &'a Frame,
    found: Found,
    hub: Hub,
    reports: Vec<Report>,
    own: bool,
    now: DateTime<Utc>,
}

/// The hub and the item, for whoever speaks for it or is told; else neither exists.
async fn open<'a>(
    state: &AppState,
    viewer: &Viewer,
    frame: &'a Frame,
    place: &MemberPlace,
) -> Result<(Tx, Scene<'a>), WebError> {
    let (id, now) = (place.id, state.clock.now());
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let facts = reading::facts(&mut tx, viewer, &[id]).await?.remove(&id);
    let hub = match &facts {
        Some(_) => store::hubs(&mut tx, id, Some(&place.ceptoar), Some(&[place.organisation])).await?.pop(),
        None => None,
    };
    let item = facts.map(|facts| MembersItem {
        facts,
        ceptoar_id: place.ceptoar.clone(),
        organisation_id: place.organisation,
        asked: hub.is_some(),
    });
    let found = match item.as_ref().filter(|item| can(viewer, MemberReportAction::Onward, item)) {
        Some(_) => reading::find(&mut tx, viewer, id).await?,
        None => None,
    };
    let (Some(item), Some(hub), Some(found)) = (item, hub, found) else {
        drop(tx);
        return Err(nothing_here(state, viewer, frame, id, "advisory.onward").await);
    };
    let reports = store::reports(&mut tx, id, &place.ceptoar, place.organisation).await?;
    let own = item.is_own(viewer);
    Ok((tx, Scene { frame, found, hub, reports, own, now }))
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
    let behind = scene.hub.behind.map_or_else(String::new, |behind| behind.to_string());
    let form = ReportForm { behind, ..ReportForm::default() };
    Ok(Page(scene.page(form, FieldErrors::default(), query.done == "reported")).into_response())
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
    let new = match form.read(scene.own, frame.language) {
        Ok(new) => new,
        Err(errors) => return Ok(Unprocessable(scene.page(form, errors, false)).into_response()),
    };
    let whose = (place.id, place.ceptoar.as_str(), place.organisation);
    let made = store::report(&mut tx, &viewer, whose, &new, scene.now).await;
    let made = made.map_err(|error| if db::is_forbidden(&error) { WebError::NotFound } else { error.into() })?;
    if made {
        let subject = place.id.to_string();
        let detail = serde_json::json!({
            "ceptoar": place.ceptoar, "organisation": place.organisation, "told": new.count.told,
            "behind": new.count.behind, "by_desk": !scene.own,
        });
        let event = Event::done(scene.now, "advisory.onward", "advisory", &subject).by(viewer.account_id);
        audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    }
    tx.commit().await?;
    let here = paths::report(place.id, &place.ceptoar, place.organisation);
    Ok(Redirect::to(&format!("{here}?done=reported")).into_response())
}

impl Scene<'_> {
    fn page(&self, typed: ReportForm, errors: FieldErrors, done: bool) -> ReportPage {
        let language = self.frame.language;
        let w = OnwardWords::of(language);
        let (envelope, hub) = (&self.found.envelope, &self.hub);
        let id = envelope.advisory_id;
        let item = advisories::show(id);
        let list = format!("{}?ceptoar={}", advisories::deliveries(id), hub.ceptoar_id);
        let way = [self.frame.home(), (advisories::INDEX, w.advisories), (item.as_str(), envelope.number.as_str())];
        let mut chrome = self.frame.chrome(w.title, &way);
        if done {
            chrome = chrome.with_flash("success", w.done);
        }
        ReportPage {
            chrome,
            w,
            number: envelope.number.clone(),
            level: envelope.level,
            drill: envelope.drill,
            hub: language.pick(&hub.name[0], &hub.name[1]).clone(),
            own: self.own,
            action: paths::report(id, &hub.ceptoar_id, hub.organisation_id),
            back: if self.own { item } else { list },
            typed,
            behind_help: if hub.behind.is_some() { w.behind_help } else { w.behind_first },
            errors,
            rows: self.reports.iter().map(|report| row(report, language)).collect(),
        }
    }
}

fn row(report: &Report, language: Language) -> ReportRow {
    let w = OnwardWords::of(language);
    let by = if report.by_desk { w.by_desk } else { w.by_hub };
    let notes = [(w.told_by, "who", &report.answered_by), (w.remark_line, "remark", &report.remark)];
    let said = notes.into_iter().filter(|(.., text)| !text.is_empty());
    ReportRow {
        at: long_time(report.at, language),
        count: report.count.words(language),
        by: format!("{by} {}", report.entered_by_name).trim_end().to_owned(),
        notes: said.map(|(words, name, text)| fill(words, &[(name, text)])).collect(),
    }
}
