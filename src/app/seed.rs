//! Fills a migrated database with what the portal starts from.

use super::database::Database;
use crate::features::demonstration::{self, Summary};
use crate::features::directory::{self, reference};
use crate::features::{feature_map, follow_up, surveys};
use crate::kernel::clock::Clock;
use crate::platform::config::Config;
use crate::platform::security::password::{Cost, PasswordHasher};

/// What was done to the database.
#[derive(Debug)]
pub struct Seeded {
    /// Whether the reference data was new.
    pub reference_loaded: bool,
    /// The demonstration, in demonstration mode.
    pub demonstration: Option<Summary>,
}

/// Loads the reference data and, in demonstration mode, the invented roster. Doing it again
/// changes nothing and takes no time. Refuses a database of the other mode before touching it.
///
/// # Errors
/// When the database belongs to the other mode, or something fails; the message says what to do.
pub async fn prepare(database: &Database, config: &Config, hasher: &PasswordHasher) -> anyhow::Result<Seeded> {
    let mut owner = database.owner().await?;
    demonstration::check_mode(&mut owner, config.is_demonstration()).await?;
    let reference_loaded = reference::load(&mut owner).await?;
    feature_map::load_editions(&mut owner).await?;
    let demonstration = match config.is_demonstration() {
        true => {
            let now = Clock::System.now();
            let summary = demonstration::seed(&mut owner, hasher, now).await?;
            directory::activities::demonstration::record(&mut owner, now).await?;
            directory::setup::demonstration::record(&mut owner, now).await?;
            surveys::demonstration::record(&mut owner, now).await?;
            follow_up::demonstration::open_one(&mut owner, &config.base_url(), now).await?;
            Some(summary)
        }
        false => None,
    };
    sqlx::Connection::close(owner).await?;
    Ok(Seeded { reference_loaded, demonstration })
}

/// `seed`: migrates, fills, and says what there is.
///
/// # Errors
/// As [`prepare`], or when the schema cannot be brought up to date.
pub async fn seed(config: &Config) -> anyhow::Result<()> {
    config.check()?;
    let database = Database::open(config).await?;
    database.migrate().await?;
    let seeded = prepare(&database, config, &PasswordHasher::new(Cost::Standard)?).await?;
    println!("Schema:         up to date");
    println!("Reference data: {}", if seeded.reference_loaded { "loaded" } else { "already there" });
    match seeded.demonstration {
        Some(there) => println!(
            "Demonstration:  {} invented organisations, {} windows, {} accounts",
            there.organisations, there.windows, there.accounts
        ),
        None => println!("Demonstration:  none (production)"),
    }
    Ok(())
}
