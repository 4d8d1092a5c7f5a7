//! SQL of taking a plan back, by what `directory_versions` keeps of it. Row security decides about every row again.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::features::directory::roster::store::PastChange;
use crate::kernel::ids::OrganisationId;

/// Whether what a change replaced is kept.
pub async fn is_remembered(tx: &mut PgConnection, change: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from directory_versions where change_id = $1) as "remembered!""#,
        change
    )
    .fetch_one(tx)
    .await
}

/// The rows that a change made go: they were recorded in its moment, and altered none that was there. What came of one
/// proposal may be recorded in one moment, a name and a membership, and each is taken back alone.
pub async fn drop_made(tx: &mut PgConnection, organisation: OrganisationId, plan: &PastChange) -> sqlx::Result<()> {
    if plan.subject == "name" {
        return drop_names(tx, organisation, plan).await;
    }
    sqlx::query!(
        "delete from contact_channels c where c.recorded_at = $2
         and c.contact_id in (select k.contact_id from contacts k where k.organisation_id = $3)
         and c.fact_id not in (select v.fact_id from directory_versions v where v.change_id = $1)",
        plan.change_id,
        plan.at,
        organisation.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from contacts c where c.recorded_at = $2 and c.organisation_id = $3
         and c.fact_id not in (select v.fact_id from directory_versions v where v.change_id = $1)",
        plan.change_id,
        plan.at,
        organisation.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from memberships c where c.recorded_at = $2 and c.organisation_id = $3
         and c.fact_id not in (select v.fact_id from directory_versions v where v.change_id = $1)",
        plan.change_id,
        plan.at,
        organisation.0
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn drop_names(tx: &mut PgConnection, organisation: OrganisationId, plan: &PastChange) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from organisation_names c where c.recorded_at = $2 and c.organisation_id = $3
         and c.fact_id not in (select v.fact_id from directory_versions v where v.change_id = $1)",
        plan.change_id,
        plan.at,
        organisation.0
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// The rows that a change altered say again what they said.
pub async fn restore(tx: &mut PgConnection, change: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update memberships c set subgroup_id = f.subgroup_id, unit = f.unit, hub = f.hub, kind = coalesce(f.kind, 'full'),
                               valid = coalesce(f.valid * s.valid, f.valid)
         from directory_versions v cross join lateral jsonb_populate_record(null::memberships, v.fact) f
         left join subgroups s on s.subgroup_id = f.subgroup_id
         where v.change_id = $1 and v.relation = 'memberships' and c.fact_id = v.fact_id",
        change
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update organisation_names c set ja = f.ja, en = f.en, reading = f.reading, valid = f.valid, precision = f.precision
         from directory_versions v cross join lateral jsonb_populate_record(null::organisation_names, v.fact) f
         where v.change_id = $1 and v.relation = 'organisation_names' and c.fact_id = v.fact_id",
        change
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update contacts c set position = f.position, label = f.label, handler = f.handler, language = f.language, valid = f.valid
         from directory_versions v cross join lateral jsonb_populate_record(null::contacts, v.fact) f
         where v.change_id = $1 and v.relation = 'contacts' and c.fact_id = v.fact_id",
        change
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update contact_channels c set position = f.position, kind = f.kind, value = f.value, hours = f.hours, last_verified_on = f.last_verified_on, valid = f.valid
         from directory_versions v cross join lateral jsonb_populate_record(null::contact_channels, v.fact) f
         where v.change_id = $1 and v.relation = 'contact_channels' and c.fact_id = v.fact_id",
        change
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// The rows that a change took back are there again.
pub async fn bring_back(tx: &mut PgConnection, change: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into memberships (ceptoar_id, organisation_id, subgroup_id, unit, hub, kind, valid)
         select f.ceptoar_id, f.organisation_id, f.subgroup_id, f.unit, f.hub, coalesce(f.kind, 'full'),
                coalesce(f.valid * s.valid, f.valid)
         from directory_versions v cross join lateral jsonb_populate_record(null::memberships, v.fact) f
         left join subgroups s on s.subgroup_id = f.subgroup_id
         where v.change_id = $1 and v.relation = 'memberships'
           and not exists (select from memberships c where c.fact_id = v.fact_id)",
        change
    )
    .execute(&mut *tx)
    .await?;
    // Where the subgroup of before ends meanwhile, the member stays on without one.
    sqlx::query!(
        "insert into memberships (ceptoar_id, organisation_id, unit, hub, kind, valid)
         select f.ceptoar_id, f.organisation_id, f.unit, f.hub, coalesce(f.kind, 'full'),
                daterange(greatest(lower(f.valid), upper(s.valid)), upper(f.valid))
         from directory_versions v cross join lateral jsonb_populate_record(null::memberships, v.fact) f
         join subgroups s on s.subgroup_id = f.subgroup_id
         where v.change_id = $1 and v.relation = 'memberships' and not upper_inf(s.valid)
           and (upper_inf(f.valid) or upper(f.valid) > upper(s.valid))",
        change
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
         select f.contact_id, f.organisation_id, f.ceptoar_id, f.position, f.label, f.handler, f.language, f.valid
         from directory_versions v cross join lateral jsonb_populate_record(null::contacts, v.fact) f
         where v.change_id = $1 and v.relation = 'contacts'
           and not exists (select from contacts c where c.fact_id = v.fact_id)",
        change
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into contact_channels (contact_id, position, kind, value, hours, last_verified_on, valid)
         select f.contact_id, f.position, f.kind, f.value, f.hours, f.last_verified_on, f.valid
         from directory_versions v cross join lateral jsonb_populate_record(null::contact_channels, v.fact) f
         where v.change_id = $1 and v.relation = 'contact_channels'
           and not exists (select from contact_channels c where c.fact_id = v.fact_id)",
        change
    )
    .execute(tx)
    .await
    .map(|_| ())
}
