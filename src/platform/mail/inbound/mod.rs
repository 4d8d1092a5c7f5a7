//! Mail that comes in: replies to our copies, and notices that one could not be delivered (docs/decisions/0057).
//!
//! The office's own mail server hands it over by LMTP ([`listener`]). Whose copy it answers says the address ([`super::return_path`]);
//! what it says is read in a box ([`reading`], [`report`]); what follows is decided by [`intake`]. No mail is ever answered.

pub mod report;
pub mod reading;
pub mod bounce;
pub mod intake;
pub mod listener;
pub mod handover;
