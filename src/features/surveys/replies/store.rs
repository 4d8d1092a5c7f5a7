//! SQL of replies: what a firm types, and what it sent.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::features::surveys::answer::{Answer, Product, Value};
use crate::features::surveys::question::{Number, Question, QuestionKind};
use crate::kernel::ids::OrganisationId;
use crate::kernel::text::folded;

/// How far a firm is, for itself.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Counts every saving.
    pub version: i32,
    /// When it was saved last.
    pub saved_at: DateTime<Utc>,
    /// When it was sent last.
    pub sent_at: Option<DateTime<Utc>>,
    /// What was typed: names and values of the form.
    pub typed: Vec<(String, String)>,
}

/// The reply of a firm, for whoever keeps it.
pub async fn find(tx: &mut PgConnection, survey: Uuid, organisation: OrganisationId) -> sqlx::Result<Option<Reply>> {
    let row = sqlx::query!(
        r#"select r.version, r.saved_at, r.sent_at, d.typed as "typed?: Json<Vec<(String, String)>>"
           from survey_replies r left join survey_drafts d using (survey_id, organisation_id)
           where r.survey_id = $1 and r.organisation_id = $2"#,
        survey,
        organisation.0
    );
    Ok(row.fetch_optional(tx).await?.map(|r| Reply {
        version: r.version,
        saved_at: r.saved_at,
        sent_at: r.sent_at,
        typed: r.typed.map(|typed| typed.0).unwrap_or_default(),
    }))
}

/// Whether the viewer answers for a firm now: it is open, in time, and the firm has not left.
pub async fn takes_answers(tx: &mut PgConnection, survey: Uuid, organisation: OrganisationId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select survey_takes_answers($1, $2) as "takes!""#, survey, organisation.0)
        .fetch_one(tx)
        .await
}

/// The name of a firm in Japanese and English.
pub async fn firm(tx: &mut PgConnection, organisation: OrganisationId) -> sqlx::Result<[String; 2]> {
    let found = sqlx::query!(
        "select ja, en from organisation_names where organisation_id = $1
         order by valid @> viewer_today() desc, lower(valid) desc nulls last limit 1",
        organisation.0
    );
    Ok(found.fetch_optional(tx).await?.map(|r| [r.ja, r.en]).unwrap_or_default())
}

/// Which version of a firm's reply somebody has before them; 0: there was none.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Which survey.
    pub survey_id: Uuid,
    /// Which firm.
    pub organisation: OrganisationId,
    /// Which version of its reply.
    pub version: i32,
}

/// Saves what was typed; `false` where somebody else did meanwhile.
pub async fn save(tx: &mut PgConnection, held: Held, typed: &[(String, String)], send: bool) -> sqlx::Result<bool> {
    let done = if held.version == 0 {
        sqlx::query!(
            "insert into survey_replies (survey_id, organisation_id, saved_at, sent_at)
             values ($1, $2, viewer_now(), case when $3 then viewer_now() end) on conflict do nothing",
            held.survey_id,
            held.organisation.0,
            send
        )
        .execute(&mut *tx)
        .await?
    } else {
        sqlx::query!(
            "update survey_replies set version = version + 1, saved_at = viewer_now(),
                    sent_at = case when $4 then viewer_now() else sent_at end
             where survey_id = $1 and organisation_id = $2 and version = $3",
            held.survey_id,
            held.organisation.0,
            held.version,
            send
        )
        .execute(&mut *tx)
        .await?
    };
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query!(
        "insert into survey_drafts (survey_id, organisation_id, typed) values ($1, $2, $3)
         on conflict (survey_id, organisation_id) do update set typed = excluded.typed",
        held.survey_id,
        held.organisation.0,
        Json(typed) as _
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// What is sent takes the place of what was sent before.
pub async fn send(tx: &mut PgConnection, held: Held, answers: &[Answer]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from survey_answers where survey_id = $1 and organisation_id = $2",
        held.survey_id,
        held.organisation.0
    )
    .execute(&mut *tx)
    .await?;
    let rows: Vec<Row> = answers.iter().flat_map(rows_of).collect();
    let texts = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).to_owned()).collect::<Vec<_>>();
    sqlx::query!(
        "insert into survey_answers (survey_id, organisation_id, question_id, place, number, words, vendor, product, release,
                                     folded, folded_product)
         select $1, $2, a.question_id, a.place, a.number / 100.0, a.words, a.vendor, a.product, a.release, a.folded, a.folded_product
         from unnest($3::uuid[], $4::smallint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                     $11::text[])
           a (question_id, place, number, words, vendor, product, release, folded, folded_product)",
        held.survey_id,
        held.organisation.0,
        &rows.iter().map(|row| row.question_id).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.place).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.number).collect::<Vec<_>>() as &[Option<i64>],
        &texts(|row| &row.words),
        &texts(|row| &row.product.vendor),
        &texts(|row| &row.product.product),
        &texts(|row| &row.product.release),
        &texts(|row| &row.folded),
        &rows.iter().map(|row| folded(&row.product.product)).collect::<Vec<_>>()
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A row of what is sent.
struct Row {
    question_id: Uuid,
    place: i16,
    number: Option<i64>,
    words: String,
    product: Product,
    folded: String,
}

fn rows_of(answer: &Answer) -> Vec<Row> {
    let row = |place| Row {
        question_id: answer.question_id,
        place,
        number: None,
        words: String::new(),
        product: Product::default(),
        folded: String::new(),
    };
    match &answer.value {
        Value::Choices(choices) => choices.iter().map(|place| row(*place)).collect(),
        Value::Number(number) => vec![Row { number: Some(number.0), ..row(1) }],
        Value::Words(words) => vec![Row { words: words.clone(), ..row(1) }],
        Value::Products(products) => (1..)
            .zip(products)
            .map(|(place, product)| Row { product: product.clone(), folded: product.folded(), ..row(place) })
            .collect(),
    }
}

/// What firms sent, each with its firm, in the order of the questions: of one firm, or of all. For the firm itself, and
/// for a desk with names.
pub async fn answers(
    tx: &mut PgConnection,
    survey: Uuid,
    organisation: Option<OrganisationId>,
    questions: &[Question],
) -> sqlx::Result<Vec<(OrganisationId, Answer)>> {
    let rows = sqlx::query!(
        r#"select organisation_id as "organisation_id: OrganisationId", question_id, place,
                  (number * 100)::bigint as number, words, vendor, product, release
           from survey_answers where survey_id = $1 and ($2::uuid is null or organisation_id = $2)
           order by organisation_id, question_id, place"#,
        survey,
        organisation.map(|id| id.0)
    )
    .fetch_all(tx)
    .await?;
    let mut answers: Vec<(OrganisationId, Answer)> = Vec::new();
    for r in rows {
        let Some(question) = questions.iter().find(|question| question.question_id == r.question_id) else { continue };
        let product = Product { vendor: r.vendor, product: r.product, release: r.release };
        let last = answers.last_mut().filter(|(firm, a)| *firm == r.organisation_id && a.question_id == r.question_id);
        match (last.map(|(_, answer)| &mut answer.value), question.content.kind) {
            (Some(Value::Choices(choices)), _) => choices.push(r.place),
            (Some(Value::Products(products)), _) => products.push(product),
            (Some(Value::Number(_) | Value::Words(_)), _) => {}
            (None, kind) => {
                let value = match kind {
                    QuestionKind::One | QuestionKind::Several => Value::Choices(vec![r.place]),
                    QuestionKind::Number => Value::Number(Number(r.number.unwrap_or_default())),
                    QuestionKind::Words => Value::Words(r.words),
                    QuestionKind::Products => Value::Products(vec![product]),
                };
                answers.push((r.organisation_id, Answer { question_id: r.question_id, value }));
            }
        }
    }
    Ok(answers)
}

/// Where a product was named.
#[derive(Debug, Clone)]
pub struct Named {
    /// In which survey.
    pub survey_id: Uuid,
    /// What that is called.
    pub title: String,
    /// By which firm.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English.
    pub firm: [String; 2],
    /// The product.
    pub product: Product,
    /// When the firm said so.
    pub sent_at: Option<DateTime<Utc>>,
}

/// Who named a product whose name has all of some patterns, in the surveys with names that opened since a time; the newest
/// first. One more than asked for says that there are more.
pub async fn who_named(
    tx: &mut PgConnection,
    patterns: &[String],
    since: DateTime<Utc>,
    most: i64,
) -> sqlx::Result<Vec<Named>> {
    let rows = sqlx::query!(
        r#"select s.survey_id, s.title, a.organisation_id as "organisation_id: OrganisationId",
                  coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!", a.vendor, a.product, a.release, r.sent_at
           from surveys s
           join survey_answers a on a.survey_id = s.survey_id and a.product <> ''
           join survey_replies r on r.survey_id = a.survey_id and r.organisation_id = a.organisation_id
           left join lateral (
             select x.ja, x.en, x.reading from organisation_names x where x.organisation_id = a.organisation_id
             order by x.valid @> viewer_today() desc, lower(x.valid) desc nulls last limit 1) n on true
           where s.survey_id = any ((select viewer_named_surveys())::uuid[]) and s.opened_at >= $2
             and a.folded like all ($1)
           order by s.opened_at desc, n.reading, a.organisation_id, a.place limit $3"#,
        patterns,
        since,
        most
    );
    let rows = rows.fetch_all(tx).await?.into_iter().map(|r| Named {
        survey_id: r.survey_id,
        title: r.title,
        organisation_id: r.organisation_id,
        firm: [r.ja, r.en],
        product: Product { vendor: r.vendor, product: r.product, release: r.release },
        sent_at: r.sent_at,
    });
    Ok(rows.collect())
}

/// A survey that waits for the answer of a firm.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Which survey.
    pub survey_id: Uuid,
    /// What it is called in Japanese and English; the latter may be empty.
    pub title: [String; 2],
    /// Until when.
    pub due_on: NaiveDate,
    /// Whether firms have to answer.
    pub required: bool,
    /// Which firm.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English.
    pub firm: [String; 2],
}

/// The surveys that take answers today and have none from some firms that the viewer keeps.
pub async fn waiting_for(tx: &mut PgConnection, firms: &[OrganisationId]) -> sqlx::Result<Vec<Waiting>> {
    let firms: Vec<Uuid> = firms.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select s.survey_id, s.title, s.title_en, s.due_on, s.participation = 'required' as "required!",
                  a.organisation_id as "organisation_id: OrganisationId", coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from survey_asked a
           join surveys s on s.survey_id = a.survey_id and s.state = 'open' and s.due_on >= viewer_today()
           left join survey_replies r on r.survey_id = a.survey_id and r.organisation_id = a.organisation_id
           left join organisation_names n on n.organisation_id = a.organisation_id and n.valid @> viewer_today()
           where a.organisation_id = any ($1) and r.sent_at is null and survey_takes_answers(s.survey_id, a.organisation_id)
           order by s.due_on, s.survey_id"#,
        &firms
    );
    let rows = rows.fetch_all(tx).await?.into_iter().map(|r| Waiting {
        survey_id: r.survey_id,
        title: [r.title, r.title_en],
        due_on: r.due_on,
        required: r.required,
        organisation_id: r.organisation_id,
        firm: [r.ja, r.en],
    });
    Ok(rows.collect())
}

/// A survey that its desk has to look after.
#[derive(Debug, Clone)]
pub struct Running {
    /// Which.
    pub survey_id: Uuid,
    /// What it is called in Japanese and English.
    pub title: [String; 2],
    /// Until when answers are wanted.
    pub due_on: NaiveDate,
    /// How many firms that have to answer have not.
    pub silent: i64,
}

/// The open surveys of some desks.
pub async fn running(tx: &mut PgConnection, desks: &[String]) -> sqlx::Result<Vec<Running>> {
    let rows = sqlx::query!(
        r#"select s.survey_id, s.title, coalesce(nullif(s.title_en, ''), s.title) as "title_en!", s.due_on,
                  count(*) filter (where r.sent_at is null and s.participation = 'required') as "silent!"
           from surveys s join survey_asked a on a.survey_id = s.survey_id
           left join survey_replies r on r.survey_id = a.survey_id and r.organisation_id = a.organisation_id
           where s.state = 'open' and s.ceptoar_id = any ($1)
           group by s.survey_id order by s.due_on, s.survey_id"#,
        desks
    );
    let rows = rows.fetch_all(tx).await?.into_iter().map(|r| Running {
        survey_id: r.survey_id,
        title: [r.title, r.title_en],
        due_on: r.due_on,
        silent: r.silent,
    });
    Ok(rows.collect())
}

/// How many firms named one of some products, in the viewer's surveys with names that opened since a time: the name that a firm
/// gave stands in the line, or the line in what the firm gave.
pub async fn count_named(tx: &mut PgConnection, lines: &[String], since: DateTime<Utc>) -> sqlx::Result<i64> {
    let lines: Vec<String> = lines.iter().map(|line| folded(line)).collect();
    sqlx::query_scalar!(
        r#"select count(distinct a.organisation_id) as "firms!"
           from surveys s join survey_answers a on a.survey_id = s.survey_id and a.product <> ''
           where s.survey_id = any ((select viewer_named_surveys())::uuid[]) and s.opened_at >= $2
             and char_length(a.folded_product) >= 3
             and exists (select from unnest($1::text[]) l (line)
                         where position(a.folded_product in l.line) > 0 or position(l.line in a.folded) > 0)"#,
        &lines,
        since
    )
    .fetch_one(tx)
    .await
}
