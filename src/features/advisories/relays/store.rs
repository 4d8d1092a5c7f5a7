//! SQL of relays. Decisions are made by functions that ask for the right themselves; what is read passes row security.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::relay::{
    Beside, BypassAsked, BypassStep, Decision, Group, NewDecision, OpenRelay, PastDecision, Relay, RelayState,
    Supplement,
};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::Language;
use crate::kernel::stage::Desk;
use crate::platform::db;
use crate::platform::mail::letter::Letters;

/// The desks that decide about an item, as far as the viewer may know, in the government's sector order.
///
/// # Errors
/// The database's own.
pub async fn relays(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<Relay>> {
    let rows = sqlx::query!(
        r#"select r.ceptoar_id, r.stage as "desk: Desk", r.state as "state: RelayState", r.then_minutes, r.asked_at, r.due_at, r.bypass,
                  r.narrowed,
                  coalesce(n.ja, r.ceptoar_id) as "ja!", coalesce(n.en, r.ceptoar_id) as "en!",
                  exists (select from advisory_audience au
                          where au.advisory_id = r.advisory_id and au.ceptoar_id = r.ceptoar_id
                            and au.stage = r.stage and au.superseded_at is not null) as "old!"
           from relays r join ceptoars c on c.ceptoar_id = r.ceptoar_id join sectors s on s.sector_id = c.sector_id
           left join ceptoar_names n on n.ceptoar_id = r.ceptoar_id and n.valid @> viewer_today()
           where r.advisory_id = $1 order by s.position, c.position, r.ceptoar_id"#,
        id.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let relay = rows.map(|r| Relay {
        ceptoar_id: r.ceptoar_id,
        ceptoar: [r.ja, r.en],
        desk: r.desk,
        state: r.state,
        then: r.then_minutes,
        asked_at: r.asked_at,
        due_at: r.due_at,
        old: r.old,
        bypass: r.bypass,
        narrowed: r.narrowed,
    });
    Ok(relay.collect())
}

/// What was decided at a desk, the newest first.
///
/// # Errors
/// The database's own.
pub async fn decisions(tx: &mut PgConnection, id: AdvisoryId, ceptoar: &str) -> sqlx::Result<Vec<PastDecision>> {
    let all = all_decisions(tx, id).await?.into_iter();
    Ok(all.rev().filter(|(of, _)| of == ceptoar).map(|(_, decision)| decision).collect())
}

/// What was decided at all desks, the oldest first: of which CEPTOAR, and what.
///
/// # Errors
/// The database's own.
pub async fn all_decisions(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<(String, PastDecision)>> {
    let rows = sqlx::query!(
        r#"select d.ceptoar_id, d.stage as "desk: Desk", d.decision as "decision: Decision", d.reason, d.supplement, d.held_until, d.made_at,
                  d.handlers_only,
                  array(select concat_ws(' ', s.code, s.scope) from subgroups s
                        where s.subgroup_id = any (d.groups) order by s.code) as "groups_ja!",
                  array(select concat_ws(' ', s.code, coalesce(nullif(s.scope_en, ''), s.scope)) from subgroups s
                        where s.subgroup_id = any (d.groups) order by s.code) as "groups_en!",
                  n.ja as "ja?", n.en as "en?", d.made_by_name
           from relay_decisions d
           left join organisation_names n
             on n.organisation_id = d.made_by_organisation and n.valid @> (d.made_at at time zone 'Asia/Tokyo')::date
           where d.advisory_id = $1 order by d.made_at, d.ceptoar_id, d.decision_id"#,
        id.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let decision = rows.map(|r| {
        let by = r.ja.zip(r.en).map(|(ja, en)| [ja, en]);
        let past = PastDecision {
            desk: r.desk,
            decision: r.decision,
            reason: r.reason,
            supplement: r.supplement,
            groups: [r.groups_ja, r.groups_en],
            handlers_only: r.handlers_only,
            held_until: r.held_until,
            by,
            person: r.made_by_name,
            at: r.made_at,
        };
        (r.ceptoar_id, past)
    });
    Ok(decision.collect())
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It is made.
    Done,
    /// A colleague was faster, or the time was up.
    TooLate,
    /// Not for this viewer.
    Refused,
}

/// Makes a decision.
///
/// # Errors
/// The database's own.
pub async fn decide(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: &str,
    new: &NewDecision,
    now: DateTime<Utc>,
) -> sqlx::Result<Made> {
    let groups = Some(new.narrowing.groups.as_slice()).filter(|groups| !groups.is_empty());
    let made = sqlx::query_scalar!(
        r#"select relay_decide($1, $2, $3, $4, $5, $6, $7, $8) as "made!""#,
        id.0,
        ceptoar,
        new.decision.code(),
        new.reason,
        new.supplement,
        new.hold.map(|hold| now + hold),
        groups as Option<&[String]>,
        new.narrowing.handlers_only
    )
    .fetch_one(tx)
    .await;
    as_made(made)
}

fn as_made(made: sqlx::Result<bool>) -> sqlx::Result<Made> {
    match made {
        Ok(true) => Ok(Made::Done),
        Ok(false) => Ok(Made::TooLate),
        Err(error) if db::is_forbidden(&error) => Ok(Made::Refused),
        Err(error) => Err(error),
    }
}

/// Takes a step past a desk.
///
/// # Errors
/// The database's own.
pub async fn bypass(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: &str,
    step: BypassStep,
    reason: &str,
) -> sqlx::Result<Made> {
    let made =
        sqlx::query_scalar!(r#"select relay_bypass($1, $2, $3, $4) as "made!""#, id.0, ceptoar, step.code(), reason)
            .fetch_one(tx)
            .await;
    as_made(made)
}

/// Proposals to go past desks that nobody has answered: of one item, or all.
///
/// # Errors
/// The database's own.
pub async fn bypass_asked(tx: &mut PgConnection, id: Option<AdvisoryId>) -> sqlx::Result<Vec<BypassAsked>> {
    sqlx::query_as!(
        BypassAsked,
        r#"select advisory_id as "advisory_id!: AdvisoryId", ceptoar_id as "ceptoar_id!", own as "own!"
           from relay_bypass_asked($1) order by advisory_id, ceptoar_id"#,
        id.map(|id| id.0)
    )
    .fetch_all(tx)
    .await
}

/// Tells the desk that the centre has just gone past it.
///
/// # Errors
/// The database's own.
pub async fn tell_desk(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: &str,
    letters: &Letters,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query_scalar!(
        "select relay_bypass_tell($1, $2, $3, $4, $5, $6, $7)",
        id.0,
        ceptoar,
        &Language::ALL.map(|language| language.code().to_owned()),
        &letters.subjects,
        &letters.bodies,
        &letters.hashes,
        now
    )
    .fetch_one(tx)
    .await
    .map(|_| ())
}

/// What stands beside an item, for whoever has it by way of a desk.
///
/// # Errors
/// The database's own.
pub async fn beside(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Beside> {
    Ok(Beside { supplements: supplements(tx, id).await?, bypassed: bypassed(tx, id).await? })
}

async fn bypassed(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<DateTime<Utc>>> {
    sqlx::query_scalar!(r#"select made_at as "at!" from relays_bypassed($1) order by made_at"#, id.0)
        .fetch_all(tx)
        .await
}

/// The groups of which somebody waits for the desk, for whoever is at it.
///
/// # Errors
/// The database's own.
pub async fn groups(tx: &mut PgConnection, id: AdvisoryId, ceptoar: &str) -> sqlx::Result<Vec<Group>> {
    let rows = sqlx::query!(
        r#"select subgroup_id as "id!", code as "code!", scope as "ja!",
                  coalesce(nullif(scope_en, ''), scope) as "en!", members as "members!"
           from relay_groups($1, $2) order by code, subgroup_id"#,
        id.0,
        ceptoar
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let group = rows.map(|r| Group {
        id: r.id,
        name: [r.ja, r.en].map(|scope| format!("{} {scope}", r.code)),
        members: r.members,
    });
    Ok(group.collect())
}

/// How many members wait for the decision in some groups together.
///
/// # Errors
/// The database's own.
pub async fn waiting_in(tx: &mut PgConnection, id: AdvisoryId, ceptoar: &str, groups: &[String]) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "members!" from advisory_audience au
           where au.advisory_id = $1 and au.ceptoar_id = $2 and au.stage = 'member' and au.held
             and exists (select from memberships m
                         where m.organisation_id = au.organisation_id and m.ceptoar_id = $2 and m.valid @> viewer_today()
                           and (m.subgroup_id = any ($3)
                                or exists (select from group_members g
                                           where g.subgroup_id = any ($3) and g.organisation_id = m.organisation_id
                                             and g.valid @> viewer_today())))"#,
        id.0,
        ceptoar,
        groups
    )
    .fetch_one(tx)
    .await
}

/// How many members wait for the decision.
///
/// # Errors
/// The database's own.
pub async fn waiting_members(tx: &mut PgConnection, id: AdvisoryId, ceptoar: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "members!" from advisory_audience
           where advisory_id = $1 and ceptoar_id = $2 and stage = 'member' and held"#,
        id.0,
        ceptoar
    )
    .fetch_one(tx)
    .await
}

/// What desks added to an item, for whoever has it through them.
///
/// # Errors
/// The database's own.
async fn supplements(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<Supplement>> {
    let rows = sqlx::query!(
        r#"select s.supplement as "text!", s.made_at as "at!", coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from relay_supplements($1) s
           left join organisation_names n
             on n.organisation_id = s.organisation_id and n.valid @> (s.made_at at time zone 'Asia/Tokyo')::date
           order by s.made_at"#,
        id.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| Supplement { text: r.text, by: [r.ja, r.en], at: r.at }).collect())
}

/// What waits for a decision at some secretariats, or at the viewer's ministry, the most pressing first.
///
/// # Errors
/// The database's own.
pub async fn open(tx: &mut PgConnection, desks: &[String]) -> sqlx::Result<Vec<OpenRelay>> {
    let rows = sqlx::query!(
        r#"select r.advisory_id, a.number, r.ceptoar_id, r.stage as "desk: Desk", r.due_at,
                  coalesce(n.ja, r.ceptoar_id) as "ja!", coalesce(n.en, r.ceptoar_id) as "en!"
           from relays r join advisories a using (advisory_id)
           left join ceptoar_names n on n.ceptoar_id = r.ceptoar_id and n.valid @> viewer_today()
           where r.state in ('waiting', 'held')
             and r.ceptoar_id = any (case r.stage when 'ministry' then viewer_ministry_ceptoars() else $1 end)
           order by r.due_at, a.number"#,
        desks
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let open = rows.map(|r| OpenRelay {
        advisory_id: AdvisoryId(r.advisory_id),
        number: r.number,
        ceptoar_id: r.ceptoar_id,
        desk: r.desk,
        ceptoar: [r.ja, r.en],
        due_at: r.due_at,
    });
    Ok(open.collect())
}

/// An item whose time is up at the desk of a CEPTOAR.
#[derive(Debug, Clone)]
pub struct TimeUp {
    /// Which item.
    pub advisory_id: AdvisoryId,
    /// Whose desk.
    pub ceptoar_id: String,
    /// The database's code of what went wrong; none where it went on.
    pub problem: Option<String>,
}

/// Lets everything go on that nobody decided about in time. What is wrong with one item keeps no other one back.
///
/// # Errors
/// The database's own.
pub async fn time_up(tx: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Vec<TimeUp>> {
    let rows = sqlx::query!(
        r#"select advisory_id as "advisory_id!", ceptoar_id as "ceptoar_id!", problem from relay_time_up($1)"#,
        now
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let time_up =
        rows.map(|r| TimeUp { advisory_id: AdvisoryId(r.advisory_id), ceptoar_id: r.ceptoar_id, problem: r.problem });
    Ok(time_up.collect())
}
