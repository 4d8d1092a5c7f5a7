//! Opening, confirming and ending sessions. Every opening and every confirmation has a token of its own.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::store;
use super::throttle::NameAndPlace;
use crate::features::access::{OpenedBy, Viewer};
use crate::kernel::ids::AccountId;
use crate::platform::audit::{self, Event};
use crate::platform::security::token::Token;

/// A session ends twelve hours after it was opened at the latest.
pub const SESSION_LIFETIME: TimeDelta = TimeDelta::hours(12);
/// … and half an hour after the last request.
pub const SESSION_IDLE: TimeDelta = TimeDelta::minutes(30);

/// The circumstances in which somebody signs in.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Where from.
    pub address: IpAddr,
    /// The request, for the trail.
    pub request_id: String,
    /// The session that the browser held before; it ends.
    pub before: Option<Token>,
}

/// Opens a session. The transaction's viewer must be the account.
///
/// # Errors
/// When the generator or the database fails, or the database finds the way in too weak for the account.
pub async fn open(
    tx: &mut PgConnection,
    account_id: AccountId,
    opened_by: OpenedBy,
    arrival: &Arrival,
    now: DateTime<Utc>,
) -> anyhow::Result<Token> {
    let token = Token::random()?;
    if let Some(before) = &arrival.before {
        store::end_session_of_token(tx, &before.hash(), now).await?;
    }
    store::open_session(tx, account_id, &token.hash(), opened_by, now, SESSION_LIFETIME).await?;
    let name = store::own_account(tx, account_id).await?.sign_in_name;
    NameAndPlace::new(&name, arrival.address).succeeded(tx, now).await?;
    store::sweep(tx, now).await?;
    let subject_id = account_id.to_string();
    let event = Event::done(now, "session.open", "account", &subject_id).by(account_id).request(&arrival.request_id);
    audit::record(tx, event.detail(serde_json::json!({ "by": opened_by.code() }))).await?;
    Ok(token)
}

/// Puts a confirmed session in the place of the viewer's; `None` when theirs has ended meanwhile.
///
/// # Errors
/// When the generator or the database fails.
pub async fn confirm(
    tx: &mut PgConnection,
    viewer: &Viewer,
    opened_by: OpenedBy,
    request_id: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Token>> {
    let token = Token::random()?;
    if !store::renew_session(tx, viewer.session_id, &token.hash(), opened_by, now).await? {
        return Ok(None);
    }
    record(tx, viewer.account_id, "session.confirm", request_id, now).await?;
    Ok(Some(token))
}

/// Writes an event of the viewer's own account into the trail.
///
/// # Errors
/// When it cannot be written.
pub async fn record(
    tx: &mut PgConnection,
    account_id: AccountId,
    action: &'static str,
    request_id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subject_id = account_id.to_string();
    audit::record(tx, Event::done(now, action, "account", &subject_id).by(account_id).request(request_id)).await
}
