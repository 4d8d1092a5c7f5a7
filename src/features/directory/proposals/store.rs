//! SQL of proposals. Row security decides again about every row, and a trigger about every step.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::proposal::{State, Wanted};
use crate::features::directory::roster::line::Line;
use crate::kernel::ids::{AccountId, OrganisationId};
use crate::platform::mail::letter::Letters;

/// A proposal.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Which.
    pub proposal_id: Uuid,
    /// In which CEPTOAR.
    pub ceptoar_id: String,
    /// Of which firm.
    pub organisation_id: OrganisationId,
    /// From which day on.
    pub effective_on: NaiveDate,
    /// Why.
    pub reason: String,
    /// What is to be different.
    pub wanted: Wanted,
    /// What was registered when it was proposed.
    pub before: Vec<Line>,
    /// What would be registered.
    pub after: Vec<Line>,
    /// How far it is.
    pub state: State,
    /// Who proposed it.
    pub made_by: AccountId,
    /// When.
    pub made_at: DateTime<Utc>,
    /// When it was decided or taken back.
    pub decided_at: Option<DateTime<Utc>>,
    /// What the desk said.
    pub answer: String,
    /// When the firm saw that it was returned.
    pub looked_at: Option<DateTime<Utc>>,
}

/// Writes a new proposal down; `false` where another one of the member is open.
pub async fn insert(tx: &mut PgConnection, new: &Proposal) -> sqlx::Result<bool> {
    let json = |value: Result<serde_json::Value, serde_json::Error>| value.unwrap_or_default();
    let done = sqlx::query!(
        "insert into directory_proposals (proposal_id, ceptoar_id, organisation_id, effective_on, reason, wanted, before,
                                          after, made_by, made_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (ceptoar_id, organisation_id) where state = 'open' do nothing",
        new.proposal_id,
        new.ceptoar_id,
        new.organisation_id.0,
        new.effective_on,
        new.reason,
        json(serde_json::to_value(&new.wanted)),
        json(serde_json::to_value(&new.before)),
        json(serde_json::to_value(&new.after)),
        new.made_by.0,
        new.made_at
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many a firm made since a time.
pub async fn made_since(
    tx: &mut PgConnection,
    organisation: OrganisationId,
    since: DateTime<Utc>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "made!" from directory_proposals where organisation_id = $1 and made_at > $2"#,
        organisation.0,
        since
    )
    .fetch_one(tx)
    .await
}

/// A proposal in a CEPTOAR, by its id.
pub async fn find(tx: &mut PgConnection, ceptoar_id: &str, id: Uuid) -> sqlx::Result<Option<Proposal>> {
    let row = sqlx::query!(
        r#"select proposal_id, ceptoar_id, organisation_id as "organisation_id: OrganisationId", effective_on, reason, wanted,
                  before, after, state as "state: State", made_by as "made_by: AccountId", made_at, decided_at, answer, looked_at
           from directory_proposals where ceptoar_id = $1 and proposal_id = $2"#,
        ceptoar_id,
        id
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|r| Proposal {
        proposal_id: r.proposal_id,
        ceptoar_id: r.ceptoar_id,
        organisation_id: r.organisation_id,
        effective_on: r.effective_on,
        reason: r.reason,
        // Written by this program alone.
        wanted: serde_json::from_value(r.wanted).unwrap_or_default(),
        before: serde_json::from_value(r.before).unwrap_or_default(),
        after: serde_json::from_value(r.after).unwrap_or_default(),
        state: r.state,
        made_by: r.made_by,
        made_at: r.made_at,
        decided_at: r.decided_at,
        answer: r.answer,
        looked_at: r.looked_at,
    }))
}

/// A proposal in a list.
#[derive(Debug, Clone)]
pub struct Row {
    /// Which.
    pub proposal_id: Uuid,
    /// The firm's name in Japanese and English, as it is today.
    pub firm: [String; 2],
    /// From which day on.
    pub effective_on: NaiveDate,
    /// How far it is.
    pub state: State,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// The proposals of a CEPTOAR, or of one of its members: the open ones first, the oldest first, then the newest others.
pub async fn list(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: Option<OrganisationId>,
    others: i64,
) -> sqlx::Result<Vec<Row>> {
    let rows = sqlx::query!(
        r#"select p.proposal_id, p.effective_on, p.state as "state: State", p.made_at,
                  coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from (select x.*, row_number() over (partition by x.state = 'open' order by x.made_at desc) as place
                 from directory_proposals x
                 where x.ceptoar_id = $1 and ($2::uuid is null or x.organisation_id = $2)) p
           left join organisation_names n on n.organisation_id = p.organisation_id and n.valid @> viewer_today()
           where p.state = 'open' or p.place <= $3
           order by p.state <> 'open', case when p.state = 'open' then p.made_at end, p.made_at desc"#,
        ceptoar_id,
        organisation.map(|id| id.0),
        others
    )
    .fetch_all(tx)
    .await?;
    let rows = rows.into_iter().map(|r| Row {
        proposal_id: r.proposal_id,
        firm: [r.ja, r.en],
        effective_on: r.effective_on,
        state: r.state,
        made_at: r.made_at,
    });
    Ok(rows.collect())
}

/// How many proposals of a CEPTOAR wait for its desk.
pub async fn waiting(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from directory_proposals where ceptoar_id = $1 and state = 'open'"#,
        ceptoar_id
    )
    .fetch_one(tx)
    .await
}

/// The open proposal of a member.
pub async fn open_one(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select proposal_id from directory_proposals where ceptoar_id = $1 and organisation_id = $2 and state = 'open'",
        ceptoar_id,
        organisation.0
    )
    .fetch_optional(tx)
    .await
}

/// A step of an open proposal.
#[derive(Debug, Clone, Copy)]
pub struct Settled<'a> {
    /// Which.
    pub proposal_id: Uuid,
    /// Where it leads.
    pub state: State,
    /// Who takes it.
    pub by: AccountId,
    /// What is said.
    pub answer: &'a str,
    /// When.
    pub now: DateTime<Utc>,
}

/// Takes a step; `false` where it is not open any more.
pub async fn settle(tx: &mut PgConnection, step: Settled<'_>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update directory_proposals set state = $2, decided_by = $3, decided_at = $4, answer = $5
         where proposal_id = $1 and state = 'open'",
        step.proposal_id,
        step.state.code(),
        step.by.0,
        step.now,
        step.answer
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The firm has seen that it was returned.
pub async fn look(tx: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update directory_proposals set looked_at = $2
         where proposal_id = $1 and state = 'returned' and looked_at is null",
        id,
        now
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Who made a proposal, by name; for the desk and the firm.
pub async fn maker(tx: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select directory_proposal_maker($1)", id).fetch_one(tx).await
}

/// Tells the people of the desk.
pub async fn tell_desk(tx: &mut PgConnection, id: Uuid, letters: &Letters) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        r#"select directory_proposal_tell_desk($1, $2, $3, $4) as "sent!""#,
        id,
        &letters.subjects,
        &letters.bodies,
        &letters.hashes
    )
    .fetch_one(tx)
    .await
}

/// Tells whoever proposed it.
pub async fn tell_firm(tx: &mut PgConnection, id: Uuid, letters: &Letters) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        r#"select directory_proposal_tell_firm($1, $2, $3, $4) as "sent!""#,
        id,
        &letters.subjects,
        &letters.bodies,
        &letters.hashes
    )
    .fetch_one(tx)
    .await
}

/// What waits for a desk.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// In which CEPTOAR.
    pub ceptoar_id: String,
    /// Its name in Japanese and English.
    pub ceptoar: [String; 2],
    /// How many proposals.
    pub count: i64,
}

/// What waits for some desks.
pub async fn waiting_for(tx: &mut PgConnection, desks: &[String]) -> sqlx::Result<Vec<Waiting>> {
    let rows = sqlx::query!(
        r#"select p.ceptoar_id, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!", count(*) as "count!"
           from directory_proposals p
           left join ceptoar_names n on n.ceptoar_id = p.ceptoar_id and n.valid @> viewer_today()
           where p.state = 'open' and p.ceptoar_id = any ($1)
           group by p.ceptoar_id, n.ja, n.en order by p.ceptoar_id"#,
        desks
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| Waiting { ceptoar_id: r.ceptoar_id, ceptoar: [r.ja, r.en], count: r.count }).collect())
}

/// A returned proposal that the firm has not seen.
#[derive(Debug, Clone)]
pub struct Returned {
    /// Which.
    pub proposal_id: Uuid,
    /// In which CEPTOAR.
    pub ceptoar_id: String,
    /// Of which firm.
    pub organisation_id: OrganisationId,
    /// The firm's name in Japanese and English.
    pub firm: [String; 2],
}

/// What was returned to some firms and neither seen nor proposed again.
pub async fn returned_to(tx: &mut PgConnection, firms: &[OrganisationId]) -> sqlx::Result<Vec<Returned>> {
    let firms: Vec<Uuid> = firms.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select p.proposal_id, p.ceptoar_id, p.organisation_id as "organisation_id: OrganisationId",
                  coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from directory_proposals p
           left join organisation_names n on n.organisation_id = p.organisation_id and n.valid @> viewer_today()
           where p.state = 'returned' and p.looked_at is null and p.organisation_id = any ($1)
             and not exists (select from directory_proposals x
                             where x.ceptoar_id = p.ceptoar_id and x.organisation_id = p.organisation_id
                               and x.made_at > p.made_at)
           order by p.decided_at"#,
        &firms
    );
    let rows = rows.fetch_all(tx).await?.into_iter().map(|r| Returned {
        proposal_id: r.proposal_id,
        ceptoar_id: r.ceptoar_id,
        organisation_id: r.organisation_id,
        firm: [r.ja, r.en],
    });
    Ok(rows.collect())
}
