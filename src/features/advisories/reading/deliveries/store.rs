//! SQL of watching. Numbers come from one function that asks for the right once; names and addresses
//! come from the tables, row by row under row security.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::board::{Counts, Part};
use super::recipient::{Copy, CopyState, Narrow, Recipient};
use super::road::HopTimes;
use super::watch::Watch;
use crate::features::advisories::receipts::receipt::{Evidence, Received};
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::stage::Stage;

/// Recipients on one page.
pub const PAGE: i64 = 200;

/// The numbers that the viewer may see, in the government's sector order.
pub async fn board(tx: &mut PgConnection, watch: &Watch, id: AdvisoryId) -> sqlx::Result<Vec<Part>> {
    let rows = sqlx::query!(
        r#"select b.ceptoar_id as "ceptoar_id!", b.stage as "stage!: Stage",
                  b.organisations as "organisations!", b.acknowledged as "acknowledged!", b.unreached as "unreached!",
                  b.queued as "queued!", b.sending as "sending!", b.sent as "sent!", b.refused as "refused!",
                  b.cancelled as "cancelled!", b.superseded as "superseded!", b.first_at, b.last_at,
                  coalesce(n.ja, b.ceptoar_id) as "ja!", coalesce(n.en, b.ceptoar_id) as "en!"
           from delivery_board($1) b
           join ceptoars c on c.ceptoar_id = b.ceptoar_id
           join sectors s on s.sector_id = c.sector_id
           left join ceptoar_names n on n.ceptoar_id = b.ceptoar_id and n.valid @> viewer_today()
           where $2 or b.ceptoar_id = any ($3) or b.ceptoar_id = any ($4)
           order by s.position, c.position, b.ceptoar_id"#,
        id.0,
        watch.everything,
        &watch.desks,
        &watch.ministry
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Part {
            ceptoar_id: r.ceptoar_id,
            ja: r.ja,
            en: r.en,
            stage: r.stage,
            counts: Counts {
                organisations: r.organisations,
                // Nobody is asked any more for whom a newer version is there.
                asked: if r.stage.answers() { r.organisations - r.superseded } else { 0 },
                held: 0,
                acknowledged: r.acknowledged,
                unreached: r.unreached,
                queued: r.queued,
                sending: r.sending,
                sent: r.sent,
                refused: r.refused,
                cancelled: r.cancelled,
                first_at: r.first_at,
                last_at: r.last_at,
            },
        })
        .collect())
}

/// When an item came to each hop and was acknowledged there, in the order of the route.
pub async fn times(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<HopTimes>> {
    let rows = sqlx::query!(
        r#"select stage as "stage!: Stage", sent_at as "sent_at?", answered_at as "answered_at?" from hop_times($1)"#,
        id.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let times = |at: Option<Vec<DateTime<Utc>>>| at.and_then(|at| <[DateTime<Utc>; 4]>::try_from(at).ok());
    Ok(rows.map(|r| HopTimes { stage: r.stage, sent: times(r.sent_at), answered: times(r.answered_at) }).collect())
}

/// Which recipients are asked for.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Of these CEPTOARs; `None` for all.
    pub ceptoars: Option<&'a [String]>,
    /// Of these organisations; `None` for all.
    pub organisations: Option<&'a [OrganisationId]>,
    /// Only the members' hop: all that is sent of a RED item.
    pub members_only: bool,
    /// Whether windows and addresses are for the viewer.
    pub with_windows: bool,
    /// Only these.
    pub narrow: Option<Narrow>,
    /// When answers were due.
    pub answer_due: Option<DateTime<Utc>>,
    /// The present.
    pub now: DateTime<Utc>,
    /// How many pages to skip.
    pub skip: i64,
    /// How many there are on a page.
    pub page: i64,
}

fn received(found: Option<((DateTime<Utc>, String), i16)>, desk: [String; 2]) -> Option<Received> {
    found.map(|((at, channel), strength)| Received { at, evidence: Evidence::of(&channel, strength), desk })
}

/// Recipients by hop, organisation and window: one page, and one row more if there is another.
pub async fn recipients(tx: &mut PgConnection, id: AdvisoryId, asked: Asked<'_>) -> sqlx::Result<Vec<Recipient>> {
    let organisations: Option<Vec<Uuid>> = asked.organisations.map(|list| list.iter().map(|o| o.0).collect());
    let overdue = asked.answer_due.is_some_and(|due| due < asked.now);
    let rows = sqlx::query!(
        r#"
        with page as (
          select a.stage, a.ceptoar_id, a.organisation_id, a.held, a.superseded_at is not null as old, n.ja, n.en, n.reading, c.delivery_id, c.contact_id, c.position,
                 c.state, c.attempts, c.settled_at, c.reply, k.at, k.channel, k.strength, k.told_to
          from advisory_audience a
          left join deliveries c on c.item_id = $1 and c.organisation_id = a.organisation_id
           and c.ceptoar_id = a.ceptoar_id and c.stage = a.stage
          -- By index, row by row: right after a publication nothing is known of the tables' sizes, and a
          -- join of two intermediate results may then be the slowest there is.
          left join lateral (
            select y.received_at as at, y.channel, y.strength, y.ceptoar_id as told_to from advisory_receipts y
            where y.advisory_id = $1 and y.organisation_id = a.organisation_id
              and (y.stage is null or (y.stage = a.stage and y.ceptoar_id = a.ceptoar_id))
            order by y.strength, y.received_at limit 1) k on true
          left join organisation_names n on n.organisation_id = a.organisation_id and n.valid @> (select viewer_today())
          where a.advisory_id = $1 and ($2::text[] is null or a.ceptoar_id = any ($2))
            -- What a desk has not passed on, whoever waits for it knows nothing of.
            and ($3::uuid[] is null or (a.organisation_id = any ($3) and not a.held))
            and (not $4 or a.stage = 'member')
            and case $5::text
                  when 'queued' then c.state in ('queued', 'sending')
                  when 'refused' then c.state in ('refused', 'expired')
                  when 'unacknowledged' then k.at is null and a.stage <> 'partner' and not a.held and a.superseded_at is null
                  when 'overdue' then $6 and k.at is null and a.stage <> 'partner' and not a.held and a.superseded_at is null
                  when 'no_window' then c.delivery_id is null and not exists (
                    select from deliveries x where x.item_id = $1 and x.organisation_id = a.organisation_id)
                  else true end
          order by stage_place(a.stage), n.reading,
                   a.organisation_id, a.ceptoar_id, c.position
          limit $7::bigint + 1 offset $8::bigint * $7)
        select p.stage as "stage!: Stage", p.ceptoar_id as "ceptoar_id!", p.organisation_id as "organisation_id!", p.held as "held!", p.old as "old!",
               coalesce(p.ja, '') as "ja!", coalesce(p.en, '') as "en!", p.delivery_id as "delivery_id?", p.position as "position?",
               p.state as "state?: CopyState", p.attempts as "attempts?", p.settled_at, p.reply, p.at, p.channel as "channel?", p.strength as "strength?",
               coalesce(t.ja, p.told_to, '') as "desk_ja!", coalesce(t.en, p.told_to, '') as "desk_en!", e.found is not null as "elsewhere!",
               w.label as "label?", x.address as "address?"
        from page p
        left join ceptoar_names t on t.ceptoar_id = p.told_to and t.valid @> (select viewer_today())
        -- Who gets it through a window of another hop or CEPTOAR needs no telephone call.
        left join lateral (
          select true as found from deliveries x
          where p.delivery_id is null and x.item_id = $1 and x.organisation_id = p.organisation_id limit 1) e on true
        -- The window as it is called now, or was at last.
        left join lateral (
          select k.contact_id, k.label from contacts k where $9 and k.contact_id = p.contact_id
          order by k.valid @> (select viewer_today()) desc, lower(k.valid) desc nulls last limit 1) w on true
        left join delivery_addresses x on $9 and w.contact_id is not null and x.delivery_id = p.delivery_id
        order by stage_place(p.stage), p.reading,
                 p.organisation_id, p.ceptoar_id, p.position"#,
        id.0,
        asked.ceptoars,
        organisations.as_deref(),
        asked.members_only,
        asked.narrow.map(Narrow::code),
        overdue,
        asked.page,
        asked.skip,
        asked.with_windows
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Recipient {
            stage: r.stage,
            ceptoar_id: r.ceptoar_id,
            organisation_id: OrganisationId(r.organisation_id),
            ja: r.ja,
            en: r.en,
            copy: r.state.zip(r.position).map(|(state, position)| Copy {
                position,
                state,
                attempts: r.attempts.unwrap_or(0),
                settled_at: r.settled_at,
                reply: r.reply,
                label: r.label,
                address: r.address,
            }),
            elsewhere: r.elsewhere,
            held: r.held,
            old: r.old,
            received: received(r.at.zip(r.channel).zip(r.strength), [r.desk_ja, r.desk_en]),
        })
        .collect())
}

/// A CEPTOAR's name in Japanese and English.
pub async fn ceptoar_name(tx: &mut PgConnection, ceptoar: &str) -> sqlx::Result<Option<(String, String)>> {
    let row =
        sqlx::query!("select ja, en from ceptoar_names where ceptoar_id = $1 and valid @> viewer_today()", ceptoar)
            .fetch_optional(tx)
            .await?;
    Ok(row.map(|r| (r.ja, r.en)))
}

/// How far recent items are: windows handed over, organisations that acknowledged.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// The item.
    pub advisory_id: AdvisoryId,
    /// Windows handed over.
    pub sent: i64,
    /// Windows that did not take it.
    pub refused: i64,
    /// All windows.
    pub windows: i64,
}

/// The progress of a few items. For the centre, which sees every delivery of an item.
pub async fn progress(tx: &mut PgConnection, ids: &[AdvisoryId]) -> sqlx::Result<Vec<Progress>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select d.item_id, count(*) filter (where d.state <> 'held') as "windows!", count(*) filter (where d.state = 'sent') as "sent!",
                  count(*) filter (where d.state in ('refused', 'expired')) as "refused!"
           from deliveries d where d.item_id = any ($1) group by 1"#,
        &ids
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Progress { advisory_id: AdvisoryId(r.item_id), sent: r.sent, refused: r.refused, windows: r.windows })
        .collect())
}
