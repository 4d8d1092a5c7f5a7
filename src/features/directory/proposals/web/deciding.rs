//! The steps of a proposal: the desk accepts or returns it, the firm takes it back. Of two at once one finds it decided.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use super::show::{Found, ProposalPlace, ShowWords, Shown};
use crate::features::access::Viewer;
use crate::features::access::action::DirectoryAction;
use crate::features::directory::proposals::letters::{self, About, Reason};
use crate::features::directory::proposals::proposal::{State as ProposalState, Step};
use crate::features::directory::proposals::store::{self, Settled};
use crate::features::directory::proposals::{deciding, paths};
use crate::features::directory::roster::changes::{self, ChangeError};
use crate::features::directory::roster::web::edit::actor;
use crate::kernel::text;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::page::Unprocessable;
use crate::platform::web::state::AppState;

/// The longest reason for returning something.
const LONGEST_ANSWER: usize = 500;

/// What the button sends: what the desk saw of the member.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct AcceptForm {
    seen: String,
}

/// Why something is returned.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ReturnForm {
    reason: String,
}

/// A step in its place.
struct Taking<'a> {
    state: &'a AppState,
    viewer: &'a Viewer,
    frame: &'a Frame,
    place: &'a ProposalPlace,
    now: DateTime<Utc>,
}

impl Taking<'_> {
    /// The proposal, when it is this viewer's turn at the member.
    async fn found(&self, action: DirectoryAction) -> Result<(Tx, Found), WebError> {
        let mut tx = self.state.db.begin(Some(self.viewer.account_id), self.now).await?;
        let found = Found::read(&mut tx, self.viewer, action, self.place).await?;
        changes::wait_for_turn(&mut tx, &self.place.ceptoar, found.proposal.organisation_id).await?;
        // Whoever had to wait sees what happened meanwhile.
        let found = Found::read(&mut tx, self.viewer, action, self.place).await?;
        Ok((tx, found))
    }

    fn again(&self, found: &Found, shown: Shown) -> Response {
        Unprocessable(found.page(self.viewer, self.frame, self.now, shown)).into_response()
    }

    /// The page for whoever was second; what they typed is still on it.
    fn settled(&self, found: &Found, typed: String) -> Response {
        let said = Some(("warning", ShowWords::of(self.frame.language).settled));
        self.again(found, Shown { typed, said, ..Shown::default() })
    }

    /// Writes the step down, tells the firm, and goes back to the page.
    async fn take(&self, mut tx: Tx, found: &Found, step: Step, answer: &str) -> Result<Response, WebError> {
        let proposal = &found.proposal;
        let Some(state) = proposal.state.after(step) else { return Ok(self.settled(found, answer.to_owned())) };
        let by = self.viewer.account_id;
        let settled = Settled { proposal_id: proposal.proposal_id, state, by, answer, now: self.now };
        if !store::settle(&mut tx, settled).await? {
            return Ok(self.settled(found, answer.to_owned()));
        }
        let reason = match step {
            Step::Accept => Some(Reason::Accepted),
            Step::Return => Some(Reason::Returned),
            Step::TakeBack => None,
        };
        let mut sent = 0;
        if let Some(reason) = reason {
            let base_url = self.state.config.base_url();
            let firm = found.firm(self.now);
            let about = About { proposal, ceptoar: &found.ceptoar.name, firm: &firm, base_url: &base_url };
            let letters = letters::letters(about, reason).map_err(anyhow::Error::from)?;
            sent = store::tell_firm(&mut tx, proposal.proposal_id, &letters).await?;
        }
        let subject = proposal.proposal_id.to_string();
        let event = Event::done(self.now, step.action(), "directory_proposal", &subject)
            .by(by)
            .request(&self.frame.request_id)
            .detail(serde_json::json!({
                "ceptoar": proposal.ceptoar_id, "organisation": proposal.organisation_id, "letters": sent }));
        audit::record(&mut tx, event).await?;
        tx.commit().await?;
        let page = paths::of_proposal(paths::PROPOSAL, &proposal.ceptoar_id, proposal.proposal_id);
        Ok(Redirect::to(&format!("{page}?done={}", state.code())).into_response())
    }
}

/// Accepts it: the directory says so from its day on.
pub async fn accept(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<ProposalPlace>,
    Form(form): Form<AcceptForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let taking = Taking { state: &state, viewer: &viewer, frame: &frame, place: &place, now };
    let (mut tx, found) = taking.found(DirectoryAction::KeepMember).await?;
    if found.proposal.state != ProposalState::Open {
        return Ok(taking.settled(&found, String::new()));
    }
    if form.seen != found.sheet.digest() {
        let said = Some(("warning", ShowWords::of(frame.language).changed));
        return Ok(taking.again(&found, Shown { said, ..Shown::default() }));
    }
    // What stands in the way is said on the page.
    let made = deciding::changes_of(&found.proposal, &found.sheet, &found.ceptoar).unwrap_or_default();
    if made.is_empty() {
        return Ok(taking.again(&found, Shown::default()));
    }
    let actor = actor(&viewer, &place.ceptoar, found.proposal.organisation_id, &frame, now);
    match deciding::accept(&mut tx, actor, &found.sheet, &made).await {
        Ok(()) => taking.take(tx, &found, Step::Accept, "").await,
        Err(ChangeError::Fault(error)) => Err(WebError::Internal(error)),
        Err(
            ChangeError::NotOnThatDay
            | ChangeError::NoMember
            | ChangeError::LastWindow
            | ChangeError::NotOpen
            | ChangeError::Overlap
            | ChangeError::NoSubgroup
            | ChangeError::NotItsOwn,
        ) => {
            let said = Some(("warning", ShowWords::of(frame.language).changed));
            Ok(taking.again(&found, Shown { said, ..Shown::default() }))
        }
    }
}

/// Returns it with a reason.
pub async fn return_it(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<ProposalPlace>,
    Form(form): Form<ReturnForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let taking = Taking { state: &state, viewer: &viewer, frame: &frame, place: &place, now };
    let (tx, found) = taking.found(DirectoryAction::KeepMember).await?;
    if found.proposal.state != ProposalState::Open {
        return Ok(taking.settled(&found, form.reason));
    }
    let mut errors = FieldErrors::default();
    let answer = text::paragraph(&form.reason, LONGEST_ANSWER);
    let answer = answer.and_then(|a| if a.trim().is_empty() { Err(text::TextProblem::Empty) } else { Ok(a) });
    let answer = errors.take("reason", answer, frame.language);
    if !errors.is_empty() {
        return Ok(taking.again(&found, Shown { typed: form.reason, errors, said: None }));
    }
    taking.take(tx, &found, Step::Return, &answer).await
}

/// Takes it back.
pub async fn take_back(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<ProposalPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let taking = Taking { state: &state, viewer: &viewer, frame: &frame, place: &place, now };
    let (tx, found) = taking.found(DirectoryAction::Propose).await?;
    taking.take(tx, &found, Step::TakeBack, "").await
}
