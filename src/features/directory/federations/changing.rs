//! Changing a federation: every change holds from its day on, and what was said before stays with its reason.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::federation::{self, Desk, Federation, Known, Membership, Who};
use super::{rewriting, store};
use crate::features::access::Viewer;
use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::sheet::{Name, Period};
use crate::kernel::ids::OrganisationId;
use crate::kernel::period::Precision;
use crate::platform::audit::{self, Event};

/// What is to be different.
#[derive(Debug, Clone)]
pub enum Alteration {
    /// It is called something else.
    Name(Name),
    /// Somebody belongs to it, or belongs to it as something else.
    Joining(Membership),
    /// Somebody belongs to it no longer.
    Leaving(Who),
    /// Somebody else keeps it, or nobody.
    Secretariat(Option<Desk>),
    /// It is no more: its name, its parts and its secretariat end.
    Dissolution,
}

/// From when, why, and in which words.
#[derive(Debug, Clone)]
pub struct Change {
    /// From which day on.
    pub on: NaiveDate,
    /// Why.
    pub reason: String,
    /// What was said before.
    pub before: Vec<Line>,
    /// What is said from now on.
    pub after: Vec<Line>,
}

/// Who changes, and when that is.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// Who.
    pub viewer: &'a Viewer,
    /// In whose name.
    pub organisation: OrganisationId,
    /// The present.
    pub now: DateTime<Utc>,
    /// The request, for the trail.
    pub request_id: &'a str,
}

/// Makes the change; `false` where somebody else was faster.
///
/// # Errors
/// The database's own.
pub async fn apply(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    federation: &Federation,
    change: &Change,
    alteration: &Alteration,
) -> anyhow::Result<bool> {
    let id = &federation.federation_id;
    let subject = match alteration {
        Alteration::Name(_) => "name",
        Alteration::Joining(_) | Alteration::Leaving(_) => "member",
        Alteration::Secretariat(_) => "secretariat",
        Alteration::Dissolution => "dissolution",
    };
    if !begin(tx, actor, federation, ("change", subject), change).await? {
        return Ok(false);
    }
    // What comes first, what goes after: whoever hands the desk over is its keeper until the end of the step.
    let on = change.on;
    let ends = match alteration {
        Alteration::Name(name) => {
            let place = Place::of(federation.names.iter(), on);
            store::add_name(tx, id, (place.valid, Precision::Day), name).await?;
            place.ends
        }
        Alteration::Joining(membership) => {
            let place = Place::of(federation.stays_of(&membership.who).into_iter(), on);
            store::add_member(tx, id, (place.valid, Precision::Day), membership).await?;
            place.ends
        }
        Alteration::Leaving(who) => Place::of(federation.stays_of(who).into_iter(), on).ends,
        Alteration::Secretariat(desk) => {
            let place = Place::of(federation.secretariats.iter(), on);
            if let Some(desk) = desk {
                store::add_desk(tx, id, (place.valid, Precision::Day), desk).await?;
            }
            place.ends
        }
        Alteration::Dissolution => {
            rewriting::store::dissolve(tx, id, on).await?;
            None
        }
    };
    if let Some((fact, began)) = ends {
        store::end(tx, fact, began, on).await?;
    }
    Ok(true)
}

/// Counts a change and writes it down, before anything else is written; `false` where somebody else was faster.
pub(super) async fn begin(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    federation: &Federation,
    (kind, subject): (&'static str, &str),
    change: &Change,
) -> anyhow::Result<bool> {
    let id = &federation.federation_id;
    if !store::count_up(tx, id, federation.version).await? {
        return Ok(false);
    }
    let version = federation.version + 1;
    store::record(tx, actor, (id, version), (kind, subject), change).await?;
    note(tx, actor, id, (subject, version, change.on)).await?;
    Ok(true)
}

/// Registers a new federation; answers which it is.
///
/// # Errors
/// The database's own.
pub async fn found(tx: &mut PgConnection, actor: Actor<'_>, change: &Change, name: &Name) -> anyhow::Result<String> {
    let id = format!("f-{}", &Uuid::new_v4().simple().to_string()[..12]);
    store::found(tx, &id).await?;
    store::record(tx, actor, (&id, 1), ("change", "founding"), change).await?;
    let valid = Period { from: Some(change.on), until: None };
    store::add_name(tx, &id, (valid, Precision::Day), name).await?;
    note(tx, actor, &id, ("founding", 1, change.on)).await?;
    Ok(id)
}

async fn note(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    id: &str,
    (subject, version, on): (&str, i32, NaiveDate),
) -> anyhow::Result<()> {
    let event = Event::done(actor.now, "federation.change", "federation", id)
        .by(actor.viewer.account_id)
        .request(actor.request_id)
        .detail(serde_json::json!({ "subject": subject, "version": version, "on": on }));
    audit::record(tx, event).await?;
    Ok(())
}

/// Where something that begins on a day stands among what is known.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// From that day until what holds then would end, or until the next begins.
    valid: Period,
    /// What holds on that day, and since when.
    ends: Option<(Uuid, Option<NaiveDate>)>,
}

impl Place {
    fn of<'a, T: 'a>(facts: impl Iterator<Item = &'a Known<T>> + Clone, on: NaiveDate) -> Self {
        let holding = facts.clone().find(|known| known.valid.holds_on(on));
        let next = facts.filter_map(|known| known.valid.from).filter(|from| *from > on).min();
        let until = holding.map_or(next, |known| known.valid.until);
        Self { valid: Period { from: Some(on), until }, ends: holding.map(|known| (known.fact_id, known.valid.from)) }
    }
}

/// Who belongs to the federation as what on a day.
#[must_use]
pub fn stay_on<'a>(federation: &'a Federation, who: &Who, day: NaiveDate) -> Option<&'a Membership> {
    federation.members_on(day).find(|known| known.value.who == *who).map(|known| &known.value)
}

/// What is said on a day of what an alteration is about.
#[must_use]
pub fn before(federation: &Federation, alteration: &Alteration, on: NaiveDate) -> Vec<Line> {
    match alteration {
        Alteration::Name(_) => federation::on(&federation.names, on).map(|known| federation::of_name(&known.value)),
        Alteration::Joining(membership) => stay_on(federation, &membership.who, on).map(federation::of_member),
        Alteration::Leaving(who) => stay_on(federation, who, on).map(federation::of_member),
        Alteration::Secretariat(_) => Some(federation::of_desk(federation.desk_on(on))),
        Alteration::Dissolution => Some(federation::of_whole(federation, on)),
    }
    .unwrap_or_default()
}

/// What an alteration says.
#[must_use]
pub fn after(alteration: &Alteration) -> Vec<Line> {
    match alteration {
        Alteration::Name(name) => federation::of_name(name),
        Alteration::Joining(membership) => federation::of_member(membership),
        Alteration::Leaving(_) | Alteration::Dissolution => Vec::new(),
        Alteration::Secretariat(desk) => federation::of_desk(desk.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn known(n: u128, from: Option<&str>, until: Option<&str>) -> Known<()> {
        let valid = Period { from: from.map(day), until: until.map(day) };
        Known { fact_id: Uuid::from_u128(n), valid, precision: Precision::Day, value: () }
    }

    #[test]
    fn what_begins_ends_where_what_it_replaces_would_have_ended() {
        let facts = [known(1, None, Some("2011-03-31")), known(2, Some("2020-04-01"), None)];
        let place = |on: &str| Place::of(facts.iter(), day(on));
        let valid = |from: &str, until: Option<&str>| Period { from: Some(day(from)), until: until.map(day) };
        assert_eq!(place("2007-04-01").valid, valid("2007-04-01", Some("2011-03-31")));
        assert_eq!(place("2007-04-01").ends, Some((Uuid::from_u128(1), None)));
        assert_eq!(place("2015-04-01"), Place { valid: valid("2015-04-01", Some("2020-04-01")), ends: None });
        assert_eq!(place("2020-04-01").valid, valid("2020-04-01", None));
        assert_eq!(place("2020-04-01").ends, Some((Uuid::from_u128(2), Some(day("2020-04-01")))));
    }
}
