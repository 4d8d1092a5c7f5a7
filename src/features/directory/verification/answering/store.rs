//! SQL of answers and calls.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::features::directory::roster::sheet::ChannelKind;
use crate::features::directory::verification::round::Answer;
use crate::kernel::ids::{AccountId, ContactId, OrganisationId};

/// What a link asks.
#[derive(Debug, Clone)]
pub struct Question {
    /// The window.
    pub contact_id: ContactId,
    /// The CEPTOAR in Japanese and English.
    pub ceptoar: [String; 2],
    /// The organisation in Japanese and English.
    pub organisation: [String; 2],
    /// The window's name.
    pub label: String,
    /// The address that was asked.
    pub address: String,
    /// Until when.
    pub due_on: NaiveDate,
    /// What was answered already.
    pub answer: Option<Answer>,
}

/// The question of a living link.
pub async fn question(tx: &mut PgConnection, token_hash: &[u8]) -> sqlx::Result<Option<Question>> {
    let row = sqlx::query!(
        r#"select contact_id as "contact_id!: ContactId", ceptoar_ja as "ceptoar_ja!", ceptoar_en as "ceptoar_en!",
                  organisation_ja as "organisation_ja!", organisation_en as "organisation_en!", label as "label!",
                  asked_value as "asked_value!", due_on as "due_on!", answer as "answer?: Answer"
           from verification_asked($1)"#,
        token_hash
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|r| Question {
        contact_id: r.contact_id,
        ceptoar: [r.ceptoar_ja, r.ceptoar_en],
        organisation: [r.organisation_ja, r.organisation_en],
        label: r.label,
        address: r.asked_value,
        due_on: r.due_on,
        answer: r.answer,
    }))
}

/// Takes the answer of a link; `false` where it was answered or ended meanwhile.
pub async fn answer(
    tx: &mut PgConnection,
    token_hash: &[u8],
    answer: Answer,
    remark: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select verification_answer($1, $2, $3, $4) as "taken!""#,
        token_hash,
        answer.code(),
        remark,
        now
    )
    .fetch_one(tx)
    .await
}

/// A telephone or FAX number that a link asks about. The number itself stays in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedNumber {
    /// Which row of the directory.
    pub fact_id: Uuid,
    /// When that row was written: another number is another row, or another time.
    pub recorded_at: DateTime<Utc>,
    /// What it is.
    pub kind: ChannelKind,
    /// Its last digits.
    pub ends: String,
    /// Whether it was said in this round to be right.
    pub said: Option<bool>,
}

/// The numbers of the window that a living link asks.
pub async fn numbers(tx: &mut PgConnection, token_hash: &[u8]) -> sqlx::Result<Vec<AskedNumber>> {
    let rows = sqlx::query!(
        r#"select fact_id as "fact_id!", recorded_at as "recorded_at!", kind as "kind!", ends as "ends!", said
           from verification_numbers($1)"#,
        token_hash
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let numbers = rows.filter_map(|r| {
        let kind = ChannelKind::from_code(&r.kind)?;
        let said = r.said.map(|said| said == "right");
        Some(AskedNumber { fact_id: r.fact_id, recorded_at: r.recorded_at, kind, ends: r.ends, said })
    });
    Ok(numbers.collect())
}

/// What a window says of one of its numbers.
#[derive(Debug, Clone)]
pub struct NumberAnswer {
    /// The row that its page showed.
    pub fact_id: Uuid,
    /// As it was then.
    pub recorded_at: DateTime<Utc>,
    /// Whether it is reached there.
    pub right: bool,
    /// What it says besides.
    pub remark: String,
}

/// Takes what a link says of numbers; answers how many of them are still as the page showed them.
pub async fn answer_numbers(
    tx: &mut PgConnection,
    token_hash: &[u8],
    answers: &[NumberAnswer],
    now: DateTime<Utc>,
) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        r#"select verification_answer_numbers($1, $2, $3, $4, $5, $6) as "noted!""#,
        token_hash,
        &answers.iter().map(|a| a.fact_id).collect::<Vec<_>>(),
        &answers.iter().map(|a| a.recorded_at).collect::<Vec<_>>(),
        &answers.iter().map(|a| a.right).collect::<Vec<_>>(),
        &answers.iter().map(|a| if a.right { String::new() } else { a.remark.clone() }).collect::<Vec<_>>(),
        now
    )
    .fetch_one(tx)
    .await
}

/// A way to a window, and when it was proven last.
#[derive(Debug, Clone)]
pub struct Way {
    /// What it is.
    pub kind: ChannelKind,
    /// Address or number.
    pub value: String,
    /// When it was proven last.
    pub proven_on: Option<NaiveDate>,
    /// How: by a call, and with whom somebody spoke.
    pub spoke_with: Option<String>,
}

/// A window that is called.
#[derive(Debug, Clone)]
pub struct Called {
    /// Whose.
    pub organisation_id: OrganisationId,
    /// Its organisation's name in Japanese and English.
    pub organisation: [String; 2],
    /// What it is called.
    pub label: String,
    /// How it is reached.
    pub ways: Vec<Way>,
}

/// An open window of a CEPTOAR with its ways.
pub async fn called(tx: &mut PgConnection, ceptoar_id: &str, window: ContactId) -> sqlx::Result<Option<Called>> {
    let Some(row) = sqlx::query!(
        r#"select k.organisation_id as "organisation_id: OrganisationId", k.label, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from contacts k
           left join organisation_names n on n.organisation_id = k.organisation_id and n.valid @> viewer_today()
           where k.contact_id = $1 and k.ceptoar_id = $2 and k.valid @> viewer_today()"#,
        window.0,
        ceptoar_id
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(None);
    };
    let ways = sqlx::query!(
        r#"select c.kind, c.value, c.last_verified_on, p.spoke_with as "spoke_with?"
           from contact_channels c
           left join lateral (
             select x.spoke_with from window_proofs x
             where x.contact_id = c.contact_id and x.kind = c.kind and x.value = c.value and x.way = 'call'
               and (x.proven_at at time zone 'Asia/Tokyo')::date = c.last_verified_on
             order by x.proven_at desc limit 1) p on true
           where c.contact_id = $1 and c.valid @> viewer_today() order by c.position"#,
        window.0
    )
    .fetch_all(tx)
    .await?;
    Ok(Some(Called {
        organisation_id: row.organisation_id,
        organisation: [row.ja, row.en],
        label: row.label,
        ways: ways
            .into_iter()
            .filter_map(|w| {
                let kind = ChannelKind::from_code(&w.kind)?;
                Some(Way { kind, value: w.value, proven_on: w.last_verified_on, spoke_with: w.spoke_with })
            })
            .collect(),
    }))
}

/// A call that somebody of the desk made.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// To which window.
    pub window: ContactId,
    /// By which way.
    pub way: &'a Way,
    /// Who answered.
    pub spoke_with: &'a str,
    /// Who called.
    pub by: AccountId,
}

/// Writes the call down: a proof of that number, and the answer in the round that is open.
pub async fn note_call(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    call: Call<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let kind = call.way.kind.code();
    // The answer of a link takes the question first and the way after: whoever comes from the other side waits here, and
    // does not hold the way meanwhile.
    sqlx::query!(
        "select q.contact_id from verification_requests q join verification_rounds r using (round_id)
         where r.ceptoar_id = $2 and r.closed_at is null and q.contact_id = $1 for update of q",
        call.window.0,
        ceptoar_id
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into window_proofs (contact_id, kind, value, way, spoke_with, noted_by, proven_at)
         values ($1, $2, $3, 'call', $4, $5, $6)",
        call.window.0,
        kind,
        call.way.value,
        call.spoke_with,
        call.by.0,
        now
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update contact_channels set last_verified_on = viewer_today()
         where contact_id = $1 and kind = $2 and value = $3 and valid @> viewer_today()",
        call.window.0,
        kind,
        call.way.value
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update verification_requests q set answer = 'alive', way = 'call', answered_at = $3
         from verification_rounds r
         where r.round_id = q.round_id and r.ceptoar_id = $2 and r.closed_at is null
           and q.contact_id = $1 and q.answer is distinct from 'alive'",
        call.window.0,
        ceptoar_id,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}
