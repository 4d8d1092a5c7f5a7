//! SQL of the agreements. Row security decides again about every row that is read or written.

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::agreement::{Agreement, Way};
use crate::features::directory::roster::sheet::{Dated, Period};

/// What a CEPTOAR agreed and has planned, in order.
///
/// # Errors
/// The database's own.
pub async fn load(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<Vec<Dated<Agreement>>> {
    let rows = sqlx::query!(
        r#"select fact_id, office_hours as "office_hours: Way", off_hours as "off_hours: Way", urgent_at_once, minutes,
                  lower(valid) as since, upper(valid) as until
           from relay_rules where ceptoar_id = $1 and not isempty(valid) order by lower(valid)"#,
        ceptoar_id
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let dated = rows.map(|r| Dated {
        fact_id: r.fact_id,
        valid: Period { from: r.since, until: r.until },
        value: Agreement {
            office_hours: r.office_hours,
            off_hours: r.off_hours,
            urgent_at_once: r.urgent_at_once,
            minutes: r.minutes,
        },
    });
    Ok(dated.collect())
}

/// Something else holds from a day on, and nothing that was planned for later days.
///
/// # Errors
/// The database's own.
pub async fn change(tx: &mut PgConnection, ceptoar_id: &str, on: NaiveDate, agreement: &Agreement) -> sqlx::Result<()> {
    sqlx::query!(
        "update relay_rules set valid = case when lower(valid) >= $2 then 'empty' else daterange(lower(valid), $2) end
         where ceptoar_id = $1 and not isempty(valid) and (upper_inf(valid) or upper(valid) > $2)",
        ceptoar_id,
        on
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into relay_rules (ceptoar_id, office_hours, off_hours, urgent_at_once, minutes, valid)
         values ($1, $2, $3, $4, $5, daterange($6, null))",
        ceptoar_id,
        agreement.office_hours.code(),
        agreement.off_hours.code(),
        agreement.urgent_at_once,
        agreement.minutes,
        on
    )
    .execute(tx)
    .await
    .map(|_| ())
}
