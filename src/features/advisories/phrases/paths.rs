//! Addresses of templates and phrases.

use uuid::Uuid;

/// All templates and phrases.
pub const INDEX: &str = "/advisories/templates";
/// A new template.
pub const NEW_TEMPLATE: &str = "/advisories/templates/new";
/// Route of one template.
pub const TEMPLATE: &str = "/advisories/templates/{template}";
/// Route of archiving a template, and of bringing it back.
pub const ARCHIVE_TEMPLATE: &str = "/advisories/templates/{template}/archive";
/// A new phrase.
pub const NEW_PHRASE: &str = "/advisories/phrases/new";
/// Route of one phrase.
pub const PHRASE: &str = "/advisories/phrases/{phrase}";
/// Route of archiving a phrase, and of bringing it back.
pub const ARCHIVE_PHRASE: &str = "/advisories/phrases/{phrase}/archive";

/// Address of one template.
#[must_use]
pub fn template(id: Uuid) -> String {
    format!("{INDEX}/{id}")
}

/// Address of one phrase.
#[must_use]
pub fn phrase(id: Uuid) -> String {
    format!("/advisories/phrases/{id}")
}

/// Address of an empty draft that begins with a template.
#[must_use]
pub fn begin(id: Uuid) -> String {
    format!("{}?template={id}", crate::features::advisories::paths::NEW)
}
