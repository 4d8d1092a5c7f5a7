//! Addresses of the statistics.

/// The statistics.
pub const STATISTICS: &str = "/advisories/statistics";
/// The same as a file.
pub const EXPORT: &str = "/advisories/statistics/export";
