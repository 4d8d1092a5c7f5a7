//! SQL of breaking the glass.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::features::access::Viewer;
use crate::kernel::ids::{AccountId, OrganisationId};
use crate::kernel::language::Language;

/// An organisation that could be opened.
#[derive(Debug, Clone)]
pub struct Member {
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese.
    pub ja: String,
    /// And in English.
    pub en: String,
    /// Whether it is a member.
    pub member: bool,
}

/// Members whose name contains a pattern.
pub async fn find_members(tx: &mut PgConnection, pattern: &str, limit: i64) -> sqlx::Result<Vec<Member>> {
    sqlx::query_as!(
        Member,
        r#"select o.organisation_id as "organisation_id: _", n.ja, n.en, o.kind = 'member' as "member!"
           from organisations o join organisation_names n on n.organisation_id = o.organisation_id
            and n.valid @> viewer_today()
           where o.kind = 'member' and (n.ja ilike $1 or n.en ilike $1 or n.reading ilike $1)
           order by n.reading, o.organisation_id limit $2"#,
        pattern,
        limit
    )
    .fetch_all(tx)
    .await
}

/// One organisation.
pub async fn organisation(tx: &mut PgConnection, id: OrganisationId) -> sqlx::Result<Option<Member>> {
    sqlx::query_as!(
        Member,
        r#"select o.organisation_id as "organisation_id: _", coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!",
                  o.kind = 'member' as "member!"
           from organisations o left join organisation_names n on n.organisation_id = o.organisation_id
            and n.valid @> viewer_today()
           where o.organisation_id = $1"#,
        id.0
    )
    .fetch_optional(tx)
    .await
}

/// A use: who opened what, why, until when.
#[derive(Debug, Clone)]
pub struct Use {
    /// The use.
    pub use_id: Uuid,
    /// Who.
    pub account_id: AccountId,
    /// The person's name.
    pub name: String,
    /// What was opened.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese.
    pub ja: String,
    /// And in English.
    pub en: String,
    /// Why.
    pub reason: String,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// Until when.
    pub closes_at: DateTime<Utc>,
}

/// The uses that the viewer may see, the newest first.
pub async fn uses(tx: &mut PgConnection, limit: i32) -> sqlx::Result<Vec<Use>> {
    sqlx::query_as!(
        Use,
        r#"select use_id as "use_id!", account_id as "account_id!: _", display_name as "name!",
                  organisation_id as "organisation_id!: _", organisation_ja as "ja!", organisation_en as "en!",
                  reason as "reason!", opened_at as "opened_at!", closes_at as "closes_at!"
           from break_glass_list($1)"#,
        limit
    )
    .fetch_all(tx)
    .await
}

/// One use of the viewer's own.
pub async fn own_use(tx: &mut PgConnection, viewer: &Viewer, use_id: Uuid) -> sqlx::Result<Option<Use>> {
    sqlx::query_as!(
        Use,
        r#"select u.use_id, u.account_id as "account_id: _", '' as "name!", u.organisation_id as "organisation_id: _",
                  coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!", u.reason, u.opened_at, u.closes_at
           from break_glass_uses u
           left join organisation_names n on n.organisation_id = u.organisation_id and n.valid @> viewer_today()
           where u.use_id = $1 and u.account_id = $2"#,
        use_id,
        viewer.account_id.0
    )
    .fetch_optional(tx)
    .await
}

/// Opens an organisation's windows to the viewer for a quarter of an hour.
pub async fn open(
    tx: &mut PgConnection,
    viewer: &Viewer,
    organisation: OrganisationId,
    reason: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Uuid> {
    let use_id = Uuid::new_v4();
    sqlx::query!(
        "insert into break_glass_uses (use_id, account_id, organisation_id, reason, opened_at, closes_at)
         values ($1, $2, $3, $4, $5, $5::timestamptz + interval '15 minutes')",
        use_id,
        viewer.account_id.0,
        organisation.0,
        reason,
        now
    )
    .execute(tx)
    .await?;
    Ok(use_id)
}

/// Somebody who has to know.
#[derive(Debug, Clone)]
pub struct Addressee {
    /// The account.
    pub account_id: AccountId,
    /// Its address.
    pub address: String,
    /// The person's name.
    pub name: String,
    /// The language of the letter.
    pub language: Language,
}

/// Who has to know of a use that was opened in this transaction.
pub async fn addressees(tx: &mut PgConnection, use_id: Uuid) -> sqlx::Result<Vec<Addressee>> {
    sqlx::query_as!(
        Addressee,
        r#"select account_id as "account_id!: _", mail_address as "address!", display_name as "name!",
                  language as "language!: _"
           from break_glass_addressees($1)"#,
        use_id
    )
    .fetch_all(tx)
    .await
}

/// One way to reach a window.
#[derive(Debug, Clone)]
pub struct Channel {
    /// The window.
    pub contact_id: Uuid,
    /// What the window is called.
    pub label: String,
    /// Its place in the organisation.
    pub window_position: i16,
    /// Whether it is a designated handler's.
    pub handler: bool,
    /// `mail`, `phone`, …; empty for a window without any.
    pub kind: Option<String>,
    /// The address or number.
    pub value: Option<String>,
    /// When it is attended.
    pub hours: Option<String>,
}

/// The windows of an organisation with every way to reach them. Row security shows them while the glass is broken.
pub async fn windows(tx: &mut PgConnection, organisation: OrganisationId) -> sqlx::Result<Vec<Channel>> {
    sqlx::query_as!(
        Channel,
        r#"select k.contact_id, k.label, k.position as window_position, k.handler, c.kind as "kind?",
                  c.value as "value?", c.hours as "hours?"
           from contacts k
           left join contact_channels c on c.contact_id = k.contact_id and c.valid @> viewer_today()
           where k.organisation_id = $1 and k.valid @> viewer_today()
           order by k.ceptoar_id, k.position, k.contact_id, c.position"#,
        organisation.0
    )
    .fetch_all(tx)
    .await
}
