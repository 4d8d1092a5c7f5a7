//! Correcting what was so on a day: form, confirmation with before and after, done.

pub mod forms;

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;

use super::edit::actor;
use super::fields::Typed;
use super::plain_form::{self, PlainForm, fault};
use super::shown::change_row;
use super::{member, note_reading, permitted, way};
use crate::features::access::Viewer;
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::Standing;
use crate::features::directory::roster::changes::correcting::{self, Subject};
use crate::features::directory::roster::changes::{self, ChangeError};
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::{self, CeptoarFacts};
use crate::features::directory::roster::{line, paths};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;
use forms::{CorrectingWords, Scene};

/// What is corrected, as the addresses have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// What it was called.
    Name,
    /// As what it was a member.
    Membership,
    /// What a window was like.
    Window,
}

impl Of {
    fn action(self) -> DirectoryAction {
        match self {
            Self::Name | Self::Membership => DirectoryAction::KeepMember,
            Self::Window => DirectoryAction::KeepWindow,
        }
    }
}

/// A day of a member, or of a window of it, in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct DayPlace {
    ceptoar: String,
    organisation: OrganisationId,
    #[serde(default)]
    window: Option<ContactId>,
    day: NaiveDate,
}

impl DayPlace {
    fn subject(&self, of: Of) -> Result<Subject, WebError> {
        match of {
            Of::Name => Ok(Subject::Name),
            Of::Membership => Ok(Subject::Membership),
            Of::Window => self.window.map(Subject::Window).ok_or(WebError::NotFound),
        }
    }
}

/// Where the correction of a day is made.
#[must_use]
pub fn href(ceptoar_id: &str, organisation: OrganisationId, subject: Subject, day: NaiveDate) -> String {
    let path = match subject {
        Subject::Name => paths::of_member(paths::NAME_ON, ceptoar_id, organisation),
        Subject::Membership => paths::of_member(paths::MEMBERSHIP_ON, ceptoar_id, organisation),
        Subject::Window(window) => paths::of_window(paths::WINDOW_ON, ceptoar_id, organisation, window),
    };
    paths::on_day(&path, day)
}

/// Everything that both steps need.
struct Found {
    ceptoar: CeptoarFacts,
    sheet: Sheet,
    subject: Subject,
}

async fn found(tx: &mut Tx, viewer: &Viewer, of: Of, place: &DayPlace) -> Result<Found, WebError> {
    permitted(tx, viewer, of.action(), &place.ceptoar, place.organisation).await?;
    let subject = place.subject(of)?;
    if subject == Subject::Name && !correcting::may_name(tx, place.organisation).await? {
        return Err(WebError::NotFound);
    }
    let ceptoar = store::ceptoar(tx, &place.ceptoar).await?.ok_or(WebError::NotFound)?;
    let sheet = store::sheet(tx, &place.ceptoar, place.organisation, true).await?;
    if subject == Subject::Membership && sheet.standing != Standing::Member {
        return Err(WebError::NotFound);
    }
    Ok(Found { ceptoar, sheet, subject })
}

fn scene<'a>(found: &'a Found, place: &DayPlace, frame: &Frame, today: NaiveDate) -> Result<Scene<'a>, WebError> {
    Scene::of(&found.ceptoar, &found.sheet, found.subject, place.day, today, frame.language).ok_or(WebError::NotFound)
}

fn form<'a>(found: &Found, scene: &Scene<'_>, viewer: &Viewer, place: &DayPlace, frame: &'a Frame) -> PlainForm<'a> {
    let language = frame.language;
    let w = CorrectingWords::of(language);
    let name = found.sheet.name_on(scene.today).map(|n| language.pick(&n.value.ja, &n.value.en).clone());
    let subject = name.unwrap_or_default();
    let ceptoar = language.pick(&found.ceptoar.name[0], &found.ceptoar.name[1]);
    let back = paths::of_member(paths::MEMBER, &place.ceptoar, place.organisation);
    let mut way = way(viewer, frame, &place.ceptoar, &found.ceptoar);
    way.push((back.clone(), subject.clone()));
    let lines = scene.before();
    PlainForm {
        frame,
        title: match found.subject {
            Subject::Name => w.name,
            Subject::Membership => w.membership,
            Subject::Window(_) => w.window,
        },
        lead: w.lead,
        subject: format!("{subject} / {ceptoar}"),
        action: href(&place.ceptoar, place.organisation, found.subject, place.day),
        back,
        way,
        seen: found.sheet.digest(),
        current: lines.iter().map(|line| (line.name(language), line.value(language).to_owned())).collect(),
        ending: false,
    }
}

/// The form.
pub async fn get(
    of: Of,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<DayPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let found = found(&mut tx, &viewer, of, &place).await?;
    let scene = scene(&found, &place, &frame, japan_day(now))?;
    let shown = (place.ceptoar.as_str(), place.organisation);
    let tx = note_reading(tx, &state, &viewer, &frame, shown, scene.addresses()).await?;
    tx.commit().await?;
    let typed = scene.prefilled();
    Ok(form(&found, &scene, &viewer, &place, &frame).page(scene.fields(&typed), &typed))
}

/// Confirms or makes the correction.
pub async fn post(
    of: Of,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<DayPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    changes::wait_for_turn(&mut tx, &place.ceptoar, place.organisation).await?;
    let found = found(&mut tx, &viewer, of, &place).await?;
    let scene = scene(&found, &place, &frame, japan_day(now))?;
    let form = form(&found, &scene, &viewer, &place, &frame);
    let typed = plain_form::known(typed, &scene.fields(&Typed::default()))?;
    let fields = scene.fields(&typed);
    if typed.get("seen") != found.sheet.digest() {
        let past = store::history(&mut tx, &place.ceptoar, place.organisation, true, None).await?;
        let shown = (place.ceptoar.as_str(), place.organisation);
        let tx = note_reading(tx, &state, &viewer, &frame, shown, scene.addresses()).await?;
        tx.commit().await?;
        let last = past.first().map(|change| change_row(change, language));
        return Ok(form.overtaken(fields, CorrectingWords::of(language).overtaken, last));
    }
    let correction = match scene.meant(&typed) {
        Ok(correction) => correction,
        Err(errors) => return Ok(form.wrong(fields, &typed, errors)),
    };
    let corrected = match correcting::corrected(&found.sheet, &correction, scene.today) {
        Ok(corrected) => corrected,
        Err(obstacle) => {
            let (field, message) = scene.message(&obstacle);
            return Ok(form.said_at(fields, &typed, field, &message));
        }
    };
    let change = scene.change(&typed, &correction, &corrected);
    if line::differences(&change.before, &change.after).is_empty() {
        return Ok(form.said_at(fields, &typed, scene.first_field(), CorrectingWords::of(language).same));
    }
    if let Some(answer) = form.not_yet(fields.clone(), &typed, &(&change).into()) {
        return Ok(answer);
    }
    let actor = actor(&viewer, &place.ceptoar, place.organisation, &frame, now);
    let done =
        correcting::correct(&mut tx, actor, (&found.sheet, &corrected), &change, (found.subject, scene.today)).await;
    match done {
        Ok(()) => tx.commit().await?,
        Err(ChangeError::NoSubgroup) => {
            return Ok(form.said_at(fields, &typed, "first", CorrectingWords::of(language).no_subgroup));
        }
        Err(ChangeError::Overlap) => {
            return Ok(form.said_at(fields, &typed, "first", CorrectingWords::of(language).overlap));
        }
        Err(ChangeError::NotItsOwn) => {
            let message = super::sheet_form::EditWords::of(language).not_its_own;
            return Ok(form.said_at(fields, &typed, scene.first_field(), message));
        }
        Err(ChangeError::NotOpen) => {
            return Ok(form.said_at(fields, &typed, "last", CorrectingWords::of(language).elsewhere));
        }
        Err(error) => return Err(fault(error)),
    }
    Ok(Redirect::to(&member::done(&place.ceptoar, place.organisation, "corrected")).into_response())
}
