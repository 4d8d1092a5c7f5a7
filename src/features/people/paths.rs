//! Addresses of this feature.

use crate::kernel::ids::{AccountId, AffiliationId, GrantRequestId, OrganisationId};

/// The list of people.
pub const INDEX: &str = "/people";
/// Searching the list.
pub const SEARCH: &str = "/people/search";
/// Choosing where somebody is to work; searching by post.
pub const PLACES: &str = "/people/places";
/// Route of inviting somebody to a place.
pub const INVITATION: &str = "/people/places/{organisation}/{ceptoar}";
/// Asking for a role of staff, and the requests that wait.
pub const REQUESTS: &str = "/people/requests";
/// Route of one request.
pub const REQUEST: &str = "/people/requests/{id}";
/// Route of confirming it.
pub const CONFIRMATION: &str = "/people/requests/{id}/confirmation";
/// Route of refusing it.
pub const REFUSAL: &str = "/people/requests/{id}/refusal";
/// Route of taking it back.
pub const WITHDRAWAL: &str = "/people/requests/{id}/withdrawal";
/// The form for a new request.
pub const NEW_REQUEST: &str = "/people/requests/new";
/// Route of one person.
pub const PERSON: &str = "/people/{id}";
/// Route of giving a further duty to a person.
pub const DUTY: &str = "/people/{id}/duties/{organisation}/{ceptoar}";
/// Route of ending a duty.
pub const END: &str = "/people/duties/{id}/end";
/// Route of suspending.
pub const SUSPENSION: &str = "/people/{id}/suspension";
/// Route of lifting a suspension.
pub const LIFTING: &str = "/people/{id}/lifting";
/// Route of ending all sessions.
pub const SESSIONS: &str = "/people/{id}/sessions";
/// Route of starting a password reset.
pub const RESET: &str = "/people/{id}/reset";
/// Route of starting recovery of lost authenticators.
pub const RECOVERY: &str = "/people/{id}/recovery";
/// Route of asking for the same for a member of staff.
pub const RECOVERY_REQUEST: &str = "/people/{id}/recovery-request";
/// Route of sending an invitation again.
pub const INVITATION_AGAIN: &str = "/people/{id}/invitation";

/// Address of one person.
#[must_use]
pub fn person(id: AccountId) -> String {
    format!("/people/{id}")
}

/// Address of one person after a step was taken with them; the page says so.
#[must_use]
pub fn person_after(id: AccountId, done: &str) -> String {
    format!("/people/{id}?done={done}")
}

/// Address of one act on a person, by its route.
#[must_use]
pub fn of_person(route: &str, id: AccountId) -> String {
    route.replace("{id}", &id.to_string())
}

/// Address of one request, or of a step with it, by its route.
#[must_use]
pub fn of_request(route: &str, id: GrantRequestId) -> String {
    route.replace("{id}", &id.to_string())
}

/// Address of ending a duty.
#[must_use]
pub fn end(id: AffiliationId) -> String {
    END.replace("{id}", &id.to_string())
}

/// Address of inviting somebody to a place.
#[must_use]
pub fn invitation(organisation: OrganisationId, ceptoar: &str) -> String {
    format!("{PLACES}/{organisation}/{ceptoar}")
}

/// Address of giving a person a duty at a place.
#[must_use]
pub fn duty(person: AccountId, organisation: OrganisationId, ceptoar: &str) -> String {
    format!("/people/{person}/duties/{organisation}/{ceptoar}")
}
