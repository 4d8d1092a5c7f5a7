//! 事務局・所管省庁: the offices on the road of a CEPTOAR between the centre and the members. Which they are comes from the
//! editions; by which windows they are reached is kept by themselves, on the pages of the roster.

pub mod office;
pub mod paths;
pub mod store;
pub mod web;

pub use web::routes;
