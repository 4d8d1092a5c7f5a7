//! 構成員と緊急窓口の名簿: the members of a CEPTOAR and their windows, kept by the people who know, with a memory.
//!
//! Every change has a day from which it holds, and can be planned ahead; a correction says what was so all along.

pub mod changes;
pub mod former;
pub mod line;
pub mod past;
pub mod paths;
pub mod periods;
pub mod said;
pub mod sheet;
pub mod spelling;
pub mod steps;
pub mod store;
pub mod web;

pub use web::routes;
