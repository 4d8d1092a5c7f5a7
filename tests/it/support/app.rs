//! The whole portal, in this process, over a database of its own.

use std::sync::Arc;

use axum::Router;
use ceptoar_portal::app::router::router;
use ceptoar_portal::kernel::clock::Clock;
use ceptoar_portal::platform::config::{Config, Confinement, LogFormat};
use ceptoar_portal::platform::db::Db;
use ceptoar_portal::platform::sandbox::{Limits, Sandbox};
use ceptoar_portal::platform::security::password::{Cost, PasswordHasher};
use ceptoar_portal::platform::security::secret_key::SecretKey;
use ceptoar_portal::platform::security::token::Token;
use ceptoar_portal::platform::telemetry;
use ceptoar_portal::platform::web::cookies;
use ceptoar_portal::platform::web::state::{AppState, FirstWall};
use clap::Parser;
use uuid::Uuid;

use super::client::Client;
use super::database::TestDatabase;

/// The portal under test.
#[derive(Debug)]
pub struct TestApp {
    pub database: TestDatabase,
    pub state: AppState,
    pub router: Router,
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    config: Config,
}

/// Saturday 2026-11-21 21:10 in Japan: the evening of scenario S-1.
pub const EVENING: &str = "2026-11-21T12:10:00Z";

/// Children are the built portal, as this program has no table of parsers.
pub fn sandbox() -> Sandbox {
    Sandbox::new(env!("CARGO_BIN_EXE_ceptoar-portal").into(), Confinement::Possible, Limits::default())
}

impl TestApp {
    /// A demonstration portal with the reference data and no members yet.
    pub async fn start() -> Self {
        Self::with_settings(&[]).await
    }

    /// The same with command-line settings.
    pub async fn with_settings(settings: &[&str]) -> Self {
        // RUST_LOG=info shows what the portal logs while a test runs.
        if std::env::var_os("RUST_LOG").is_some() {
            telemetry::start(LogFormat::Text);
        }
        let database = TestDatabase::fresh().await;
        let mut config = Cli::parse_from(std::iter::once(&"portal").chain(settings)).config;
        if !settings.iter().any(|setting| setting.starts_with("--requests-per-second")) {
            // Tests ask faster than people do; the limit has a test of its own.
            config.requests_per_second = 20_000;
        }
        let state = AppState {
            db: Db::new(database.connections.app.clone(), 4),
            config: Arc::new(config),
            clock: Clock::fixed(EVENING.parse().expect("an instant")),
            hasher: PasswordHasher::new(Cost::Test).expect("a hasher"),
            secret_key: SecretKey::parse(&SecretKey::generate().expect("a key")).expect("a key"),
            sandbox: sandbox(),
            inbound: None,
            first_wall: FirstWall::Standing,
        };
        Self { router: router(state.clone()), database, state }
    }

    /// A visitor who is not signed in.
    pub fn visitor(&self) -> Client {
        let mut client = Client::new(self.router.clone());
        client.host = self.state.config.base_url().split_once("://").expect("a base URL").1.to_owned();
        client
    }

    /// Somebody signed in by name. Accounts of the factory all have the password [`super::factory::PASSWORD`].
    pub async fn signed_in(&self, name: &str) -> Client {
        let mut client = self.visitor();
        let mut db = self.database.owner().await;
        let real: Option<Uuid> =
            sqlx::query_scalar("select account_id from accounts where sign_in_name = $1 and not demonstration")
                .bind(name)
                .fetch_optional(&mut db)
                .await
                .expect("an account");
        if let Some(account) = real {
            // Real people sign in with what no test has at hand; the session is written as its owner would.
            let token = Token::random().expect("a token");
            sqlx::query(
                "insert into sessions (token_hash, account_id, opened_by, opened_at, last_seen_at, confirmed_at, expires_at)
                 values ($1, $2, 'passkey', $3, $3, $3, $3 + interval '12 hours')",
            )
            .bind(token.hash())
            .bind(account)
            .bind(self.state.clock.now())
            .execute(&mut db)
            .await
            .expect("a session");
            client.hold(cookies::session_name(self.state.config.over_tls()), token.reveal());
            return client;
        }
        let reply = client.post("/sign-in", &[("name", name), ("password", super::factory::PASSWORD)]).await;
        assert_eq!(reply.status, 303, "{name} could not sign in: {}", reply.body);
        client
    }
}

/// A state that nothing is asked of: enough to list the routes.
pub fn idle_state() -> AppState {
    let options = sqlx::postgres::PgConnectOptions::new();
    AppState {
        db: Db::new(options, 2),
        config: Arc::new(Cli::parse_from(["portal"]).config),
        clock: Clock::fixed(EVENING.parse().expect("an instant")),
        hasher: PasswordHasher::new(Cost::Test).expect("a hasher"),
        sandbox: sandbox(),
        inbound: None,
        secret_key: SecretKey::parse(&SecretKey::generate().expect("a key")).expect("a key"),
        first_wall: FirstWall::Standing,
    }
}
