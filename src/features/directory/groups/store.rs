//! SQL of groups. Row security decides again about every row that is read or written.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::group::{Group, GroupWords, Kind, Member};
use crate::features::directory::roster::changes::{Actor, Change};
use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::sheet::{Dated, Period};
use crate::kernel::ids::OrganisationId;

/// The end of a group that was registered and has not come.
#[derive(Debug, Clone)]
pub struct PlannedEnd {
    /// Which change it was.
    pub change_id: Uuid,
    /// When it was registered.
    pub made_at: DateTime<Utc>,
    /// The first day without the group.
    pub effective_on: NaiveDate,
    /// The first day without it as it was before; none if no end was known.
    pub until: Option<NaiveDate>,
}

/// How many members a page lists.
pub const PAGE: i64 = 100;

/// The groups of a CEPTOAR, those of the past and to come as well; numbers as of a day. One alone where it is asked for.
/// As they were said to be where `until` is given: what was recorded before it counts.
///
/// # Errors
/// The database's own.
pub async fn load(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    day: NaiveDate,
    group: Option<&str>,
    until: Option<DateTime<Utc>>,
) -> sqlx::Result<Vec<Group>> {
    // Whoever may not know how many there are (`group_sizes`) sees themselves at most.
    let rows = sqlx::query!(
        r#"select s.subgroup_id as "subgroup_id!", s.kind as "kind!: Kind", s.code as "code!", s.scope as "scope!",
                  s.scope_en as "scope_en!", s.kept_by = 'desk' as "of_desk!",
                  lower(s.valid) as since, upper(s.valid) as until,
                  coalesce(m.named, greatest(z.members, p.there), 0) as "counted!", coalesce(p.listed, 0) as "listed!", p.at
           from subgroups_said($4) s
           left join (select subgroup_id, count(*) as named from memberships_said($4)
                      where ceptoar_id = $1 and valid @> $2::date group by subgroup_id) m using (subgroup_id)
           left join group_sizes($1, $2) z on z.subgroup_id = s.subgroup_id and $4::timestamptz is null
           left join (select subgroup_id, count(*) filter (where valid @> $2::date) as there,
                             count(*) filter (where upper_inf(valid) or upper(valid) > $2) as listed, max(recorded_at) as at
                      from group_members_said($4) where ceptoar_id = $1 and ($3::text is null or subgroup_id = $3)
                      group by subgroup_id) p on p.subgroup_id = s.subgroup_id
           where s.ceptoar_id = $1 and not isempty(s.valid) and ($3::text is null or s.subgroup_id = $3)
           order by s.kind desc, s.code, lower(s.valid) nulls first"#,
        ceptoar_id,
        day,
        group,
        until
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let group = rows.map(|r| Group {
        group_id: r.subgroup_id,
        kind: r.kind,
        words: GroupWords { code: r.code, scope: r.scope, scope_en: r.scope_en },
        of_desk: r.of_desk,
        valid: Period { from: r.since, until: r.until },
        counted: r.counted,
        listed: r.listed,
        members_at: r.at,
    });
    Ok(group.collect())
}

/// Who is in a cross-cutting group on a day or later, by reading: as many as a page lists and one more, or the one that is
/// asked for alone; as they were said to be where `until` is given.
///
/// # Errors
/// The database's own.
pub async fn parts(
    tx: &mut PgConnection,
    (ceptoar_id, group): (&str, &str),
    day: NaiveDate,
    until: Option<DateTime<Utc>>,
    (fact, skip): (Option<Uuid>, i64),
) -> sqlx::Result<Vec<Dated<Member>>> {
    let rows = sqlx::query!(
        r#"select g.fact_id as "fact_id!", g.organisation_id as "organisation_id!: OrganisationId",
                  coalesce(n.ja, '') as "ja!", coalesce(nullif(n.en, ''), n.ja, '') as "en!",
                  lower(g.valid) as since, upper(g.valid) as until
           from group_members_said($7) g
           left join lateral (
             select x.ja, x.en, x.reading from organisation_names_said($7) x where x.organisation_id = g.organisation_id
             order by x.valid @> $3::date desc, lower(x.valid) desc nulls last limit 1) n on true
           where g.ceptoar_id = $1 and g.subgroup_id = $2 and not isempty(g.valid)
             and case when $4::uuid is null then upper_inf(g.valid) or upper(g.valid) > $3 else g.fact_id = $4 end
           order by n.reading, g.organisation_id, lower(g.valid) limit $5 offset $6"#,
        ceptoar_id,
        group,
        day,
        fact,
        PAGE + 1,
        skip,
        until
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let part = rows.map(|r| Dated {
        fact_id: r.fact_id,
        valid: Period { from: r.since, until: r.until },
        value: Member { organisation_id: r.organisation_id, name: [r.ja, r.en] },
    });
    Ok(part.collect())
}

/// How many are in a cross-cutting group on a day or later; of one member alone, whether it is.
///
/// # Errors
/// The database's own.
pub async fn staying(
    tx: &mut PgConnection,
    group: &str,
    day: NaiveDate,
    member: Option<OrganisationId>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "staying!" from group_members
           where subgroup_id = $1 and not isempty(valid) and (upper_inf(valid) or upper(valid) > $2)
             and ($3::uuid is null or organisation_id = $3)"#,
        group,
        day,
        member.map(|member| member.0)
    )
    .fetch_one(tx)
    .await
}

/// The cross-cutting groups that a member is or will be in on a day or later: short name and period.
///
/// # Errors
/// The database's own.
pub async fn of_member(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    day: NaiveDate,
) -> sqlx::Result<Vec<(String, Period)>> {
    let rows = sqlx::query!(
        r#"select s.code, lower(g.valid) as since, upper(g.valid) as until
           from group_members g join subgroups s on s.subgroup_id = g.subgroup_id
           where g.ceptoar_id = $1 and g.organisation_id = $2 and not isempty(g.valid)
             and (upper_inf(g.valid) or upper(g.valid) > $3)
           order by lower(g.valid), s.code"#,
        ceptoar_id,
        organisation.0,
        day
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| (r.code, Period { from: r.since, until: r.until })).collect())
}

/// Whether the viewer sees how many are in each group because they look over the CEPTOAR for its ministry.
///
/// # Errors
/// The database's own.
pub async fn is_overseen(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select coalesce($1 = any (viewer_ministry_ceptoars()), false) as "overseen!""#, ceptoar_id)
        .fetch_one(tx)
        .await
}

/// Whether another group of the CEPTOAR is called so on one of these days.
///
/// # Errors
/// The database's own.
pub async fn is_called(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    code: &str,
    valid: Period,
    but: Option<&str>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from subgroups s where s.ceptoar_id = $1 and lower(s.code) = lower($2)
                          and s.valid && daterange($3, $4) and s.subgroup_id is distinct from $5) as "there!""#,
        ceptoar_id,
        code,
        valid.from,
        valid.until,
        but
    )
    .fetch_one(tx)
    .await
}

/// How many members name a subgroup on a day or later.
///
/// # Errors
/// The database's own.
pub async fn named_from(tx: &mut PgConnection, group: &str, on: NaiveDate) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(distinct organisation_id) as "named!" from memberships
           where subgroup_id = $1 and not isempty(valid) and (upper_inf(valid) or upper(valid) > $2)"#,
        group,
        on
    )
    .fetch_one(tx)
    .await
}

/// Members of the CEPTOAR on a day whose names match, up to a limit: whoever is called exactly so first.
///
/// # Errors
/// The database's own.
pub async fn matching(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    on: NaiveDate,
    (pattern, name): (&str, &str),
    limit: i64,
) -> sqlx::Result<Vec<Member>> {
    let rows = sqlx::query!(
        r#"select m.organisation_id as "organisation_id: OrganisationId", n.ja, coalesce(nullif(n.en, ''), n.ja) as "en!"
           from memberships m join organisation_names n on n.organisation_id = m.organisation_id and n.valid @> $2::date
           where m.ceptoar_id = $1 and m.valid @> $2::date and folded_name(n.ja, n.reading, n.en) like $3
           order by n.ja = $5 or n.en = $5 desc, n.reading, m.organisation_id limit $4"#,
        ceptoar_id,
        on,
        pattern,
        limit,
        name
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| Member { organisation_id: r.organisation_id, name: [r.ja, r.en] }).collect())
}

/// A new group from a day on.
///
/// # Errors
/// The database's own, also where another one is called so.
pub async fn add(
    tx: &mut PgConnection,
    (ceptoar_id, group): (&str, &str),
    kind: Kind,
    on: NaiveDate,
    words: &GroupWords,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into subgroups (subgroup_id, ceptoar_id, kind, code, scope, scope_en, valid)
         values ($1, $2, $3, $4, $5, $6, daterange($7, null))",
        group,
        ceptoar_id,
        kind.code(),
        words.code,
        words.scope,
        words.scope_en,
        on
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// What is said of a group was wrong.
///
/// # Errors
/// The database's own, also where another one is called so.
pub async fn correct(tx: &mut PgConnection, group: &str, words: &GroupWords) -> sqlx::Result<()> {
    sqlx::query!(
        "update subgroups set code = $2, scope = $3, scope_en = $4 where subgroup_id = $1",
        group,
        words.code,
        words.scope,
        words.scope_en
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A member of the CEPTOAR is in a group from a day on, as long as it is a member and the group is there. Whether it could
/// be done: not where one of these is not so on that day.
///
/// # Errors
/// The database's own, also where it is in it already.
pub async fn join(
    tx: &mut PgConnection,
    (ceptoar_id, group): (&str, &str),
    organisation: OrganisationId,
    on: NaiveDate,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into group_members (subgroup_id, ceptoar_id, organisation_id, valid)
         select s.subgroup_id, s.ceptoar_id, $3, daterange($4, null) * s.valid * w.whole
         from subgroups s
         cross join lateral (select unnest(range_agg(m.valid)) as whole from memberships m
                             where m.ceptoar_id = s.ceptoar_id and m.organisation_id = $3) w
         where s.ceptoar_id = $1 and s.subgroup_id = $2 and s.valid @> $4::date and w.whole @> $4::date",
        ceptoar_id,
        group,
        organisation.0,
        on
    );
    Ok(done.execute(tx).await?.rows_affected() == 1)
}

/// A member's part holds no longer from a day on; one that was to begin on that very day never holds.
///
/// # Errors
/// The database's own.
pub async fn leave(tx: &mut PgConnection, ceptoar_id: &str, fact: Uuid, on: NaiveDate) -> sqlx::Result<()> {
    sqlx::query!(
        "update group_members set valid = daterange(lower(valid), $3) where ceptoar_id = $1 and fact_id = $2",
        ceptoar_id,
        fact,
        on
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A group is there no longer from a day on. The parts first: a group does not end under those who are in it.
///
/// # Errors
/// The database's own, also where memberships name it.
pub async fn end(tx: &mut PgConnection, group: &str, on: NaiveDate) -> sqlx::Result<()> {
    sqlx::query!(
        "update group_members set valid = case when lower(valid) >= $2 then 'empty' else daterange(lower(valid), $2) end
         where subgroup_id = $1 and (upper_inf(valid) or upper(valid) > $2)",
        group,
        on
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("update subgroups set valid = daterange(lower(valid), $2) where subgroup_id = $1", group, on)
        .execute(tx)
        .await
        .map(|_| ())
}

/// The registered end of a group that has not come: which change it was, and the first day without the group.
///
/// # Errors
/// The database's own.
pub async fn planned_end(tx: &mut PgConnection, group: &str) -> sqlx::Result<Option<PlannedEnd>> {
    sqlx::query_as!(
        PlannedEnd,
        r#"select h.change_id, h.made_at, h.effective_on, upper(v.before) as until
           from subgroups s
           join directory_changes h on h.subgroup_id = s.subgroup_id and h.subject = 'group' and h.kind = 'ending'
            and h.effective_on = upper(s.valid)
           cross join lateral (
             select (jsonb_populate_record(null::subgroups, o.fact)).valid as before from directory_versions o
             where o.change_id = h.change_id and o.relation = 'subgroups') v
           where s.subgroup_id = $1 and upper(s.valid) > viewer_today()
           order by h.made_at desc limit 1"#,
        group
    )
    .fetch_optional(tx)
    .await
}

/// A group goes on as it would have without its registered end, and so do the parts in it that the end cut, those that
/// began since among them; each as long as its member is one of the CEPTOAR. Whoever was taken out meanwhile stays out.
///
/// # Errors
/// The database's own, also where another group is called so by then.
pub async fn go_on(tx: &mut PgConnection, group: &str, end: &PlannedEnd) -> sqlx::Result<()> {
    sqlx::query!("update subgroups set valid = daterange(lower(valid), $2) where subgroup_id = $1", group, end.until)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "update group_members g
         set valid = case when o.valid is null then daterange(lower(g.valid), $4) else o.valid end * w.whole
         from (select p.fact_id, p.ceptoar_id, p.organisation_id, f.valid from group_members p
               left join directory_versions v
                 on v.change_id = $2 and v.relation = 'group_members' and v.fact_id = p.fact_id
               left join lateral jsonb_populate_record(null::group_members, v.fact) f on true
               where p.subgroup_id = $1 and case when isempty(p.valid) then f.valid is not null else upper(p.valid) = $3 end
                 and not exists (select from directory_changes e
                                 where e.subject = 'group_member' and e.kind = 'ending' and e.subgroup_id = p.subgroup_id
                                   and e.organisation_id = p.organisation_id and e.made_at > $5)) o,
              lateral (select unnest(range_agg(m.valid)) as whole from memberships m
                       where m.ceptoar_id = o.ceptoar_id and m.organisation_id = o.organisation_id) w
         where g.fact_id = o.fact_id and w.whole @> coalesce(lower(o.valid), lower(g.valid))",
        group,
        end.change_id,
        end.effective_on,
        end.until,
        end.made_at
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Writes into the history of each member that its part ends with the group, or goes on with it.
///
/// # Errors
/// The database's own.
pub async fn record_parting(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    (ceptoar_id, group): (&str, &str),
    change: &Change,
    kind: &str,
    before: &[Line],
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into directory_changes (change_id, kind, subject, organisation_id, ceptoar_id, subgroup_id, effective_on,
                                        reason, before, after, made_by, made_by_organisation, made_at)
         select gen_random_uuid(), $9, 'group_member', g.organisation_id, $1, $2, $3, $4, $5, '[]', $6, $7, $8
         from group_members g
         where g.ceptoar_id = $1 and g.subgroup_id = $2 and not isempty(g.valid)
           and (upper_inf(g.valid) or upper(g.valid) > $3)",
        ceptoar_id,
        group,
        change.on,
        change.reason,
        serde_json::to_value(before).unwrap_or_default(),
        actor.viewer.account_id.0,
        actor.organisation.0,
        actor.now,
        kind
    )
    .execute(tx)
    .await
    .map(|_| ())
}
