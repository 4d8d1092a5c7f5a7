//! 情報提供の経路: over which offices an advisory reaches a CEPTOAR, what the CEPTOAR agreed about passing it on, whether
//! somebody is there at every hop, and a walk along the road before there is anything to send (decisions 0035, 0050 and 0059).

pub mod agreement;
pub mod changing;
pub mod course;
pub mod hop;
pub mod paths;
pub mod regional;
pub mod store;
pub mod walk;
pub mod web;

pub use web::routes;
