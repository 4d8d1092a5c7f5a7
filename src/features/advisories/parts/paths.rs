//! Addresses of the parts of an item.

use uuid::Uuid;

use crate::kernel::ids::AdvisoryId;

/// Route of the files of a draft, and of adding one.
pub const FILES: &str = "/advisories/{id}/parts";
/// Route of the limited sections of a draft, and of adding one.
pub const SECTIONS: &str = "/advisories/{id}/sections";
/// Route of taking a part of the version before over.
pub const CARRIED: &str = "/advisories/{id}/parts/carried";
/// Route of a file.
pub const FILE: &str = "/advisories/{id}/parts/{part}";
/// Route of taking a part out of a draft.
pub const REMOVAL: &str = "/advisories/{id}/parts/{part}/removal";

/// Where files come in.
pub const UPLOADS: [&str; 1] = [FILES];

/// Address of the files of a draft.
#[must_use]
pub fn files(id: AdvisoryId) -> String {
    format!("/advisories/{id}/parts")
}

/// Address of the limited sections of a draft.
#[must_use]
pub fn sections(id: AdvisoryId) -> String {
    format!("/advisories/{id}/sections")
}

/// Address of taking a part of the version before over.
#[must_use]
pub fn carried(id: AdvisoryId) -> String {
    format!("/advisories/{id}/parts/carried")
}

/// Address of a file.
#[must_use]
pub fn file(id: AdvisoryId, part: Uuid) -> String {
    format!("/advisories/{id}/parts/{part}")
}

/// Address of taking a part out of a draft.
#[must_use]
pub fn removal(id: AdvisoryId, part: Uuid) -> String {
    format!("/advisories/{id}/parts/{part}/removal")
}
