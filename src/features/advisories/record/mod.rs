//! 配信の記録: how an item went its way, as a file for the case's papers: one page to print, a workbook, or a table of its
//! recipients (decision 0047). It says what the delivery page says to the same person, and no address.

pub mod gathered;
pub mod kind;
pub mod paper;
pub mod paths;
pub mod tables;
pub mod web;
pub mod words;

pub use web::routes;
