//! What handlers share.

use std::sync::Arc;

use crate::kernel::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::security::password::PasswordHasher;

/// Shared by all handlers; cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The database, as `portal_app`.
    pub db: Db,
    /// The settings.
    pub config: Arc<Config>,
    /// What time it is.
    pub clock: Clock,
    /// Hashes passwords.
    pub hasher: PasswordHasher,
}
