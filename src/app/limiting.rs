//! How many requests one account and one network may make. Counted in memory, by each process for itself: this keeps
//! a flood from the database. What must hold over restarts is counted in the database (sign-in attempts, reads of
//! contacts).

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::features::access::web::Identity;
use crate::kernel::ids::AccountId;
use crate::platform::config::Config;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::ClientAddress;
use crate::platform::web::state::AppState;

/// A burst is this many seconds' worth of requests, and a network has this many accounts' worth.
const FIVE: u32 = 5;
/// After so many requests, whoever has been quiet is forgotten.
const TIDY: u32 = 4096;

/// The counters of this process; clones share them.
#[derive(Debug, Clone)]
pub struct Limits(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    accounts: Counter<AccountId>,
    networks: Counter<IpAddr>,
}

#[derive(Debug)]
struct Counter<K: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<K>,
    since_tidied: AtomicU32,
}

impl<K: Clone + Eq + Hash> Counter<K> {
    fn new(per_second: u32) -> Self {
        let rate = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(rate).allow_burst(rate.saturating_mul(NonZeroU32::MIN.saturating_add(FIVE - 1)));
        Self { limiter: RateLimiter::keyed(quota), since_tidied: AtomicU32::new(0) }
    }

    fn charge(&self, who: &K) -> Result<(), WebError> {
        if self.since_tidied.fetch_add(1, Ordering::Relaxed) >= TIDY {
            self.since_tidied.store(0, Ordering::Relaxed);
            self.limiter.retain_recent();
        }
        self.limiter
            .check_key(who)
            .map_err(|full| WebError::TooMany(full.wait_time_from(DefaultClock::default().now()), None))
    }
}

impl Limits {
    /// Counters at nothing.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let each = config.requests_per_second;
        Self(Arc::new(Counters { accounts: Counter::new(each), networks: Counter::new(each.saturating_mul(FIVE)) }))
    }
}

/// Refuses a network that asks too often, before anything is looked up.
///
/// # Errors
/// 429, with the time to wait.
pub async fn per_network(
    State((state, limits)): State<(AppState, Limits)>,
    request: Request,
    next: Next,
) -> Result<Response, WebError> {
    let (mut parts, body) = request.into_parts();
    // Only callers within this process have no address; they count as one.
    let client = ClientAddress::from_request_parts(&mut parts, &state).await;
    let client = client.unwrap_or(ClientAddress(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));
    limits.0.networks.charge(&client.network())?;
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Refuses an account that asks too often, from wherever.
///
/// # Errors
/// 429, with the time to wait.
pub async fn per_account(State(limits): State<Limits>, request: Request, next: Next) -> Result<Response, WebError> {
    if let Some(identity) = request.extensions().get::<Identity>() {
        limits.0.accounts.charge(&identity.viewer.account_id)?;
    }
    Ok(next.run(request).await)
}
