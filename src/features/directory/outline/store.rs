//! SQL of the outline.

use sqlx::PgConnection;

use super::{CeptoarOutline, SectorOutline, SubgroupOutline};

/// Everything that can be addressed today, in the government's order.
pub async fn load(tx: &mut PgConnection) -> sqlx::Result<Vec<SectorOutline>> {
    let rows = sqlx::query!(
        r#"select s.sector_id, sn.ja as sector_ja, sn.en as sector_en, c.ceptoar_id, cn.ja, cn.en,
                  g.subgroup_id as "subgroup_id?", g.code as "code?", g.scope as "scope?",
                  coalesce(nullif(g.scope_en, ''), g.scope) as scope_en, g.kind = 'cross_cutting' as cross_cutting
           from sectors s
           join sector_names sn on sn.sector_id = s.sector_id and sn.valid @> viewer_today()
           join ceptoars c on c.sector_id = s.sector_id
           join ceptoar_names cn on cn.ceptoar_id = c.ceptoar_id and cn.valid @> viewer_today()
           left join subgroups g on g.ceptoar_id = c.ceptoar_id and g.valid @> viewer_today()
           where s.valid @> viewer_today()
           order by s.position, c.position, c.ceptoar_id, g.kind desc, g.code"#
    )
    .fetch_all(tx)
    .await?;
    let mut sectors: Vec<SectorOutline> = Vec::new();
    for row in rows {
        if sectors.last().is_none_or(|s| s.sector_id != row.sector_id) {
            sectors.push(SectorOutline {
                sector_id: row.sector_id,
                ja: row.sector_ja,
                en: row.sector_en,
                ceptoars: Vec::new(),
            });
        }
        let Some(sector) = sectors.last_mut() else { continue };
        if sector.ceptoars.last().is_none_or(|c| c.ceptoar_id != row.ceptoar_id) {
            sector.ceptoars.push(CeptoarOutline {
                ceptoar_id: row.ceptoar_id,
                ja: row.ja,
                en: row.en,
                subgroups: Vec::new(),
            });
        }
        let (Some(ceptoar), Some(subgroup_id)) = (sector.ceptoars.last_mut(), row.subgroup_id) else { continue };
        let (code, scope) = (row.code.unwrap_or_default(), row.scope.unwrap_or_default());
        let (scope_en, cross_cutting) = (row.scope_en.unwrap_or_default(), row.cross_cutting.unwrap_or_default());
        ceptoar.subgroups.push(SubgroupOutline { subgroup_id, code, scope, scope_en, cross_cutting });
    }
    Ok(sectors)
}

/// The name of the central body today, in Japanese and English. It has changed before, and may again.
pub async fn centre_name(tx: &mut PgConnection) -> sqlx::Result<[String; 2]> {
    let row = sqlx::query!(
        "select n.ja, n.en from organisations o join organisation_names n using (organisation_id)
         where o.kind = 'central' and n.valid @> viewer_today()"
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map_or_else(|| ["NISC".to_owned(), "NISC".to_owned()], |r| [r.ja, r.en]))
}
