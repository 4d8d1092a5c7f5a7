//! The local mailbox of a demonstration: what the portal's own relay took, shown as a mail program
//! shows it and as it went over the wire. A portal that mails real people has no such page.

pub mod letter;
pub mod paths;
pub mod reply;
pub mod store;
pub mod web;

pub use web::routes;
