//! 受領の記録: what members tell their desk by telephone, FAX or otherwise (docs/decisions/0033).
//!
//! A desk calls those who have not acknowledged (`calls`), finds a firm by the code of its FAX sheet (`code`)
//! and writes down what it was told (`receipt`, `store`). The firm's own acknowledgement stays apart.
//! What members answer by mail is taken in by `replies`.

pub mod calls;
pub mod code;
pub mod paths;
pub mod receipt;
pub mod replies;
pub mod store;
pub mod typed;
pub mod web;

pub use web::routes;
