//! Addresses of this feature.

use uuid::Uuid;

use crate::kernel::ids::OrganisationId;

/// Route of the form of a firm.
pub const PROPOSING: &str = "/directory/{ceptoar}/members/{organisation}/proposal";
/// Route of the proposals of a CEPTOAR.
pub const INDEX: &str = "/directory/{ceptoar}/proposals";
/// Route of one proposal.
pub const PROPOSAL: &str = "/directory/{ceptoar}/proposals/{proposal}";
/// Route of accepting it.
pub const ACCEPTANCE: &str = "/directory/{ceptoar}/proposals/{proposal}/acceptance";
/// Route of returning it with a reason.
pub const RETURN: &str = "/directory/{ceptoar}/proposals/{proposal}/return";
/// Route of taking it back.
pub const WITHDRAWAL: &str = "/directory/{ceptoar}/proposals/{proposal}/withdrawal";

/// The proposals of a CEPTOAR.
#[must_use]
pub fn index(ceptoar: &str) -> String {
    INDEX.replace("{ceptoar}", ceptoar)
}

/// The form of a firm.
#[must_use]
pub fn proposing(ceptoar: &str, organisation: OrganisationId) -> String {
    PROPOSING.replace("{ceptoar}", ceptoar).replace("{organisation}", &organisation.to_string())
}

/// Something of a proposal.
#[must_use]
pub fn of_proposal(route: &str, ceptoar: &str, proposal: Uuid) -> String {
    route.replace("{ceptoar}", ceptoar).replace("{proposal}", &proposal.to_string())
}
