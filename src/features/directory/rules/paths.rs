//! Addresses of this feature.

use uuid::Uuid;

use crate::kernel::ids::OrganisationId;

/// Route of a CEPTOAR's handling rule and its editions.
pub const RULES: &str = "/directory/{ceptoar}/rules";
/// Route of taking an edition back.
pub const WITHDRAWAL: &str = "/directory/{ceptoar}/rules/{rule}/withdrawal";
/// Route of an edition's documents.
pub const DOCUMENTS: &str = "/directory/{ceptoar}/rules/{rule}/documents";
/// Route of one document.
pub const DOCUMENT: &str = "/directory/{ceptoar}/rules/{rule}/documents/{file}";
/// Route of destroying one.
pub const DOCUMENT_REMOVAL: &str = "/directory/{ceptoar}/rules/{rule}/documents/{file}/removal";
/// Route of a member's consent to an edition.
pub const CONSENT: &str = "/directory/{ceptoar}/rules/{rule}/consents/{organisation}";
/// Route of taking the note of a consent on paper back.
pub const CONSENT_WITHDRAWAL: &str = "/directory/{ceptoar}/rules/{rule}/consents/{organisation}/withdrawal";
/// Route of how the requirements stand.
pub const REQUIREMENTS: &str = "/directory/{ceptoar}/requirements";

/// Route of how all CEPTOARs stand that somebody looks over.
pub const OVERVIEW: &str = "/overview";

/// Where files come in: larger than any other form.
pub const UPLOADS: [&str; 1] = [DOCUMENTS];

/// Something of a CEPTOAR.
#[must_use]
pub fn of_ceptoar(route: &str, ceptoar: &str) -> String {
    route.replace("{ceptoar}", ceptoar)
}

/// Something of an edition.
#[must_use]
pub fn of_rule(route: &str, ceptoar: &str, rule: Uuid) -> String {
    of_ceptoar(route, ceptoar).replace("{rule}", &rule.to_string())
}

/// Something of a member's consent.
#[must_use]
pub fn of_consent(route: &str, ceptoar: &str, rule: Uuid, organisation: OrganisationId) -> String {
    of_rule(route, ceptoar, rule).replace("{organisation}", &organisation.to_string())
}

/// Something of a document.
#[must_use]
pub fn of_document(route: &str, ceptoar: &str, rule: Uuid, file: Uuid) -> String {
    of_rule(route, ceptoar, rule).replace("{file}", &file.to_string())
}
