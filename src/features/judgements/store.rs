//! SQL of judgements.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::judgement::{Answer, Grade, Items, Judgement, NewJudgement};

/// How many a list shows, the newest.
pub const SHOWN: i64 = 100;
/// What counts as lately.
const LATELY: TimeDelta = TimeDelta::days(30);

/// Which ones a list is of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// One alone.
    pub id: Option<Uuid>,
    /// Those of one CEPTOAR.
    pub ceptoar: Option<&'a str>,
}

/// Those that the viewer may see: what waits for the centre first, then the newest.
pub async fn list(tx: &mut PgConnection, wanted: Wanted<'_>) -> sqlx::Result<Vec<Judgement>> {
    let rows = sqlx::query!(
        r#"select j.judgement_id, j.ceptoar_id, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!",
                  j.grade as "grade: Grade", j.title, j.body, j.proposal, j.written_at,
                  j.written_by_name, j.answer as "answer: Answer", j.answer_words,
                  j.answered_at, j.taken_back_at, j.taken_back_why
           from judgements j
           left join ceptoar_names n on n.ceptoar_id = j.ceptoar_id and n.valid @> viewer_today()
           where ($1::uuid is null or j.judgement_id = $1) and ($2::text is null or j.ceptoar_id = $2)
           order by j.proposal <> '' and j.answered_at is null and j.taken_back_at is null desc, j.written_at desc,
                    j.judgement_id
           limit $3::bigint"#,
        wanted.id,
        wanted.ceptoar,
        SHOWN
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Judgement {
            judgement_id: r.judgement_id,
            ceptoar_id: r.ceptoar_id,
            ceptoar: [r.ja, r.en],
            grade: r.grade,
            title: r.title,
            body: r.body,
            proposal: r.proposal,
            written_at: r.written_at,
            written_by: r.written_by_name,
            answer: r.answer.zip(r.answered_at).map(|(answer, at)| (answer, r.answer_words, at)),
            taken_back: r.taken_back_at.map(|at| (at, r.taken_back_why)),
        })
        .collect())
}

/// Writes one down in the viewer's name.
pub async fn write(tx: &mut PgConnection, ceptoar_id: &str, new: &NewJudgement) -> sqlx::Result<Uuid> {
    let id = Uuid::new_v4();
    sqlx::query!(
        "insert into judgements (judgement_id, ceptoar_id, grade, title, body, proposal, written_by, written_by_name,
                                 written_at)
         select $1, $2, $3, $4, $5, $6, a.account_id, a.display_name, viewer_now()
         from accounts a where a.account_id = viewer_account()",
        id,
        ceptoar_id,
        new.grade.code(),
        new.title,
        new.body,
        new.proposal
    )
    .execute(tx)
    .await?;
    Ok(id)
}

/// Takes one back; `false` where it was answered or taken back meanwhile.
pub async fn take_back(tx: &mut PgConnection, id: Uuid, why: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select judgement_take_back($1, $2) as "done!""#, id, why).fetch_one(tx).await
}

/// Answers one; `false` where it was answered or taken back meanwhile.
pub async fn answer(tx: &mut PgConnection, id: Uuid, answer: Answer, words: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select judgement_answer($1, $2, $3) as "done!""#, id, answer.code(), words)
        .fetch_one(tx)
        .await
}

/// How many proposals wait for the centre.
pub async fn waiting(tx: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from judgements
           where proposal <> '' and answered_at is null and taken_back_at is null"#
    )
    .fetch_one(tx)
    .await
}

/// The items of the last 30 days that a desk's members had, and how they answered.
pub async fn items(tx: &mut PgConnection, ceptoar_id: &str, now: DateTime<Utc>) -> sqlx::Result<Items> {
    sqlx::query_as!(
        Items,
        r#"select count(*) as "items!", coalesce(sum(d.members), 0)::bigint as "members!",
                  coalesce(sum(d.acknowledged), 0)::bigint as "acknowledged!"
           from desk_answers(array(
             select a.advisory_id from advisories a
             where a.state = 'published' and not a.drill and a.published_at >= $2
               and exists (select from advisory_audience u where u.advisory_id = a.advisory_id and u.ceptoar_id = $1))) d"#,
        ceptoar_id,
        now - LATELY
    )
    .fetch_one(tx)
    .await
}

/// CEPTOARs and their names of today, in the government's order.
pub async fn names(tx: &mut PgConnection, ceptoars: &[String]) -> sqlx::Result<Vec<(String, [String; 2])>> {
    let rows = sqlx::query!(
        r#"select c.ceptoar_id, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from ceptoars c join sectors s on s.sector_id = c.sector_id
           left join ceptoar_names n on n.ceptoar_id = c.ceptoar_id and n.valid @> viewer_today()
           where c.ceptoar_id = any ($1) order by s.position, c.position"#,
        ceptoars
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.ceptoar_id, [r.ja, r.en])).collect())
}
