//! 情報提供: an advisory goes from the centre down each CEPTOAR's route to the windows that may have it.
//!
//! An analyst drafts (`web/draft`), looks at who will receive it (`web/submission`) and submits;
//! another person approves (`web/publication`), which freezes the audience and queues the mails
//! (`publishing`). Recipients read (`web/show`) and acknowledge; the centre and the desks watch
//! (`web/deliveries`). Before that, approver and author talk about it line by line (`review`), and it may begin with a
//! template (`phrases`); it can be approved for a time, and stopped until then (`release`). Desks call those who do not
//! answer and enter what they are told (`receipts`); members say what they do about it (`measures`), hubs how many others
//! they told (`onward`). What
//! follows by itself from silence is in `escalation`. What was published is followed up, corrected, withdrawn or lowered by
//! a version of its own (`versions`). Files and limited sections go with it at a level of their own (`parts`). What the boards of many items say is added up by month and year (`statistics`).

pub mod advisory;
pub mod content;
pub mod escalation;
pub mod mail;
pub mod measures;
pub mod onward;
pub mod origin;
pub mod outlook;
pub mod parts;
pub mod paths;
pub mod phrases;
pub mod publishing;
pub mod reading;
pub mod receipts;
pub mod record;
pub mod relays;
pub mod release;
pub mod review;
pub mod statistics;
pub mod store;
pub mod versions;
pub mod web;
pub mod words;

pub use web::routes;
