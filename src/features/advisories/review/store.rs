//! SQL of review. What is read passes row security; who says something, and when, the database writes down itself.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::comment::{Comment, CommentId, Returned, SentBack, Step, Taken};
use super::place::{Attached, Field, Names};
use crate::features::advisories::advisory::{Kind, Purpose, Text};
use crate::features::advisories::content::{Addressees, Draft};
use crate::features::advisories::origin::{Origin, Source};
use crate::features::directory::outline;
use crate::features::sharing;
use crate::kernel::ids::{AccountId, AdvisoryId, ContactId};
use crate::kernel::language::Language;
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};

/// The comments at an item, in the order of writing.
///
/// # Errors
/// The database's own.
pub async fn comments(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<Comment>> {
    let rows = sqlx::query!(
        r#"select comment_id, field as "field: Field", line, quoted, body, made_by_name, made_at
           from advisory_comments where advisory_id = $1 order by entry"#,
        id.0
    );
    let rows = rows.fetch_all(&mut *tx).await?.into_iter();
    let mut comments: Vec<Comment> = rows
        .map(|r| Comment {
            comment_id: r.comment_id,
            field: r.field,
            line: r.line.and_then(|line| usize::try_from(line).ok()),
            quoted: r.quoted,
            body: r.body,
            by: r.made_by_name,
            at: r.made_at,
            steps: Vec::new(),
        })
        .collect();
    if comments.is_empty() {
        return Ok(comments);
    }
    let ids: Vec<Uuid> = comments.iter().map(|comment| comment.comment_id).collect();
    let steps = sqlx::query!(
        r#"select comment_id, step as "step: Step", body, made_by_name, made_at
           from advisory_comment_steps where comment_id = any ($1) order by step_id"#,
        &ids
    );
    for r in steps.fetch_all(tx).await? {
        let taken = Taken { step: r.step, body: r.body, by: r.made_by_name, at: r.made_at };
        if let Some(comment) = comments.iter_mut().find(|comment| comment.comment_id == r.comment_id) {
            comment.steps.push(taken);
        }
    }
    Ok(comments)
}

/// At which item a comment stands.
///
/// # Errors
/// The database's own.
pub async fn item_of(tx: &mut PgConnection, comment: CommentId) -> sqlx::Result<Option<AdvisoryId>> {
    let found = sqlx::query_scalar!("select advisory_id from advisory_comments where comment_id = $1", comment);
    Ok(found.fetch_optional(tx).await?.map(AdvisoryId))
}

/// Whether an item was ever submitted.
///
/// # Errors
/// The database's own.
pub async fn was_submitted(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from advisory_submissions where advisory_id = $1) as "found!""#,
        id.0
    );
    found.fetch_one(tx).await
}

/// A comment to be made.
#[derive(Debug)]
pub struct NewComment<'a> {
    /// The field.
    pub field: Field,
    /// The line.
    pub line: Option<usize>,
    /// The words of the line.
    pub quoted: &'a str,
    /// What is said.
    pub body: &'a str,
}

/// Writes a comment down.
///
/// # Errors
/// The database's own.
pub async fn say(tx: &mut PgConnection, id: AdvisoryId, new: NewComment<'_>) -> sqlx::Result<CommentId> {
    let comment = Uuid::new_v4();
    sqlx::query!(
        "insert into advisory_comments (comment_id, advisory_id, field, line, quoted, body) values ($1, $2, $3, $4, $5, $6)",
        comment,
        id.0,
        new.field.code(),
        new.line.and_then(|line| i16::try_from(line).ok()),
        new.quoted,
        new.body
    )
    .execute(tx)
    .await?;
    Ok(comment)
}

/// Writes down what is done about a comment.
///
/// # Errors
/// The database's own.
pub async fn take(tx: &mut PgConnection, comment: CommentId, step: Step, body: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into advisory_comment_steps (comment_id, step, body) values ($1, $2, $3)",
        comment,
        step.code(),
        body
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Remembers that an approver looked at a save.
///
/// # Errors
/// The database's own.
pub async fn look(
    tx: &mut PgConnection,
    id: AdvisoryId,
    by: AccountId,
    edits: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into advisory_looks (advisory_id, account_id, edits, looked_at) values ($1, $2, $3, $4)
         on conflict do nothing",
        id.0,
        by.0,
        edits,
        now
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// What an item said when it was submitted, as the database kept it.
#[derive(Debug, serde::Deserialize)]
struct Kept {
    kind: String,
    title: String,
    summary: String,
    impact: String,
    countermeasure: String,
    purpose: String,
    links: Vec<String>,
    cves: Vec<String>,
    products: Vec<String>,
    /// What was submitted before items said it was the centre's.
    #[serde(default)]
    origin: String,
    #[serde(default)]
    origin_name: String,
    #[serde(default)]
    origin_conditions: String,
    level: String,
    handler_scope: String,
    drill: bool,
    answer_due: Option<DateTime<Utc>>,
    measures_due: Option<DateTime<Utc>>,
    valid_until: Option<NaiveDate>,
    parts: Vec<Attached>,
    sectors: Vec<String>,
    ceptoars: Vec<String>,
    subgroups: Vec<String>,
    contacts: Vec<ContactId>,
}

impl Kept {
    fn draft(self) -> Option<(Draft, Vec<Attached>)> {
        let text = Text {
            kind: Kind::from_code(&self.kind)?,
            title: self.title,
            summary: self.summary,
            impact: self.impact,
            countermeasure: self.countermeasure,
            purpose: Purpose::from_code(&self.purpose)?,
            links: self.links,
            cves: self.cves,
            products: self.products,
            origin: Origin {
                source: Source::from_code(&self.origin).unwrap_or_default(),
                name: self.origin_name,
                conditions: self.origin_conditions,
            },
        };
        let addressees = Addressees {
            sectors: self.sectors,
            ceptoars: self.ceptoars,
            subgroups: self.subgroups,
            over: Vec::new(),
            contacts: self.contacts,
        };
        let draft = Draft {
            text,
            level: SharingLevel::from_code(&self.level)?,
            handler_scope: HandlerScope::from_code(&self.handler_scope)?,
            drill: self.drill,
            addressees,
            answer_due: self.answer_due,
            measures_due: self.measures_due,
            valid_until: self.valid_until,
        };
        Some((draft, self.parts))
    }
}

/// What an item said at the last save before this one that somebody looked at, and when they did.
///
/// # Errors
/// The database's own.
pub async fn seen_before(
    tx: &mut PgConnection,
    id: AdvisoryId,
    by: AccountId,
    edits: i32,
) -> sqlx::Result<Option<((Draft, Vec<Attached>), DateTime<Utc>)>> {
    let row = sqlx::query!(
        r#"select s.content as "content: Json<Kept>", l.looked_at
           from advisory_looks l
           join advisory_submissions s on s.advisory_id = l.advisory_id and s.edits = l.edits
           where l.advisory_id = $1 and l.account_id = $2 and l.edits < $3
           order by l.edits desc, s.submission_id desc limit 1"#,
        id.0,
        by.0,
        edits
    );
    let row = row.fetch_optional(tx).await?;
    Ok(row.and_then(|r| Some((r.content.0.draft()?, r.looked_at))))
}

/// The names that the places of an item need. Of windows in Japanese: the words of a comment are kept in one language.
///
/// # Errors
/// The database's own.
pub async fn names(tx: &mut PgConnection, id: AdvisoryId, draft: &Draft) -> sqlx::Result<Names> {
    let sectors = outline::store::load(&mut *tx).await?;
    let windows = if draft.addressees.contacts.is_empty() {
        Vec::new()
    } else {
        sharing::store::named(tx, id, Language::Ja).await?
    };
    Ok(Names::of(&sectors, windows))
}

/// Writes down that an item is sent back, with what is said to it as a whole.
///
/// # Errors
/// The database's own.
pub async fn send_back(tx: &mut PgConnection, id: AdvisoryId, remark: &str) -> sqlx::Result<()> {
    sqlx::query!("insert into advisory_returns (advisory_id, remark) values ($1, $2)", id.0, remark)
        .execute(tx)
        .await
        .map(|_| ())
}

/// What was said when an item's last submission was sent back.
///
/// # Errors
/// The database's own.
pub async fn sent_back(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Option<SentBack>> {
    let row = sqlx::query!(
        "select remark, made_by_name, made_at from advisory_returns
         where advisory_id = $1 and submission_id = (select max(s.submission_id) from advisory_submissions s
                                                     where s.advisory_id = $1)
         order by return_id desc limit 1",
        id.0
    );
    let row = row.fetch_optional(tx).await?;
    Ok(row.map(|r| SentBack { remark: r.remark, by: r.made_by_name, at: r.made_at }))
}

/// Every time that an item was sent back, the oldest first.
///
/// # Errors
/// The database's own.
pub async fn returns(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<SentBack>> {
    let rows = sqlx::query!(
        "select remark, made_by_name, made_at from advisory_returns where advisory_id = $1 order by return_id",
        id.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| SentBack { remark: r.remark, by: r.made_by_name, at: r.made_at }).collect())
}

/// The drafts of somebody whose last submission was sent back.
///
/// # Errors
/// The database's own.
pub async fn returned(tx: &mut PgConnection, author: AccountId) -> sqlx::Result<Vec<Returned>> {
    let rows = sqlx::query!(
        r#"select a.advisory_id, a.number, max(r.made_at) as "at!",
                  (select count(*) from advisory_comments c
                   where c.advisory_id = a.advisory_id
                     and coalesce((select s.step from advisory_comment_steps s
                                   where s.comment_id = c.comment_id and s.step in ('done', 'reopened')
                                   order by s.step_id desc limit 1), 'reopened') <> 'done') as "open!"
           from advisories a join advisory_returns r on r.advisory_id = a.advisory_id
           where a.created_by = $1 and a.state = 'draft'
             and r.submission_id = (select max(s.submission_id) from advisory_submissions s where s.advisory_id = a.advisory_id)
           group by a.advisory_id, a.number order by 3, a.number"#,
        author.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| Returned { advisory_id: AdvisoryId(r.advisory_id), number: r.number, open: r.open }).collect())
}
