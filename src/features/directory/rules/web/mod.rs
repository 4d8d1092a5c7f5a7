//! Pages of the handling rule and of the requirements.

pub mod consent;
pub mod documents;
pub mod form;
pub mod requirements;
pub mod rules;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::paths;
use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Action, Routes, Rule, Viewer, can};
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::Frame;

/// The routes of this feature. A desk keeps the editions, a firm agrees for itself.
pub fn routes() -> Routes {
    let see = Rule::May(Action::Directory(DirectoryAction::LookAtMember));
    let look_over = Rule::May(Action::Activity(ActivityAction::LookOver));
    let keep = Rule::Fresh(Action::Directory(DirectoryAction::KeepMember));
    let agree = Rule::May(Action::Directory(DirectoryAction::KeepWindow));
    Routes::new()
        .get(paths::RULES, see, rules::get)
        .post(paths::RULES, keep, rules::post)
        .post(paths::WITHDRAWAL, keep, rules::withdraw)
        .get(paths::DOCUMENTS, Rule::May(Action::Directory(DirectoryAction::KeepMember)), documents::get)
        .post(paths::DOCUMENTS, keep, documents::post)
        .get(paths::DOCUMENT, see, documents::download)
        .post(paths::DOCUMENT_REMOVAL, keep, documents::remove)
        .post(paths::CONSENT, agree, consent::agree)
        .post(paths::CONSENT_WITHDRAWAL, agree, consent::withdraw)
        .get(paths::REQUIREMENTS, look_over, requirements::get)
}

/// Whether the viewer keeps the editions of a CEPTOAR.
fn keeps(viewer: &Viewer, ceptoar_id: &str) -> bool {
    can(viewer, DirectoryAction::KeepMember, &RosterFacts::whole(ceptoar_id))
}

/// What was done with an edition.
struct Done {
    action: &'static str,
    rule: Uuid,
    detail: serde_json::Value,
}

async fn note(tx: &mut Tx, viewer: &Viewer, frame: &Frame, done: Done, now: DateTime<Utc>) -> Result<(), WebError> {
    let subject = done.rule.to_string();
    let event = Event::done(now, done.action, "handling_rule", &subject)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(done.detail);
    Ok(audit::record(tx, event).await?)
}
