//! Addresses of this feature.

/// The trail; filtering it is a POST, because whom one looks for does not belong into an address.
pub const INDEX: &str = "/trail";
/// The same as a table file.
pub const EXPORT: &str = "/trail/export";
/// Everybody's own events.
pub const ACTIVITY: &str = "/account/activity";
