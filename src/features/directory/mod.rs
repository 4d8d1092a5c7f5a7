//! 名簿: sectors, CEPTOARs, secretariats, members and their windows, each fact with its period.

pub mod activities;
pub mod exchange;
pub mod federations;
pub mod groups;
pub mod history;
pub mod offices;
pub mod outline;
pub mod partners;
pub mod proposals;
pub mod reference;

pub mod roster;
pub mod routes;
pub mod rules;
pub mod setup;
pub mod verification;
mod store;
