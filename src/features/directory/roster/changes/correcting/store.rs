//! SQL of corrections: what differs between two sheets, in batches. First everything shrinks to the days that stay its
//! own, then it grows to its new ones, so that no two periods meet on the way. Row security decides about every row again.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Corrected;
use crate::features::directory::roster::changes::ChangeError;
use crate::features::directory::roster::sheet::{Channel, Dated, Membership, Name, Period, Sheet, WindowFacts};
use crate::kernel::ids::OrganisationId;

/// Whether the viewer may say what the firm was called: where no other CEPTOAR ever had it.
///
/// # Errors
/// The database's own.
pub async fn may_name(tx: &mut PgConnection, organisation: OrganisationId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select directory_corrects_names($1) as "may!""#, organisation.0).fetch_one(tx).await
}

/// The rows of one table that differ.
struct Differing<'a, T> {
    gone: Vec<Uuid>,
    kept: Vec<(&'a Dated<T>, bool)>,
}

impl<'a, T: PartialEq> Differing<'a, T> {
    fn between(
        old: impl Iterator<Item = &'a Dated<T>> + Clone,
        new: impl Iterator<Item = &'a Dated<T>> + Clone,
    ) -> Self {
        let same = |row: &Dated<T>, known: &&Dated<T>| known.fact_id == row.fact_id;
        let gone = old.clone().filter(|row| !new.clone().any(|known| same(row, &known)));
        let kept = new.clone().filter_map(|row| {
            let was = old.clone().find(|known| same(row, known))?;
            let moved = was.valid != row.valid;
            (moved || was.value != row.value).then_some((row, moved))
        });
        Self { gone: gone.map(|row| row.fact_id).collect(), kept: kept.collect() }
    }

    fn rows(&self) -> impl Iterator<Item = &'a Dated<T>> {
        self.kept.iter().map(|(row, _)| *row)
    }

    fn ids(&self) -> Vec<Uuid> {
        self.rows().map(|row| row.fact_id).collect()
    }

    fn days(&self, bound: impl Fn(Period) -> Option<NaiveDate>) -> Vec<Option<NaiveDate>> {
        self.rows().map(|row| bound(row.valid)).collect()
    }

    fn each<V>(&self, value: impl Fn(&T) -> V) -> Vec<V> {
        self.rows().map(|row| value(&row.value)).collect()
    }
}

/// Writes what differs.
pub(super) async fn write(tx: &mut PgConnection, old: &Sheet, new: &Corrected) -> Result<(), ChangeError> {
    let named = Differing::between(old.names.iter(), new.sheet.names.iter());
    // Row security passes over what is not the desk's to say, without a word: the sheet must not say that it moved.
    if names(tx, &named).await? != u64::try_from(named.kept.len() + named.gone.len()).unwrap_or(u64::MAX) {
        return Err(ChangeError::NotItsOwn);
    }
    let differing = Differing::between(old.memberships.iter(), new.sheet.memberships.iter());
    // Ways and windows first: the days of a window lie within the membership, and a group's parts are cut by it after.
    windows(tx, old, new).await?;
    memberships(tx, &differing).await?;
    let (was, is) = (ends(old), ends(&new.sheet));
    let same_number = was.len() == is.len();
    let moved = was.into_iter().zip(is).filter(|_| same_number).find(|(was, is)| was != is);
    let moved = moved.and_then(|(was, is)| Some((was?, is)));
    if !differing.kept.is_empty() || !differing.gone.is_empty() {
        groups(tx, old, moved).await?;
    }
    Ok(())
}

/// Where the firm was a member no longer: not the days on which it only became one as something else.
fn ends(sheet: &Sheet) -> Vec<Option<NaiveDate>> {
    let all = &sheet.memberships;
    let goes_on = |until: Option<NaiveDate>| until.is_some() && all.iter().any(|fact| fact.valid.from == until);
    all.iter().map(|fact| fact.valid.until).filter(|until| !goes_on(*until)).collect()
}

/// Writes the names; answers how many rows were written or taken away.
async fn names(tx: &mut PgConnection, rows: &Differing<'_, Name>) -> sqlx::Result<u64> {
    let (ids, since, until) = (rows.ids(), rows.days(|valid| valid.from), rows.days(|valid| valid.until));
    let moved: Vec<bool> = rows.kept.iter().map(|(_, moved)| *moved).collect();
    let gone = sqlx::query!("delete from organisation_names where fact_id = any ($1)", &rows.gone).execute(&mut *tx);
    let gone = gone.await?.rows_affected();
    sqlx::query!(
        "update organisation_names n set valid = n.valid * daterange(u.since, u.until)
         from unnest($1::uuid[], $2::date[], $3::date[], $4::boolean[]) u (id, since, until, moved)
         where n.fact_id = u.id and u.moved",
        &ids,
        &since as _,
        &until as _,
        &moved
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update organisation_names n set ja = u.ja, en = u.en, reading = u.reading, valid = daterange(u.since, u.until),
                precision = case when u.moved then 'day' else n.precision end
         from unnest($1::uuid[], $2::date[], $3::date[], $4::boolean[], $5::text[], $6::text[], $7::text[])
           u (id, since, until, moved, ja, en, reading)
         where n.fact_id = u.id",
        &ids,
        &since as _,
        &until as _,
        &moved,
        &rows.each(|name| name.ja.clone()),
        &rows.each(|name| name.en.clone()),
        &rows.each(|name| name.reading.clone())
    )
    .execute(tx)
    .await
    .map(|done| gone + done.rows_affected())
}

async fn memberships(tx: &mut PgConnection, rows: &Differing<'_, Membership>) -> sqlx::Result<()> {
    let (ids, since, until) = (rows.ids(), rows.days(|valid| valid.from), rows.days(|valid| valid.until));
    sqlx::query!("delete from memberships where fact_id = any ($1)", &rows.gone).execute(&mut *tx).await?;
    sqlx::query!(
        "update memberships m set valid = m.valid * daterange(u.since, u.until)
         from unnest($1::uuid[], $2::date[], $3::date[]) u (id, since, until)
         where m.fact_id = u.id and m.valid <> daterange(u.since, u.until)",
        &ids,
        &since as _,
        &until as _
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update memberships m set unit = u.unit, subgroup_id = u.subgroup, hub = u.hub, kind = u.kind,
                valid = daterange(u.since, u.until)
         from unnest($1::uuid[], $2::date[], $3::date[], $4::text[], $5::text[], $6::boolean[], $7::text[])
           u (id, since, until, unit, subgroup, hub, kind)
         where m.fact_id = u.id",
        &ids,
        &since as _,
        &until as _,
        &rows.each(|m| m.unit.clone()),
        &rows.each(|m| m.subgroup.clone()) as _,
        &rows.each(|m| m.hub),
        &rows.each(|m| m.kind.code().to_owned())
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn windows(tx: &mut PgConnection, old: &Sheet, new: &Corrected) -> sqlx::Result<()> {
    let touched = || old.windows.iter().filter(|window| new.rows.iter().any(|(id, _)| *id == window.contact_id));
    let ways = Differing::between(
        touched().flat_map(|window| &window.channels),
        new.rows.iter().flat_map(|(_, rows)| rows.channels.iter().map(|(_, row)| row)),
    );
    let facts =
        Differing::between(touched().flat_map(|window| &window.facts), new.rows.iter().flat_map(|(_, r)| &r.facts));
    shrink_window(tx, &facts, &ways).await?;
    grow_window(tx, &facts, &ways).await?;
    let new_facts = new.rows.iter().flat_map(|(id, rows)| rows.facts.iter().map(|row| (id.0, row)));
    add_facts(tx, old, &new_facts.filter(|(_, row)| row.fact_id.is_nil()).collect::<Vec<_>>()).await?;
    let new_ways = new.rows.iter().flat_map(|(id, rows)| rows.channels.iter().map(|(place, row)| (id.0, *place, row)));
    add_ways(tx, &new_ways.filter(|(_, _, row)| row.fact_id.is_nil()).collect::<Vec<_>>()).await
}

async fn shrink_window(
    tx: &mut PgConnection,
    facts: &Differing<'_, WindowFacts>,
    ways: &Differing<'_, Channel>,
) -> sqlx::Result<()> {
    sqlx::query!("delete from contact_channels where fact_id = any ($1)", &ways.gone).execute(&mut *tx).await?;
    sqlx::query!("delete from contacts where fact_id = any ($1)", &facts.gone).execute(&mut *tx).await?;
    sqlx::query!(
        "update contact_channels c set valid = c.valid * daterange(u.since, u.until)
         from unnest($1::uuid[], $2::date[], $3::date[]) u (id, since, until)
         where c.fact_id = u.id and c.valid <> daterange(u.since, u.until)",
        &ways.ids(),
        &ways.days(|valid| valid.from) as _,
        &ways.days(|valid| valid.until) as _
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update contacts k set valid = k.valid * daterange(u.since, u.until)
         from unnest($1::uuid[], $2::date[], $3::date[]) u (id, since, until)
         where k.fact_id = u.id and k.valid <> daterange(u.since, u.until)",
        &facts.ids(),
        &facts.days(|valid| valid.from) as _,
        &facts.days(|valid| valid.until) as _
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn grow_window(
    tx: &mut PgConnection,
    facts: &Differing<'_, WindowFacts>,
    ways: &Differing<'_, Channel>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update contacts k set position = u.position, label = u.label, handler = u.handler, language = u.language,
                               valid = daterange(u.since, u.until)
         from unnest($1::uuid[], $2::date[], $3::date[], $4::smallint[], $5::text[], $6::boolean[], $7::text[])
           u (id, since, until, position, label, handler, language)
         where k.fact_id = u.id",
        &facts.ids(),
        &facts.days(|valid| valid.from) as _,
        &facts.days(|valid| valid.until) as _,
        &facts.each(|fact| fact.position),
        &facts.each(|fact| fact.label.clone()),
        &facts.each(|fact| fact.handler),
        &facts.each(|fact| fact.language.code().to_owned())
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update contact_channels c set valid = daterange(u.since, u.until)
         from unnest($1::uuid[], $2::date[], $3::date[]) u (id, since, until) where c.fact_id = u.id",
        &ways.ids(),
        &ways.days(|valid| valid.from) as _,
        &ways.days(|valid| valid.until) as _
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn add_facts(tx: &mut PgConnection, of: &Sheet, rows: &[(Uuid, &Dated<WindowFacts>)]) -> sqlx::Result<()> {
    let window: Vec<Uuid> = rows.iter().map(|(window, _)| *window).collect();
    let since: Vec<_> = rows.iter().map(|(_, row)| row.valid.from).collect();
    let until: Vec<_> = rows.iter().map(|(_, row)| row.valid.until).collect();
    let position: Vec<i16> = rows.iter().map(|(_, row)| row.value.position).collect();
    let label: Vec<String> = rows.iter().map(|(_, row)| row.value.label.clone()).collect();
    let handler: Vec<bool> = rows.iter().map(|(_, row)| row.value.handler).collect();
    let language: Vec<String> = rows.iter().map(|(_, row)| row.value.language.code().to_owned()).collect();
    sqlx::query!(
        "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
         select u.id, $2, $3, u.position, u.label, u.handler, u.language, daterange(u.since, u.until)
         from unnest($1::uuid[], $4::date[], $5::date[], $6::smallint[], $7::text[], $8::boolean[], $9::text[])
           u (id, since, until, position, label, handler, language)",
        &window,
        of.organisation_id.0,
        of.ceptoar_id,
        &since as _,
        &until as _,
        &position,
        &label,
        &handler,
        &language
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn add_ways(tx: &mut PgConnection, rows: &[(Uuid, i16, &Dated<Channel>)]) -> sqlx::Result<()> {
    let window: Vec<Uuid> = rows.iter().map(|(window, ..)| *window).collect();
    let since: Vec<_> = rows.iter().map(|(.., row)| row.valid.from).collect();
    let until: Vec<_> = rows.iter().map(|(.., row)| row.valid.until).collect();
    let position: Vec<i16> = rows.iter().map(|(_, position, _)| *position).collect();
    let kind: Vec<String> = rows.iter().map(|(.., row)| row.value.kind.code().to_owned()).collect();
    let value: Vec<String> = rows.iter().map(|(.., row)| row.value.value.clone()).collect();
    let hours: Vec<String> = rows.iter().map(|(.., row)| row.value.hours.code().to_owned()).collect();
    let verified: Vec<_> = rows.iter().map(|(.., row)| row.value.verified_on).collect();
    sqlx::query!(
        "insert into contact_channels (contact_id, position, kind, value, hours, last_verified_on, valid)
         select u.id, u.position, u.kind, u.value, u.hours, u.verified, daterange(u.since, u.until)
         from unnest($1::uuid[], $2::date[], $3::date[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::date[])
           u (id, since, until, position, kind, value, hours, verified)",
        &window,
        &since as _,
        &until as _,
        &position,
        &kind,
        &value,
        &hours,
        &verified as _
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Parts in groups lie within the membership: those that ended with it end with it still, the others are cut.
async fn groups(tx: &mut PgConnection, of: &Sheet, moved: Option<(NaiveDate, Option<NaiveDate>)>) -> sqlx::Result<()> {
    sqlx::query!(
        "update group_members g set valid = case
             when upper(g.valid) = $3 and lower(g.valid) < coalesce($4::date, 'infinity'::date) then daterange(lower(g.valid), $4) * s.valid else g.valid end
           * coalesce((select r from unnest(w.days) r where r && g.valid limit 1), 'empty')
         from subgroups s, lateral (
           select range_agg(m.valid) as days from memberships m where m.ceptoar_id = $1 and m.organisation_id = $2) w
         where g.ceptoar_id = $1 and g.organisation_id = $2 and s.subgroup_id = g.subgroup_id and not isempty(g.valid)
           and (upper(g.valid) = $3 and lower(g.valid) < coalesce($4::date, 'infinity'::date) or not w.days @> g.valid)",
        of.ceptoar_id,
        of.organisation_id.0,
        moved.map(|(was, _)| was),
        moved.and_then(|(_, is)| is)
    )
    .execute(tx)
    .await
    .map(|_| ())
}
