//! SQL of partner bodies. Row security decides again about every row that is written.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::partner::{Kind, Partner, PartnerRole, Partnership};
use crate::features::directory::roster::sheet::{Dated, Name, Period};
use crate::kernel::ids::OrganisationId;

/// The partner bodies of a CEPTOAR by reading, those of the past and to come as well; names and windows as of a day.
/// One alone where it is asked for. As they were said to be where `until` is given: what was recorded before it counts.
///
/// # Errors
/// The database's own.
pub async fn load(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    day: NaiveDate,
    organisation: Option<OrganisationId>,
    until: Option<DateTime<Utc>>,
) -> sqlx::Result<Vec<Partner>> {
    let rows = sqlx::query!(
        r#"select p.fact_id as "fact_id!", p.organisation_id as "organisation_id!: OrganisationId",
                  o.partner_kind as "kind!: Kind", coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!",
                  p.role as "role!: PartnerRole", p.basis as "basis!", lower(p.valid) as since, upper(p.valid) as until,
                  (select count(*) from contacts_said($4) k
                   where k.organisation_id = p.organisation_id and k.ceptoar_id = p.ceptoar_id and k.valid @> $2::date
                     and exists (select from contact_channels_said($4) c
                                 where c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> $2::date)) as "windows!"
           from partnerships_said($4) p
           join organisations o on o.organisation_id = p.organisation_id
           left join lateral (
             select x.ja, x.en, x.reading from organisation_names_said($4) x where x.organisation_id = p.organisation_id
             order by x.valid @> $2::date desc, lower(x.valid) desc nulls last limit 1) n on true
           where p.ceptoar_id = $1 and not isempty(p.valid) and ($3::uuid is null or p.organisation_id = $3)
           order by n.reading, p.organisation_id,
                    array_position(array['passes_on', 'analyses', 'sits_in'], p.role), lower(p.valid) nulls first"#,
        ceptoar_id,
        day,
        organisation.map(|o| o.0),
        until
    );
    let mut partners: Vec<Partner> = Vec::new();
    for r in rows.fetch_all(tx).await? {
        let fact = Dated {
            fact_id: r.fact_id,
            valid: Period { from: r.since, until: r.until },
            value: Partnership { role: r.role, basis: r.basis },
        };
        match partners.last_mut().filter(|partner| partner.organisation_id == r.organisation_id) {
            Some(partner) => partner.partnerships.push(fact),
            None => partners.push(Partner {
                organisation_id: r.organisation_id,
                kind: r.kind,
                // The portal names a body of a partner in English where it is known.
                name: [r.ja.clone(), if r.en.is_empty() { r.ja } else { r.en }],
                partnerships: vec![fact],
                windows: r.windows,
            }),
        }
    }
    Ok(partners)
}

/// Whether a partner body of the CEPTOAR is called so on a day or later.
///
/// # Errors
/// The database's own.
pub async fn is_called(tx: &mut PgConnection, ceptoar_id: &str, ja: &str, day: NaiveDate) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
             select from partnerships p join organisation_names n on n.organisation_id = p.organisation_id
             where p.ceptoar_id = $1 and n.ja = $2 and (upper_inf(n.valid) or upper(n.valid) > $3)
               and (upper_inf(p.valid) or upper(p.valid) > $3)) as "there!""#,
        ceptoar_id,
        ja,
        day
    )
    .fetch_one(tx)
    .await
}

/// A new body. The role first: who writes the name is judged by it.
///
/// # Errors
/// The database's own.
pub async fn add(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    (kind, demonstration): (Kind, bool),
    (on, name): (NaiveDate, &Name),
    partnership: &Partnership,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into organisations (organisation_id, kind, partner_kind, demonstration) values ($1, 'partner', $2, $3)",
        organisation.0,
        kind.code(),
        demonstration
    )
    .execute(&mut *tx)
    .await?;
    add_role(tx, ceptoar_id, organisation, on, partnership).await?;
    sqlx::query!(
        "insert into organisation_names (organisation_id, ja, en, reading, valid, precision)
         values ($1, $2, $3, $4, daterange($5, null), 'day')",
        organisation.0,
        name.ja,
        name.en,
        name.reading,
        on
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A role from a day on.
///
/// # Errors
/// The database's own, also where the body has that role on one of these days.
pub async fn add_role(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    on: NaiveDate,
    partnership: &Partnership,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into partnerships (fact_id, ceptoar_id, organisation_id, role, basis, valid)
         values (gen_random_uuid(), $1, $2, $3, $4, daterange($5, null))",
        ceptoar_id,
        organisation.0,
        partnership.role.code(),
        partnership.basis,
        on
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A role holds no longer from a day on; one that was to begin on that very day never holds.
///
/// # Errors
/// The database's own.
pub async fn end(tx: &mut PgConnection, ceptoar_id: &str, partnership: Uuid, on: NaiveDate) -> sqlx::Result<()> {
    sqlx::query!(
        "update partnerships set valid = daterange(lower(valid), $3) where ceptoar_id = $1 and fact_id = $2",
        ceptoar_id,
        partnership,
        on
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A role was another, or held on other days; on none where it never was one.
///
/// # Errors
/// The database's own, also where the body has that role on one of these days.
pub async fn correct(
    tx: &mut PgConnection,
    (ceptoar_id, fact): (&str, Uuid),
    partnership: &Partnership,
    valid: Option<Period>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update partnerships set role = $3, basis = $4, valid = case when $5 then daterange($6, $7) else 'empty' end
         where ceptoar_id = $1 and fact_id = $2",
        ceptoar_id,
        fact,
        partnership.role.code(),
        partnership.basis,
        valid.is_some(),
        valid.and_then(|valid| valid.from),
        valid.and_then(|valid| valid.until)
    )
    .execute(tx)
    .await
    .map(|_| ())
}
