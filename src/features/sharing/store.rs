//! SQL of the sharing rules: the same function for the preview and for the publication.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::verdict::{Rule, Verdict};
use crate::kernel::ids::{AdvisoryId, ContactId};
use crate::kernel::language::Language;
use crate::kernel::stage::{Desk, Stage};

/// The first desk of a CEPTOAR that would decide about an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deciding {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// Whose desk.
    pub desk: Desk,
    /// How many minutes it has.
    pub minutes: i16,
    /// How many the secretariat has after it; none where only one desk decides.
    pub then: Option<i16>,
}

/// How many windows of a CEPTOAR's hop get one verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// The hop.
    pub stage: Stage,
    /// What the rules say.
    pub verdict: Verdict,
    /// Why the organisations are in the audience.
    pub rule: Rule,
    /// How many windows (organisations, where they keep none).
    pub windows: i64,
    /// Of how many organisations.
    pub organisations: i64,
}

/// One window of the preview. The centre sees whose it is and which, not its address.
#[derive(Debug, Clone)]
pub struct PreviewRow {
    /// The hop.
    pub stage: Stage,
    /// Why the organisation is in the audience.
    pub rule: Rule,
    /// The organisation's name.
    pub organisation: String,
    /// The window's order in the organisation; `None` where it keeps none.
    pub position: Option<i16>,
    /// What the rules say.
    pub verdict: Verdict,
}

/// A window that can be named in a RED item.
#[derive(Debug, Clone)]
pub struct NamedWindow {
    /// The window.
    pub contact_id: ContactId,
    /// Whose it is.
    pub organisation: String,
    /// Which of that organisation's windows.
    pub position: i16,
    /// The CEPTOAR it is kept for.
    pub ceptoar: String,
}

/// Whether channels for nights and holidays are taken at an instant, and the national holiday if it is one: its name in
/// Japanese and English.
#[derive(Debug, Clone)]
pub struct Hours {
    /// Nights, weekends, national holidays and the turn of the year.
    pub off: bool,
    /// Which holiday.
    pub holiday: Option<[String; 2]>,
}

/// The hours of an instant.
///
/// # Errors
/// The database's own.
pub async fn hours(tx: &mut PgConnection, at: DateTime<Utc>) -> sqlx::Result<Hours> {
    let row = sqlx::query!(
        r#"select is_off_hours($1) as "off!", h.ja as "ja?", h.en as "en?"
           from (select ($1::timestamptz at time zone 'Asia/Tokyo')::date as day) d left join holidays h on h.day = d.day"#,
        at
    )
    .fetch_one(tx)
    .await?;
    Ok(Hours { off: row.off, holiday: row.ja.zip(row.en).map(|(ja, en)| [ja, en]) })
}

/// The desks that would decide about an unpublished item before its members get it.
///
/// # Errors
/// The database's own.
pub async fn deciding(tx: &mut PgConnection, id: AdvisoryId, at: DateTime<Utc>) -> sqlx::Result<Vec<Deciding>> {
    sqlx::query_as!(
        Deciding,
        r#"select ceptoar_id as "ceptoar_id!", stage as "desk!: Desk", minutes as "minutes!", then_minutes as "then?"
           from relaying_preview($1, $2) order by ceptoar_id"#,
        id.0,
        at
    )
    .fetch_all(tx)
    .await
}

/// Counts by CEPTOAR, hop and verdict for an unpublished item that the viewer may see, by what is registered then.
pub async fn preview_counts(tx: &mut PgConnection, id: AdvisoryId, at: DateTime<Utc>) -> sqlx::Result<Vec<Count>> {
    sqlx::query_as!(
        Count,
        r#"select p.ceptoar_id as "ceptoar_id!", p.stage as "stage!: Stage", p.verdict as "verdict!: Verdict",
                  p.rule as "rule!: Rule", count(*) as "windows!", count(distinct p.organisation_id) as "organisations!"
           from sharing_preview($1, $2) p
           join ceptoars c on c.ceptoar_id = p.ceptoar_id
           join sectors s on s.sector_id = c.sector_id
           group by s.position, c.position, p.ceptoar_id, p.stage, p.verdict, p.rule
           order by s.position, c.position, p.ceptoar_id,
                    stage_place(p.stage), p.verdict <> 'due', p.verdict"#,
        id.0,
        at
    )
    .fetch_all(tx)
    .await
}

/// The windows of one CEPTOAR in the preview, `offset` rows in.
pub async fn preview_rows(
    tx: &mut PgConnection,
    id: AdvisoryId,
    at: DateTime<Utc>,
    ceptoar: &str,
    language: Language,
    offset: i64,
    limit: i64,
) -> sqlx::Result<Vec<PreviewRow>> {
    sqlx::query_as!(
        PreviewRow,
        r#"select p.stage as "stage!: Stage", p.rule as "rule!: Rule", p.window_position as position,
                  coalesce(case $4 when 'en' then n.en else n.ja end, '') as "organisation!", p.verdict as "verdict!: Verdict"
           from sharing_preview($1, $2) p
           left join organisation_names n on n.organisation_id = p.organisation_id
             and n.valid @> ($2::timestamptz at time zone 'Asia/Tokyo')::date
           where p.ceptoar_id = $3
           order by stage_place(p.stage), n.reading, p.organisation_id,
                    p.window_position
           offset $5 limit $6"#,
        id.0,
        at,
        ceptoar,
        language.code(),
        offset,
        limit
    )
    .fetch_all(tx)
    .await
}

/// Whom an item would reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// How many windows.
    pub due: i64,
    /// Whether partner bodies are among them.
    pub partners: bool,
    /// One text that stands for which windows, with their verdicts.
    pub digest: String,
}

/// How many windows would receive the item by what is registered then, and which.
pub async fn audience(tx: &mut PgConnection, id: AdvisoryId, at: DateTime<Utc>) -> sqlx::Result<Audience> {
    let row = sqlx::query!(
        r#"select count(*) filter (where w.verdict = 'due') as "due!",
                  coalesce(bool_or(w.stage = 'partner') filter (where w.verdict = 'due'), false) as "partners!",
                  coalesce(sharing_digest(array_agg(concat_ws('|', w.ceptoar_id, w.stage, w.organisation_id, w.contact_id,
                    w.verdict, case when stage_place(w.stage) > stage_place(d.stage) and c.organisation_id is null
                              then concat_ws('-', d.stage, d.minutes, d.then_minutes) end))),
                    '') as "digest!"
           from sharing_preview($1, $2) w left join relaying_preview($1, $2) d on d.ceptoar_id = w.ceptoar_id
           left join corrected_preview($1) c
             on c.ceptoar_id = w.ceptoar_id and c.stage = w.stage and c.organisation_id = w.organisation_id"#,
        id.0,
        at
    )
    .fetch_one(tx)
    .await?;
    Ok(Audience { due: row.due, partners: row.partners, digest: row.digest })
}

/// Windows of designated handlers in one CEPTOAR whose organisation's name holds `pattern`.
pub async fn nameable(
    tx: &mut PgConnection,
    ceptoar: &str,
    pattern: &str,
    language: Language,
    limit: i64,
) -> sqlx::Result<Vec<NamedWindow>> {
    sqlx::query_as!(
        NamedWindow,
        r#"select w.contact_id as "contact_id!: ContactId", w.window_position as "position!",
                  case $3 when 'en' then n.en else n.ja end as "organisation!",
                  case $3 when 'en' then cn.en else cn.ja end as "ceptoar!"
           from sharing_windows_of_ceptoar($1) w
           join organisation_names n on n.organisation_id = w.organisation_id and n.valid @> viewer_today()
           join ceptoar_names cn on cn.ceptoar_id = $1 and cn.valid @> viewer_today()
           where lower(normalize(n.ja, nfkc)) like $2 or lower(n.en) like $2 or n.reading like $2
           order by n.reading, n.ja, w.window_position limit $4"#,
        ceptoar,
        pattern,
        language.code(),
        limit
    )
    .fetch_all(tx)
    .await
}

/// The windows already named, with whose they are.
pub async fn named(tx: &mut PgConnection, id: AdvisoryId, language: Language) -> sqlx::Result<Vec<NamedWindow>> {
    sqlx::query_as!(
        NamedWindow,
        r#"select w.contact_id as "contact_id!: ContactId", w.window_position as "position!",
                  case $2 when 'en' then n.en else n.ja end as "organisation!",
                  case $2 when 'en' then cn.en else cn.ja end as "ceptoar!"
           from sharing_named_windows($1) w
           join organisation_names n on n.organisation_id = w.organisation_id and n.valid @> viewer_today()
           join ceptoar_names cn on cn.ceptoar_id = w.ceptoar_id and cn.valid @> viewer_today()
           order by cn.ja, n.reading, w.window_position"#,
        id.0,
        language.code()
    )
    .fetch_all(tx)
    .await
}

/// Freezes the audience of an item just published and queues a delivery per due window; answers how many,
/// or -1 where the windows are not those that `digest` stands for.
pub async fn freeze(
    tx: &mut PgConnection,
    id: AdvisoryId,
    now: DateTime<Utc>,
    priority: i16,
    give_up_at: DateTime<Utc>,
    digest: &str,
) -> sqlx::Result<i64> {
    let queued = sqlx::query_scalar!(
        r#"select sharing_freeze($1, $2, $3, $4, $5) as "n!""#,
        id.0,
        now,
        priority,
        give_up_at,
        digest
    )
    .fetch_one(tx)
    .await?;
    Ok(queued.into())
}
