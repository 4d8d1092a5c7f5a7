//! Pages of advisories, one file per page.

pub mod acknowledgement;
pub mod aids;
pub mod audience;
pub mod deliveries;
pub mod deliveries_words;
pub mod draft;
pub mod index;
pub mod json;
pub mod named;
pub mod preview;
pub mod progress;
pub mod publication;
pub mod reading;
pub mod recipients;
pub mod rendered;
pub mod show;
pub mod submission;
pub mod unpublished;

use super::paths;
use super::publishing::StepError;
use super::words::{DraftWords, PreviewWords};
use crate::features::access::action::AdvisoryAction;
use crate::features::access::{Action, Routes, Rule};
use crate::kernel::language::Language;
use crate::platform::web::error::{Said, WebError};

/// The routes of this feature.
pub fn routes() -> Routes {
    let [write, read_draft, approve] = [AdvisoryAction::Write, AdvisoryAction::ReadDraft, AdvisoryAction::Approve]
        .map(|action| Rule::May(Action::Advisory(action)));
    Routes::new()
        .post(paths::INDEX, write, draft::create)
        .get(paths::NEW, write, draft::get_new)
        .post(rendered::RENDERED, write, rendered::post)
        .get(paths::DRAFT, write, draft::get)
        .post(paths::DRAFT, write, draft::update)
        .post(paths::DISCARD, Rule::May(Action::Advisory(AdvisoryAction::Discard)), draft::discard)
        .get(paths::NAMED, write, named::get)
        .post(paths::NAMED, write, named::post)
        .post(paths::NAMED_SEARCH, write, named::search)
        .get(paths::SUBMISSION, write, submission::get)
        .post(paths::SUBMISSION, write, submission::post)
        .get(paths::AUDIENCE, read_draft, audience::get)
        .get(paths::PUBLICATION, approve, publication::get)
        .post(paths::PUBLICATION, Rule::Fresh(Action::Advisory(AdvisoryAction::Approve)), publication::post)
        .merge(reading::reading_routes())
        .merge(super::escalation::routes())
        .merge(super::receipts::routes())
        .merge(super::onward::routes())
        .merge(super::measures::routes())
        .merge(super::parts::routes())
        .merge(super::record::routes())
        .merge(super::phrases::routes())
        .merge(super::relays::routes())
        .merge(super::release::routes())
        .merge(super::review::routes())
        .merge(super::statistics::routes())
        .merge(super::versions::routes())
}

/// The answer to a step that could not be taken, where the page itself has no better one.
pub fn step_error(error: StepError) -> WebError {
    let preview = |ja: &'static str, en: &'static str| Said { ja, en };
    let (ja, en) = (PreviewWords::of(Language::Ja), PreviewWords::of(Language::En));
    match error {
        StepError::NotFound => WebError::NotFound,
        StepError::OwnItem => WebError::Refused(preview(ja.own, en.own)),
        StepError::StandsAt(_) => {
            let (ja, en) = (DraftWords::of(Language::Ja), DraftWords::of(Language::En));
            WebError::Conflict(Said { ja: ja.moved_on, en: en.moved_on })
        }
        StepError::Changed => WebError::Conflict(preview(ja.changed, en.changed)),
        StepError::AudienceChanged => WebError::Conflict(preview(ja.audience_changed, en.audience_changed)),
        StepError::TimePast => WebError::Conflict(preview(ja.time_past, en.time_past)),
        StepError::Incomplete(_) => WebError::Conflict(preview(ja.incomplete, en.incomplete)),
        StepError::Database(error) => error.into(),
        StepError::Mail(error) => WebError::Internal(error.into()),
    }
}
