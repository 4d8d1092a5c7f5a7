//! What every page of a desk needs first: the item, as far as this desk may know it, and whose members are meant.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::words::ReceiptWords;
use crate::features::access::action::ReceiptAction;
use crate::features::access::receipt::MembersItem;
use crate::features::access::{Viewer, can};
use crate::features::advisories::advisory::State as ItemState;
use crate::features::advisories::paths as advisories;
use crate::features::advisories::reading::deliveries::store as watching;
use crate::features::advisories::reading::store::{self as reading, Found};
use crate::features::advisories::receipts::calls::store as calls;
use crate::features::advisories::receipts::code::Code;
use crate::features::advisories::receipts::store;
use crate::features::advisories::web::reading::nothing_here;
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::audit::{self, Event};
use crate::platform::db::{self, Tx};
use crate::platform::web::contact_reads::{self, Shown};
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::state::AppState;

/// Who asks for what.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// What handlers share.
    pub state: &'a AppState,
    /// Who.
    pub viewer: &'a Viewer,
    /// The page's frame.
    pub frame: &'a Frame,
    /// Which item.
    pub id: AdvisoryId,
    /// Whose members.
    pub ceptoar: &'a str,
}

/// The item at this desk.
#[derive(Debug)]
pub struct Desk {
    /// Which item.
    pub id: AdvisoryId,
    /// Whose members.
    pub ceptoar_id: String,
    /// The CEPTOAR's name in Japanese and English.
    pub ceptoar: [String; 2],
    /// The item, as far as the desk may know it.
    pub found: Found,
    /// The viewer's own organisations.
    pub own: Vec<OrganisationId>,
    /// The present.
    pub now: DateTime<Utc>,
}

/// Opens the item for something. Whoever may not know of it gets the answer of a random id.
///
/// # Errors
/// 404, or 403 with the reason where the desk knows the item and may not do this to it.
pub async fn open(asking: Asking<'_>, action: ReceiptAction, told: &'static str) -> Result<(Tx, Desk), WebError> {
    let Asking { state, viewer, frame, id, ceptoar } = asking;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let facts = reading::facts(&mut tx, viewer, &[id]).await?.remove(&id);
    let item = facts.map(|facts| MembersItem { facts, ceptoar_id: ceptoar.to_owned() });
    let known = item.filter(|item| can(viewer, ReceiptAction::Call, item));
    let found = match &known {
        Some(_) => reading::find(&mut tx, viewer, id).await?.filter(|f| f.envelope.state == ItemState::Published),
        None => None,
    };
    let name = watching::ceptoar_name(&mut tx, ceptoar).await?;
    let (Some(item), Some(found), Some((ja, en))) = (known, found, name) else {
        drop(tx);
        return Err(nothing_here(state, viewer, frame, id, told).await);
    };
    if !can(viewer, action, &item) {
        let [ja, en] = [Language::Ja, Language::En].map(|language| ReceiptWords::of(language).red);
        return Err(WebError::Refused(Said { ja, en }));
    }
    let own = viewer.affiliations.iter().map(|a| a.organisation_id).collect();
    Ok((tx, Desk { id, ceptoar_id: ceptoar.to_owned(), ceptoar: [ja, en], found, own, now }))
}

impl Desk {
    /// The CEPTOAR's name.
    #[must_use]
    pub fn name(&self, language: Language) -> &str {
        language.pick(&self.ceptoar[0], &self.ceptoar[1])
    }

    /// The item's number.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.found.envelope.number
    }

    /// The item's level.
    #[must_use]
    pub fn level(&self) -> SharingLevel {
        self.found.envelope.level
    }

    /// Whether the desk enters receipts of this item.
    #[must_use]
    pub fn takes_receipts(&self) -> bool {
        self.level() != SharingLevel::Red
    }

    /// Whether it is an organisation of the viewer's: nobody is told anything by their own, they press the button.
    #[must_use]
    pub fn is_own(&self, organisation: OrganisationId) -> bool {
        self.own.contains(&organisation)
    }

    /// When it was published, in words.
    #[must_use]
    pub fn published(&self, language: Language) -> String {
        self.found.envelope.published_at.map_or_else(String::new, |at| long_time(at, language))
    }

    /// Until when an answer is due, where the desk may know it.
    #[must_use]
    pub fn answer_due(&self) -> Option<DateTime<Utc>> {
        self.found.envelope.answer_due.filter(|_| self.found.text.is_some())
    }

    /// Whether an answer was due.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.answer_due().is_some_and(|due| due < self.now)
    }

    /// The code of a member.
    #[must_use]
    pub fn code(&self, state: &AppState, organisation: OrganisationId) -> Code {
        Code::of(&state.secret_key, self.id, &self.ceptoar_id, organisation)
    }

    /// The delivery list of this desk.
    #[must_use]
    pub fn list(&self) -> String {
        format!("{}?ceptoar={}", advisories::deliveries(self.id), self.ceptoar_id)
    }

    /// The frame of a page below the delivery list.
    #[must_use]
    pub fn chrome(&self, frame: &Frame, title: &str) -> Chrome {
        let w = ReceiptWords::of(frame.language);
        let (item, list) = (advisories::show(self.id), self.list());
        let deliveries = fill(w.deliveries_of, &[("ceptoar", self.name(frame.language))]);
        let way =
            [frame.home(), (advisories::INDEX, w.advisories), (item.as_str(), self.number()), (&list, &deliveries)];
        frame.chrome(title, &way)
    }

    /// The member, if the item reached it through this desk.
    ///
    /// # Errors
    /// 404.
    pub async fn member(&self, tx: &mut Tx, organisation: OrganisationId) -> Result<[String; 2], WebError> {
        store::member(tx, self.id, &self.ceptoar_id, organisation).await?.ok_or(WebError::NotFound)
    }

    /// Writes down what was done.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn record(
        &self,
        tx: &mut Tx,
        asking: Asking<'_>,
        action: &'static str,
        detail: serde_json::Value,
    ) -> sqlx::Result<()> {
        let subject = self.id.to_string();
        let event = Event::done(self.now, action, "advisory", &subject).by(asking.viewer.account_id);
        audit::record(tx, event.request(&asking.frame.request_id).detail(detail)).await
    }

    /// Charges the numbers that a page is about to show, writes down which and whose they are, and gives the transaction
    /// back. Seen once they are not charged again for an hour: whoever calls one member after the other looks at the same list
    /// each time, and carries nothing more off. What is refused has not been seen.
    ///
    /// The numbers of members that have not received the item (`waiting`) are shown whatever the limit says, with an
    /// alert in the trail: a desk that may not call leaves firms unwarned.
    ///
    /// # Errors
    /// 429, or the database's own.
    pub async fn show_numbers(
        &self,
        mut tx: Tx,
        asking: Asking<'_>,
        numbers: &[(OrganisationId, Uuid)],
        waiting: bool,
    ) -> Result<Tx, WebError> {
        let account = asking.viewer.account_id;
        let known = calls::shown_lately(&mut tx, asking.viewer, self.id, self.now).await?;
        let fresh = numbers.iter().copied().filter(|(_, fact)| !known.contains(fact));
        let (mut whose, facts): (Vec<OrganisationId>, Vec<Uuid>) = fresh.unzip();
        if facts.is_empty() {
            return Ok(tx);
        }
        let (subject, request_id) = (self.id.to_string(), asking.frame.request_id.as_str());
        let limit = asking.state.config.contact_reads_per_hour;
        let shown = Shown { account, addresses: facts.len(), limit, request_id };
        if waiting {
            contact_reads::charge_without_end(&mut tx, shown, ("advisory", &subject), self.now).await?;
        } else {
            tx = contact_reads::charge(tx, shown, self.now).await?;
        }
        whose.dedup();
        let detail = serde_json::json!({ "ceptoar": self.ceptoar_id, "numbers_of": whose, "numbers": facts });
        let event = Event::done(self.now, "contacts.read", "advisory", &subject).by(account).request(request_id);
        audit::record(&mut tx, event.detail(detail)).await?;
        Ok(tx)
    }
}

/// What the database refuses does not exist for whoever asked.
#[must_use]
pub fn refused(error: sqlx::Error) -> WebError {
    if db::is_forbidden(&error) { WebError::NotFound } else { error.into() }
}
