//! Addresses of this feature.

/// The list of mails, and where it is searched.
pub const INDEX: &str = "/mailbox";
/// Route of one mail.
pub const SHOW: &str = "/mailbox/{id}";

/// Address of one mail.
#[must_use]
pub fn show(id: i64) -> String {
    format!("/mailbox/{id}")
}
