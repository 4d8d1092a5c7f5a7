//! Addresses of receipts and calls.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::kernel::ids::{AdvisoryId, OrganisationId};

/// Route of one member's receipts, and of entering one.
pub const RECEIPT: &str = "/advisories/{id}/receipts/{ceptoar}/{organisation}";
/// Route of taking a receipt back.
pub const WITHDRAWAL: &str = "/advisories/{id}/receipts/{ceptoar}/{organisation}/{receipt}/withdrawal";
/// Route of finding a member by the code of its sheet.
pub const CODE: &str = "/advisories/{id}/receipt-code";
/// Route of the call list.
pub const CALLS: &str = "/advisories/{id}/calls";
/// Route of noting an attempt.
pub const ATTEMPT: &str = "/advisories/{id}/calls/{ceptoar}/{organisation}";
/// Route of the telephone script.
pub const SCRIPT: &str = "/advisories/{id}/script";
/// Route of a member's FAX sheet.
pub const FAX: &str = "/advisories/{id}/fax/{ceptoar}/{organisation}";

/// Address of one member's receipts.
#[must_use]
pub fn receipt(id: AdvisoryId, ceptoar: &str, organisation: OrganisationId) -> String {
    format!("/advisories/{id}/receipts/{ceptoar}/{organisation}")
}

/// Address of one member's receipts that says what was just entered or taken back.
#[must_use]
pub fn done(id: AdvisoryId, ceptoar: &str, organisation: OrganisationId, done: Uuid) -> String {
    format!("{}?recorded={done}", receipt(id, ceptoar, organisation))
}

/// Address of taking a receipt back.
#[must_use]
pub fn withdrawal(id: AdvisoryId, ceptoar: &str, organisation: OrganisationId, receipt: Uuid) -> String {
    format!("/advisories/{id}/receipts/{ceptoar}/{organisation}/{receipt}/withdrawal")
}

/// Address of finding a member by its code.
#[must_use]
pub fn code(id: AdvisoryId, ceptoar: &str) -> String {
    format!("/advisories/{id}/receipt-code?ceptoar={ceptoar}")
}

/// Address of the call list.
#[must_use]
pub fn calls(id: AdvisoryId, ceptoar: &str) -> String {
    format!("/advisories/{id}/calls?ceptoar={ceptoar}")
}

/// Where somebody is on a call list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListPlace {
    /// When the list was opened: it keeps members and order until it is opened anew.
    pub opened: DateTime<Utc>,
    /// How many pages were skipped.
    pub page: i64,
}

impl ListPlace {
    /// As it stands in an address.
    #[must_use]
    pub fn code(self) -> String {
        format!("{}.{}", self.page, self.opened.timestamp_micros())
    }

    /// The place of a code, as long as its list is one of today: half a day later it is opened anew.
    #[must_use]
    pub fn from_code(code: &str, now: DateTime<Utc>) -> Option<Self> {
        let (page, micros) = code.split_once('.')?;
        let page = page.parse::<i64>().ok().filter(|page| (0..=10_000).contains(page))?;
        let opened = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        (opened <= now && opened > now - TimeDelta::hours(12)).then_some(Self { opened, page })
    }

    /// What a form carries on that was opened from here.
    #[must_use]
    pub fn origin(self) -> String {
        format!("calls.{}", self.code())
    }
}

/// Address of a place on the call list.
#[must_use]
pub fn calls_at(id: AdvisoryId, ceptoar: &str, place: ListPlace) -> String {
    format!("{}&at={}", calls(id, ceptoar), place.code())
}

/// Where a form leads back to that was opened on the call list; none where it was opened elsewhere.
#[must_use]
pub fn back_to_calls(id: AdvisoryId, ceptoar: &str, from: &str, now: DateTime<Utc>) -> Option<String> {
    let place = from.strip_prefix("calls")?.strip_prefix('.').and_then(|code| ListPlace::from_code(code, now));
    Some(place.map_or_else(|| calls(id, ceptoar), |place| calls_at(id, ceptoar, place)))
}

/// The anchor of a member on the call list.
#[must_use]
pub fn anchor(organisation: OrganisationId) -> String {
    format!("m-{organisation}")
}

/// Address of noting an attempt.
#[must_use]
pub fn attempt(id: AdvisoryId, ceptoar: &str, organisation: OrganisationId) -> String {
    format!("/advisories/{id}/calls/{ceptoar}/{organisation}")
}

/// Address of the telephone script.
#[must_use]
pub fn script(id: AdvisoryId, ceptoar: &str) -> String {
    format!("/advisories/{id}/script?ceptoar={ceptoar}")
}

/// Address of a member's FAX sheet.
#[must_use]
pub fn fax(id: AdvisoryId, ceptoar: &str, organisation: OrganisationId) -> String {
    format!("/advisories/{id}/fax/{ceptoar}/{organisation}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_on_a_list_of_today_is_found_again() {
        let now: DateTime<Utc> = "2026-11-21T12:10:00.123456Z".parse().unwrap();
        let id = AdvisoryId::random();
        let place = ListPlace { opened: now, page: 3 };
        assert_eq!(ListPlace::from_code(&place.code(), now), Some(place));
        assert_eq!(back_to_calls(id, "banks", &place.origin(), now), Some(calls_at(id, "banks", place)));
        assert_eq!(back_to_calls(id, "banks", "calls", now), Some(calls(id, "banks")));
        assert_eq!(back_to_calls(id, "banks", "calls.x", now), Some(calls(id, "banks")));
        assert_eq!(back_to_calls(id, "banks", "https://evil.example", now), None);
        for code in ["", "1", "-1.0", "20000.0", "x.y", "1.99999999999999999999"] {
            assert_eq!(ListPlace::from_code(code, now), None, "{code}");
        }
        assert_eq!(ListPlace::from_code(&place.code(), now + TimeDelta::hours(12)), None, "another day");
        assert_eq!(ListPlace::from_code(&place.code(), now - TimeDelta::seconds(1)), None, "not yet opened");
    }
}
