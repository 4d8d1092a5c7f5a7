//! The demonstration roster.
