//! Addresses of escalation.

use super::ladder::Urgency;

/// What follows from silence: both ladders, and what they were before.
pub const LADDERS: &str = "/escalation";
/// Route of the form that changes a ladder.
pub const CHANGE: &str = "/escalation/{urgency}/change";

/// Address of the form that changes a ladder.
#[must_use]
pub fn change(urgency: Urgency) -> String {
    format!("/escalation/{}/change", urgency.code())
}
