//! SQL of the call list.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::attempt::{Attempt, Called, NewAttempt, Outcome};
use super::callee::{CallNumber, Callee, MailFate, Way};
use crate::features::access::Viewer;
use crate::features::advisories::reading::deliveries::recipient::CopyState;
use crate::features::advisories::receipts::store::A_MOMENT;
use crate::features::directory::roster::sheet::{ChannelKind, Hours};
use crate::kernel::ids::{AccountId, AdvisoryId, ContactId, OrganisationId};
use crate::kernel::sharing_level::HandlerScope;

/// Members on one page of the call list.
pub const PAGE: i64 = 50;

/// Which members are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The item.
    pub id: AdvisoryId,
    /// Whose members.
    pub ceptoar: &'a str,
    /// Which persons may handle it: others are not called.
    pub scope: HandlerScope,
    /// Whether offices are closed.
    pub off_hours: bool,
    /// When the list was opened: it keeps the members and the order of that moment, so that no page skips anybody while
    /// others receive the item.
    pub opened: DateTime<Utc>,
    /// How many pages to skip.
    pub skip: i64,
}

/// Members that had not received the item when the list was opened: those that no mail had reached first, then by
/// reading; one page, and one more if there is another.
///
/// # Errors
/// When the database cannot be reached.
pub async fn list(tx: &mut PgConnection, asked: Asked<'_>) -> sqlx::Result<Vec<Callee>> {
    let rows = sqlx::query!(
        r#"
        with page as (
          select a.organisation_id, a.handlers_only, n.ja, n.en, n.reading, m.fate, k.since,
                 case m.then_fate when 'no_window' then 0 when 'not_taken' then 0 when 'partly' then 1 else 2 end as rank
          from advisory_audience a
          left join lateral (
            -- What has become of the mails, and what had when the list was opened.
            select case when count(*) = 0 then 'no_window'
                        when count(*) filter (where x.state in ('queued', 'sending')) > 0
                         and count(*) filter (where x.state = 'sent') = 0 then 'under_way'
                        when count(*) filter (where x.state = 'sent') = 0 then 'not_taken'
                        when count(*) filter (where x.state in ('refused', 'expired')) > 0 then 'partly'
                        else 'sent' end as fate,
                   case when count(*) = 0 then 'no_window'
                        when count(*) filter (where x.state in ('queued', 'sending') or x.settled_at > $3) > 0
                         and count(*) filter (where x.state = 'sent' and x.settled_at <= $3) = 0 then 'under_way'
                        when count(*) filter (where x.state = 'sent' and x.settled_at <= $3) = 0 then 'not_taken'
                        when count(*) filter (where x.state in ('refused', 'expired') and x.settled_at <= $3) > 0 then 'partly'
                        else 'sent' end as then_fate
            from deliveries x where x.item_id = $1 and x.organisation_id = a.organisation_id) m on true
          left join lateral (
            select bool_or(y.known_at <= $3) as before, bool_or(y.known_at > $3) as since from advisory_receipts y
            where y.advisory_id = $1 and y.organisation_id = a.organisation_id
              and (y.stage is null or (y.stage = a.stage and y.ceptoar_id = a.ceptoar_id))) k on true
          left join organisation_names n on n.organisation_id = a.organisation_id and n.valid @> (select viewer_today())
          where a.advisory_id = $1 and a.ceptoar_id = $2 and a.stage = 'member' and not a.held
            -- A newer version is there: they are called about that one.
            and a.superseded_at is null
            and k.before is not true
          order by rank, n.reading, a.organisation_id
          limit $4::bigint + 1 offset $5::bigint * $4)
        select p.organisation_id as "organisation_id!", coalesce(p.ja, '') as "ja!", coalesce(p.en, '') as "en!",
               p.fate as "fate!", p.since is true as "received!", w.contact_id as "contact_id?", w.label as "label?", d.state as "state?: CopyState",
               c.fact_id as "fact?", c.recorded_at as "recorded_at?", c.kind as "kind?", c.value as "value?", c.hours as "hours?"
        from page p
        left join lateral (
          select k.contact_id, k.label, k.position from contacts k
          where p.since is not true
            and k.organisation_id = p.organisation_id and k.ceptoar_id = $2 and k.valid @> (select viewer_today())
            -- Whom the item is not for is not called about it. Of a confidential one only those windows are known
            -- that a mail went to.
            and case $6::text when 'organisation' then k.handler or not p.handlers_only when 'handlers' then k.handler
                  else exists (select from deliveries x where x.item_id = $1 and x.contact_id = k.contact_id) end) w on true
        left join deliveries d on d.item_id = $1 and d.contact_id = w.contact_id
        left join contact_channels c on c.contact_id = w.contact_id and c.valid @> (select viewer_today())
          and c.kind in ('phone', 'mobile', 'satellite', 'fax')
        order by p.rank, p.reading, p.organisation_id, c.kind is null,
                 (c.hours = 'always' or (c.hours = 'off_hours') = $7) desc nulls last, w.position, c.position"#,
        asked.id.0,
        asked.ceptoar,
        asked.opened,
        PAGE,
        asked.skip,
        asked.scope.code(),
        asked.off_hours
    )
    .fetch_all(tx)
    .await?;
    let mut list: Vec<Callee> = Vec::new();
    for r in rows {
        let organisation_id = OrganisationId(r.organisation_id);
        if list.last().is_none_or(|callee| callee.organisation_id != organisation_id) {
            let (name, mail) = ([r.ja, r.en], fate(&r.fate));
            list.push(Callee { organisation_id, name, mail, received: r.received, numbers: Vec::new() });
        }
        if let (Some(callee), Some(contact_id)) = (list.last_mut(), r.contact_id) {
            callee.numbers.push(CallNumber {
                contact_id: ContactId(contact_id),
                window: r.label.unwrap_or_default(),
                mail: r.state,
                way: way(r.fact.zip(r.recorded_at), r.kind.zip(r.hours), r.value),
            });
        }
    }
    Ok(list)
}

fn way(fact: Option<(Uuid, DateTime<Utc>)>, codes: Option<(String, String)>, value: Option<String>) -> Option<Way> {
    let ((fact, recorded_at), (kind, hours)) = fact.zip(codes)?;
    let (kind, hours) = (ChannelKind::from_code(&kind)?, Hours::from_code(&hours)?);
    Some(Way { fact, recorded_at, kind, value: value?, hours })
}

fn fate(code: &str) -> MailFate {
    match code {
        "no_window" => MailFate::NoWindow,
        "not_taken" => MailFate::NotTaken,
        "partly" => MailFate::PartlyTaken,
        "under_way" => MailFate::UnderWay,
        _ => MailFate::HandedOver,
    }
}

/// The attempts to reach some members, the newest first.
///
/// # Errors
/// When the database cannot be reached.
pub async fn attempts(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: &str,
    organisations: &[OrganisationId],
) -> sqlx::Result<Vec<Attempt>> {
    let organisations: Vec<Uuid> = organisations.iter().map(|o| o.0).collect();
    let rows = sqlx::query!(
        r#"select attempt_id, organisation_id, channel_fact, kind, result as "outcome: Outcome", attempted_at, entered_by,
                  entered_by_name
           from call_attempts where advisory_id = $1 and ceptoar_id = $2 and organisation_id = any ($3)
           order by attempted_at desc, attempt_id"#,
        id.0,
        ceptoar,
        &organisations
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Attempt {
            attempt_id: r.attempt_id,
            organisation_id: OrganisationId(r.organisation_id),
            fact: r.channel_fact,
            kind: ChannelKind::from_code(&r.kind),
            outcome: r.outcome,
            at: r.attempted_at,
            by: AccountId(r.entered_by),
            by_name: r.entered_by_name,
        })
        .collect())
}

/// The numbers that somebody was shown about this item within the last hour, as the trail has it.
///
/// # Errors
/// When the database cannot be reached.
pub async fn shown_lately(
    tx: &mut PgConnection,
    viewer: &Viewer,
    id: AdvisoryId,
    now: DateTime<Utc>,
) -> sqlx::Result<HashSet<Uuid>> {
    let ids = sqlx::query_scalar!(
        r#"select n.fact::uuid as "fact!" from audit_events e
           cross join lateral jsonb_array_elements_text(e.detail -> 'numbers') n (fact)
           where e.account_id = $1 and e.occurred_at > $2 and e.action = 'contacts.read' and e.outcome = 'done'
             and e.subject_kind = 'advisory' and e.subject_id = $3"#,
        viewer.account_id.0,
        now - TimeDelta::hours(1),
        id.to_string()
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().collect())
}

/// The window and the kind of a number that stands in the directory today.
///
/// # Errors
/// When the database cannot be reached.
pub async fn called(
    tx: &mut PgConnection,
    ceptoar: &str,
    organisation: OrganisationId,
    fact: Uuid,
) -> sqlx::Result<Option<Called>> {
    let row = sqlx::query!(
        "select c.contact_id, c.kind from contact_channels c join contacts k on k.contact_id = c.contact_id
         where c.fact_id = $1 and c.valid @> viewer_today()
           and k.valid @> viewer_today() and k.organisation_id = $2 and k.ceptoar_id = $3",
        fact,
        organisation.0,
        ceptoar
    )
    .fetch_optional(tx)
    .await?;
    let called = row.and_then(|r| Some((ContactId(r.contact_id), ChannelKind::from_code(&r.kind)?)));
    Ok(called.filter(|(_, kind)| kind.is_called()).map(|(contact_id, kind)| Called { fact, contact_id, kind }))
}

/// Writes an attempt down, unless the same person wrote the very same down a moment ago: a second click. Answers which
/// attempt stands, and whether it is new.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn note(
    tx: &mut PgConnection,
    viewer: &Viewer,
    id: AdvisoryId,
    ceptoar: &str,
    organisation: OrganisationId,
    attempt: NewAttempt,
    now: DateTime<Utc>,
) -> sqlx::Result<(Uuid, bool)> {
    // Two clicks at once take turns.
    let turn = format!("call {} {id} {organisation}", viewer.account_id);
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", turn).execute(&mut *tx).await?;
    let fact = attempt.number.map(|number| number.fact);
    let known = sqlx::query_scalar!(
        "select attempt_id from call_attempts
         where advisory_id = $1 and ceptoar_id = $2 and organisation_id = $3 and channel_fact is not distinct from $4
           and result = $5 and entered_by = $6 and attempted_at > $7
         limit 1",
        id.0,
        ceptoar,
        organisation.0,
        fact,
        attempt.outcome.code(),
        viewer.account_id.0,
        now - A_MOMENT
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(known) = known {
        return Ok((known, false));
    }
    let new = sqlx::query_scalar!(
        "insert into call_attempts (advisory_id, organisation_id, ceptoar_id, contact_id, channel_fact, kind, result,
                                    entered_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning attempt_id",
        id.0,
        organisation.0,
        ceptoar,
        attempt.number.map(|number| number.contact_id.0),
        fact,
        attempt.number.map_or("other", |number| number.kind.code()),
        attempt.outcome.code(),
        viewer.account_id.0
    )
    .fetch_one(tx)
    .await?;
    Ok((new, true))
}
