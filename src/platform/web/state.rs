//! What handlers share.

use std::sync::Arc;

use crate::kernel::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::lmtp::LmtpAddress;
use crate::platform::sandbox::Sandbox;
use crate::platform::security::password::PasswordHasher;
use crate::platform::security::secret_key::SecretKey;

/// The wall of code round every item. It stands; tests open it to see that the database's wall alone holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FirstWall {
    /// The features' rights decide.
    #[default]
    Standing,
    /// They permit everything. No setting leads here (`tests/it/architecture.rs` looks).
    OpenForTests,
}

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
    /// Keeps stored secrets.
    pub secret_key: SecretKey,
    /// Where foreign data is parsed.
    pub sandbox: Sandbox,
    /// Where mail is handed over: the demonstration's mailbox replies through it.
    pub inbound: Option<LmtpAddress>,
    /// Whether the code's own wall stands.
    pub first_wall: FirstWall,
}
