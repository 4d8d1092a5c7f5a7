//! SQL of a CEPTOAR's history.

use anyhow::Context;
use sqlx::PgConnection;

use super::fact::{Fact, Lane};
use crate::kernel::period::{Precision, thousands};

/// All dated facts of a CEPTOAR, oldest first in each lane.
///
/// # Errors
/// The database's own.
pub async fn facts(tx: &mut PgConnection, ceptoar_id: &str) -> anyhow::Result<Vec<Fact>> {
    let rows = sqlx::query!(
        r#"select f.lane as "lane!", f.ja as "ja!", f.en as "en!", f.number, lower(f.valid) as since, upper(f.valid) as until,
                  f.precision::text as "precision!"
           from (
             select 1 as lane, n.ja, n.en, null::integer as number, n.valid, n.precision, 0 as position
             from ceptoar_names n where n.ceptoar_id = $1
             union all
             select 2, o.ja || coalesce(' ' || t.unit, ''), o.en || coalesce(', ' || t.unit_en, ''), null, t.valid,
                    t.precision, t.position
             from secretariat_terms t
             join lateral (select x.ja, x.en from organisation_names x where x.organisation_id = t.organisation_id
                           order by x.valid @> coalesce(lower(t.valid), viewer_today()) desc, lower(x.valid) desc nulls last
                           limit 1) o on true
             where t.ceptoar_id = $1
             union all
             select 3, o.ja || coalesce('(' || m.part_ja || ')', ''), o.en || coalesce(' (' || m.part_en || ')', ''),
                    null, m.valid, m.precision, 0
             from ceptoars c
             join sector_ministries m on m.sector_id = c.sector_id
             join lateral (select x.ja, x.en from organisation_names x where x.organisation_id = m.organisation_id
                           order by x.valid @> coalesce(lower(m.valid), viewer_today()) desc, lower(x.valid) desc nulls last
                           limit 1) o on true
             where c.ceptoar_id = $1
             union all
             select 4, k.unit, k.unit, k.value, k.valid, k.precision, 0 from member_counts k where k.ceptoar_id = $1
             union all
             select 5, case t.status when 'member' then '構成員' else 'オブザーバー' end,
                    case t.status when 'member' then 'Member' else 'Observer' end, null, t.valid, t.precision, 0
             from council_terms t where t.ceptoar_id = $1
             union all
             select 6, n.ja || case m.role when 'observer' then '(オブザーバー)' else '' end,
                    n.en || case m.role when 'observer' then ' (observer)' else '' end, null, m.valid, m.precision, 0
             from federation_members m
             join lateral (select x.ja, x.en from federation_names x where x.federation_id = m.federation_id
                           order by x.valid @> coalesce(lower(m.valid), viewer_today()) desc, lower(x.valid) desc nulls last
                           limit 1) n on true
             where m.ceptoar_id = $1
             union all
             -- Of those that were always there nothing is known to have changed.
             select 7, s.code, s.code, null, s.valid, 'day', 0
             from subgroups s where s.ceptoar_id = $1 and s.valid <> '(,)' and not isempty(s.valid)) f
           order by f.lane, lower(f.valid) nulls first, f.position, f.number desc nulls last, f.ja"#,
        ceptoar_id
    )
    .fetch_all(tx)
    .await?;
    let facts = rows.into_iter().map(|r| {
        let number = r.number.map(|n| thousands(i64::from(n))).unwrap_or_default();
        let en = if number.is_empty() { r.en } else { format!("{number} {}", r.en) };
        Ok(Fact {
            lane: lane(r.lane).context("a lane")?,
            value: [format!("{number}{}", r.ja), en],
            from: r.since,
            until: r.until,
            precision: Precision::from_code(&r.precision).context("a precision")?,
        })
    });
    facts.collect()
}

fn lane(number: i32) -> Option<Lane> {
    Lane::ALL.get(usize::try_from(number - 1).ok()?).copied()
}
