//! A relay that is told much at once: where it offers PIPELINING (RFC 2920), the three commands before a text go out
//! together, and the next mail's commands with the end of this one's text. Over a network that is one round trip for
//! each mail where command by command takes four.
//!
//! What is said and what answers mean is in [`transaction`] and [`answers`], without a line; [`line`] carries it.

pub mod answers;
pub mod line;
pub mod relay;
pub mod transaction;
