//! Who leaves a CEPTOAR leaves its groups on the same day; who stays after all is in them again.

pub mod store;
