//! SQL of surveys and their questions. Row security decides again about every row, `survey_step` about every step.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::question::{Number, Question, QuestionContent, QuestionKind};
use super::survey::{Content, Kind, Participation, State, Step, Survey, Visibility};
use crate::features::access::Viewer;
use crate::kernel::ids::OrganisationId;
use crate::platform::mail::letter::Letters;

/// The most surveys that a list shows: the newest.
pub const SHOWN: i64 = 100;

fn organisations(viewer: &Viewer) -> Vec<Uuid> {
    viewer.affiliations.iter().map(|a| a.organisation_id.0).collect()
}

/// A survey that the viewer may know of.
pub async fn find(tx: &mut PgConnection, viewer: &Viewer, id: Uuid) -> sqlx::Result<Option<Survey>> {
    Ok(load(tx, viewer, Some(id), 1).await?.pop())
}

/// The surveys that the viewer may know of, the newest first.
pub async fn list(tx: &mut PgConnection, viewer: &Viewer) -> sqlx::Result<Vec<Survey>> {
    load(tx, viewer, None, SHOWN).await
}

async fn load(tx: &mut PgConnection, viewer: &Viewer, id: Option<Uuid>, most: i64) -> sqlx::Result<Vec<Survey>> {
    let rows = sqlx::query!(
        r#"select s.survey_id, s.ceptoar_id, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!", s.version,
                  s.kind as "kind: Kind", s.title, s.title_en, s.introduction, s.group_id, g.code as "group?",
                  s.participation as "participation: Participation", s.visibility as "visibility: Visibility", s.due_on,
                  s.remind_days, s.state as "state: State", s.made_at, s.opened_at, s.closed_at, s.released_at,
                  array(select a.organisation_id from survey_asked a
                        where a.survey_id = s.survey_id and a.organisation_id = any ($2)) as "asked!"
           from (select x.* from surveys x where ($1::uuid is null or x.survey_id = $1)
                   and (x.opened_at is not null or x.state <> 'cancelled')
                 order by x.made_at desc, x.survey_id limit $3) s
           left join subgroups g on g.subgroup_id = s.group_id
           left join lateral (select x.ja, x.en from ceptoar_names x where x.ceptoar_id = s.ceptoar_id
                              order by x.valid @> viewer_today() desc, lower(x.valid) desc nulls last limit 1) n on true
           order by s.made_at desc, s.survey_id"#,
        id,
        &organisations(viewer),
        most
    )
    .fetch_all(tx)
    .await?;
    let surveys = rows.into_iter().map(|r| Survey {
        survey_id: r.survey_id,
        ceptoar_id: r.ceptoar_id,
        ceptoar: [r.ja, r.en],
        group: r.group,
        version: r.version,
        content: Content {
            kind: r.kind,
            title: r.title,
            title_en: r.title_en,
            introduction: r.introduction,
            group_id: r.group_id,
            participation: r.participation,
            visibility: r.visibility,
            due_on: r.due_on,
            remind_days: r.remind_days,
        },
        state: r.state,
        made_at: r.made_at,
        opened_at: r.opened_at,
        closed_at: r.closed_at,
        released_at: r.released_at,
        asked: r.asked.into_iter().map(OrganisationId).collect(),
    });
    Ok(surveys.collect())
}

/// The name of a CEPTOAR in Japanese and English, if there is such a one.
pub async fn ceptoar(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<Option<[String; 2]>> {
    let found = sqlx::query!(
        "select n.ja, n.en from ceptoar_names n where n.ceptoar_id = $1
         order by n.valid @> viewer_today() desc, lower(n.valid) desc nulls last limit 1",
        ceptoar_id
    );
    Ok(found.fetch_optional(tx).await?.map(|r| [r.ja, r.en]))
}

/// The groups of a CEPTOAR today: id, short name, what they are.
pub async fn groups(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<Vec<(String, String, [String; 2])>> {
    let rows = sqlx::query!(
        "select subgroup_id, code, scope, scope_en from subgroups
         where ceptoar_id = $1 and valid @> viewer_today() order by code",
        ceptoar_id
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| (r.subgroup_id, r.code, [r.scope, r.scope_en])).collect())
}

/// How many firms a survey would ask today.
pub async fn audience(tx: &mut PgConnection, survey: &Survey) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "firms!" from survey_audience($1, $2)"#,
        survey.ceptoar_id,
        survey.content.group_id
    )
    .fetch_one(tx)
    .await
}

/// Makes a survey in the viewer's name.
pub async fn insert(
    tx: &mut PgConnection,
    (survey_id, ceptoar_id): (Uuid, &str),
    content: &Content,
    follows: Option<Uuid>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into surveys (survey_id, ceptoar_id, kind, title, title_en, introduction, group_id, participation, visibility,
                              due_on, remind_days, follows, made_by, made_at, edited_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, viewer_account(), viewer_now(), viewer_now())",
        survey_id,
        ceptoar_id,
        content.kind.code(),
        content.title,
        content.title_en,
        content.introduction,
        content.group_id,
        content.participation.code(),
        content.visibility.code(),
        content.due_on,
        content.remind_days,
        follows
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Copies the questions of a survey to one that follows it, with their lines.
pub async fn copy_questions(tx: &mut PgConnection, from: Uuid, to: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into survey_questions (question_id, survey_id, position, lineage, kind, wording, required, choices, unit,
                                       least, most)
         select gen_random_uuid(), $2, q.position, q.lineage, q.kind, q.wording, q.required, q.choices, q.unit, q.least, q.most
         from survey_questions q where q.survey_id = $1",
        from,
        to
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Which version of a survey somebody has before them.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Which survey.
    pub survey_id: Uuid,
    /// Which version of it.
    pub version: i32,
}

/// Changes a draft; `false` where somebody else did meanwhile, or it is a draft no more.
pub async fn save(tx: &mut PgConnection, held: Held, content: &Content) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update surveys set version = version + 1, kind = $3, title = $4, title_en = $5, introduction = $6, group_id = $7,
                participation = $8, visibility = $9, due_on = $10, remind_days = $11, edited_at = viewer_now()
         where survey_id = $1 and version = $2 and state = 'draft'",
        held.survey_id,
        held.version,
        content.kind.code(),
        content.title,
        content.title_en,
        content.introduction,
        content.group_id,
        content.participation.code(),
        content.visibility.code(),
        content.due_on,
        content.remind_days
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a change of a draft's questions; `false` as in [`save`].
pub async fn touch(tx: &mut PgConnection, held: Held) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update surveys set version = version + 1, edited_at = viewer_now()
         where survey_id = $1 and version = $2 and state = 'draft'",
        held.survey_id,
        held.version
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The questions of some surveys in order, each with its survey.
pub async fn questions_of(tx: &mut PgConnection, surveys: &[Uuid]) -> sqlx::Result<Vec<(Uuid, Question)>> {
    let rows = sqlx::query!(
        r#"select survey_id, question_id, position, lineage, kind as "kind: QuestionKind", wording, required, choices, unit,
                  (least * 100)::bigint as least, (most * 100)::bigint as most
           from survey_questions where survey_id = any ($1) order by survey_id, position"#,
        surveys
    )
    .fetch_all(tx)
    .await?;
    let questions = rows.into_iter().map(|r| {
        let content = QuestionContent {
            kind: r.kind,
            wording: r.wording,
            required: r.required,
            choices: r.choices,
            unit: r.unit,
            bounds: r.least.zip(r.most).map(|(least, most)| [Number(least), Number(most)]),
        };
        (r.survey_id, Question { question_id: r.question_id, position: r.position, lineage: r.lineage, content })
    });
    Ok(questions.collect())
}

/// The questions of a survey in order.
pub async fn questions(tx: &mut PgConnection, survey: Uuid) -> sqlx::Result<Vec<Question>> {
    Ok(questions_of(tx, &[survey]).await?.into_iter().map(|(_, question)| question).collect())
}

/// Adds a question at the end.
pub async fn add_question(tx: &mut PgConnection, survey: Uuid, question: &Question) -> sqlx::Result<()> {
    let content = &question.content;
    let [least, most] = bounds(content);
    sqlx::query!(
        "insert into survey_questions (question_id, survey_id, position, lineage, kind, wording, required, choices, unit,
                                       least, most)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::bigint / 100.0, $11::bigint / 100.0)",
        question.question_id,
        survey,
        question.position,
        question.lineage,
        content.kind.code(),
        content.wording,
        content.required,
        &content.choices,
        content.unit,
        least,
        most
    )
    .execute(tx)
    .await
    .map(|_| ())
}

fn bounds(content: &QuestionContent) -> [Option<i64>; 2] {
    content.bounds.map_or([None; 2], |bounds| bounds.map(|number| Some(number.0)))
}

/// Changes a question.
pub async fn change_question(tx: &mut PgConnection, survey: Uuid, question: &Question) -> sqlx::Result<()> {
    let content = &question.content;
    let [least, most] = bounds(content);
    sqlx::query!(
        "update survey_questions set lineage = $3, kind = $4, wording = $5, required = $6, choices = $7, unit = $8,
                least = $9::bigint / 100.0, most = $10::bigint / 100.0
         where survey_id = $1 and question_id = $2",
        survey,
        question.question_id,
        question.lineage,
        content.kind.code(),
        content.wording,
        content.required,
        &content.choices,
        content.unit,
        least,
        most
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Takes a question out.
pub async fn remove_question(tx: &mut PgConnection, survey: Uuid, question: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from survey_questions where survey_id = $1 and question_id = $2", survey, question)
        .execute(tx)
        .await
        .map(|_| ())
}

/// Puts the questions of a survey into an order: each at its place in the list.
pub async fn put_in_order(tx: &mut PgConnection, survey: Uuid, order: &[Uuid]) -> sqlx::Result<()> {
    sqlx::query!(
        "update survey_questions q set position = o.place::smallint
         from unnest($2::uuid[]) with ordinality o (question_id, place)
         where q.survey_id = $1 and q.question_id = o.question_id and q.position <> o.place",
        survey,
        order
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Takes a step; `None` where somebody else changed the survey meanwhile. Opening answers how many firms it asks.
pub async fn step(tx: &mut PgConnection, held: Held, step: Step, due: Option<NaiveDate>) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!("select survey_step($1, $2, $3, $4)", held.survey_id, held.version, step.code(), due)
        .fetch_one(tx)
        .await
}

/// Writes to the firms that have not answered, unless they were written to today; answers how many letters.
pub async fn tell(tx: &mut PgConnection, survey: Uuid, occasion: &str, letters: &Letters) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        r#"select survey_tell($1, $2, $3, $4, $5) as "sent!""#,
        survey,
        occasion,
        &letters.subjects,
        &letters.bodies,
        &letters.hashes
    )
    .fetch_one(tx)
    .await
}

/// A firm that a survey asks, for its desk.
#[derive(Debug, Clone)]
pub struct Firm {
    /// Which.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// When it answered last.
    pub sent_at: Option<DateTime<Utc>>,
    /// Whether somebody there can answer.
    pub has_keeper: bool,
    /// Whether it is a member still.
    pub is_member: bool,
    /// When it was written to last.
    pub told_on: Option<NaiveDate>,
}

/// The firms that a survey asks, those that have not answered first.
pub async fn standing(tx: &mut PgConnection, survey: Uuid) -> sqlx::Result<Vec<Firm>> {
    let rows = sqlx::query!(
        r#"select organisation_id as "organisation_id!: OrganisationId", ja as "ja!", en as "en!", sent_at,
                  has_keeper as "has_keeper!", is_member as "is_member!", told_on
           from survey_standing($1)"#,
        survey
    );
    let rows = rows.fetch_all(tx).await?.into_iter().map(|r| Firm {
        organisation_id: r.organisation_id,
        name: [r.ja, r.en],
        sent_at: r.sent_at,
        has_keeper: r.has_keeper,
        is_member: r.is_member,
        told_on: r.told_on,
    });
    Ok(rows.collect())
}

/// How many firms some surveys ask, and how many of them have answered, for their desks.
pub async fn progress(tx: &mut PgConnection, surveys: &[Uuid]) -> sqlx::Result<Vec<(Uuid, [i64; 2])>> {
    let rows = sqlx::query!(
        r#"select a.survey_id, count(*) as "asked!", count(r.sent_at) as "answered!"
           from survey_asked a left join survey_replies r on r.survey_id = a.survey_id and r.organisation_id = a.organisation_id
           where a.survey_id = any ($1) group by a.survey_id"#,
        surveys
    );
    Ok(rows.fetch_all(tx).await?.into_iter().map(|r| (r.survey_id, [r.asked, r.answered])).collect())
}

/// Whether there ever was one; for the owner.
pub async fn is_any(owner: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from surveys) as "any!""#).fetch_one(owner).await
}
