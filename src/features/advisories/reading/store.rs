//! SQL of reading. Facts are read for the viewer and the rights decide on them; row security decides again.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::filter::{Filter, ListState};
use crate::features::access::action::AdvisoryAction;
use crate::features::access::advisory::{AdvisoryFacts, Hat, Reach};
use crate::features::access::{Role, Viewer, can, could};
use crate::features::advisories::advisory::{Envelope, Kind, Purpose, State, Text};
use crate::features::advisories::origin::{Origin, Source};
use crate::features::advisories::parts::{self, part::Part};
use crate::features::advisories::versions::step::{Step, Version};
use crate::features::advisories::versions::store as versions;
use crate::kernel::ids::{AccountId, AdvisoryId, ContactId, OrganisationId};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::kernel::stage::Stage;

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
    /// How it reaches the viewer.
    pub hats: Vec<Hat>,
    /// Which version it is, where the viewer knows another one.
    pub version: Option<Version>,
    /// A newer version is there, or has taken its place.
    pub superseded: bool,
    /// … and it takes everything back.
    pub withdrawn: bool,
}

/// One page of what the viewer may know of, newest first.
pub async fn list(
    tx: &mut PgConnection,
    viewer: &Viewer,
    filter: &Filter,
    limit: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<ListRow>> {
    let rows = candidates(&mut *tx, viewer, filter, limit, now).await?;
    let ids: Vec<AdvisoryId> = rows.iter().map(|row| row.advisory_id).collect();
    let facts = facts(tx, viewer, &ids).await?;
    let related = versions::related(tx, viewer, &ids).await?;
    let rows = rows.into_iter().filter_map(|row| permitted(row, viewer, filter, &facts));
    Ok(rows.map(|row| marked(row, &related)).collect())
}

/// The row as far as the viewer may know it.
fn permitted(
    mut row: ListRow,
    viewer: &Viewer,
    filter: &Filter,
    facts: &HashMap<AdvisoryId, AdvisoryFacts>,
) -> Option<ListRow> {
    let facts = facts.get(&row.advisory_id)?;
    let (known, readable) = rights_of_reading(facts.state);
    if !can(viewer, readable, facts) {
        // Found by what it says, it would tell what it says.
        if !can(viewer, known, facts) || filter.asks_for_content() {
            return None;
        }
        row.content = None;
    }
    row.hats = facts.hats(viewer);
    Some(row)
}

/// The row with what the other versions that the viewer knows say of it.
fn marked(mut row: ListRow, related: &HashMap<AdvisoryId, Vec<Version>>) -> ListRow {
    let others = related.get(&row.advisory_id).map_or(&[][..], Vec::as_slice);
    row.version = row.version.filter(|_| !others.is_empty());
    let newer = |wanted: fn(&Version) -> bool| {
        row.version.is_some_and(|own| others.iter().any(|other| other.number > own.number && wanted(other)))
    };
    row.superseded = newer(|_| true) || row.hats.iter().any(|hat| hat.superseded);
    row.withdrawn = newer(|other| other.step == Step::Withdrawal) || row.hats.iter().any(|hat| hat.withdrawn);
    row
}

/// What it takes to know of an item that stands there, and to read it.
fn rights_of_reading(state: State) -> (AdvisoryAction, AdvisoryAction) {
    match state {
        State::Published => (AdvisoryAction::KnowOf, AdvisoryAction::Read),
        State::Draft | State::Review | State::Approved => (AdvisoryAction::ReadDraft, AdvisoryAction::ReadDraft),
    }
}

/// Rows narrowed by who is looking, so that a page is full; the rights decide about every row afterwards,
/// and row security before.
async fn candidates(
    tx: &mut PgConnection,
    viewer: &Viewer,
    filter: &Filter,
    limit: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<ListRow>> {
    let asked = match filter.state {
        Some(ListState::Waiting) => Some(asked_to_answer(&mut *tx, viewer, false, false).await?),
        // What the desk was told is not late any more.
        Some(ListState::Overdue) => Some(asked_to_answer(&mut *tx, viewer, false, true).await?),
        Some(ListState::Acknowledged) => Some(asked_to_answer(&mut *tx, viewer, true, false).await?),
        Some(ListState::Draft | ListState::Review | ListState::Approved | ListState::Published) | None => None,
    };
    let patterns = filter.patterns();
    let rows = sqlx::query!(
        r#"
        select a.advisory_id, a.number, a.version, a.step as "step: Step", a.state as "state: State", a.level as "level: SharingLevel", a.drill,
               a.published_at, a.answer_due, coalesce(a.published_at, a.created_at) as "shown_at!",
               t.kind as "kind?: Kind", t.title as "title?"
        from advisories a
        left join advisory_texts t on t.advisory_id = a.advisory_id
        -- By index, row by row, until the page is full: not all that the organisations ever had (offset 0).
        where ($8 or (a.state = 'published' and exists (
                 select from advisory_audience au
                 where au.advisory_id = a.advisory_id and au.organisation_id = any ($9) offset 0)))
          and ($1::text is null or t.kind = $1)
          and ($2::text is null or a.level = $2)
          and ($3::text is null or a.state = $3)
          and ($10::uuid[] is null or a.advisory_id = any ($10))
          and (not $11 or a.answer_due < $12)
          and ($6::text[] is null or t.search_text like all ($6))
          -- The newest version that the viewer may know stands for those before it. An older one is found where the
          -- newer does not say what is looked for.
          and not (a.state = 'published' and exists (
                select from advisories newer
                left join advisory_texts nt on $6::text[] is not null and nt.advisory_id = newer.advisory_id
                where newer.thread_id = a.thread_id and newer.version > a.version and newer.state = 'published'
                  and ($6::text[] is null or nt.search_text like all ($6))
                  and ($8 or exists (select from advisory_audience nu where nu.advisory_id = newer.advisory_id
                                       and nu.organisation_id = any ($9) and not nu.held)))
               -- While the newer one waits at a desk, or was not passed on, its members still have this one to answer.
               and not exists (select from advisory_audience m
                               where m.advisory_id = a.advisory_id and m.ceptoar_id = any ($13) and m.stage = 'member'
                                 and not m.held and m.superseded_at is null))
          and ($4::timestamptz is null or (coalesce(a.published_at, a.created_at), a.advisory_id) < ($4, $5))
        order by coalesce(a.published_at, a.created_at) desc, a.advisory_id desc
        limit $7"#,
        filter.kind.map(Kind::code),
        filter.level.map(SharingLevel::code),
        filter.state.and_then(ListState::of_item).map(State::code),
        filter.before.map(|cursor| cursor.at),
        filter.before.map(|cursor| cursor.id.0),
        patterns.as_deref(),
        limit,
        could(viewer, AdvisoryAction::ReadDraft.into()),
        &organisations(viewer),
        asked.as_deref(),
        filter.state == Some(ListState::Overdue),
        now,
        &viewer.desks().into_iter().map(str::to_owned).collect::<Vec<_>>(),
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
            hats: Vec::new(),
            version: Some(Version { number: r.version, step: r.step }),
            superseded: false,
            withdrawn: false,
        })
        .collect())
}

/// The items that the viewer's organisations have to acknowledge: those that all of them did, or the others. What a desk
/// entered for them takes nothing off their own list, unless it is asked what somebody still waits for (`with_desks`).
async fn asked_to_answer(
    tx: &mut PgConnection,
    viewer: &Viewer,
    answered: bool,
    with_desks: bool,
) -> sqlx::Result<Vec<Uuid>> {
    let roles: Vec<String> = Role::ALL.iter().filter(|r| r.acknowledges()).map(|r| r.code().to_owned()).collect();
    sqlx::query_scalar!(
        r#"select h.advisory_id as "advisory_id!"
           -- What is old is owed no more; what was answered stays answered.
           from (select * from viewer_hats(null) where $3 union all select * from viewer_current_hats() where not $3) h
           left join lateral (
             select true as found from advisory_receipts y
             where y.advisory_id = h.advisory_id and y.organisation_id = h.organisation_id
               and y.organisation_id = any ($1)
               and (y.stage is null or ($4 and y.stage = h.stage and y.ceptoar_id = h.ceptoar_id)) limit 1) k on true
           where h.role = any ($2) and not h.sealed
           group by h.advisory_id having bool_and(k.found is not null) = $3"#,
        &organisations(viewer),
        &roles,
        answered,
        with_desks
    )
    .fetch_all(tx)
    .await
}

fn organisations(viewer: &Viewer) -> Vec<Uuid> {
    viewer.affiliations.iter().map(|a| a.organisation_id.0).collect()
}

/// What has to be known of some items to decide what the viewer may do with them.
pub async fn facts(
    tx: &mut PgConnection,
    viewer: &Viewer,
    ids: &[AdvisoryId],
) -> sqlx::Result<HashMap<AdvisoryId, AdvisoryFacts>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let windows: Vec<Uuid> = viewer.affiliations.iter().filter_map(|a| a.contact_id).map(|c| c.0).collect();
    let rows = sqlx::query!(
        r#"select a.advisory_id, a.state as "state: State", a.level as "level: SharingLevel",
                  a.handler_scope as "handler_scope: HandlerScope", a.created_by, a.last_edited_by, a.submitted_by,
                  a.approved_by,
                  coalesce((select array_agg(ad.contact_id) from advisory_addressees ad
                            where ad.advisory_id = a.advisory_id and ad.contact_id = any ($2)), '{}') as "named!",
                  coalesce((select array_agg(k.contact_id) from contacts k
                            where k.contact_id = any ($2) and k.handler and k.valid @> viewer_today()), '{}') as "handlers!"
           from advisories a where a.advisory_id = any ($1)"#,
        &ids,
        &windows
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut reaches = reaches(tx, viewer, &ids).await?;
    let facts = rows.into_iter().map(|r| {
        let id = AdvisoryId(r.advisory_id);
        let facts = AdvisoryFacts {
            state: r.state,
            level: r.level,
            handler_scope: r.handler_scope,
            follows: false,
            created_by: AccountId(r.created_by),
            last_edited_by: AccountId(r.last_edited_by),
            submitted_by: r.submitted_by.map(AccountId),
            approved_by: r.approved_by.map(AccountId),
            reaches: reaches.remove(&id).unwrap_or_default(),
            named: r.named.into_iter().map(ContactId).collect(),
            handler_windows: r.handlers.into_iter().map(ContactId).collect(),
        };
        (id, facts)
    });
    Ok(facts.collect())
}

/// How some items reach the viewer's organisations.
async fn reaches(
    tx: &mut PgConnection,
    viewer: &Viewer,
    ids: &[Uuid],
) -> sqlx::Result<HashMap<AdvisoryId, Vec<Reach>>> {
    let rows = sqlx::query!(
        r#"select h.advisory_id as "advisory_id!", h.ceptoar_id as "ceptoar_id!", h.stage as "stage!: Stage",
                  h.organisation_id as "organisation_id!", h.held as "held!",
                  h.handlers_only as "handlers_only!", h.superseded_at is not null as "superseded!", h.withdrawn as "withdrawn!"
           from unnest($1::uuid[]) item (advisory_id)
           -- Item by item (offset 0): one may have thousands of hops, of which a few are the viewer's.
           cross join lateral (
             select au.* from advisory_audience au
             where au.advisory_id = item.advisory_id and au.organisation_id = any ($2) offset 0) h
           order by h.stage, h.ceptoar_id, h.organisation_id"#,
        ids,
        &organisations(viewer)
    )
    .fetch_all(tx)
    .await?;
    let mut reaches: HashMap<AdvisoryId, Vec<Reach>> = HashMap::new();
    for r in rows {
        reaches.entry(AdvisoryId(r.advisory_id)).or_default().push(Reach {
            ceptoar_id: r.ceptoar_id,
            stage: r.stage,
            organisation_id: OrganisationId(r.organisation_id),
            held: r.held,
            handlers_only: r.handlers_only,
            superseded: r.superseded,
            withdrawn: r.withdrawn,
        });
    }
    Ok(reaches)
}

/// Which of the viewer's organisations acknowledged which of some items in the portal.
pub async fn answers(
    tx: &mut PgConnection,
    viewer: &Viewer,
    ids: &[AdvisoryId],
) -> sqlx::Result<HashSet<(AdvisoryId, OrganisationId)>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let organisations = organisations(viewer);
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

/// For which of the viewer's organisations the desks of which CEPTOARs entered receipts of some items.
pub async fn told_to_desks(
    tx: &mut PgConnection,
    viewer: &Viewer,
    ids: &[AdvisoryId],
) -> sqlx::Result<HashSet<(AdvisoryId, OrganisationId, String)>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let organisations = organisations(viewer);
    let rows = sqlx::query!(
        "select advisory_id, organisation_id, ceptoar_id from desk_receipts
         where organisation_id = any ($1) and advisory_id = any ($2) and withdrawn_at is null",
        &organisations,
        &ids
    )
    .fetch_all(tx)
    .await?;
    let told = rows.into_iter().map(|r| (AdvisoryId(r.advisory_id), OrganisationId(r.organisation_id), r.ceptoar_id));
    Ok(told.collect())
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
    /// How it reaches the viewer.
    pub hats: Vec<Hat>,
    /// The issuing organisation's name at that time, in Japanese and English.
    pub issuer: Option<(String, String)>,
    /// Its files and limited sections, as far as the viewer may open them.
    pub parts: Vec<Part>,
}

/// The item, if the viewer may know of it.
pub async fn find(tx: &mut PgConnection, viewer: &Viewer, id: AdvisoryId) -> sqlx::Result<Option<Found>> {
    let Some(facts) = facts(&mut *tx, viewer, &[id]).await?.remove(&id) else { return Ok(None) };
    let (known, readable) = rights_of_reading(facts.state);
    if !can(viewer, known, &facts) {
        return Ok(None);
    }
    let row = sqlx::query!(
        r#"
        select a.number, a.version, a.step as "step: Step", a.state as "state: State", a.level as "level: SharingLevel",
               a.drill, a.created_by, a.created_at,
               a.last_edited_by, a.edits, a.submitted_by, a.published_at, a.answer_due, a.measures_due,
               a.valid_until,
               t.kind as "kind?: Kind", t.title as "title?", t.summary as "summary?", t.impact as "impact?",
               t.countermeasure as "countermeasure?", t.purpose as "purpose?: Purpose",
               t.links as "links?", t.cves as "cves?", t.products as "products?",
               t.origin as "origin?: Source", t.origin_name as "origin_name?", t.origin_conditions as "origin_conditions?",
               n.ja as "issuer_ja?", n.en as "issuer_en?"
        from advisories a
        left join advisory_texts t on t.advisory_id = a.advisory_id and $2
        left join organisations o on o.kind = 'central'
        left join organisation_names n on n.organisation_id = o.organisation_id
         and n.valid @> coalesce((a.published_at at time zone 'Asia/Tokyo')::date, viewer_today())
        where a.advisory_id = $1
        limit 1"#,
        id.0,
        can(viewer, readable, &facts),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let parts = parts::store::open(tx, viewer, id, &facts).await?;
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
            origin: Origin {
                source: r.origin.unwrap_or_default(),
                name: r.origin_name.unwrap_or_default(),
                conditions: r.origin_conditions.unwrap_or_default(),
            },
        }),
        (None, _) | (_, None) => None,
    };
    let hats = facts.hats(viewer);
    Ok(Some(Found {
        envelope: Envelope {
            advisory_id: id,
            number: r.number,
            version: Version { number: r.version, step: r.step },
            state: r.state,
            level: r.level,
            handler_scope: facts.scope_for(&hats),
            drill: r.drill,
            created_by: AccountId(r.created_by),
            created_at: r.created_at,
            last_edited_by: AccountId(r.last_edited_by),
            edits: r.edits,
            submitted_by: r.submitted_by.map(AccountId),
            published_at: r.published_at,
            answer_due: r.answer_due,
            measures_due: r.measures_due,
            valid_until: r.valid_until,
        },
        text,
        case_team: facts.on_case_team(viewer),
        hats,
        issuer: r.issuer_ja.zip(r.issuer_en),
        parts,
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
pub async fn own_answers(tx: &mut PgConnection, hats: &[Hat], id: AdvisoryId) -> sqlx::Result<Vec<Answer>> {
    let rows = sqlx::query!(
        r#"select organisation_id as "organisation_id!", account_id as "account_id!",
                  display_name as "name!", acknowledged_at as "at!"
           from own_acknowledgements($1) order by acknowledged_at"#,
        id.0
    )
    .fetch_all(tx)
    .await?;
    let mine = |id| hats.iter().any(|hat| hat.organisation_id.0 == id && hat.role.acknowledges());
    Ok(rows
        .into_iter()
        .filter(|r| mine(r.organisation_id))
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
