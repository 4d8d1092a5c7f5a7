//! SQL of handling rules and of the evidence for the requirements.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::light::Evidence;
use super::rule::{Document, Edition, MemberConsent, NewEdition, Way};
use crate::features::directory::activities::store as activities;
use crate::features::directory::verification::round::FRESH_DAYS;
use crate::kernel::clock::{day_ends, fiscal_year_began};
use crate::kernel::ids::{AccountId, OrganisationId};
use crate::platform::files::store::FileState;

/// How many members a page shows.
pub const SHOWN: i64 = 200;
/// A window proven longer ago does not count, in days.
pub const PROVEN_DAYS: i32 = 366;

/// The editions of a CEPTOAR's rule, the newest first.
pub async fn editions(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<Vec<Edition>> {
    sqlx::query_as!(
        Edition,
        r#"select r.rule_id, r.title, r.edition, r.adopted_on, lower(r.valid) as "from!", upper(r.valid) as until,
                  r.summary, r.kept_at,
                  (select count(*) from handling_rule_consents k
                   join memberships m on m.organisation_id = k.organisation_id and m.ceptoar_id = r.ceptoar_id
                    and m.valid @> viewer_today()
                   where k.rule_id = r.rule_id) as "consents!"
           from handling_rules r where r.ceptoar_id = $1 order by r.valid desc"#,
        ceptoar_id
    )
    .fetch_all(tx)
    .await
}

/// Today's members and their consent to an edition: those who have not agreed first, by reading; one more than is shown.
pub async fn members(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    rule_id: Uuid,
    of: Option<&[Uuid]>,
) -> sqlx::Result<Vec<MemberConsent>> {
    let rows = sqlx::query!(
        r#"select m.organisation_id as "organisation_id: OrganisationId", coalesce(n.ja, '') as "ja!",
                  coalesce(n.en, '') as "en!", k.consented_on as "consented_on?", k.way as "way?: Way"
           from memberships m
           left join organisation_names n on n.organisation_id = m.organisation_id and n.valid @> viewer_today()
           left join handling_rule_consents k on k.rule_id = $2 and k.organisation_id = m.organisation_id
           where m.ceptoar_id = $1 and m.valid @> viewer_today() and ($3::uuid[] is null or m.organisation_id = any ($3))
           order by k.consented_on is not null, n.reading, m.organisation_id limit $4::bigint + 1"#,
        ceptoar_id,
        rule_id,
        of,
        SHOWN
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| MemberConsent {
            organisation_id: r.organisation_id,
            name: [r.ja, r.en],
            given: r.consented_on.zip(r.way),
        })
        .collect())
}

/// Writes an edition down; the one before ends on the day on which it begins.
///
/// # Errors
/// `handling_rules_one_at_a_time` where an edition that begins later is there already.
pub async fn adopt(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    new: &NewEdition,
    by: AccountId,
    now: DateTime<Utc>,
) -> sqlx::Result<Uuid> {
    sqlx::query!(
        "update handling_rules set valid = daterange(lower(valid), $2)
         where ceptoar_id = $1 and upper_inf(valid) and lower(valid) < $2",
        ceptoar_id,
        new.from
    )
    .execute(&mut *tx)
    .await?;
    let rule_id = Uuid::new_v4();
    sqlx::query!(
        "insert into handling_rules (rule_id, ceptoar_id, title, edition, adopted_on, valid, summary, kept_at, recorded_by,
                                     recorded_at)
         values ($1, $2, $3, $4, $5, daterange($6, null), $7, $8, $9, $10)",
        rule_id,
        ceptoar_id,
        new.title,
        new.edition,
        new.adopted_on,
        new.from,
        new.summary,
        new.kept_at,
        by.0,
        now
    )
    .execute(tx)
    .await?;
    Ok(rule_id)
}

/// Takes the newest edition back that nobody has agreed to, and destroys its documents; the one before holds on.
/// `false` where that is not so: the caller gives everything up.
pub async fn withdraw(tx: &mut PgConnection, ceptoar_id: &str, rule_id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!("select remove_rule_documents($1)", rule_id).fetch_one(&mut *tx).await?;
    let Some(from) = sqlx::query_scalar!(
        r#"delete from handling_rules r
           where r.rule_id = $1 and r.ceptoar_id = $2 and upper_inf(r.valid)
             and not exists (select from handling_rule_consents k where k.rule_id = r.rule_id)
           returning lower(r.valid) as "from!""#,
        rule_id,
        ceptoar_id
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(false);
    };
    sqlx::query!(
        "update handling_rules set valid = daterange(lower(valid), null) where ceptoar_id = $1 and upper(valid) = $2",
        ceptoar_id,
        from
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// A consent to an edition of a CEPTOAR.
#[derive(Debug, Clone, Copy)]
pub struct Consent<'a> {
    /// The CEPTOAR.
    pub ceptoar_id: &'a str,
    /// The edition.
    pub rule_id: Uuid,
    /// The member.
    pub organisation: OrganisationId,
}

/// Writes a consent down; `false` where there is no such edition or member today, or it agreed already.
pub async fn agree(
    tx: &mut PgConnection,
    consent: Consent<'_>,
    (on, way): (NaiveDate, Way),
    by: AccountId,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into handling_rule_consents (rule_id, organisation_id, consented_on, way, recorded_by, recorded_at)
         select r.rule_id, m.organisation_id, $4, $5, $6, $7
         from handling_rules r
         join memberships m on m.ceptoar_id = r.ceptoar_id and m.organisation_id = $3 and m.valid @> viewer_today()
         where r.rule_id = $1 and r.ceptoar_id = $2
         on conflict do nothing",
        consent.rule_id,
        consent.ceptoar_id,
        consent.organisation.0,
        on,
        way.code(),
        by.0,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the note of a consent on paper back; `false` where there is none.
pub async fn disagree(tx: &mut PgConnection, consent: Consent<'_>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from handling_rule_consents k using handling_rules r
         where k.rule_id = $1 and r.rule_id = $1 and r.ceptoar_id = $2 and k.organisation_id = $3 and k.way = 'paper'",
        consent.rule_id,
        consent.ceptoar_id,
        consent.organisation.0
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What the portal has on record of those CEPTOARs that the viewer looks over as of a day, in no order: what holds on it,
/// and what was proven, agreed and published until its end, the last from the beginning of its fiscal year.
pub async fn evidence(
    tx: &mut PgConnection,
    ceptoars: &[String],
    day: NaiveDate,
) -> sqlx::Result<Vec<(String, Evidence)>> {
    let told = activities::shown(&mut *tx, ceptoars, day).await?;
    let rows = sqlx::query!(
        r#"select ceptoar_id as "ceptoar_id!", members as "members!", rule_in_force as "rule_in_force!",
                  consents as "consents!", with_window as "with_window!", proven as "proven!", windows as "windows!",
                  fresh as "fresh!", shared as "shared!", drills as "drills!"
           from ceptoar_evidence($1, $2, $3, $4, $5, $6)"#,
        ceptoars,
        day,
        fiscal_year_began(day),
        day_ends(day),
        PROVEN_DAYS,
        i32::try_from(FRESH_DAYS).unwrap_or(i32::MAX)
    )
    .fetch_all(tx)
    .await?;
    let found = rows.into_iter().map(|r| {
        let told = told.iter().find(|shown| shown.ceptoar_id == r.ceptoar_id);
        let entries = |count: fn(&activities::Shown) -> i64| told.map_or(0, count);
        let evidence = Evidence {
            members: r.members,
            rule_in_force: r.rule_in_force,
            consents: r.consents,
            with_window: r.with_window,
            proven: r.proven,
            windows: r.windows,
            fresh: r.fresh,
            shared: r.shared,
            drills: r.drills,
            entries: entries(|shown| shown.entries),
            analyses: entries(|shown| shown.analyses),
            drill_entries: entries(|shown| shown.drills),
            route_checks: entries(|shown| shown.route_checks),
        };
        (r.ceptoar_id, evidence)
    });
    Ok(found.collect())
}

/// The documents of a CEPTOAR's editions, in the order in which they were added; also that one was removed.
pub async fn documents(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<Vec<Document>> {
    sqlx::query_as!(
        Document,
        r#"select d.file_id, d.rule_id, coalesce(f.name, '') as "name!", coalesce(f.length, 0) as "length!",
                  coalesce(f.state, 'purged') as "state!: FileState", d.added_at,
                  coalesce(d.removed_at, f.settled_at) as settled_at
           from handling_rules r join handling_rule_documents d using (rule_id)
           left join stored_files f on f.file_id = d.file_id and d.removed_at is null
           where r.ceptoar_id = $1 order by d.added_at, d.file_id"#,
        ceptoar_id
    )
    .fetch_all(tx)
    .await
}

/// Keeps an edition as it is until the end of the transaction, and counts its documents; `None` where it was taken back.
pub async fn attach_to(tx: &mut PgConnection, rule_id: Uuid) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!("select attach_to_rule($1)", rule_id).fetch_one(tx).await
}

/// Makes a file that the viewer has just attached a document of an edition.
pub async fn add_document(tx: &mut PgConnection, rule_id: Uuid, file_id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into handling_rule_documents (file_id, rule_id, added_at) values ($1, $2, $3)",
        file_id,
        rule_id,
        now
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Destroys a document; `false` where there is none.
pub async fn remove_document(tx: &mut PgConnection, rule_id: Uuid, file_id: Uuid) -> sqlx::Result<bool> {
    let gone = sqlx::query_scalar!("select remove_rule_documents($1, $2)", rule_id, file_id).fetch_one(tx).await?;
    Ok(gone.unwrap_or(0) > 0)
}
