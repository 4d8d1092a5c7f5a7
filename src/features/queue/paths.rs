//! Addresses of this feature.

/// How the queue stands.
pub const INDEX: &str = "/queue";
/// The part of it that changes.
pub const BOARD: &str = "/queue/board";
/// Pausing it.
pub const PAUSE: &str = "/queue/pause";
/// Resuming it.
pub const RESUME: &str = "/queue/resume";
/// Trying at once what waits for its next try.
pub const RETRY: &str = "/queue/retry";
