//! SQL of reading. Each query filters by what the viewer may know; row security asks the same again.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::filter::Filter;
use super::standing::Hat;
use crate::features::access::{Role, Viewer};
use crate::features::advisories::advisory::{Envelope, Kind, Purpose, State, Text};
use crate::features::sharing::verdict::Stage;
use crate::kernel::ids::{AccountId, AdvisoryId, ContactId, OrganisationId};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};

/// A row of the list.
#[derive(Debug, Clone)]
pub struct ListRow {
    /// The item.
    pub advisory_id: AdvisoryId,
    /// Its number.
    pub number: String,
    /// Where it stands.
    pub state: State,
    /// Its level.
    pub level: SharingLevel,
    /// Part of a drill.
    pub drill: bool,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// Until when an answer is due.
    pub answer_due: Option<DateTime<Utc>>,
    /// What the list is sorted by: publication, or the beginning of a draft.
    pub shown_at: DateTime<Utc>,
    /// Kind and title; `None` where the viewer sees the envelope only.
    pub content: Option<(Kind, String)>,
}

/// One page of what the viewer may know of, newest first.
pub async fn list(
    tx: &mut PgConnection,
    viewer: &Viewer,
    filter: &Filter,
    limit: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<ListRow>> {
    let organisations: Vec<Uuid> = viewer.affiliations.iter().map(|a| a.organisation_id.0).collect();
    let roles: Vec<String> = Role::ALL.iter().filter(|r| r.acknowledges()).map(|r| r.code().to_owned()).collect();
    let patterns = filter.patterns();
    let rows = sqlx::query!(
        r#"
        with visible as materialized (select unnest((select viewer_envelopes())) as advisory_id),
        drafts as materialized (
          select unnest(case when $9 then (select viewer_drafts()) else '{}'::uuid[] end) as advisory_id),
        owed as materialized (
          select h.advisory_id, bool_and(k.found is not null) as answered
          from viewer_hats(case when $3 in ('waiting', 'overdue', 'acknowledged')
                                then (select array_agg(v.advisory_id) from visible v) else '{}'::uuid[] end) h
          left join lateral (
            select true as found from advisory_acknowledgements y
            where y.advisory_id = h.advisory_id and y.organisation_id = h.organisation_id
              and y.organisation_id = any ($10) limit 1) k on true
          where h.role = any ($11) and not h.sealed
          group by 1)
        select a.advisory_id, a.number, a.state as "state: State", a.level as "level: SharingLevel", a.drill,
               a.published_at, a.answer_due, coalesce(a.published_at, a.created_at) as "shown_at!",
               t.kind as "kind?: Kind", t.title as "title?"
        from advisories a
        left join advisory_texts t on t.advisory_id = a.advisory_id
         and (a.level <> 'RED' or a.state <> 'published'
              or a.advisory_id in (select unnest((select viewer_contents()))))
        where ((a.state = 'published' and a.advisory_id in (select v.advisory_id from visible v))
               or (a.state <> 'published' and a.advisory_id in (select d.advisory_id from drafts d)))
          and ($1::text is null or t.kind = $1)
          and ($2::text is null or a.level = $2)
          and ($3::text is null or case $3
                when 'waiting' then a.advisory_id in (select o.advisory_id from owed o where not o.answered)
                when 'overdue' then a.answer_due < $8
                  and a.advisory_id in (select o.advisory_id from owed o where not o.answered)
                when 'acknowledged' then a.advisory_id in (select o.advisory_id from owed o where o.answered)
                else a.state = $3 end)
          and ($6::text[] is null or t.search_text like all ($6))
          and ($4::timestamptz is null or (coalesce(a.published_at, a.created_at), a.advisory_id) < ($4, $5))
        order by coalesce(a.published_at, a.created_at) desc, a.advisory_id desc
        limit $7"#,
        filter.kind.map(Kind::code),
        filter.level.map(SharingLevel::code),
        filter.state.map(super::filter::ListState::code),
        filter.before.map(|cursor| cursor.at),
        filter.before.map(|cursor| cursor.id.0),
        patterns.as_deref(),
        limit,
        now,
        viewer.is_at_centre(),
        &organisations,
        &roles,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| ListRow {
            advisory_id: AdvisoryId(r.advisory_id),
            number: r.number,
            state: r.state,
            level: r.level,
            drill: r.drill,
            published_at: r.published_at,
            answer_due: r.answer_due,
            shown_at: r.shown_at,
            content: r.kind.zip(r.title),
        })
        .collect())
}

/// The viewer's hats for some items.
pub async fn hats(
    tx: &mut PgConnection,
    _viewer: &Viewer,
    ids: &[AdvisoryId],
) -> sqlx::Result<HashMap<AdvisoryId, Vec<Hat>>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select advisory_id as "advisory_id!", ceptoar_id as "ceptoar_id!", stage as "stage!: Stage",
                  organisation_id as "organisation_id!", role as "role!: Role", contact_id, sealed as "sealed!"
           from viewer_hats($1) order by stage, ceptoar_id, organisation_id"#,
        &ids
    )
    .fetch_all(tx)
    .await?;
    let mut hats: HashMap<AdvisoryId, Vec<Hat>> = HashMap::new();
    for r in rows {
        let advisory_id = AdvisoryId(r.advisory_id);
        hats.entry(advisory_id).or_default().push(Hat {
            advisory_id,
            ceptoar_id: r.ceptoar_id,
            stage: r.stage,
            organisation_id: OrganisationId(r.organisation_id),
            role: r.role,
            contact_id: r.contact_id.map(ContactId),
            sealed: r.sealed,
        });
    }
    Ok(hats)
}

/// Which of the viewer's organisations acknowledged which of some items.
pub async fn answers(
    tx: &mut PgConnection,
    viewer: &Viewer,
    ids: &[AdvisoryId],
) -> sqlx::Result<HashSet<(AdvisoryId, OrganisationId)>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let organisations: Vec<Uuid> = viewer.affiliations.iter().map(|a| a.organisation_id.0).collect();
    let rows = sqlx::query!(
        "select distinct advisory_id, organisation_id from advisory_acknowledgements
         where organisation_id = any ($1) and advisory_id = any ($2)",
        &organisations,
        &ids
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|r| (AdvisoryId(r.advisory_id), OrganisationId(r.organisation_id))).collect())
}

/// One item as far as the viewer may know it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The envelope.
    pub envelope: Envelope,
    /// The content; `None` where the viewer sees the envelope only.
    pub text: Option<Text>,
    /// Whether the viewer wrote, submitted or approved it.
    pub case_team: bool,
    /// The issuing organisation's name at that time, in Japanese and English.
    pub issuer: Option<(String, String)>,
}

/// The item, if the viewer may know of it.
pub async fn find(tx: &mut PgConnection, viewer: &Viewer, id: AdvisoryId) -> sqlx::Result<Option<Found>> {
    let row = sqlx::query!(
        r#"
        with known as materialized (
          select $1 = any ((select viewer_envelopes())::uuid[]) as envelope,
                 $1 = any ((select viewer_contents())::uuid[]) as content,
                 $3 and $1 = any ((select viewer_drafts())::uuid[]) as draft)
        select a.number, a.state as "state: State", a.level as "level: SharingLevel",
               a.handler_scope as "handler_scope: HandlerScope", a.drill, a.created_by, a.created_at,
               a.last_edited_by, a.edits, a.submitted_by, a.published_at, a.answer_due, a.valid_until,
               ($2 in (a.created_by, a.last_edited_by, a.submitted_by, a.approved_by)) as case_team,
               t.kind as "kind?: Kind", t.title as "title?", t.summary as "summary?", t.impact as "impact?",
               t.countermeasure as "countermeasure?", t.purpose as "purpose?: Purpose",
               t.links as "links?", t.cves as "cves?", t.products as "products?",
               n.ja as "issuer_ja?", n.en as "issuer_en?"
        from advisories a
        cross join known w
        left join advisory_texts t on t.advisory_id = a.advisory_id
         and case a.state when 'published' then w.content else w.draft end
        left join organisations o on o.kind = 'central'
        left join organisation_names n on n.organisation_id = o.organisation_id
         and n.valid @> coalesce((a.published_at at time zone 'Asia/Tokyo')::date, viewer_today())
        where a.advisory_id = $1 and case a.state when 'published' then w.envelope else w.draft end
        limit 1"#,
        id.0,
        viewer.account_id.0,
        viewer.is_at_centre(),
    )
    .fetch_optional(tx)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let text = match (r.kind, r.purpose) {
        (Some(kind), Some(purpose)) => Some(Text {
            kind,
            title: r.title.unwrap_or_default(),
            summary: r.summary.unwrap_or_default(),
            impact: r.impact.unwrap_or_default(),
            countermeasure: r.countermeasure.unwrap_or_default(),
            purpose,
            links: r.links.unwrap_or_default(),
            cves: r.cves.unwrap_or_default(),
            products: r.products.unwrap_or_default(),
        }),
        (None, _) | (_, None) => None,
    };
    Ok(Some(Found {
        envelope: Envelope {
            advisory_id: id,
            number: r.number,
            state: r.state,
            level: r.level,
            handler_scope: r.handler_scope,
            drill: r.drill,
            created_by: AccountId(r.created_by),
            created_at: r.created_at,
            last_edited_by: AccountId(r.last_edited_by),
            edits: r.edits,
            submitted_by: r.submitted_by.map(AccountId),
            published_at: r.published_at,
            answer_due: r.answer_due,
            valid_until: r.valid_until,
        },
        text,
        case_team: r.case_team.unwrap_or(false),
        issuer: r.issuer_ja.zip(r.issuer_en),
    }))
}

/// Who acknowledged an item for one of the viewer's organisations.
#[derive(Debug, Clone)]
pub struct Answer {
    /// For which organisation.
    pub organisation_id: OrganisationId,
    /// Who.
    pub account_id: AccountId,
    /// The person's name.
    pub name: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The acknowledgements of the organisations that the viewer answers for, the first one first.
pub async fn own_answers(tx: &mut PgConnection, _viewer: &Viewer, id: AdvisoryId) -> sqlx::Result<Vec<Answer>> {
    let rows = sqlx::query!(
        r#"select organisation_id as "organisation_id!", account_id as "account_id!",
                  display_name as "name!", acknowledged_at as "at!"
           from own_acknowledgements($1) order by acknowledged_at"#,
        id.0
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Answer {
            organisation_id: OrganisationId(r.organisation_id),
            account_id: AccountId(r.account_id),
            name: r.name,
            at: r.at,
        })
        .collect())
}

/// Writes down that the viewer acknowledges for one organisation; `false` when that was done before.
pub async fn acknowledge(
    tx: &mut PgConnection,
    viewer: &Viewer,
    id: AdvisoryId,
    organisation: OrganisationId,
    contact: Option<ContactId>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into advisory_acknowledgements (advisory_id, organisation_id, account_id, contact_id, acknowledged_at)
         values ($1, $2, $3, $4, $5) on conflict do nothing",
        id.0,
        organisation.0,
        viewer.account_id.0,
        contact.map(|c| c.0),
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
