//! SQL of errata.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Erratum;
use crate::features::feature_map::edition::Bilingual;

/// All errata, by edition and date.
pub async fn errata(tx: &mut PgConnection) -> sqlx::Result<Vec<Erratum>> {
    let rows = sqlx::query!(
        "select edition_id, ceptoar_id, dated_on, place_ja, place_en, wrong_ja, wrong_en, right_ja, right_en
         from errata order by edition_id, dated_on, erratum_id"
    )
    .fetch_all(tx)
    .await?;
    let text = |ja: String, en: String| Bilingual { ja, en };
    Ok(rows
        .into_iter()
        .map(|r| Erratum {
            edition_id: r.edition_id,
            ceptoar_id: r.ceptoar_id,
            dated_on: r.dated_on,
            place: text(r.place_ja, r.place_en),
            wrong: text(r.wrong_ja, r.wrong_en),
            right: text(r.right_ja, r.right_en),
        })
        .collect())
}

/// Records an erratum.
pub async fn record(tx: &mut PgConnection, id: Uuid, erratum: &Erratum) -> sqlx::Result<()> {
    let pair = |text: &Bilingual| vec![text.ja.clone(), text.en.clone()];
    sqlx::query_scalar!(
        r#"select record_erratum($1, $2, $3, $4, $5, $6, $7)::text as "done""#,
        id,
        erratum.edition_id,
        erratum.ceptoar_id,
        erratum.dated_on,
        &pair(&erratum.place),
        &pair(&erratum.wrong),
        &pair(&erratum.right)
    )
    .fetch_one(tx)
    .await
    .map(|_| ())
}
