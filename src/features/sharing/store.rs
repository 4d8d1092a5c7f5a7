//! SQL of the sharing rules.
