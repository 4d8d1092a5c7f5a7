//! Row security.
