//! SQL of templates and phrases. A save is a row; the highest version counts.

use sqlx::PgConnection;
use uuid::Uuid;

use super::kept::{Kept, Phrase, PhraseField, Saved, Template};
use crate::features::advisories::advisory::{Kind, Purpose};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::platform::db;

/// What became of a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is kept.
    Kept,
    /// A colleague was faster.
    Overtaken,
}

fn outcome(done: sqlx::Result<sqlx::postgres::PgQueryResult>) -> sqlx::Result<Outcome> {
    match done {
        Ok(_) => Ok(Outcome::Kept),
        Err(error) => match db::broken_constraint(&error) {
            Some("advisory_templates_one_next" | "advisory_phrases_one_next") => Ok(Outcome::Overtaken),
            Some(_) | None => Err(error),
        },
    }
}

/// All versions of one template, the newest first; of all, where none is named.
///
/// # Errors
/// The database's own.
pub async fn templates(tx: &mut PgConnection, id: Option<Uuid>) -> sqlx::Result<Vec<Kept<Template>>> {
    let rows = sqlx::query!(
        r#"select template_id, version, name, kind as "kind: Kind", title, summary, impact, countermeasure,
                  purpose as "purpose: Purpose", level as "level: SharingLevel", handler_scope as "handler_scope: HandlerScope",
                  due_hours, archived, nullif(saved_by_name, '') as by, nullif(saved_at, '-infinity') as at
           from advisory_templates t
           where case when $1::uuid is null
                   then version = (select max(n.version) from advisory_templates n where n.template_id = t.template_id)
                   else template_id = $1 end
           order by array_position(array['early_warning', 'alert', 'reference', 'newsletter'], kind), name, template_id,
                    version desc"#,
        id
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let kept = rows.map(|r| Kept {
        id: r.template_id,
        what: Template {
            name: r.name,
            kind: r.kind,
            title: r.title,
            summary: r.summary,
            impact: r.impact,
            countermeasure: r.countermeasure,
            purpose: r.purpose,
            level: r.level,
            handler_scope: r.handler_scope,
            due_hours: r.due_hours,
        },
        saved: Saved { version: r.version, archived: r.archived, by: r.by, at: r.at },
    });
    let mut kept: Vec<_> = kept.collect();
    if id.is_some() {
        kept.sort_by_key(|template| std::cmp::Reverse(template.saved.version));
    }
    Ok(kept)
}

/// Keeps a version of a template.
///
/// # Errors
/// The database's own.
pub async fn keep_template(
    tx: &mut PgConnection,
    id: Uuid,
    version: i32,
    what: &Template,
    archived: bool,
) -> sqlx::Result<Outcome> {
    let done = sqlx::query!(
        "insert into advisory_templates (template_id, version, name, kind, title, summary, impact, countermeasure, purpose,
                                         level, handler_scope, due_hours, archived)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        id,
        version,
        what.name,
        what.kind.code(),
        what.title,
        what.summary,
        what.impact,
        what.countermeasure,
        what.purpose.code(),
        what.level.code(),
        what.handler_scope.code(),
        what.due_hours,
        archived
    );
    outcome(done.execute(tx).await)
}

/// All versions of one phrase, the newest first; of all, where none is named.
///
/// # Errors
/// The database's own.
pub async fn phrases(tx: &mut PgConnection, id: Option<Uuid>) -> sqlx::Result<Vec<Kept<Phrase>>> {
    let rows = sqlx::query!(
        r#"select phrase_id, version, field as "field: PhraseField", name, body, archived, nullif(saved_by_name, '') as by,
                  nullif(saved_at, '-infinity') as at
           from advisory_phrases t
           where case when $1::uuid is null
                   then version = (select max(n.version) from advisory_phrases n where n.phrase_id = t.phrase_id)
                   else phrase_id = $1 end
           order by array_position(array['summary', 'impact', 'countermeasure'], field), name, phrase_id, version desc"#,
        id
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let kept = rows.map(|r| Kept {
        id: r.phrase_id,
        what: Phrase { field: r.field, name: r.name, body: r.body },
        saved: Saved { version: r.version, archived: r.archived, by: r.by, at: r.at },
    });
    let mut kept: Vec<_> = kept.collect();
    if id.is_some() {
        kept.sort_by_key(|phrase| std::cmp::Reverse(phrase.saved.version));
    }
    Ok(kept)
}

/// Keeps a version of a phrase.
///
/// # Errors
/// The database's own.
pub async fn keep_phrase(
    tx: &mut PgConnection,
    id: Uuid,
    version: i32,
    what: &Phrase,
    archived: bool,
) -> sqlx::Result<Outcome> {
    let done = sqlx::query!(
        "insert into advisory_phrases (phrase_id, version, field, name, body, archived) values ($1, $2, $3, $4, $5, $6)",
        id,
        version,
        what.field.code(),
        what.name,
        what.body,
        archived
    );
    outcome(done.execute(tx).await)
}
