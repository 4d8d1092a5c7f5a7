//! SQL of the editions.

use anyhow::bail;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::edition::Edition;

/// Publishes an edition, once. The same edition again changes nothing.
///
/// # Errors
/// When an edition of that id is published and says something else: published editions are frozen.
pub async fn publish(owner: &mut PgConnection, edition: &Edition) -> anyhow::Result<()> {
    let document = serde_json::to_value(edition)?;
    sqlx::query!(
        "insert into editions (edition_id, as_of, document, published_at) values ($1, $2, $3, now())
         on conflict (edition_id) do nothing",
        edition.id,
        edition.as_of,
        document
    )
    .execute(&mut *owner)
    .await?;
    let stored = sqlx::query_scalar!(
        r#"select document as "document: Json<Edition>" from editions where edition_id = $1"#,
        edition.id
    )
    .fetch_one(owner)
    .await?;
    if stored.0 != *edition {
        bail!(
            "edition {} is published and frozen, but the reference data of this program says something else: \
             record an erratum instead",
            edition.id
        );
    }
    Ok(())
}

/// The ids of the published editions, oldest first.
pub async fn ids(tx: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select edition_id from editions order by as_of").fetch_all(tx).await
}

/// The published editions, oldest first.
pub async fn editions(tx: &mut PgConnection) -> sqlx::Result<Vec<Edition>> {
    let documents = sqlx::query_scalar!(r#"select document as "document: Json<Edition>" from editions order by as_of"#)
        .fetch_all(tx)
        .await?;
    Ok(documents.into_iter().map(|document| document.0).collect())
}
