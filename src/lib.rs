//! The CEPTOAR information-sharing portal.
//!
//! Four floors; every import points down:
//!
//! | floor | what lives there |
//! |---|---|
//! | [`app`] | assembly: router, worker, command line |
//! | [`features`] | the portal itself, one folder per concept, in dependency order |
//! | [`platform`] | machinery without CEPTOAR meaning: database, mail, web, security |
//! | [`kernel`] | words of the field: ids, clock, sharing level, language |
//!
//! `docs/architecture.md` walks one advisory through them.

pub mod app;
pub mod features;
pub mod kernel;
pub mod platform;
