//! SQL of the former members. Whoever is another CEPTOAR's meanwhile is not among them.

use sqlx::PgConnection;

use super::Former;
use crate::kernel::ids::OrganisationId;

/// How many are shown at once.
pub const PAGE: usize = 50;

/// Former members with something in one of their names, also those of before; all without a pattern. One more than a page.
pub async fn search(tx: &mut PgConnection, ceptoar_id: &str, pattern: Option<&str>) -> sqlx::Result<Vec<Former>> {
    let rows = sqlx::query!(
        r#"select m.organisation_id as "organisation_id: OrganisationId", coalesce(n.ja, '') as "ja!",
                  coalesce(n.en, '') as "en!", m.left_on as "left_on!"
           from (select organisation_id, max(upper(valid)) as left_on from memberships where ceptoar_id = $1
                 group by organisation_id
                 having bool_and(not upper_inf(valid) and upper(valid) <= viewer_today())) m
           left join lateral (
             select x.ja, x.en, x.reading from organisation_names x where x.organisation_id = m.organisation_id
             order by lower(x.valid) desc nulls last limit 1) n on true
           where directory_returns($1, m.organisation_id)
             and ($2::text is null or exists (
               select from organisation_names x where x.organisation_id = m.organisation_id
                 and folded_name(x.ja, x.reading, x.en) like $2))
           order by n.reading, m.organisation_id limit 51"#,
        ceptoar_id,
        pattern
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| Former { organisation_id: r.organisation_id, name: [r.ja, r.en], left_on: r.left_on }).collect())
}

/// Former members that were called so, or are read so.
pub async fn called(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    (ja, reading): (&str, &str),
) -> sqlx::Result<Vec<OrganisationId>> {
    sqlx::query_scalar!(
        r#"select m.organisation_id as "organisation_id: OrganisationId"
           from (select organisation_id from memberships where ceptoar_id = $1 group by organisation_id
                 having bool_and(not upper_inf(valid) and upper(valid) <= viewer_today())) m
           where directory_returns($1, m.organisation_id) and exists (
             select from organisation_names x where x.organisation_id = m.organisation_id
               and (folded_name(x.ja, '', '') = folded_name($2, '', '')
                    or folded_name('', x.reading, '') = folded_name('', $3, '')))"#,
        ceptoar_id,
        ja,
        reading
    )
    .fetch_all(tx)
    .await
}
