//! SQL of how CEPTOARs are set up.

use chrono::NaiveDate;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::fact::{Content, Fact, Group, Subject, Version};

/// Two facts would say the same of the same days, or two sections begin on one day.
pub const TWICE: [&str; 2] = ["setup_facts_once", "setup_facts_section_once"];

/// The facts of a CEPTOAR that the viewer may know: by subject, then by day. One alone where it is asked for.
pub async fn facts(tx: &mut PgConnection, ceptoar_id: &str, fact: Option<Uuid>) -> sqlx::Result<Vec<Fact>> {
    let rows = sqlx::query!(
        r#"select fact_id, version, subject as "subject: Subject", from_on, day_known, until_on, remark, remark_en,
                  correction, recorded_at, taken_back_at
           from setup_facts where ceptoar_id = $1 and ($2::uuid is null or fact_id = $2)
           order by from_on, recorded_at, fact_id"#,
        ceptoar_id,
        fact
    )
    .fetch_all(tx)
    .await?;
    let mut facts: Vec<Fact> = rows
        .into_iter()
        .map(|r| Fact {
            fact_id: r.fact_id,
            version: r.version,
            content: Content {
                subject: r.subject,
                from_on: r.from_on,
                day_known: r.day_known,
                until_on: r.until_on,
                remark: r.remark,
                remark_en: r.remark_en,
            },
            correction: r.correction,
            recorded_at: r.recorded_at,
            taken_back_at: r.taken_back_at,
        })
        .collect();
    // In the order of the form; steps in the order of time.
    facts.sort_by_key(|fact| {
        let subject = fact.content.subject;
        (subject.group(), (subject.group() != Group::Step).then_some(subject))
    });
    Ok(facts)
}

/// What a fact said before, the newest first.
pub async fn versions(tx: &mut PgConnection, fact: Uuid) -> sqlx::Result<Vec<Version>> {
    let rows = sqlx::query!(
        r#"select said as "content: Json<Content>", ended_at, said ->> 'correction' as "correction!"
           from setup_fact_versions where fact_id = $1 order by version desc"#,
        fact
    )
    .fetch_all(tx)
    .await?;
    let version =
        |(content, ended_at, correction): (Json<Content>, _, _)| Version { content: content.0, ended_at, correction };
    Ok(rows.into_iter().map(|r| version((r.content, r.ended_at, r.correction))).collect())
}

/// Writes a fact down in the viewer's name.
///
/// # Errors
/// [`TWICE`] where the type is shared on those days already.
pub async fn record(tx: &mut PgConnection, ceptoar_id: &str, content: &Content) -> sqlx::Result<Uuid> {
    let fact_id = Uuid::new_v4();
    sqlx::query!(
        "insert into setup_facts (fact_id, ceptoar_id, subject, from_on, day_known, until_on, remark, remark_en,
                                  recorded_by, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, viewer_account(), viewer_now())",
        fact_id,
        ceptoar_id,
        content.subject.code(),
        content.from_on,
        content.day_known,
        content.until_on,
        content.remark,
        content.remark_en
    )
    .execute(tx)
    .await?;
    Ok(fact_id)
}

/// Which version of a fact somebody has before them.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// Of which CEPTOAR.
    pub ceptoar_id: &'a str,
    /// Which fact.
    pub fact_id: Uuid,
    /// Which version of it.
    pub version: i32,
}

/// Corrects a fact; `false` where it was corrected or taken back meanwhile.
///
/// # Errors
/// [`TWICE`] as for [`record`].
pub async fn correct(tx: &mut PgConnection, held: Held<'_>, content: &Content, why: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update setup_facts set version = version + 1, subject = $4, from_on = $5, day_known = $6, until_on = $7,
                remark = $8, remark_en = $9, correction = $10, recorded_by = viewer_account(), recorded_at = viewer_now()
         where fact_id = $1 and ceptoar_id = $2 and version = $3 and taken_back_at is null",
        held.fact_id,
        held.ceptoar_id,
        held.version,
        content.subject.code(),
        content.from_on,
        content.day_known,
        content.until_on,
        content.remark,
        content.remark_en,
        why
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a fact back: it stays, and holds no longer; `false` where it was corrected or taken back meanwhile.
pub async fn take_back(tx: &mut PgConnection, held: Held<'_>, why: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update setup_facts set version = version + 1, correction = $4, taken_back_at = viewer_now(),
                recorded_by = viewer_account(), recorded_at = viewer_now()
         where fact_id = $1 and ceptoar_id = $2 and version = $3 and taken_back_at is null",
        held.fact_id,
        held.ceptoar_id,
        held.version,
        why
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The sections of the profiles that hold on a day: CEPTOAR, section, Japanese and English.
pub async fn sections(tx: &mut PgConnection, day: NaiveDate) -> sqlx::Result<Vec<(String, Subject, [String; 2])>> {
    let rows = sqlx::query!(
        r#"select distinct on (ceptoar_id, subject) ceptoar_id, subject as "subject: Subject", remark, remark_en
           from setup_facts where subject like 'profile%' and from_on <= $1 and taken_back_at is null
           order by ceptoar_id, subject, from_on desc"#,
        day
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.ceptoar_id, r.subject, [r.remark, r.remark_en])).collect())
}

/// Whether there are facts at all.
pub async fn is_any(owner: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from setup_facts) as "any!""#).fetch_one(owner).await
}
