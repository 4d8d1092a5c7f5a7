//! The portal in this process over a benchmark's database, and people signed in to it.

use std::sync::Arc;

use axum::Router;
use clap::Parser;
use sqlx::PgConnection;

use super::field::Field;
use super::store;
use crate::app::router::router;
use crate::kernel::clock::Clock;
use crate::kernel::ids::AccountId;
use crate::platform::config::{Config, Confinement};
use crate::platform::db::Db;
use crate::platform::sandbox::Sandbox;
use crate::platform::security::form_token::FormToken;
use crate::platform::security::password::{Cost, PasswordHasher};
use crate::platform::security::secret_key::SecretKey;
use crate::platform::security::token::Token;
use crate::platform::web::cookies;
use crate::platform::web::state::{AppState, FirstWall};

/// What the requests call the portal.
pub const HOST: &str = "127.0.0.1:8080";

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

/// The whole portal; its settings are a demonstration's, but for the limits that one busy person would meet.
pub async fn portal(field: &Field, connections: u32) -> anyhow::Result<Router> {
    let config =
        Settings::try_parse_from(["bench", "--requests-per-second=100000", "--contact-reads-per-hour=1000000"])?.config;
    Ok(router(AppState {
        db: Db::new(field.connections.app.clone(), connections),
        clock: Clock::System,
        hasher: PasswordHasher::new(Cost::Standard)?,
        sandbox: Sandbox::of_this_program(Confinement::Possible)?,
        secret_key: SecretKey::parse(&SecretKey::generate()?)?,
        inbound: None,
        first_wall: FirstWall::Standing,
        config: Arc::new(config),
    }))
}

/// Somebody with a session.
#[derive(Debug)]
pub struct Person {
    /// What they are.
    pub name: &'static str,
    /// The cookie of their session.
    pub cookie: String,
    /// The token of their forms.
    pub form_token: FormToken,
    /// Whether lists of recipients are for them.
    pub keeps_lists: bool,
}

/// The approver of everything, and who reads.
#[derive(Debug)]
pub struct People {
    /// Approves.
    pub approver: AccountId,
    /// Read.
    pub readers: Vec<Person>,
}

/// An approver, a desk and a member's point of contact, each with a session.
pub async fn people(owner: &mut PgConnection) -> anyhow::Result<People> {
    let mut readers = Vec::new();
    for (name, keeps_lists) in [("approver", true), ("desk", true), ("poc", false)] {
        let token = Token::random()?;
        store::session(owner, name, &token.hash()).await?;
        let cookie = format!("{}={}", cookies::session_name(false), token.reveal());
        readers.push(Person { name, cookie, form_token: FormToken::of(&token), keeps_lists });
    }
    Ok(People { approver: store::account(owner, "approver").await?, readers })
}
