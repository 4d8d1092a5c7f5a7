//! Going past a desk that keeps an item from its members: one person of the centre asks, another one goes or refuses
//! (decision 0051).

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::decision::{RelayPlace, Scene, open};
use super::words::BypassWords;
use crate::features::access::action::RelayAction;
use crate::features::access::{Viewer, can};
use crate::features::advisories::relays::letter::{Past, letter};
use crate::features::advisories::relays::paths;
use crate::features::advisories::relays::relay::BypassStep;
use crate::features::advisories::relays::store::{self, Made};
use crate::features::advisories::relays::typed::read_reason;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::thousands;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::mail::letter::Letters;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::page::Unprocessable;
use crate::platform::web::state::AppState;

/// What was typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct BypassForm {
    /// `ask`, `refuse` or `go`.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// What the centre can do about a desk that keeps an item.
#[derive(Debug)]
pub struct BypassView {
    /// The words around it.
    pub w: &'static BypassWords,
    /// What it is called.
    pub title: String,
    /// What it is.
    pub ask_text: String,
    /// What the button says.
    pub go: String,
    /// Where the forms are sent.
    pub action: String,
    /// Whether somebody has asked.
    pub asked: bool,
    /// Whether the viewer may go, as the second person.
    pub goes: bool,
    /// Whether the viewer may refuse.
    pub refuses: bool,
    /// Whom it reaches, said before it is done.
    pub confirm: String,
    /// What was typed.
    pub typed: BypassForm,
    /// What is wrong with it.
    pub errors: FieldErrors,
}

impl BypassView {
    /// What this viewer can do; none where there is nothing.
    pub(super) fn of(scene: &Scene<'_>, typed: BypassForm, errors: FieldErrors, language: Language) -> Option<Self> {
        let past = scene.past.as_ref()?;
        let w = BypassWords::of(language);
        Some(Self {
            w,
            title: scene.at(w.title),
            ask_text: scene.at(w.ask_text),
            go: scene.at(w.go),
            action: paths::bypass(scene.id, &scene.relay.ceptoar_id),
            asked: past.asked.is_some(),
            goes: past.settles && past.asked == Some(false),
            refuses: past.settles && past.asked.is_some(),
            confirm: match scene.relay.then {
                Some(_) => w.confirm_desk.to_owned(),
                // The centre has the numbers of everybody.
                None => fill(w.confirm, &[("count", &thousands(scene.members))]),
            },
            typed,
            errors,
        })
    }
}

/// Where going past the desk stands, for whoever may ask.
#[derive(Debug, Clone, Copy)]
pub(super) struct PastDesk {
    /// Whether somebody has asked, and whether that was the viewer.
    pub asked: Option<bool>,
    /// Whether the viewer settles what another one asked.
    pub settles: bool,
}

impl PastDesk {
    /// Reads it; none where the desk cannot be gone past, or not by this viewer.
    pub async fn read(tx: &mut Tx, viewer: &Viewer, scene: &Scene<'_>) -> sqlx::Result<Option<Self>> {
        if !scene.relay.can_be_passed() || !can(viewer, RelayAction::AskBypass, &scene.item) {
            return Ok(None);
        }
        let asked = store::bypass_asked(tx, Some(scene.id)).await?;
        let asked = asked.into_iter().find(|asked| asked.ceptoar_id == scene.relay.ceptoar_id);
        let settles = can(viewer, RelayAction::SettleBypass, &scene.item);
        Ok(Some(Self { asked: asked.map(|asked| asked.own), settles }))
    }
}

/// Asks, refuses or goes.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<RelayPlace>,
    Form(form): Form<BypassForm>,
) -> Result<Response, WebError> {
    let step = BypassStep::from_code(&form.step).ok_or(WebError::BadRequest)?;
    let (mut tx, scene) = open(&state, &viewer, &frame, &place, step.right()).await?;
    let here = paths::relay(scene.id, &scene.relay.ceptoar_id);
    let reason = match read_reason(&form.reason, step.needs_reason(), frame.language) {
        Ok(reason) => reason,
        Err(errors) => return Ok(Unprocessable(scene.page_of_bypass(form, errors)).into_response()),
    };
    let done = match store::bypass(&mut tx, scene.id, &scene.relay.ceptoar_id, step, &reason).await? {
        Made::Done => step.code(),
        Made::TooLate => "moved_on",
        Made::Refused => return Err(WebError::NotFound),
    };
    if done != "moved_on" {
        if step == BypassStep::Go {
            tell(&mut tx, &state, &scene).await?;
        }
        let subject = scene.id.to_string();
        let detail = serde_json::json!({ "ceptoar": scene.relay.ceptoar_id, "step": step.code() });
        let event = Event::done(scene.now, "relay.bypass", "advisory", &subject).by(viewer.account_id);
        audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("{here}?done={done}")).into_response())
}

/// The desk learns of it in the same moment.
async fn tell(tx: &mut Tx, state: &AppState, scene: &Scene<'_>) -> Result<(), WebError> {
    let base_url = state.config.base_url();
    let past = Past {
        id: scene.id,
        number: &scene.found.envelope.number,
        ceptoar: &scene.relay.ceptoar_id,
        desk: scene.relay.desk,
        drill: scene.found.envelope.drill,
        at: scene.now,
        base_url: &base_url,
    };
    let letters = Letters::of(|language| letter(&past, language)).map_err(anyhow::Error::from)?;
    Ok(store::tell_desk(tx, scene.id, &scene.relay.ceptoar_id, &letters, scene.now).await?)
}
