//! The lines of the list of recipients.

use super::deliveries_words::DeliveriesWords;
use crate::features::advisories::measures::web::shown::MeasureLine;
use crate::features::advisories::reading::deliveries::failure::{Failure, codes};
use crate::features::advisories::reading::deliveries::recipient::Recipient;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::short_time;

/// A line of the list of recipients, in words.
#[derive(Debug)]
pub struct RecipientRow {
    /// The hop.
    pub stage: &'static str,
    /// The organisation.
    pub organisation: String,
    /// The window, by its place and for desks by its name.
    pub window: String,
    /// Its address, for those who keep the list.
    pub address: String,
    /// Badge and word; no badge where nothing is sent.
    pub state: (&'static str, &'static str),
    /// Somebody should do something.
    pub attention: bool,
    /// Why it was not taken.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
    /// The relay's codes.
    pub reply_code: String,
    /// How often it was tried.
    pub attempts: String,
    /// When it was settled.
    pub time: String,
    /// When the organisation's receipt came.
    pub acknowledged: String,
    /// What stands behind it.
    pub evidence: String,
    /// Where its desk sees and enters receipts.
    pub receipt: Option<String>,
    /// What the member does about it, once for each member; none where it is not asked.
    pub measure: Option<MeasureLine>,
    /// An answer was due and did not come.
    pub overdue: bool,
}

impl RecipientRow {
    /// A recipient in words; `late` when answers are overdue.
    #[must_use]
    pub fn of(r: Recipient, late: bool, language: Language) -> Self {
        let w = DeliveriesWords::of(language);
        let mut row = Self {
            stage: r.stage.label(language),
            organisation: language.pick(r.ja, r.en),
            window: String::new(),
            address: String::new(),
            state: ("", if r.elsewhere { w.elsewhere } else { w.no_window }),
            attention: !r.elsewhere,
            reason: String::new(),
            remedy: String::new(),
            reply_code: String::new(),
            attempts: String::new(),
            time: String::new(),
            acknowledged: r.received.as_ref().map_or_else(String::new, |received| short_time(received.at)),
            evidence: r.received.as_ref().map_or_else(String::new, |received| received.words(language)),
            receipt: None,
            measure: None,
            overdue: late && r.received.is_none() && !r.held && !r.old,
        };
        let Some(copy) = r.copy else { return row };
        row.state = (copy.state.badge(), copy.state.label(language));
        row.attention = copy.state.has_failed();
        row.attempts = copy.attempts.to_string();
        row.time = copy.settled_at.map_or_else(String::new, short_time);
        row.address = copy.address.unwrap_or_default();
        row.window = fill(w.window, &[("position", &copy.position.to_string())]);
        if let Some(label) = copy.label {
            row.window = format!("{} {label}", row.window);
        }
        // A first try that goes well leaves nothing to explain.
        let reply = copy.reply.unwrap_or_default();
        let failure = if copy.state.has_failed() || !reply.is_empty() { Failure::of(&reply) } else { None };
        if let Some(failure) = failure {
            row.reason = failure.label(language).to_owned();
            row.remedy = failure.remedy(language).to_owned();
            row.reply_code = codes(&reply);
        }
        row
    }
}
