//! What the demonstration's invented desk of the banks has on record of its set-up.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{Connection, PgConnection};

use super::fact::{Content, Subject};
use super::store;
use crate::features::directory::activities::store::look_as_desk;

const DESK: &str = "desk-banks";

/// Subject, year and month, text.
const TOLD: [(Subject, (i32, u32), &str); 10] = [
    (Subject::IntakeFailures, (2007, 4), ""),
    (Subject::IntakeCrime, (2007, 4), ""),
    (Subject::IntakeVulnerabilities, (2007, 4), ""),
    (Subject::FunctionSharing, (2007, 4), ""),
    (Subject::FunctionAnalysis, (2018, 4), "障害事例の検討会(デモ)"),
    (Subject::ServiceTests, (2021, 4), "公開Webサイトの診断(デモ)。年1回、希望する構成員に行う。事務局に申し込む。"),
    (Subject::NetworkDisaster, (2008, 4), "災害時の衛星電話網(デモ)。事務局が運営し、本店のある構成員すべてに届く。"),
    (Subject::StepRules, (2007, 3), ""),
    (Subject::StepOperation, (2007, 4), ""),
    (
        Subject::ProfileTraits,
        (2020, 4),
        "提供された情報は、事務局から全構成員の緊急窓口に送る。夜間と休日は、当番の窓口が受け取る。(デモの文章)",
    ),
];

/// Writes it down in the name of that desk, where nobody has written anything.
///
/// # Errors
/// When the database fails.
pub async fn record(owner: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<()> {
    if store::is_any(owner).await? {
        return Ok(());
    }
    let mut tx = owner.begin().await?;
    let Some(ceptoar) = look_as_desk(&mut tx, DESK, now).await? else { return Ok(()) };
    for (subject, (year, month), text) in TOLD {
        let Some(from_on) = NaiveDate::from_ymd_opt(year, month, 1) else { continue };
        let (remark, remark_en) = (text.to_owned(), String::new());
        let content = Content { subject, from_on, day_known: false, until_on: None, remark, remark_en };
        store::record(&mut tx, &ceptoar, &content).await?;
    }
    tx.commit().await
}
