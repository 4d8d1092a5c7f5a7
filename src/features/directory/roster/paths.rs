//! Addresses of this feature.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::kernel::ids::{ContactId, OrganisationId};

/// The rosters that somebody may see.
pub const INDEX: &str = "/directory";
/// Route of the roster of a CEPTOAR.
pub const ROSTER: &str = "/directory/{ceptoar}";
/// Route of searching it; words in an address would stay in the histories of browsers.
pub const SEARCH: &str = "/directory/{ceptoar}/search";
/// Route of taking in a new member.
pub const JOINING: &str = "/directory/{ceptoar}/joining";
/// Route of the former members, one of which may come back, and of searching them.
pub const FORMER: &str = "/directory/{ceptoar}/former";
/// Route of a former member that comes back.
pub const RETURNING: &str = "/directory/{ceptoar}/members/{organisation}/returning";
/// Route of one member.
pub const MEMBER: &str = "/directory/{ceptoar}/members/{organisation}";
/// Route of calling it something else.
pub const NAME: &str = "/directory/{ceptoar}/members/{organisation}/name";
/// Route of changing what it is a member as.
pub const MEMBERSHIP: &str = "/directory/{ceptoar}/members/{organisation}/membership";
/// Route of releasing it.
pub const LEAVING: &str = "/directory/{ceptoar}/members/{organisation}/leaving";
/// Route of adding a window.
pub const NEW_WINDOW: &str = "/directory/{ceptoar}/members/{organisation}/new-window";
/// Route of changing a window.
pub const WINDOW: &str = "/directory/{ceptoar}/members/{organisation}/windows/{window}";
/// Route of closing a window.
pub const WINDOW_END: &str = "/directory/{ceptoar}/members/{organisation}/windows/{window}/end";

/// Route of correcting what it was called on a day.
pub const NAME_ON: &str = "/directory/{ceptoar}/members/{organisation}/name/on/{day}";
/// Route of correcting as what it was a member on a day.
pub const MEMBERSHIP_ON: &str = "/directory/{ceptoar}/members/{organisation}/membership/on/{day}";
/// Route of correcting what a window was like on a day.
pub const WINDOW_ON: &str = "/directory/{ceptoar}/members/{organisation}/windows/{window}/on/{day}";

/// Route of taking a plan back.
pub const WITHDRAWAL: &str = "/directory/{ceptoar}/members/{organisation}/changes/{change}/withdrawal";

/// The roster of a CEPTOAR.
#[must_use]
pub fn roster(ceptoar: &str) -> String {
    ROSTER.replace("{ceptoar}", ceptoar)
}

/// Something of a CEPTOAR.
#[must_use]
pub fn of_ceptoar(route: &str, ceptoar: &str) -> String {
    route.replace("{ceptoar}", ceptoar)
}

/// Something of a member.
#[must_use]
pub fn of_member(route: &str, ceptoar: &str, organisation: OrganisationId) -> String {
    of_ceptoar(route, ceptoar).replace("{organisation}", &organisation.to_string())
}

/// Taking a planned change back.
#[must_use]
pub fn withdrawal(ceptoar: &str, organisation: OrganisationId, change: Uuid) -> String {
    of_member(WITHDRAWAL, ceptoar, organisation).replace("{change}", &change.to_string())
}

/// Something of a window.
#[must_use]
pub fn of_window(route: &str, ceptoar: &str, organisation: OrganisationId, window: ContactId) -> String {
    of_member(route, ceptoar, organisation).replace("{window}", &window.to_string())
}

/// Correcting something of a member on a day.
#[must_use]
pub fn on_day(path: &str, day: NaiveDate) -> String {
    path.replace("{day}", &day.to_string())
}
