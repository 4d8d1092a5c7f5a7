//! The portal, one folder per concept. Order: each feature may import those above it.

pub mod access;
pub mod accounts;
pub mod sharing;
pub mod directory;
pub mod people;
pub mod surveys;
pub mod feature_map;
pub mod follow_up;
pub mod overview;
pub mod queue;
pub mod advisories;
pub mod judgements;
pub mod trail;
pub mod break_glass;
pub mod mailbox;
pub mod about;
pub mod demonstration;
pub mod search;
pub mod home;
