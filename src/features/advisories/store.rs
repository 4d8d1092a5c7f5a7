//! SQL of drafting, submitting and approving. Reading has its own (`reading/store.rs`).

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::advisory::{Envelope, Kind, Purpose, State, Text};
use super::content::{self, Addressees, Draft, OverGroup};
use super::origin::{Origin, Source};
use super::parts::{self, part::Part, part::Reach};
use super::versions;
use super::versions::step::{self, Before, Step, Version};
use crate::features::access::action::AdvisoryAction;
use crate::features::access::advisory::AdvisoryFacts;
use crate::features::access::{Viewer, can};
use crate::kernel::ids::{AccountId, AdvisoryId, ContactId};
use crate::kernel::language::Language;
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::kernel::text::folded;
use crate::platform::web::form::FieldErrors;

/// An unpublished item with everything about it.
#[derive(Debug, Clone)]
pub struct Unpublished {
    /// The envelope.
    pub envelope: Envelope,
    /// What its author decided.
    pub draft: Draft,
    /// The version before; none for a first one.
    pub before: Option<Before>,
    /// Why there is a new version.
    pub reason: String,
    /// Its files and limited sections.
    pub parts: Vec<Part>,
}

impl Unpublished {
    /// What still keeps it from being submitted, at the fields.
    #[must_use]
    pub fn missing(&self, now: DateTime<Utc>, language: Language) -> FieldErrors {
        let step = self.envelope.version.step;
        let mut errors = content::missing(&self.draft, step, now, language);
        for (field, message) in step::level_errors(step, &self.draft, self.before.as_ref(), language).iter() {
            errors.add(field, message);
        }
        if let Some(message) = self.parts.iter().find_map(|part| part.problem(self.draft.level, language)) {
            errors.add("parts", message);
        }
        errors
    }

    /// What the rights are decided on. Nothing unpublished reaches anybody.
    #[must_use]
    pub fn facts(&self) -> AdvisoryFacts {
        let e = &self.envelope;
        AdvisoryFacts {
            state: e.state,
            level: e.level,
            handler_scope: e.handler_scope,
            follows: e.version.number > 1,
            created_by: e.created_by,
            last_edited_by: e.last_edited_by,
            submitted_by: e.submitted_by,
            approved_by: None,
            reaches: Vec::new(),
            named: Vec::new(),
            handler_windows: Vec::new(),
        }
    }
}

/// The next serial number of a fiscal year.
pub async fn next_serial(tx: &mut PgConnection, fiscal_year: i16) -> sqlx::Result<i32> {
    sqlx::query_scalar!(r#"select next_advisory_serial($1) as "n!""#, fiscal_year).fetch_one(tx).await
}

/// Begins a draft.
pub async fn insert(
    tx: &mut PgConnection,
    by: AccountId,
    fiscal_year: i16,
    serial: i32,
    now: DateTime<Utc>,
    draft: &Draft,
) -> sqlx::Result<AdvisoryId> {
    let id = AdvisoryId::random();
    sqlx::query!(
        "insert into advisories (advisory_id, number, fiscal_year, serial, level, handler_scope, drill,
                                 created_by, created_at, last_edited_by, answer_due, valid_until, measures_due)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $10, $11, $12)",
        id.0,
        format!("{fiscal_year}-{serial:04}"),
        fiscal_year,
        serial,
        draft.level.code(),
        draft.handler_scope.code(),
        draft.drill,
        by.0,
        now,
        draft.answer_due,
        draft.valid_until,
        draft.measures_due
    )
    .execute(&mut *tx)
    .await?;
    insert_text(tx, id, draft).await?;
    Ok(id)
}

/// Writes the text of a draft just begun, and whom it is addressed to.
pub(super) async fn insert_text(tx: &mut PgConnection, id: AdvisoryId, draft: &Draft) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into advisory_texts (advisory_id, kind, purpose) values ($1, $2, $3)",
        id.0,
        draft.text.kind.code(),
        draft.text.purpose.code()
    )
    .execute(&mut *tx)
    .await?;
    save_text(&mut *tx, id, &draft.text).await?;
    save_groups(tx, id, &draft.addressees).await
}

/// Saves a draft of `by`; false if it is no draft of theirs (any more).
pub async fn save(tx: &mut PgConnection, id: AdvisoryId, by: AccountId, draft: &Draft) -> sqlx::Result<bool> {
    let touched = sqlx::query!(
        "update advisories set level = $3, handler_scope = $4, drill = $5, answer_due = $6, valid_until = $7, measures_due = $8,
                               edits = edits + 1, last_edited_by = $2
         where advisory_id = $1 and created_by = $2 and state = 'draft'",
        id.0,
        by.0,
        draft.level.code(),
        draft.handler_scope.code(),
        draft.drill,
        draft.answer_due,
        draft.valid_until,
        draft.measures_due
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if touched == 0 {
        return Ok(false);
    }
    save_text(&mut *tx, id, &draft.text).await?;
    save_groups(tx, id, &draft.addressees).await?;
    Ok(true)
}

async fn save_text(tx: &mut PgConnection, id: AdvisoryId, text: &Text) -> sqlx::Result<()> {
    let all = [&text.title, &text.summary, &text.impact, &text.countermeasure, &text.origin.name]
        .map(String::as_str)
        .join("\n");
    let search = folded(&[all, text.products.join("\n"), text.cves.join("\n")].join("\n"));
    sqlx::query!(
        "update advisory_texts set kind = $2, title = $3, summary = $4, impact = $5, countermeasure = $6, purpose = $7,
                links = $8, cves = $9, products = $10, search_text = $11, origin = $12, origin_name = $13, origin_conditions = $14
         where advisory_id = $1",
        id.0,
        text.kind.code(),
        text.title,
        text.summary,
        text.impact,
        text.countermeasure,
        text.purpose.code(),
        &text.links,
        &text.cves,
        &text.products,
        search,
        text.origin.source.code(),
        text.origin.name,
        text.origin.conditions
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Replaces the addressed groups; named persons stay while the item is RED. Ids that do not exist are left out.
async fn save_groups(tx: &mut PgConnection, id: AdvisoryId, to: &Addressees) -> sqlx::Result<()> {
    // Named persons belong to RED; at another level a forgotten name would widen the audience unseen.
    sqlx::query!(
        "delete from advisory_addressees d using advisories a
         where d.advisory_id = $1 and a.advisory_id = d.advisory_id and (d.contact_id is null or a.level <> 'RED')",
        id.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into advisory_addressees (advisory_id, sector_id, ceptoar_id, subgroup_id)
         select $1::uuid, s.sector_id, null, null from sectors s where s.sector_id = any ($2)
         union all select $1::uuid, null, c.ceptoar_id, null from ceptoars c where c.ceptoar_id = any ($3)
         union all select $1::uuid, null, null, g.subgroup_id from subgroups g where g.subgroup_id = any ($4)",
        id.0,
        &to.sectors,
        &to.ceptoars,
        &to.subgroups
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Names windows in a draft of `by`, or takes them off; false if it is no draft of theirs.
pub async fn save_named(
    tx: &mut PgConnection,
    id: AdvisoryId,
    by: AccountId,
    add: &[Uuid],
    remove: &[Uuid],
) -> sqlx::Result<bool> {
    let touched = sqlx::query!(
        "update advisories set edits = edits + 1, last_edited_by = $2
         where advisory_id = $1 and created_by = $2 and state = 'draft'",
        id.0,
        by.0
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if touched == 0 {
        return Ok(false);
    }
    sqlx::query!("delete from advisory_addressees where advisory_id = $1 and contact_id = any ($2)", id.0, remove)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into advisory_addressees (advisory_id, contact_id) select $1, * from unnest($2::uuid[])
         on conflict on constraint advisory_addressees_key do nothing",
        id.0,
        add
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// An unpublished item, if the viewer may do this with it.
pub async fn find_unpublished(
    tx: &mut PgConnection,
    viewer: &Viewer,
    action: AdvisoryAction,
    id: AdvisoryId,
) -> sqlx::Result<Option<Unpublished>> {
    let item = unpublished(tx, id).await?;
    Ok(item.filter(|item| can(viewer, action, &item.facts())))
}

async fn unpublished(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Option<Unpublished>> {
    let row = sqlx::query!(
        r#"select a.number, a.version, a.step as "step: Step", a.state as "state: State", a.level as "level: SharingLevel",
                  a.handler_scope as "handler_scope: HandlerScope", a.drill, a.created_by, a.created_at, a.last_edited_by,
                  a.edits, a.submitted_by, a.published_at, a.answer_due, a.measures_due, a.valid_until, a.previous_id,
                  t.kind as "kind: Kind", t.title, t.summary, t.impact, t.countermeasure, t.purpose as "purpose: Purpose",
                  t.links, t.cves, t.products, t.origin as "origin: Source", t.origin_name, t.origin_conditions
           from advisories a join advisory_texts t using (advisory_id)
           where a.advisory_id = $1 and a.state <> 'published'"#,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let addressees = addressees(tx, id).await?;
    let text = Text {
        kind: r.kind,
        title: r.title,
        summary: r.summary,
        impact: r.impact,
        countermeasure: r.countermeasure,
        purpose: r.purpose,
        links: r.links,
        cves: r.cves,
        products: r.products,
        origin: Origin { source: r.origin, name: r.origin_name, conditions: r.origin_conditions },
    };
    let envelope = Envelope {
        advisory_id: id,
        number: r.number,
        version: Version { number: r.version, step: r.step },
        state: r.state,
        level: r.level,
        handler_scope: r.handler_scope,
        drill: r.drill,
        created_by: AccountId(r.created_by),
        created_at: r.created_at,
        last_edited_by: AccountId(r.last_edited_by),
        edits: r.edits,
        submitted_by: r.submitted_by.map(AccountId),
        published_at: r.published_at,
        answer_due: r.answer_due,
        measures_due: r.measures_due,
        valid_until: r.valid_until,
    };
    let draft = Draft {
        text,
        level: r.level,
        handler_scope: r.handler_scope,
        drill: r.drill,
        addressees,
        answer_due: r.answer_due,
        measures_due: r.measures_due,
        valid_until: r.valid_until,
    };
    let before = if r.previous_id.is_some() { versions::store::before(tx, id).await? } else { None };
    let (before, reason) = before.unzip();
    let parts = parts::store::parts(tx, id, Reach { level: draft.level, scope: draft.handler_scope }).await?;
    Ok(Some(Unpublished { envelope, draft, before, reason: reason.unwrap_or_default(), parts }))
}

/// What an item is addressed to, as far as the viewer may know it.
pub(super) async fn addressees(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Addressees> {
    let rows = sqlx::query!(
        "select sector_id, ceptoar_id, subgroup_id, contact_id from advisory_addressees where advisory_id = $1
         order by sector_id, ceptoar_id, subgroup_id, contact_id",
        id.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut found = Addressees::default();
    for row in rows {
        found.sectors.extend(row.sector_id);
        found.ceptoars.extend(row.ceptoar_id);
        found.subgroups.extend(row.subgroup_id);
        found.contacts.extend(row.contact_id.map(ContactId));
    }
    if !found.subgroups.is_empty() {
        found.over = over(tx, id).await?;
    }
    Ok(found)
}

/// The addressed groups that are not there today, or in which nobody is.
async fn over(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<OverGroup>> {
    let rows = sqlx::query!(
        r#"select s.code, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from advisory_addressees d join subgroups s on s.subgroup_id = d.subgroup_id
           left join ceptoar_names n on n.ceptoar_id = s.ceptoar_id and n.valid @> viewer_today()
           where d.advisory_id = $1 and not (s.valid @> viewer_today() and exists (
             select from memberships m
             where m.ceptoar_id = s.ceptoar_id and m.valid @> viewer_today() and (m.subgroup_id = s.subgroup_id or exists (
               select from group_members g where g.subgroup_id = s.subgroup_id
                 and g.organisation_id = m.organisation_id and g.valid @> viewer_today()))))
           order by s.ceptoar_id, s.code"#,
        id.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| OverGroup { code: r.code, ceptoar: [r.ja, r.en] }).collect())
}

/// Hands a draft of `by` to the approvers; false if it is no draft of theirs (any more).
pub async fn submit(tx: &mut PgConnection, id: AdvisoryId, by: AccountId, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let touched = sqlx::query!(
        "update advisories set state = 'review', submitted_by = $2, submitted_at = $3
         where advisory_id = $1 and created_by = $2 and state = 'draft'",
        id.0,
        by.0,
        now
    )
    .execute(tx)
    .await?;
    Ok(touched.rows_affected() == 1)
}

/// Makes a submitted item a draft again; false if it is not waiting for approval.
pub async fn send_back(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<bool> {
    let touched = sqlx::query!(
        "update advisories set state = 'draft', submitted_by = null, submitted_at = null
         where advisory_id = $1 and state = 'review'",
        id.0
    )
    .execute(tx)
    .await?;
    Ok(touched.rows_affected() == 1)
}

/// Throws a draft of `by` away, or a later version that somebody else left; false if it is neither.
pub async fn discard(tx: &mut PgConnection, id: AdvisoryId, by: AccountId) -> sqlx::Result<bool> {
    let touched = sqlx::query!(
        "delete from advisories where advisory_id = $1 and (created_by = $2 or previous_id is not null) and state = 'draft'",
        id.0,
        by.0
    )
    .execute(tx)
    .await?;
    Ok(touched.rows_affected() == 1)
}

/// Approves what was submitted at save number `edits` by somebody else, and publishes it unless it has to wait; false if that
/// is not how it stands.
pub async fn approve(
    tx: &mut PgConnection,
    id: AdvisoryId,
    by: AccountId,
    edits: i32,
    published_at: Option<DateTime<Utc>>,
    hash: &[u8],
) -> sqlx::Result<bool> {
    let touched = sqlx::query!(
        "update advisories set state = case when $4::timestamptz is null then 'approved' else 'published' end, approved_by = $2,
                published_at = $4, approved_hash = $5
         where advisory_id = $1 and state = 'review' and edits = $3
           and $2 not in (created_by, last_edited_by, submitted_by)",
        id.0,
        by.0,
        edits,
        published_at,
        hash
    )
    .execute(tx)
    .await?;
    Ok(touched.rows_affected() == 1)
}
