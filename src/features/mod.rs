//! The portal, one folder per concept. Order: each feature may import those above it.

pub mod accounts;
pub mod advisories;
pub mod directory;
pub mod home;
pub mod sharing;

// Fills the others.
pub mod demonstration;
