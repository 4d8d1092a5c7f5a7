//! The ladders: what follows from silence, what it was before, and the form that changes it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::words::LadderWords;
use crate::features::access::action::EscalationAction;
use crate::features::access::{Viewer, could};
use crate::features::advisories::escalation::ladder::{Basis, Ladder, Step, Urgency};
use crate::features::advisories::escalation::paths;
use crate::features::advisories::escalation::store::{self, Changed};
use crate::features::advisories::escalation::typed::{FIELDS, LadderForm, hours};
use crate::features::advisories::paths as advisories;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;
use crate::platform::audit::{self, Event};
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// Pressed in the same instant as a colleague did.
const OVERTAKEN: Said = Said {
    ja: "同じときに、ほかの方が段取りを変えました。いまの段取りを確かめてから、もう一度入力してください。",
    en: "A colleague changed it in the same moment. Please look at what holds now and try again.",
};

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct LaddersQuery {
    done: String,
}

/// A ladder in words.
struct LadderView {
    hours: &'static str,
    /// What is done, and when.
    rungs: Vec<(&'static str, String)>,
    since: String,
    reason: String,
}

struct UrgencyView {
    code: &'static str,
    title: &'static str,
    now: LadderView,
    history: Vec<LadderView>,
    change: Option<String>,
}

#[derive(Template)]
#[template(path = "advisories/escalation/ladders.html")]
struct LaddersPage {
    chrome: Chrome,
    w: &'static LadderWords,
    urgencies: Vec<UrgencyView>,
}

/// A rung of the form.
struct RungFields {
    title: String,
    step: &'static str,
    basis: &'static str,
    minutes: &'static str,
    steps: Vec<Choice>,
    bases: Vec<Choice>,
    typed: String,
}

#[derive(Template)]
#[template(path = "advisories/escalation/change.html")]
struct ChangePage {
    chrome: Chrome,
    w: &'static LadderWords,
    urgency: &'static str,
    action: String,
    back: &'static str,
    hours: Vec<Choice>,
    rungs: Vec<RungFields>,
    reason: String,
    seen: String,
    now: LadderView,
    errors: FieldErrors,
}

/// Both ladders, as they hold, and what they were before.
pub async fn index(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<LaddersQuery>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let ladders = store::ladders(&mut tx).await?;
    tx.commit().await?;
    let language = frame.language;
    let w = LadderWords::of(language);
    let mut chrome = frame.chrome(w.title, &[frame.home(), (advisories::INDEX, w.advisories)]);
    let changes = could(&viewer, EscalationAction::Change.into());
    if query.done == "changed" && changes {
        chrome = chrome.with_flash("success", w.done);
    }
    let view = |urgency: Urgency| {
        let mut all = ladders.iter().filter(|ladder| ladder.urgency == urgency).map(|ladder| view(ladder, language));
        let now = all.next()?;
        let change = changes.then(|| paths::change(urgency));
        Some(UrgencyView { code: urgency.code(), title: urgency.label(language), now, history: all.collect(), change })
    };
    Ok(Page(LaddersPage { chrome, w, urgencies: Urgency::ALL.into_iter().filter_map(view).collect() }).into_response())
}

fn view(ladder: &Ladder, language: Language) -> LadderView {
    let w = LadderWords::of(language);
    let since = ladder.since.map(|at| fill(w.since, &[("time", &long_time(at, language))]));
    LadderView {
        hours: if ladder.office_hours { w.office } else { w.always },
        rungs: ladder.rungs.iter().map(|rung| (rung.step.label(language), rung.when(language))).collect(),
        since: since.unwrap_or_else(|| w.initial.to_owned()),
        reason: ladder.reason.clone(),
    }
}

/// The form, with what holds.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(urgency): Path<String>,
) -> Result<Response, WebError> {
    let urgency = Urgency::from_code(&urgency).ok_or(WebError::NotFound)?;
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let ladder = holding(store::ladders(&mut tx).await?, urgency)?;
    tx.commit().await?;
    let form = LadderForm::with(&ladder);
    Ok(Page(page(&frame, &ladder, &form, FieldErrors::default())).into_response())
}

/// Puts a new ladder in the place of the one that holds.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(urgency): Path<String>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let urgency = Urgency::from_code(&urgency).ok_or(WebError::NotFound)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ladder = holding(store::ladders(&mut tx).await?, urgency)?;
    let mut form = LadderForm::of(&typed);
    if form.seen != ladder.ladder_id.to_string() {
        form.seen = ladder.ladder_id.to_string();
        let mut errors = FieldErrors::default();
        errors.add("hours", LadderWords::of(frame.language).overtaken);
        return Ok(Unprocessable(page(&frame, &ladder, &form, errors)).into_response());
    }
    let new = match form.read(frame.language) {
        Ok(new) => new,
        Err(errors) => return Ok(Unprocessable(page(&frame, &ladder, &form, errors)).into_response()),
    };
    match store::change(&mut tx, &ladder, &new).await? {
        Changed::Done => {}
        Changed::Overtaken => return Err(WebError::Conflict(OVERTAKEN)),
        Changed::Refused => return Err(WebError::NotFound),
    }
    let rungs: Vec<_> = new.rungs.iter().map(|r| (r.step.code(), r.basis.code(), r.minutes)).collect();
    let detail = serde_json::json!({ "office_hours": new.office_hours, "rungs": rungs });
    let event = Event::done(now, "escalation.change", "escalation", urgency.code()).by(viewer.account_id);
    audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=changed", paths::LADDERS)).into_response())
}

/// The newest is the first.
fn holding(ladders: Vec<Ladder>, urgency: Urgency) -> Result<Ladder, WebError> {
    ladders.into_iter().find(|ladder| ladder.urgency == urgency).ok_or(WebError::NotFound)
}

fn page(frame: &Frame, ladder: &Ladder, form: &LadderForm, errors: FieldErrors) -> ChangePage {
    let language = frame.language;
    let w = LadderWords::of(language);
    let urgency = ladder.urgency.label(language);
    let way = [frame.home(), (advisories::INDEX, w.advisories), (paths::LADDERS, w.title)];
    let hour = |office: bool, label: &str| choice(hours(office), label, &form.hours);
    let rung = |(place, (names, typed)): (usize, ([&'static str; 3], &[String; 3]))| {
        let [step, basis, minutes] = names;
        RungFields {
            title: fill(w.rung, &[("place", &(place + 1).to_string())]),
            step,
            basis,
            minutes,
            steps: Step::ALL.into_iter().map(|s| choice(s.code(), s.label(language), &typed[0])).collect(),
            bases: Basis::ALL.into_iter().map(|b| choice(b.code(), b.label(language), &typed[1])).collect(),
            typed: typed[2].clone(),
        }
    };
    ChangePage {
        chrome: frame.chrome(fill(w.form_title, &[("urgency", urgency)]), &way),
        w,
        urgency,
        action: paths::change(ladder.urgency),
        back: paths::LADDERS,
        hours: vec![hour(false, w.always), hour(true, w.office)],
        rungs: FIELDS.into_iter().zip(&form.rungs).enumerate().map(rung).collect(),
        reason: form.reason.clone(),
        seen: form.seen.clone(),
        now: view(ladder, language),
        errors,
    }
}

fn choice(value: &str, label: &str, chosen: &str) -> Choice {
    Choice { value: value.into(), label: label.into(), explanation: String::new(), chosen: value == chosen }
}
