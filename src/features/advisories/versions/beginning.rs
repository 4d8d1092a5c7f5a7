//! What the next version begins with, and why it cannot begin.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::step::Step;
use super::store::{self, CannotBegin, NewVersion};
use crate::features::access::web::extract::Author;
use crate::features::advisories::advisory::Text;
use crate::features::advisories::content::{Addressees, Draft};
use crate::features::advisories::origin::Origin;
use crate::features::advisories::reading::store::Found;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::audit::{self, Event};

/// The draft that a step begins with. A follow-up and a correction begin with everything that is there. What goes further
/// than before begins without it where it must not: the text of a RED item is typed anew when it is lowered, and a
/// withdrawal says nothing but what its author types.
#[must_use]
pub fn draft(step: Step, found: &Found, text: &Text, addressees: Addressees) -> Draft {
    let level = found.envelope.level;
    let red = level == SharingLevel::Red;
    let bare = || Text {
        title: String::new(),
        summary: String::new(),
        impact: String::new(),
        countermeasure: String::new(),
        links: Vec::new(),
        cves: Vec::new(),
        products: Vec::new(),
        origin: Origin { source: text.origin.source, ..Origin::default() },
        ..text.clone()
    };
    let (text, addressees) = match step {
        Step::First | Step::FollowUp | Step::Correction => (text.clone(), addressees),
        Step::Lowering if red => (bare(), Addressees::default()),
        Step::Lowering => (text.clone(), addressees),
        // It goes to readers of other versions too, who may never have seen this title.
        Step::Withdrawal => (bare(), Addressees::default()),
    };
    Draft {
        text,
        level,
        handler_scope: found.envelope.handler_scope,
        drill: found.envelope.drill,
        addressees,
        answer_due: None,
        measures_due: None,
        valid_until: found.envelope.valid_until.filter(|_| step != Step::Withdrawal),
    }
}

/// Begins the next version and writes it down in the trail.
///
/// # Errors
/// [`CannotBegin`]; the transaction is then to be dropped.
pub async fn begin(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    by: &Author,
    new: NewVersion<'_>,
    request_id: &str,
) -> Result<AdvisoryId, CannotBegin> {
    let (previous, step) = (new.previous, new.step);
    let id = store::begin(tx, by.account_id, now, new).await?;
    let subject = id.to_string();
    let detail = serde_json::json!({ "step": step.code(), "previous": previous });
    let event =
        Event::done(now, "advisory.create", "advisory", &subject).by(by.account_id).request(request_id).detail(detail);
    audit::record(tx, event).await?;
    Ok(id)
}
