//! 権限: who somebody is and what they may do. The one place that decides; nothing here reads a database,
//! and only the guard writes: what it refused to somebody signed in, into the trail.
//!
//! A route says with its [`Rule`] who may use it at all, and the guard holds every request against that.
//! What is done to a thing is decided by [`can`], from the facts that the caller read of this very thing.

pub mod action;
pub mod activity;
pub mod advisory;
pub mod agreement;
pub mod break_glass;
pub mod decision;
pub mod directory;
pub mod escalation;
pub mod federation;
pub mod follow_up;
pub mod judgement;
pub mod member_report;
pub mod people;
pub mod queue;
pub mod receipt;
pub mod relay;
pub mod requests;
pub mod role;
pub mod rule;
pub mod statistics;
pub mod strength;
pub mod survey;
pub mod trail;
pub mod viewer;
pub mod web;

pub use action::Action;
pub use decision::{Act, can, could};
pub use role::Role;
pub use rule::{Routes, Rule};
pub use strength::{OpenedBy, Requirement};
pub use viewer::{Affiliation, FirstWall, Viewer};
