//! Addresses of this feature.

/// The list of mails, and where it is searched.
pub const INDEX: &str = "/mailbox";
/// Route of one mail.
pub const SHOW: &str = "/mailbox/{id}";

/// Route of answering one mail.
pub const REPLY: &str = "/mailbox/{id}/reply";

/// Address of one mail.
#[must_use]
pub fn show(id: i64) -> String {
    format!("/mailbox/{id}")
}

/// Address of answering one mail.
#[must_use]
pub fn reply(id: i64) -> String {
    format!("/mailbox/{id}/reply")
}
