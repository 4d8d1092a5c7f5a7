//! SQL of what is behind a regional office.

use sqlx::PgConnection;

use super::Behind;
use crate::kernel::ids::AdvisoryId;

/// The members behind the viewer's offices, CEPTOAR by CEPTOAR.
///
/// # Errors
/// The database's own.
pub async fn behind(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<Behind>> {
    let rows = sqlx::query!(
        r#"select coalesce(n.ja, b.ceptoar_id) as "ja!", coalesce(n.en, b.ceptoar_id) as "en!", b.members as "members!",
                  b.acknowledged as "acknowledged!", b.waiting as "waiting!"
           from regional_board($1) b
           left join ceptoar_names n on n.ceptoar_id = b.ceptoar_id and n.valid @> viewer_today()
           order by b.ceptoar_id, b.organisation_id"#,
        id.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let behind = rows.map(|r| Behind {
        ceptoar: [r.ja, r.en],
        members: r.members,
        acknowledged: r.acknowledged,
        waiting: r.waiting,
    });
    Ok(behind.collect())
}
