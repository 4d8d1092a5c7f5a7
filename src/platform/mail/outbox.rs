//! The outbox is the queue: rendered mails, and one delivery row per recipient.
//!
//! A row moves queued → sending (under a lease) → sent, refused, or queued again; or expired, when its
//! time is over. What was sent may still come back; then it is refused. Leases and due times are judged on the database's clock, which all workers share.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::letter::Letter;
use super::reply::{Reply, Stage};
use super::sheet::{MailText, RepliesTo};
use crate::kernel::email_address::EmailAddress;
use crate::kernel::ids::{AccountId, DeliveryId, MailId};
use crate::kernel::language::Language;

/// The channel that publications knock on.
pub const CHANNEL: &str = "outbox";

/// A delivery that a worker holds under a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Which delivery.
    pub delivery_id: DeliveryId,
    /// Which mail it is a copy of.
    pub mail_id: MailId,
    /// How many times it was claimed, this one included. With the token it names this very attempt.
    pub attempt: i16,
    /// The envelope's recipient.
    pub address: String,
    /// The name before it in the To field.
    pub addressee: String,
    /// The delivery that it answers, in a mail program.
    pub follows: Option<DeliveryId>,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The relay took it.
    Sent,
    /// It will never be taken.
    Refused,
    /// Another try after this time.
    Later(Duration),
    /// Not tried, or not the copy's fault: it is queued as if it had not been claimed.
    Released,
}

/// The end of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Which delivery.
    pub delivery_id: DeliveryId,
    /// Which attempt.
    pub attempt: i16,
    /// How it ended.
    pub fate: Fate,
    /// What the relay said.
    pub reply: Option<Reply>,
}

/// How many deliveries stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting.
    pub queued: i64,
    /// Held by a worker.
    pub sending: i64,
}

/// For whom the text of an item's mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Everybody whom nothing else is asked of.
    Everybody,
    /// Desks that have to decide whether the item goes on.
    DecidingDesks,
    /// Those who know no earlier version of it.
    Newcomers,
    /// Deciding desks among those.
    DecidingNewcomers,
}

impl Readers {
    fn decide(self) -> bool {
        match self {
            Self::DecidingDesks | Self::DecidingNewcomers => true,
            Self::Everybody | Self::Newcomers => false,
        }
    }

    fn are_new(self) -> bool {
        match self {
            Self::Newcomers | Self::DecidingNewcomers => true,
            Self::Everybody | Self::DecidingDesks => false,
        }
    }
}

/// Stores the text of an item's mail in one language, inside the publication's transaction. The
/// deliveries that `sharing_freeze` makes afterwards find it by item and language.
///
/// # Errors
/// When the database refuses: the viewer may not publish, or the item has such a mail already.
pub async fn store_mail(
    tx: &mut PgConnection,
    item_kind: &str,
    item_id: Uuid,
    letter: &Letter,
    readers: Readers,
    now: DateTime<Utc>,
) -> sqlx::Result<MailId> {
    let id = MailId::random();
    sqlx::query!(
        "insert into mails (mail_id, item_kind, item_id, language, subject, body, body_hash, drill, created_at, relay, newcomers)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id.0,
        item_kind,
        item_id,
        letter.language().code(),
        letter.subject(),
        letter.body(),
        &Sha256::digest(letter.body().as_bytes())[..],
        letter.drill(),
        now,
        readers.decide(),
        readers.are_new()
    )
    .execute(tx)
    .await?;
    Ok(id)
}

/// Whom a letter about their own account goes to.
#[derive(Debug, Clone)]
pub struct AccountAddressee<'a> {
    /// The account.
    pub account_id: AccountId,
    /// Its address, read from the account and not from a form of somebody else.
    pub address: &'a EmailAddress,
    /// The person's name.
    pub name: &'a str,
}

/// Queues a letter to one person about their own account. Its text is wiped once it was handed over, because
/// it may carry a link that opens the account.
///
/// # Errors
/// When the database fails.
pub async fn enqueue_account_letter(
    tx: &mut PgConnection,
    to: &AccountAddressee<'_>,
    letter: &Letter,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query_scalar!(
        "select enqueue_account_letter($1, $2, $3, $4, $5, $6, $7, $8)",
        to.account_id.0,
        to.address.as_str(),
        to.name,
        letter.language().code(),
        letter.subject(),
        letter.body(),
        &Sha256::digest(letter.body().as_bytes())[..],
        now
    )
    .fetch_one(tx)
    .await
    .map(|_| ())
}

/// Takes up to `batch` due deliveries for `worker` and holds them for `lease`; none while the queue is paused.
///
/// # Errors
/// When the database cannot be reached; if the claim was made all the same, its lease ends by itself.
pub async fn claim(pool: &PgPool, worker: Uuid, batch: i64, lease: Duration) -> sqlx::Result<Vec<Claimed>> {
    sqlx::query_as!(
        Claimed,
        r#"with picked as materialized (
             select delivery_id from deliveries
             where state = 'queued' and due_at <= now() and give_up_at > now()
               and not exists (select from mail_pauses where ended_at is null)
             order by priority, due_at limit $1 for update skip locked)
           update deliveries d
           set state = 'sending', attempts = d.attempts + 1, lease_token = $2,
               lease_until = now() + make_interval(secs => $3)
           from picked p join delivery_addresses a using (delivery_id)
           where d.delivery_id = p.delivery_id
           returning d.delivery_id as "delivery_id: _", d.mail_id as "mail_id: _", d.attempts as attempt,
                     a.address, a.addressee, d.follows as "follows: _""#,
        batch,
        worker,
        lease.as_secs_f64()
    )
    .fetch_all(pool)
    .await
}

/// Extends the leases of deliveries that `worker` still works on; answers which it really holds.
///
/// # Errors
/// When the database cannot be reached.
pub async fn renew(
    pool: &PgPool,
    worker: Uuid,
    held: &[(DeliveryId, i16)],
    lease: Duration,
) -> sqlx::Result<Vec<DeliveryId>> {
    let (ids, attempts): (Vec<Uuid>, Vec<i16>) = held.iter().map(|(id, attempt)| (id.0, *attempt)).unzip();
    sqlx::query_scalar!(
        r#"update deliveries d set lease_until = now() + make_interval(secs => $4)
           from unnest($1::uuid[], $2::smallint[]) as u (delivery_id, attempt)
           where d.delivery_id = u.delivery_id and d.attempts = u.attempt
             and d.lease_token = $3 and d.state = 'sending'
           returning d.delivery_id as "delivery_id: _""#,
        &ids,
        &attempts,
        worker,
        lease.as_secs_f64()
    )
    .fetch_all(pool)
    .await
}

/// Writes down how attempts ended; answers how many rows it touched. A row that is no longer held
/// under this worker's token and attempt is left alone, so a late or repeated call changes nothing.
///
/// # Errors
/// When the database cannot be reached; then the call may be repeated.
pub async fn settle(pool: &PgPool, worker: Uuid, outcomes: &[Outcome]) -> sqlx::Result<u64> {
    let mut sorted: Vec<&Outcome> = outcomes.iter().collect();
    // One order for all, so that two statements over the same rows cannot wait for each other.
    sorted.sort_by_key(|o| o.delivery_id);
    let ids: Vec<Uuid> = sorted.iter().map(|o| o.delivery_id.0).collect();
    let attempts: Vec<i16> = sorted.iter().map(|o| o.attempt).collect();
    let states: Vec<String> = sorted.iter().map(|o| o.fate.state().to_owned()).collect();
    let delays: Vec<Option<f64>> = sorted.iter().map(|o| o.fate.delay()).collect();
    let released: Vec<i16> = sorted.iter().map(|o| i16::from(o.fate == Fate::Released)).collect();
    let replies: Vec<Option<String>> = sorted.iter().map(|o| o.reply.map(|r| r.to_string())).collect();
    let done = sqlx::query!(
        "update deliveries d
         set state = u.state, attempts = d.attempts - u.released, lease_token = null, lease_until = null,
             due_at = case when u.delay is null then d.due_at else now() + make_interval(secs => u.delay) end,
             settled_at = case when u.state = 'queued' then null else now() end,
             reply = coalesce(u.reply, d.reply)
         from unnest($1::uuid[], $2::smallint[], $3::text[], $4::float8[], $5::smallint[], $6::text[])
              as u (delivery_id, attempt, state, delay, released, reply)
         where d.delivery_id = u.delivery_id and d.attempts = u.attempt
           and d.lease_token = $7 and d.state = 'sending'",
        &ids,
        &attempts,
        &states,
        &delays as &[Option<f64>],
        &released,
        &replies as &[Option<String>],
        worker
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

impl Fate {
    fn state(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Later(_) | Self::Released => "queued",
        }
    }

    fn delay(self) -> Option<f64> {
        match self {
            Self::Later(delay) => Some(delay.as_secs_f64()),
            Self::Sent | Self::Refused | Self::Released => None,
        }
    }
}

/// Queues again what a vanished worker held; answers how many.
///
/// # Errors
/// When the database cannot be reached.
pub async fn reclaim(pool: &PgPool) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update deliveries set state = 'queued', lease_token = null, lease_until = null
         where delivery_id in (select delivery_id from deliveries
                               where state = 'sending' and lease_until < now() for update skip locked)"
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Gives up what could not be delivered in time; answers how many. A pause is nobody's fault: while it lasts nothing is given up.
///
/// # Errors
/// When the database cannot be reached.
pub async fn expire(pool: &PgPool) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update deliveries set state = 'expired', settled_at = now(), reply = coalesce(reply, $1)
         where delivery_id in (select delivery_id from deliveries
                               where state = 'queued' and give_up_at <= now()
                                 and not exists (select from mail_pauses where ended_at is null) for update skip locked)",
        Reply::at(Stage::GivenUp).to_string()
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// A copy as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyNow {
    /// Its state.
    pub state: String,
    /// What sort of thing it belongs to, and which.
    pub item_kind: String,
    /// Which one.
    pub item_id: Uuid,
    /// The CEPTOAR that it went to; empty where it went to a person.
    pub ceptoar_id: String,
    /// The envelope's recipient.
    pub address: String,
}

impl CopyNow {
    /// Whether a worker still has to write down what the relay said.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        matches!(self.state.as_str(), "queued" | "sending")
    }
}

/// One copy.
///
/// # Errors
/// When the database cannot be reached.
pub async fn copy_now(tx: &mut PgConnection, delivery: DeliveryId) -> sqlx::Result<Option<CopyNow>> {
    sqlx::query_as!(
        CopyNow,
        "select d.state, m.item_kind, d.item_id, d.ceptoar_id, a.address
         from deliveries d join mails m on m.mail_id = d.mail_id join delivery_addresses a on a.delivery_id = d.delivery_id
         where d.delivery_id = $1",
        delivery.0
    )
    .fetch_optional(tx)
    .await
}

/// Settles anew a copy that the relay had taken and that came back; `false` where it is none such.
///
/// # Errors
/// When the database cannot be reached.
pub async fn bounce(tx: &mut PgConnection, delivery: DeliveryId, reply: Reply) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update deliveries set state = 'refused', settled_at = now(), reply = $2 where delivery_id = $1 and state = 'sent'",
        delivery.0,
        reply.to_string()
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The text of a stored mail.
///
/// # Errors
/// When the database cannot be reached.
pub async fn mail_text(pool: &PgPool, mail: MailId) -> sqlx::Result<MailText> {
    let row = sqlx::query!(
        "select language, subject, body, drill, created_at, item_kind from mails where mail_id = $1",
        mail.0
    )
    .fetch_one(pool)
    .await?;
    Ok(MailText {
        language: Language::from_code(&row.language),
        subject: row.subject,
        body: row.body,
        drill: row.drill,
        created_at: row.created_at,
        replies: match row.item_kind.as_str() {
            "advisory" => RepliesTo::Item,
            "escalation" => RepliesTo::Followed,
            _ => RepliesTo::Nothing,
        },
    })
}

/// How long until the next queued delivery is due; `None` when nothing is queued, or the queue is paused.
///
/// # Errors
/// When the database cannot be reached.
pub async fn next_due(pool: &PgPool) -> sqlx::Result<Option<Duration>> {
    let seconds = sqlx::query_scalar!(
        "select extract(epoch from min(due_at) - now())::float8 from deliveries
         where state = 'queued' and not exists (select from mail_pauses where ended_at is null)"
    )
    .fetch_one(pool)
    .await?;
    Ok(seconds.map(|s| Duration::from_secs_f64(s.max(0.0))))
}

/// How long the queue is.
///
/// # Errors
/// When the database cannot be reached.
pub async fn counts(pool: &PgPool) -> sqlx::Result<Counts> {
    sqlx::query_as!(
        Counts,
        r#"select (select count(*) from deliveries where state = 'queued') as "queued!",
                  (select count(*) from deliveries where state = 'sending') as "sending!""#
    )
    .fetch_one(pool)
    .await
}
