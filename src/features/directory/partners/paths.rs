//! Addresses of this feature.

use uuid::Uuid;

use crate::kernel::ids::OrganisationId;

/// Route of the partner bodies of a CEPTOAR.
pub const INDEX: &str = "/directory/{ceptoar}/partners";
/// Route of taking in a new one.
pub const JOINING: &str = "/directory/{ceptoar}/partners/joining";
/// Route of a further role of one.
pub const ROLE: &str = "/directory/{ceptoar}/partners/{organisation}/role";
/// Route of ending one of its roles.
pub const END: &str = "/directory/{ceptoar}/partners/{organisation}/roles/{partnership}/end";

/// Route of correcting one of its roles.
pub const CORRECTION: &str = "/directory/{ceptoar}/partners/{organisation}/roles/{partnership}/correction";

/// Something of a CEPTOAR.
#[must_use]
pub fn of_ceptoar(route: &str, ceptoar: &str) -> String {
    route.replace("{ceptoar}", ceptoar)
}

/// A further role of a body.
#[must_use]
pub fn role(ceptoar: &str, organisation: OrganisationId) -> String {
    of_ceptoar(ROLE, ceptoar).replace("{organisation}", &organisation.to_string())
}

/// Ending a role of a body.
#[must_use]
pub fn end(ceptoar: &str, organisation: OrganisationId, partnership: Uuid) -> String {
    of_ceptoar(END, ceptoar)
        .replace("{organisation}", &organisation.to_string())
        .replace("{partnership}", &partnership.to_string())
}

/// Correcting a role of a body.
#[must_use]
pub fn correction(ceptoar: &str, organisation: OrganisationId, partnership: Uuid) -> String {
    of_ceptoar(CORRECTION, ceptoar)
        .replace("{organisation}", &organisation.to_string())
        .replace("{partnership}", &partnership.to_string())
}
