//! SQL of leaving groups. Row security decides again about every row.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::features::directory::roster::store::PastChange;

/// Members leave all groups of a CEPTOAR, each from its own day on. What was planned for later never holds.
pub async fn leave(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisations: &[Uuid],
    days: &[NaiveDate],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update group_members g
         set valid = case when lower(g.valid) >= u.day then 'empty' else daterange(lower(g.valid), u.day) end
         from unnest($2::uuid[], $3::date[]) u (id, day)
         where g.ceptoar_id = $1 and g.organisation_id = u.id and (upper_inf(g.valid) or upper(g.valid) > u.day)",
        ceptoar_id,
        organisations,
        days
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A leaving is taken back: parts that it cut go on as before, as long as their groups do; and so do those that began
/// since, which could be no longer than the membership. Whoever was taken out of a group meanwhile stays out.
pub async fn rejoin(tx: &mut PgConnection, ceptoar_id: &str, plan: &PastChange) -> sqlx::Result<()> {
    sqlx::query!(
        "update group_members g set valid = f.valid * s.valid
         from directory_versions v cross join lateral jsonb_populate_record(null::group_members, v.fact) f
         join subgroups s on s.subgroup_id = f.subgroup_id
         where v.change_id = $1 and v.relation = 'group_members' and g.fact_id = v.fact_id
           and (isempty(g.valid) or upper(g.valid) = $2)
           and not exists (select from directory_changes e
                           where e.subject = 'group_member' and e.kind = 'ending' and e.organisation_id = g.organisation_id
                             and e.subgroup_id = g.subgroup_id and e.made_at > $3)",
        plan.change_id,
        plan.effective_on,
        plan.at
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update group_members g set valid = daterange(lower(g.valid), null) * s.valid * w.whole
         from directory_changes p, subgroups s, lateral (
           select unnest(range_agg(m.valid)) as whole from memberships m
           where m.ceptoar_id = p.ceptoar_id and m.organisation_id = p.organisation_id) w
         where p.change_id = $1 and p.ceptoar_id = $2
           and g.ceptoar_id = p.ceptoar_id and g.organisation_id = p.organisation_id and s.subgroup_id = g.subgroup_id
           and upper(g.valid) = p.effective_on and g.recorded_at > p.made_at and w.whole @> lower(g.valid)
           and not exists (select from directory_changes e
                           where e.subject = 'group_member' and e.kind = 'ending' and e.organisation_id = g.organisation_id
                             and e.subgroup_id = g.subgroup_id and e.made_at >= g.recorded_at)",
        plan.change_id,
        ceptoar_id
    )
    .execute(tx)
    .await
    .map(|_| ())
}
