//! The demonstration roster: real numbers, invented members, windows and people. It exists so that
//! the portal can be seen at its real size without a single real address in it.

mod names;
mod people;
mod roster;
mod seeding;
mod store;

pub use seeding::{check_mode, is_present, seed};
pub use store::Summary;
