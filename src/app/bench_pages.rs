//! `bench-pages`: the portal, and beside it a bare server of the same bytes, for `scripts/bench-pages` to compare.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::routing::get;
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::database::Database;
use super::router::router;
use crate::features::feature_map;
use crate::kernel::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::security::password::{Cost, PasswordHasher};
use crate::platform::web::state::{AppState, FirstWall};

/// The page that is compared: the largest sheet.
const PAGE: &str = "/map/2011-03-31";

/// Serves both until it is stopped; says where they are, portal first.
///
/// # Errors
/// When the portal cannot be set up.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let config = Arc::new(config);
    let database = Database::open(&config).await?;
    database.migrate().await?;
    feature_map::load_editions(&mut database.owner().await?).await?;
    let db = Db::new(database.connections.app.clone(), config.db_connections);
    let hasher = PasswordHasher::new(Cost::Standard)?;
    let secret_key = super::secret_key::find(&config)?;
    let sandbox = super::parsing::sandbox(&config).await?;
    let clock = Clock::System;
    let portal = router(AppState {
        db,
        config,
        clock,
        hasher,
        secret_key,
        sandbox,
        inbound: None,
        first_wall: FirstWall::Standing,
    });
    let packed = published(&portal, "gzip").await?;
    let plain = published(&portal, "identity").await?;
    println!("bytes {} plain, {} compressed", plain.1.len(), packed.1.len());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("portal http://{}{PAGE}", listener.local_addr()?);
    let portal = portal.into_make_service_with_connect_info::<SocketAddr>();
    let portal = axum::serve(listener, portal).into_future();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("static http://{}{PAGE}", listener.local_addr()?);
    let bare = Router::new().route(
        PAGE,
        // Bytes chosen by the same header, and nothing else: no log, no measurement, no conditions.
        get(async move |headers: HeaderMap| {
            let packs = headers.get(header::ACCEPT_ENCODING).is_some_and(|a| a.as_bytes() == b"gzip");
            if packs { packed.clone() } else { plain.clone() }
        }),
    );
    let bare = axum::serve(listener, bare).into_future();
    tokio::select! {
        done = portal => done?,
        done = bare => done?,
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

/// The page's bytes, as the portal hands them out.
async fn published(portal: &Router, encoding: &str) -> anyhow::Result<(HeaderMap, Bytes)> {
    let request = Request::get(PAGE)
        .header(header::HOST, "127.0.0.1")
        .header(header::ACCEPT_ENCODING, encoding)
        .body(Body::empty())?;
    let answer = portal.clone().oneshot(request).await?;
    ensure!(answer.status() == StatusCode::OK, "the portal answered {}", answer.status());
    let (parts, body) = answer.into_parts();
    let kept = [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::ETAG];
    let headers = kept.iter().filter_map(|name| Some((name.clone(), parts.headers.get(name)?.clone()))).collect();
    let body = to_bytes(body, usize::MAX).await.context("the page could not be read")?;
    Ok((headers, body))
}
