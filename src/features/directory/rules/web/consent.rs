//! A member agrees to an edition: its own people in the portal, or the desk that has it on paper.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use uuid::Uuid;

use super::rules::back;
use super::{Done, keeps, note};
use crate::features::access::Viewer;
use crate::features::access::action::DirectoryAction;
use crate::features::directory::roster::web::permitted;
use crate::features::directory::rules::rule::Way;
use crate::features::directory::rules::store::{self, Consent};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::OrganisationId;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// A member's consent in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct ConsentPlace {
    ceptoar: String,
    rule: Uuid,
    organisation: OrganisationId,
}

impl ConsentPlace {
    fn consent(&self) -> Consent<'_> {
        Consent { ceptoar_id: &self.ceptoar, rule_id: self.rule, organisation: self.organisation }
    }

    fn done(&self, action: &'static str, way: Way) -> Done {
        let detail = serde_json::json!({
            "ceptoar": self.ceptoar, "organisation": self.organisation, "way": way.code() });
        Done { action, rule: self.rule, detail }
    }

    /// The edition has to be there for the viewer.
    async fn check(&self, tx: &mut Tx) -> Result<(), WebError> {
        let known = store::editions(tx, &self.ceptoar).await?.iter().any(|edition| edition.rule_id == self.rule);
        if known { Ok(()) } else { Err(WebError::NotFound) }
    }
}

/// What is sent: the firm's own people say that they mean it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ConsentForm {
    sure: String,
}

/// Notes a consent.
pub async fn agree(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<ConsentPlace>,
    Form(form): Form<ConsentForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    permitted(&mut tx, &viewer, DirectoryAction::KeepWindow, &place.ceptoar, place.organisation).await?;
    place.check(&mut tx).await?;
    let way = if keeps(&viewer, &place.ceptoar) { Way::Paper } else { Way::Portal };
    let meant = way == Way::Paper || form.sure == "true";
    if !meant || !store::agree(&mut tx, place.consent(), (japan_day(now), way), viewer.account_id, now).await? {
        return Ok(back(&place.ceptoar, if meant { "nothing" } else { "" }));
    }
    note(&mut tx, &viewer, &frame, place.done("rule.consent", way), now).await?;
    tx.commit().await?;
    Ok(back(&place.ceptoar, "agreed"))
}

/// Takes the note of a consent on paper back.
pub async fn withdraw(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<ConsentPlace>,
) -> Result<Response, WebError> {
    if !keeps(&viewer, &place.ceptoar) {
        return Err(WebError::NotFound);
    }
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    permitted(&mut tx, &viewer, DirectoryAction::KeepMember, &place.ceptoar, place.organisation).await?;
    place.check(&mut tx).await?;
    if !store::disagree(&mut tx, place.consent()).await? {
        return Ok(back(&place.ceptoar, "nothing"));
    }
    note(&mut tx, &viewer, &frame, place.done("rule.consent_withdrawn", Way::Paper), now).await?;
    tx.commit().await?;
    Ok(back(&place.ceptoar, "unnoted"))
}
