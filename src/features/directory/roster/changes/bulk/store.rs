//! SQL of many changes at once: the statements of the single ones, over arrays. Row security decides about every row.

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::holding::{Holding, apart, ends_of, facts_of, picked, place};
use super::windows::store::close;
use super::{Entry, Item, NewMember, Told};
use crate::features::directory::roster::changes::{Actor, Alteration, ChangeError, groups};
use crate::features::directory::roster::sheet::{Membership, Name};
use crate::kernel::ids::ContactId;

/// After everything that warns.
const PRIORITY: i16 = 20;

/// New firms. The membership first: who writes the name is judged by it.
pub async fn add_members(tx: &mut PgConnection, ceptoar_id: &str, new: &[NewMember]) -> Result<(), ChangeError> {
    let ids: Vec<Uuid> = new.iter().map(|n| n.organisation.0).collect();
    let from: Vec<NaiveDate> = new.iter().map(|n| n.from).collect();
    let demonstration = new.iter().any(|n| n.demonstration);
    sqlx::query!(
        "insert into organisations (organisation_id, kind, demonstration) select id, 'member', $2 from unnest($1::uuid[]) id",
        &ids,
        demonstration
    )
    .execute(&mut *tx)
    .await?;
    let memberships: Vec<&Membership> = new.iter().map(|n| &n.membership).collect();
    let (units, subgroups, hubs, kinds) = of_memberships(&memberships);
    sqlx::query!(
        "insert into memberships (ceptoar_id, organisation_id, unit, subgroup_id, hub, kind, valid)
         select $1, n.id, n.unit, n.subgroup, n.hub, n.kind, daterange(n.since, null)
         from unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::date[], $7::text[])
           n (id, unit, subgroup, hub, since, kind)",
        ceptoar_id,
        &ids,
        &units,
        &subgroups as &[Option<String>],
        &hubs,
        &from,
        &kinds
    )
    .execute(&mut *tx)
    .await?;
    let names: Vec<&Name> = new.iter().map(|n| &n.name).collect();
    let until = vec![None; ids.len()];
    insert_names(tx, &ids, &names, &from, &until).await
}

type Memberships = (Vec<String>, Vec<Option<String>>, Vec<bool>, Vec<String>);

fn of_memberships(memberships: &[&Membership]) -> Memberships {
    (
        memberships.iter().map(|m| m.unit.clone()).collect(),
        memberships.iter().map(|m| m.subgroup.clone()).collect(),
        memberships.iter().map(|m| m.hub).collect(),
        memberships.iter().map(|m| m.kind.code().to_owned()).collect(),
    )
}

async fn insert_names(
    tx: &mut PgConnection,
    ids: &[Uuid],
    names: &[&Name],
    from: &[NaiveDate],
    until: &[Option<NaiveDate>],
) -> Result<(), ChangeError> {
    let column = |of: fn(&Name) -> &String| names.iter().map(|name| of(name).clone()).collect::<Vec<String>>();
    sqlx::query!(
        "insert into organisation_names (organisation_id, ja, en, reading, valid, precision)
         select n.id, n.ja, n.en, n.reading, daterange(n.since, n.until), 'day'
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::date[])
           n (id, ja, en, reading, since, until)",
        ids,
        &column(|n| &n.ja),
        &column(|n| &n.en),
        &column(|n| &n.reading),
        from,
        until as &[Option<NaiveDate>]
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Firms are called something else.
pub async fn rename(tx: &mut PgConnection, items: &[&Item]) -> Result<(), ChangeError> {
    let meant: Vec<(&Item, &Name)> = items
        .iter()
        .filter_map(|item| if let Alteration::Name(name) = &item.alteration { Some((*item, name)) } else { None })
        .collect();
    let ids: Vec<Uuid> = meant.iter().map(|(item, _)| item.organisation.0).collect();
    let days: Vec<NaiveDate> = meant.iter().map(|(item, _)| item.on).collect();
    let found = sqlx::query!(
        r#"select u.place as "place!", n.fact_id, upper(n.valid) as until, coalesce(lower(n.valid) = u.day, false) as "whole!"
           from organisation_names n
           join unnest($1::uuid[], $2::date[]) with ordinality u (id, day, place)
             on n.organisation_id = u.id and n.valid @> u.day
           for update of n"#,
        &ids,
        &days
    );
    let found = found.fetch_all(&mut *tx).await?.into_iter();
    let found = found.map(|r| Holding { place: place(r.place), fact: r.fact_id, until: r.until, whole: r.whole });
    let (whole, split) = apart(found.collect(), meant.len())?;
    let names: Vec<&Name> = meant.iter().map(|(_, name)| *name).collect();
    let of_whole = picked(&whole, &names);
    let column = |of: fn(&Name) -> &String| of_whole.iter().map(|name| of(name).clone()).collect::<Vec<String>>();
    sqlx::query!(
        "update organisation_names n set ja = u.ja, en = u.en, reading = u.reading
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) u (fact, ja, en, reading) where n.fact_id = u.fact",
        &facts_of(&whole),
        &column(|n| &n.ja),
        &column(|n| &n.en),
        &column(|n| &n.reading)
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update organisation_names n set valid = daterange(lower(n.valid), u.day)
         from unnest($1::uuid[], $2::date[]) u (fact, day) where n.fact_id = u.fact",
        &facts_of(&split),
        &picked(&split, &days)
    )
    .execute(&mut *tx)
    .await?;
    let (ids, days) = (picked(&split, &ids), picked(&split, &days));
    insert_names(tx, &ids, &picked(&split, &names), &days, &ends_of(&split)).await
}

/// Firms are members as something else.
pub async fn alter_memberships(tx: &mut PgConnection, ceptoar_id: &str, items: &[&Item]) -> Result<(), ChangeError> {
    let meant: Vec<(&Item, &Membership)> = items
        .iter()
        .filter_map(|item| if let Alteration::Membership(m) = &item.alteration { Some((*item, m)) } else { None })
        .collect();
    let ids: Vec<Uuid> = meant.iter().map(|(item, _)| item.organisation.0).collect();
    let days: Vec<NaiveDate> = meant.iter().map(|(item, _)| item.on).collect();
    let found = sqlx::query!(
        r#"select u.place as "place!", m.fact_id, upper(m.valid) as until, coalesce(lower(m.valid) = u.day, false) as "whole!"
           from memberships m
           join unnest($2::uuid[], $3::date[]) with ordinality u (id, day, place)
             on m.organisation_id = u.id and m.valid @> u.day
           where m.ceptoar_id = $1 for update of m"#,
        ceptoar_id,
        &ids,
        &days
    );
    let found = found.fetch_all(&mut *tx).await?.into_iter();
    let found = found.map(|r| Holding { place: place(r.place), fact: r.fact_id, until: r.until, whole: r.whole });
    let (whole, split) = apart(found.collect(), meant.len())?;
    let memberships: Vec<&Membership> = meant.iter().map(|(_, m)| *m).collect();
    let (units, subgroups, hubs, kinds) = of_memberships(&picked(&whole, &memberships));
    sqlx::query!(
        "update memberships m set unit = u.unit, subgroup_id = u.subgroup, hub = u.hub, kind = u.kind
         from unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::text[]) u (fact, unit, subgroup, hub, kind)
         where m.fact_id = u.fact",
        &facts_of(&whole),
        &units,
        &subgroups as &[Option<String>],
        &hubs,
        &kinds
    )
    .execute(&mut *tx)
    .await?;
    let split_days = picked(&split, &days);
    sqlx::query!(
        "update memberships m set valid = daterange(lower(m.valid), u.day)
         from unnest($1::uuid[], $2::date[]) u (fact, day) where m.fact_id = u.fact",
        &facts_of(&split),
        &split_days
    )
    .execute(&mut *tx)
    .await?;
    let (units, subgroups, hubs, kinds) = of_memberships(&picked(&split, &memberships));
    sqlx::query!(
        "insert into memberships (ceptoar_id, organisation_id, unit, subgroup_id, hub, kind, valid)
         select $1, u.id, u.unit, u.subgroup, u.hub, u.kind, daterange(u.day, u.until)
         from unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::date[], $7::date[], $8::text[])
           u (id, unit, subgroup, hub, day, until, kind)",
        ceptoar_id,
        &picked(&split, &ids),
        &units,
        &subgroups as &[Option<String>],
        &hubs,
        &split_days,
        &ends_of(&split) as &[Option<NaiveDate>],
        &kinds
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Members leave, all their windows close with them, and they leave their groups; or single windows close.
pub async fn end(tx: &mut PgConnection, ceptoar_id: &str, items: &[&Item]) -> Result<(), ChangeError> {
    let leaving: Vec<&&Item> = items.iter().filter(|item| matches!(item.alteration, Alteration::Leaving)).collect();
    let ids: Vec<Uuid> = leaving.iter().map(|item| item.organisation.0).collect();
    let days: Vec<NaiveDate> = leaving.iter().map(|item| item.on).collect();
    // The windows first: who closes them is judged by the membership.
    let found = sqlx::query!(
        r#"select distinct k.contact_id as "contact_id: ContactId", u.day as "day!" from contacts k
           join unnest($2::uuid[], $3::date[]) u (id, day) on k.organisation_id = u.id
           where k.ceptoar_id = $1 and (upper_inf(k.valid) or upper(k.valid) > u.day)"#,
        ceptoar_id,
        &ids,
        &days
    );
    let found = found.fetch_all(&mut *tx).await?;
    let mut windows: Vec<(Uuid, NaiveDate)> = found.into_iter().map(|r| (r.contact_id.0, r.day)).collect();
    windows.extend(items.iter().filter_map(|item| match item.alteration {
        Alteration::WindowEnd(id) => Some((id.0, item.on)),
        Alteration::Name(_)
        | Alteration::Membership(_)
        | Alteration::Leaving
        | Alteration::NewWindow(..)
        | Alteration::Window(..) => None,
    }));
    close(tx, &windows).await?;
    groups::store::leave(tx, ceptoar_id, &ids, &days).await?;
    sqlx::query!(
        "delete from memberships m using unnest($2::uuid[], $3::date[]) u (id, day)
         where m.ceptoar_id = $1 and m.organisation_id = u.id and lower(m.valid) >= u.day",
        ceptoar_id,
        &ids,
        &days
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update memberships m set valid = daterange(lower(m.valid), u.day)
         from unnest($2::uuid[], $3::date[]) u (id, day)
         where m.ceptoar_id = $1 and m.organisation_id = u.id and m.valid @> u.day",
        ceptoar_id,
        &ids,
        &days
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes down what was changed.
pub async fn record(tx: &mut PgConnection, actor: Actor<'_>, entries: &[Entry<'_>]) -> Result<(), ChangeError> {
    let Some(first) = entries.first() else { return Ok(()) };
    let lines = |lines: &[super::Line]| serde_json::to_value(lines).unwrap_or_default();
    sqlx::query!(
        "insert into directory_changes (change_id, kind, subject, organisation_id, ceptoar_id, contact_id, effective_on,
                                        reason, before, after, made_by, made_by_organisation, made_at, import_id)
         select gen_random_uuid(), u.kind, u.subject, u.organisation, $1, u.contact, u.day, $2, u.before, u.after,
                $3, $4, $5, $6
         from unnest($7::text[], $8::text[], $9::uuid[], $10::uuid[], $11::date[], $12::jsonb[], $13::jsonb[])
           u (kind, subject, organisation, contact, day, before, after)",
        first.ceptoar_id,
        first.change.reason,
        actor.viewer.account_id.0,
        actor.organisation.0,
        actor.now,
        first.import,
        &entries.iter().map(|e| e.written.kind.to_owned()).collect::<Vec<_>>(),
        &entries.iter().map(|e| e.written.subject.to_owned()).collect::<Vec<_>>(),
        &entries.iter().map(|e| e.organisation.0).collect::<Vec<_>>(),
        &entries.iter().map(|e| e.window.map(|w| w.0)).collect::<Vec<_>>() as &[Option<Uuid>],
        &entries.iter().map(|e| e.change.on).collect::<Vec<_>>(),
        &entries.iter().map(|e| lines(&e.change.before)).collect::<Vec<_>>(),
        &entries.iter().map(|e| lines(&e.change.after)).collect::<Vec<_>>()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Queues the letters to addresses that come or go.
pub async fn tell(tx: &mut PgConnection, told: &[Told], now: DateTime<Utc>) -> Result<(), ChangeError> {
    if told.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&Told) -> &str| told.iter().map(|t| of(t).to_owned()).collect::<Vec<String>>();
    sqlx::query!(
        r#"select count(*) as "count!" from enqueue_window_letters($1, $2, $3, $4, $5, $6, $7, $8, $9)"#,
        &told.iter().map(|t| t.window.0).collect::<Vec<_>>(),
        &column(|t| t.address.as_str()),
        &column(|t| &t.label),
        &column(|t| t.letter.language().code()),
        &column(|t| t.letter.subject()),
        &column(|t| t.letter.body()),
        &told.iter().map(|t| Sha256::digest(t.letter.body().as_bytes()).to_vec()).collect::<Vec<_>>(),
        PRIORITY,
        now
    )
    .fetch_one(tx)
    .await?;
    Ok(())
}
