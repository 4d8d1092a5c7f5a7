//! SQL of many windows at once.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Opening;
use crate::features::directory::roster::changes::bulk::Item;
use crate::features::directory::roster::changes::bulk::holding::{Holding, apart, ends_of, facts_of, picked, place};
use crate::features::directory::roster::changes::{Alteration, ChangeError};
use crate::features::directory::roster::sheet::{Channel, WindowFacts};
use crate::kernel::ids::ContactId;

/// New windows with their ways.
pub async fn add_windows(tx: &mut PgConnection, ceptoar_id: &str, new: &[Opening<'_>]) -> Result<(), ChangeError> {
    let facts: Vec<&WindowFacts> = new.iter().map(|n| n.facts).collect();
    let (positions, labels, handlers, languages) = of_windows(&facts);
    sqlx::query!(
        "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
         select n.id, n.organisation, $1, n.position, n.label, n.handler, n.language, daterange(n.since, null)
         from unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::text[], $6::boolean[], $7::text[], $8::date[])
           n (id, organisation, position, label, handler, language, since)",
        ceptoar_id,
        &new.iter().map(|n| n.contact.0).collect::<Vec<_>>(),
        &new.iter().map(|n| n.organisation.0).collect::<Vec<_>>(),
        &positions,
        &labels,
        &handlers,
        &languages,
        &new.iter().map(|n| n.on).collect::<Vec<_>>()
    )
    .execute(&mut *tx)
    .await?;
    let ways: Vec<Ways<'_>> =
        new.iter().map(|n| Ways { window: n.contact, channels: n.channels, from: n.on }).collect();
    insert_channels(tx, &ways, &vec![None; ways.len()]).await
}

type Windows = (Vec<i16>, Vec<String>, Vec<bool>, Vec<String>);

fn of_windows(facts: &[&WindowFacts]) -> Windows {
    (
        facts.iter().map(|f| f.position).collect(),
        facts.iter().map(|f| f.label.clone()).collect(),
        facts.iter().map(|f| f.handler).collect(),
        facts.iter().map(|f| f.language.code().to_owned()).collect(),
    )
}

/// The ways of a window from a day on.
struct Ways<'a> {
    window: ContactId,
    channels: &'a [Channel],
    from: NaiveDate,
}

async fn insert_channels(
    tx: &mut PgConnection,
    ways: &[Ways<'_>],
    until: &[Option<NaiveDate>],
) -> Result<(), ChangeError> {
    let all = || {
        ways.iter().zip(until).flat_map(|(ways, until)| {
            (1_i16..).zip(ways.channels).map(move |(position, channel)| (ways, *until, position, channel))
        })
    };
    sqlx::query!(
        "insert into contact_channels (contact_id, position, kind, value, hours, last_verified_on, valid)
         select u.id, u.position, u.kind, u.value, u.hours, u.verified, daterange(u.since, u.until)
         from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::date[])
           u (id, position, kind, value, hours, verified, since, until)",
        &all().map(|(w, ..)| w.window.0).collect::<Vec<_>>(),
        &all().map(|(_, _, position, _)| position).collect::<Vec<_>>(),
        &all().map(|(.., c)| c.kind.code().to_owned()).collect::<Vec<_>>(),
        &all().map(|(.., c)| c.value.clone()).collect::<Vec<_>>(),
        &all().map(|(.., c)| c.hours.code().to_owned()).collect::<Vec<_>>(),
        &all().map(|(.., c)| c.verified_on).collect::<Vec<_>>() as &[Option<NaiveDate>],
        &all().map(|(w, ..)| w.from).collect::<Vec<_>>(),
        &all().map(|(_, until, ..)| until).collect::<Vec<_>>() as &[Option<NaiveDate>]
    )
    .execute(tx)
    .await?;
    Ok(())
}

type MeantWindow<'a> = (&'a Item, ContactId, &'a WindowFacts, &'a [Channel]);

fn windows_meant<'a>(items: &[&'a Item]) -> Vec<MeantWindow<'a>> {
    items
        .iter()
        .filter_map(|item| match &item.alteration {
            Alteration::Window(id, facts, channels) => Some((*item, *id, facts, channels.as_slice())),
            Alteration::Name(_)
            | Alteration::Membership(_)
            | Alteration::Leaving
            | Alteration::NewWindow(..)
            | Alteration::WindowEnd(_) => None,
        })
        .collect()
}

/// Windows are others.
pub async fn alter_windows(tx: &mut PgConnection, items: &[&Item]) -> Result<(), ChangeError> {
    let meant = windows_meant(items);
    let ids: Vec<Uuid> = meant.iter().map(|(_, id, ..)| id.0).collect();
    let days: Vec<NaiveDate> = meant.iter().map(|(item, ..)| item.on).collect();
    let found = sqlx::query!(
        r#"select u.place as "place!", k.fact_id, upper(k.valid) as until, coalesce(lower(k.valid) = u.day, false) as "whole!"
           from contacts k
           join unnest($1::uuid[], $2::date[]) with ordinality u (id, day, place)
             on k.contact_id = u.id and k.valid @> u.day
           for update of k"#,
        &ids,
        &days
    );
    let found = found.fetch_all(&mut *tx).await?.into_iter();
    let found = found.map(|r| Holding { place: place(r.place), fact: r.fact_id, until: r.until, whole: r.whole });
    let (whole, split) = apart(found.collect(), meant.len())?;
    let facts: Vec<&WindowFacts> = meant.iter().map(|(_, _, facts, _)| *facts).collect();
    let (positions, labels, handlers, languages) = of_windows(&picked(&whole, &facts));
    sqlx::query!(
        "update contacts k set position = u.position, label = u.label, handler = u.handler, language = u.language
         from unnest($1::uuid[], $2::smallint[], $3::text[], $4::boolean[], $5::text[])
           u (fact, position, label, handler, language) where k.fact_id = u.fact",
        &facts_of(&whole),
        &positions,
        &labels,
        &handlers,
        &languages
    )
    .execute(&mut *tx)
    .await?;
    let split_days = picked(&split, &days);
    sqlx::query!(
        "update contacts k set valid = daterange(lower(k.valid), u.day)
         from unnest($1::uuid[], $2::date[]) u (fact, day) where k.fact_id = u.fact",
        &facts_of(&split),
        &split_days
    )
    .execute(&mut *tx)
    .await?;
    let (positions, labels, handlers, languages) = of_windows(&picked(&split, &facts));
    sqlx::query!(
        "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
         select k.contact_id, k.organisation_id, k.ceptoar_id, u.position, u.label, u.handler, u.language,
                daterange(u.day, u.until)
         from contacts k
         join unnest($1::uuid[], $2::smallint[], $3::text[], $4::boolean[], $5::text[], $6::date[], $7::date[])
           u (fact, position, label, handler, language, day, until) on k.fact_id = u.fact",
        &facts_of(&split),
        &positions,
        &labels,
        &handlers,
        &languages,
        &split_days,
        &ends_of(&split) as &[Option<NaiveDate>]
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Windows are reached in other ways. What is planned for later stays as planned.
pub async fn alter_channels(tx: &mut PgConnection, items: &[&Item]) -> Result<(), ChangeError> {
    let meant = windows_meant(items);
    let ids: Vec<Uuid> = meant.iter().map(|(_, id, ..)| id.0).collect();
    let days: Vec<NaiveDate> = meant.iter().map(|(item, ..)| item.on).collect();
    let next = sqlx::query_scalar!(
        r#"select (select min(lower(c.valid)) from contact_channels c
                   where c.contact_id = u.id and lower(c.valid) > u.day) as next
           from unnest($1::uuid[], $2::date[]) with ordinality u (id, day, place) order by u.place"#,
        &ids,
        &days
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from contact_channels c using unnest($1::uuid[], $2::date[]) u (id, day)
         where c.contact_id = u.id and c.valid @> u.day and lower(c.valid) = u.day",
        &ids,
        &days
    )
    .execute(&mut *tx)
    .await?;
    end_channels(tx, &ids, &days).await?;
    let ways: Vec<Ways<'_>> =
        meant.iter().map(|(item, id, _, channels)| Ways { window: *id, channels, from: item.on }).collect();
    insert_channels(tx, &ways, &next).await
}

/// What was planned for later goes, what holds ends. The channels first: they are written by whom the window lets.
pub async fn close(tx: &mut PgConnection, windows: &[(Uuid, NaiveDate)]) -> Result<(), ChangeError> {
    let (ids, days): (Vec<Uuid>, Vec<NaiveDate>) = windows.iter().copied().unzip();
    sqlx::query!(
        "delete from contact_channels c using unnest($1::uuid[], $2::date[]) u (id, day)
         where c.contact_id = u.id and lower(c.valid) >= u.day",
        &ids,
        &days
    )
    .execute(&mut *tx)
    .await?;
    end_channels(tx, &ids, &days).await?;
    sqlx::query!(
        "delete from contacts k using unnest($1::uuid[], $2::date[]) u (id, day)
         where k.contact_id = u.id and lower(k.valid) >= u.day",
        &ids,
        &days
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update contacts k set valid = daterange(lower(k.valid), u.day)
         from unnest($1::uuid[], $2::date[]) u (id, day) where k.contact_id = u.id and k.valid @> u.day",
        &ids,
        &days
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn end_channels(tx: &mut PgConnection, windows: &[Uuid], days: &[NaiveDate]) -> Result<(), ChangeError> {
    sqlx::query!(
        "update contact_channels c set valid = daterange(lower(c.valid), u.day)
         from unnest($1::uuid[], $2::date[]) u (id, day) where c.contact_id = u.id and c.valid @> u.day",
        windows,
        days
    )
    .execute(tx)
    .await?;
    Ok(())
}
