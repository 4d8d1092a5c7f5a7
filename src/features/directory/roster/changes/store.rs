//! SQL of changing the directory. Row security decides again about every row; the triggers of the tables keep what was
//! said before.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{About, Actor, Change, ChangeError, Joining, groups};
use crate::features::directory::roster::sheet::{Channel, Membership, Name, WindowFacts};
use crate::kernel::ids::{ContactId, OrganisationId};

/// Tells the triggers which change this is.
pub async fn announce(tx: &mut PgConnection, change: Uuid) -> sqlx::Result<()> {
    sqlx::query_scalar!("select set_config('portal.change', $1, true)", change.to_string())
        .fetch_one(tx)
        .await
        .map(|_| ())
}

/// Waits for whoever changes the same thing.
pub async fn wait_for_turn(tx: &mut PgConnection, of: &str) -> sqlx::Result<()> {
    let turn = format!("directory {of}");
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", turn).execute(tx).await.map(|_| ())
}

/// Waits for whoever applies a table to the CEPTOAR, and goes on beside everybody else.
pub async fn wait_beside_others(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<()> {
    let all = format!("directory of {ceptoar_id}");
    sqlx::query!("select pg_advisory_xact_lock_shared(hashtextextended($1, 0))", all).execute(tx).await.map(|_| ())
}

/// Waits for everybody in the CEPTOAR.
pub async fn wait_for_all(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<()> {
    let all = format!("directory of {ceptoar_id}");
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", all).execute(tx).await.map(|_| ())
}

/// Whether a firm may be a member again: not where it is another CEPTOAR's meanwhile.
pub async fn may_return(tx: &mut PgConnection, ceptoar_id: &str, organisation: OrganisationId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select directory_returns($1, $2) as "may!""#, ceptoar_id, organisation.0).fetch_one(tx).await
}

/// A change to be written down.
pub struct Row<'a> {
    pub id: Uuid,
    pub kind: &'static str,
    pub subject: &'static str,
    pub about: About<'a>,
    pub actor: Actor<'a>,
}

/// Writes down what was changed.
pub async fn record(tx: &mut PgConnection, row: Row<'_>, change: &Change) -> sqlx::Result<()> {
    let lines = |lines: &[super::Line]| serde_json::to_value(lines).unwrap_or_default();
    sqlx::query!(
        "insert into directory_changes (change_id, kind, subject, organisation_id, ceptoar_id, contact_id, effective_on,
                                        reason, before, after, made_by, made_by_organisation, made_at, proposal_id, subgroup_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        row.id,
        row.kind,
        row.subject,
        row.about.organisation.map(|o| o.0),
        row.about.ceptoar_id,
        row.about.window.map(|w| w.0),
        change.on,
        change.reason,
        lines(&change.before),
        lines(&change.after),
        row.actor.viewer.account_id.0,
        row.actor.organisation.0,
        row.actor.now,
        change.proposal,
        row.about.group
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// The row that holds on the day of a change, and whether the change is of the whole row: a correction, or a change on
/// its very first day. Otherwise the row ends there, and a new one begins.
struct Holding {
    fact_id: Uuid,
    until: Option<NaiveDate>,
    whole: bool,
}

impl Holding {
    fn of(found: Option<(Uuid, Option<NaiveDate>, Option<NaiveDate>)>, change: &Change) -> Result<Self, ChangeError> {
        let (fact_id, since, until) = found.ok_or(ChangeError::NotOnThatDay)?;
        Ok(Self { fact_id, until, whole: change.correction || since == Some(change.on) })
    }
}

/// The firm is called something else.
pub async fn rename(
    tx: &mut PgConnection,
    organisation: OrganisationId,
    change: &Change,
    name: &Name,
) -> Result<(), ChangeError> {
    let found = sqlx::query!(
        "select fact_id, lower(valid) as since, upper(valid) as until from organisation_names
         where organisation_id = $1 and valid @> $2::date for update",
        organisation.0,
        change.on
    );
    let found = found.fetch_optional(&mut *tx).await?.map(|r| (r.fact_id, r.since, r.until));
    let holding = Holding::of(found, change)?;
    if holding.whole {
        sqlx::query!(
            "update organisation_names set ja = $2, en = $3, reading = $4 where fact_id = $1",
            holding.fact_id,
            name.ja,
            name.en,
            name.reading
        )
        .execute(tx)
        .await?;
        return Ok(());
    }
    sqlx::query!(
        "update organisation_names set valid = daterange(lower(valid), $2) where fact_id = $1",
        holding.fact_id,
        change.on
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into organisation_names (organisation_id, ja, en, reading, valid, precision)
         values ($1, $2, $3, $4, daterange($5, $6), 'day')",
        organisation.0,
        name.ja,
        name.en,
        name.reading,
        change.on,
        holding.until
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// It is a member as something else.
pub async fn alter_membership(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    change: &Change,
    membership: &Membership,
) -> Result<(), ChangeError> {
    let found = sqlx::query!(
        "select fact_id, lower(valid) as since, upper(valid) as until from memberships
         where ceptoar_id = $1 and organisation_id = $2 and valid @> $3::date for update",
        ceptoar_id,
        organisation.0,
        change.on
    );
    let found = found.fetch_optional(&mut *tx).await?.map(|r| (r.fact_id, r.since, r.until));
    let holding = Holding::of(found, change)?;
    if holding.whole {
        sqlx::query!(
            "update memberships set unit = $2, subgroup_id = $3, hub = $4, kind = $5 where fact_id = $1",
            holding.fact_id,
            membership.unit,
            membership.subgroup,
            membership.hub,
            membership.kind.code()
        )
        .execute(tx)
        .await?;
        return Ok(());
    }
    sqlx::query!(
        "update memberships set valid = daterange(lower(valid), $2) where fact_id = $1",
        holding.fact_id,
        change.on
    )
    .execute(&mut *tx)
    .await?;
    insert_membership(tx, ceptoar_id, organisation, change.on, holding.until, membership).await
}

/// A membership more.
pub async fn insert_membership(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    from: NaiveDate,
    until: Option<NaiveDate>,
    membership: &Membership,
) -> Result<(), ChangeError> {
    sqlx::query!(
        "insert into memberships (ceptoar_id, organisation_id, unit, subgroup_id, hub, kind, valid)
         values ($1, $2, $3, $4, $5, $8, daterange($6, $7))",
        ceptoar_id,
        organisation.0,
        membership.unit,
        membership.subgroup,
        membership.hub,
        from,
        until,
        membership.kind.code()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// It is no longer a member from that day on; its windows for the CEPTOAR close with it, and it leaves its groups.
pub async fn end_membership(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    on: NaiveDate,
) -> Result<(), ChangeError> {
    // The windows first: who closes them is judged by the membership.
    close_all(tx, ceptoar_id, organisation, on).await?;
    groups::store::leave(tx, ceptoar_id, &[organisation.0], &[on]).await?;
    sqlx::query!(
        "delete from memberships where ceptoar_id = $1 and organisation_id = $2 and lower(valid) >= $3",
        ceptoar_id,
        organisation.0,
        on
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update memberships set valid = daterange(lower(valid), $3)
         where ceptoar_id = $1 and organisation_id = $2 and valid @> $3::date",
        ceptoar_id,
        organisation.0,
        on
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// All windows of an organisation for a CEPTOAR close.
pub async fn close_all(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    on: NaiveDate,
) -> Result<(), ChangeError> {
    let windows = sqlx::query_scalar!(
        r#"select distinct contact_id as "contact_id: ContactId" from contacts
           where ceptoar_id = $1 and organisation_id = $2 and (upper_inf(valid) or upper(valid) > $3)"#,
        ceptoar_id,
        organisation.0,
        on
    );
    let windows: Vec<Uuid> = windows.fetch_all(&mut *tx).await?.into_iter().map(|id| id.0).collect();
    close(tx, &windows, on).await
}

/// A window closes.
pub async fn end_window(tx: &mut PgConnection, window: ContactId, on: NaiveDate) -> Result<(), ChangeError> {
    close(tx, &[window.0], on).await
}

/// What was planned for later goes, what holds ends. The channels first: they are written by whom the window lets.
async fn close(tx: &mut PgConnection, windows: &[Uuid], on: NaiveDate) -> Result<(), ChangeError> {
    sqlx::query!("delete from contact_channels where contact_id = any ($1) and lower(valid) >= $2", windows, on)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "update contact_channels set valid = daterange(lower(valid), $2) where contact_id = any ($1) and valid @> $2::date",
        windows,
        on
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("delete from contacts where contact_id = any ($1) and lower(valid) >= $2", windows, on)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "update contacts set valid = daterange(lower(valid), $2) where contact_id = any ($1) and valid @> $2::date",
        windows,
        on
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A new firm. The membership first: who writes the name is judged by it.
pub async fn add_member(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    on: NaiveDate,
    joining: &Joining,
) -> Result<(), ChangeError> {
    sqlx::query!(
        "insert into organisations (organisation_id, kind, demonstration) values ($1, 'member', $2)",
        organisation.0,
        joining.demonstration
    )
    .execute(&mut *tx)
    .await?;
    insert_membership(tx, ceptoar_id, organisation, on, None, &joining.membership).await?;
    let name = &joining.name;
    sqlx::query!(
        "insert into organisation_names (organisation_id, ja, en, reading, valid, precision)
         values ($1, $2, $3, $4, daterange($5, null), 'day')",
        organisation.0,
        name.ja,
        name.en,
        name.reading,
        on
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A new window.
pub async fn add_window(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    window: ContactId,
    on: NaiveDate,
    facts: &WindowFacts,
    channels: &[Channel],
) -> Result<(), ChangeError> {
    sqlx::query!(
        "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
         values ($1, $2, $3, $4, $5, $6, $7, daterange($8, null))",
        window.0,
        organisation.0,
        ceptoar_id,
        facts.position,
        facts.label,
        facts.handler,
        facts.language.code(),
        on
    )
    .execute(&mut *tx)
    .await?;
    insert_channels(tx, window, Some(on), None, channels).await
}

/// A window is another.
pub async fn alter_window(
    tx: &mut PgConnection,
    window: ContactId,
    change: &Change,
    facts: &WindowFacts,
) -> Result<(), ChangeError> {
    let found = sqlx::query!(
        "select fact_id, lower(valid) as since, upper(valid) as until from contacts
         where contact_id = $1 and valid @> $2::date for update",
        window.0,
        change.on
    );
    let found = found.fetch_optional(&mut *tx).await?.map(|r| (r.fact_id, r.since, r.until));
    let holding = Holding::of(found, change)?;
    if holding.whole {
        sqlx::query!(
            "update contacts set position = $2, label = $3, handler = $4, language = $5 where fact_id = $1",
            holding.fact_id,
            facts.position,
            facts.label,
            facts.handler,
            facts.language.code()
        )
        .execute(tx)
        .await?;
        return Ok(());
    }
    sqlx::query!(
        "update contacts set valid = daterange(lower(valid), $2) where fact_id = $1",
        holding.fact_id,
        change.on
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
         select contact_id, organisation_id, ceptoar_id, $2, $3, $4, $5, daterange($6, $7) from contacts where fact_id = $1",
        holding.fact_id,
        facts.position,
        facts.label,
        facts.handler,
        facts.language.code(),
        change.on,
        holding.until
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A window is reached in other ways. Ways that stay the same keep the day of their last proof.
pub async fn alter_channels(
    tx: &mut PgConnection,
    window: ContactId,
    change: &Change,
    channels: &[Channel],
) -> Result<(), ChangeError> {
    // What is planned for later stays as planned.
    let period = sqlx::query!(
        r#"select min(lower(valid)) filter (where valid @> $2::date) as since,
                  min(lower(valid)) filter (where lower(valid) > $2) as next
           from contact_channels where contact_id = $1"#,
        window.0,
        change.on
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from contact_channels
         where contact_id = $1 and valid @> $2::date and ($3 or lower(valid) = $2)",
        window.0,
        change.on,
        change.correction
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update contact_channels set valid = daterange(lower(valid), $2) where contact_id = $1 and valid @> $2::date",
        window.0,
        change.on
    )
    .execute(&mut *tx)
    .await?;
    let since = if change.correction { period.since } else { Some(change.on) };
    insert_channels(tx, window, since, period.next, channels).await
}

async fn insert_channels(
    tx: &mut PgConnection,
    window: ContactId,
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
    channels: &[Channel],
) -> Result<(), ChangeError> {
    let kinds: Vec<String> = channels.iter().map(|c| c.kind.code().to_owned()).collect();
    let values: Vec<String> = channels.iter().map(|c| c.value.clone()).collect();
    let hours: Vec<String> = channels.iter().map(|c| c.hours.code().to_owned()).collect();
    let verified: Vec<Option<NaiveDate>> = channels.iter().map(|c| c.verified_on).collect();
    sqlx::query!(
        "insert into contact_channels (contact_id, position, kind, value, hours, last_verified_on, valid)
         select $1, u.position, u.kind, u.value, u.hours, u.verified, daterange($6, $7)
         from unnest($2::text[], $3::text[], $4::text[], $5::date[]) with ordinality u (kind, value, hours, verified, position)",
        window.0,
        &kinds,
        &values,
        &hours,
        &verified as _,
        from,
        until
    )
    .execute(tx)
    .await?;
    Ok(())
}
