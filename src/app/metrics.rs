//! Figures for Prometheus, on a listener of their own so that a proxy cannot let the world in.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::http::header;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

const UPKEEP: Duration = Duration::from_secs(5);

/// Starts counting and binds the listener, if the setting names one.
///
/// # Errors
/// When the address cannot be had.
pub async fn prepare(address: Option<SocketAddr>) -> anyhow::Result<Option<(TcpListener, PrometheusHandle)>> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: choose another PORTAL_METRICS_LISTEN"))?;
    let handle = PrometheusBuilder::new().install_recorder().context("figures cannot be counted")?;
    describe();
    Ok(Some((listener, handle)))
}

/// Serves the figures until `stop`; without a listener it does nothing.
pub async fn serve(prepared: Option<(TcpListener, PrometheusHandle)>, stop: impl Future<Output = ()>) {
    let Some((listener, handle)) = prepared else { return };
    let shown = handle.clone();
    let page = async move || ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], shown.render());
    let upkeep = async {
        loop {
            tokio::time::sleep(UPKEEP).await;
            handle.run_upkeep();
        }
    };
    tokio::select! {
        served = axum::serve(listener, Router::new().route("/metrics", get(page))).into_future() => {
            if let Err(error) = served {
                tracing::error!("figures are not served any more: {error}");
            }
        }
        () = upkeep => {}
        () = stop => {}
    }
}

fn describe() {
    metrics::describe_counter!("portal_mail_sent_total", "Copies that the relay took.");
    metrics::describe_counter!("portal_mail_refused_total", "Copies refused for good: reach the window by telephone.");
    metrics::describe_counter!("portal_mail_retried_total", "Attempts that will be repeated.");
    metrics::describe_counter!("portal_mail_expired_total", "Copies given up undelivered.");
    metrics::describe_counter!("portal_mail_inbound_total", "Mails that came in, by what became of them.");
    metrics::describe_gauge!("portal_mail_queue", "Copies by state.");
    metrics::describe_gauge!("portal_releases_stuck", "Items whose time has come and that could not be published.");
    metrics::describe_gauge!("portal_relays_stuck", "Items whose time at a desk is up and that could not go on.");
    metrics::describe_gauge!("portal_files_held", "Attached files that no scanner has looked at.");
    metrics::describe_gauge!("portal_mail_paused", "1 while the relay is out of reach or refuses us.");
}
