//! SQL of the history.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::PastChange;
use crate::kernel::ids::{ContactId, OrganisationId};

/// The newest changes of a member in a CEPTOAR.
pub async fn history(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    with_windows: bool,
    until: Option<DateTime<Utc>>,
) -> sqlx::Result<Vec<PastChange>> {
    let rows = sqlx::query!(
        r#"select h.change_id, h.contact_id as "contact_id: ContactId", h.kind, h.subject,
                  -- What it said has not been said otherwise since.
                  (h.effective_on > viewer_today() and h.import_id is null and h.subject not in ('partnership', 'group_member') and h.kind in ('change', 'ending', 'beginning')
                   and (h.kind <> 'beginning' or h.subject in ('window', 'membership'))
                   and not exists (select from directory_versions v
                                   where v.organisation_id = h.organisation_id and lower(v.recorded) = h.made_at
                                     -- What became of its parts in groups since is looked at when it is taken back.
                                     and v.relation <> 'group_members'
                                     and (v.relation = 'organisation_names') = (h.subject = 'name')
                                     and v.change_id is distinct from h.change_id)) as "is_open!", h.proposal_id, h.effective_on, h.reason, h.before, h.after, h.made_at,
                  coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from directory_changes h
           left join organisation_names n on n.organisation_id = h.made_by_organisation and n.valid @> viewer_today()
           where h.ceptoar_id = $1 and h.organisation_id = $2 and ($3 or h.subject <> 'window')
             and ($4::timestamptz is null or h.made_at < $4)
           order by h.made_at desc, h.change_id desc limit 50"#,
        ceptoar_id,
        organisation.0,
        with_windows,
        until
    )
    .fetch_all(tx)
    .await?;
    let lines =
        |value: Option<serde_json::Value>| value.and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default();
    Ok(rows
        .into_iter()
        .map(|r| PastChange {
            change_id: r.change_id,
            contact_id: r.contact_id,
            proposal: r.proposal_id,
            is_open: r.is_open,
            kind: r.kind,
            subject: r.subject,
            effective_on: r.effective_on,
            reason: r.reason,
            before: lines(r.before),
            after: lines(r.after),
            by: [r.ja, r.en],
            at: r.made_at,
        })
        .collect())
}

/// The newest changes of some subjects in a CEPTOAR, whosever they are. Parts that ended with their group are told by its end.
///
/// # Errors
/// The database's own.
pub async fn history_of_ceptoar(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    subjects: &[&str],
    until: Option<DateTime<Utc>>,
) -> sqlx::Result<Vec<PastChange>> {
    let subjects: Vec<String> = subjects.iter().map(|subject| (*subject).to_owned()).collect();
    let rows = sqlx::query!(
        r#"select h.change_id, h.kind, h.subject, h.effective_on, h.reason, h.before, h.after, h.made_at,
                  coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from directory_changes h
           left join organisation_names n on n.organisation_id = h.made_by_organisation and n.valid @> viewer_today()
           where h.ceptoar_id = $1 and h.subject = any ($2) and ($3::timestamptz is null or h.made_at < $3)
             and not (h.subject = 'group_member' and exists (
               select from directory_changes e where e.subject = 'group' and e.kind = h.kind
                 and e.subgroup_id = h.subgroup_id and e.made_at = h.made_at))
           order by h.made_at desc, h.change_id desc limit 30"#,
        ceptoar_id,
        &subjects,
        until
    );
    let lines =
        |value: Option<serde_json::Value>| value.and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default();
    let rows = rows.fetch_all(tx).await?.into_iter();
    let change = rows.map(|r| PastChange {
        change_id: r.change_id,
        contact_id: None,
        proposal: None,
        is_open: false,
        kind: r.kind,
        subject: r.subject,
        effective_on: r.effective_on,
        reason: r.reason,
        before: lines(r.before),
        after: lines(r.after),
        by: [r.ja, r.en],
        at: r.made_at,
    });
    Ok(change.collect())
}
