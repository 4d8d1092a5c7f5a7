//! SQL of leaving groups. Row security decides again about every row.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

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

/// Parts that a change ended go on as before, as long as their groups do.
pub async fn rejoin(tx: &mut PgConnection, change: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update group_members g set valid = f.valid * s.valid
         from directory_versions v cross join lateral jsonb_populate_record(null::group_members, v.fact) f
         join subgroups s on s.subgroup_id = f.subgroup_id
         where v.change_id = $1 and v.relation = 'group_members' and g.fact_id = v.fact_id",
        change
    )
    .execute(tx)
    .await
    .map(|_| ())
}
