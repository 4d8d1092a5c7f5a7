//! The guard before every handler, and the extractors that say who is looking.

pub mod extract;
pub mod guard;
pub mod identity;
pub mod refusal;

pub use extract::MaybeViewer;
pub use guard::{guard, takes_fresh_form};
pub use identity::{Identity, TooWeak};
