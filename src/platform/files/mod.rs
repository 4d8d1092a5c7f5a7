//! Files that people attach: which are taken, what they are called, how they are kept and handed out.
//! The pages are those of the features that attach something; nothing here has a route.

pub mod package;
pub mod policy;
pub mod name;
pub mod seal;
pub mod scan;
pub mod store;
pub mod scanning;
pub mod intake;
pub mod respond;
mod words;

pub use name::DisplayName;
pub use policy::{FileType, Refused};
