//! What other pages say of what members do.

use chrono::{DateTime, Utc};

use super::words::MeasuresWords;
use crate::features::access::advisory::Hat;
use crate::features::advisories::measures::measure::{Member, Open, Tally};
use crate::features::advisories::measures::{paths, store};
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::stage::Stage;
use crate::platform::db::Tx;

/// A member of the viewer's own, on the page of the item.
#[derive(Debug)]
pub struct OwnMeasures {
    /// What it is about.
    pub title: &'static str,
    /// Until when; empty where nothing is left to say.
    pub due: String,
    /// The time is over.
    pub late: bool,
    /// What was reported, or that nothing was.
    pub text: String,
    /// Where to report.
    pub href: String,
    /// What that is called.
    pub link: &'static str,
    /// Whether nothing was reported yet.
    pub open: bool,
}

impl OwnMeasures {
    /// The members that the viewer answers for and that the item asks.
    ///
    /// # Errors
    /// The database's own.
    pub async fn all(
        tx: &mut Tx,
        hats: &[Hat],
        (id, due): (AdvisoryId, Option<DateTime<Utc>>),
        (language, now): (Language, DateTime<Utc>),
    ) -> sqlx::Result<Vec<Self>> {
        let worn: Vec<&Hat> = hats.iter().filter(|hat| hat.stage == Stage::Member && hat.acknowledges()).collect();
        let Some(due) = due.filter(|_| !worn.is_empty()) else { return Ok(Vec::new()) };
        let own: Vec<OrganisationId> = worn.iter().map(|hat| hat.organisation_id).collect();
        let members = store::members(tx, id, None, &own).await?;
        let is_own = |member: &&Member| {
            worn.iter().any(|h| h.organisation_id == member.organisation_id && h.ceptoar_id == member.ceptoar_id)
        };
        Ok(members.iter().filter(is_own).map(|member| Self::of(member, (id, due), (language, now))).collect())
    }

    fn of(member: &Member, (id, due): (AdvisoryId, DateTime<Utc>), (language, now): (Language, DateTime<Utc>)) -> Self {
        let w = MeasuresWords::of(language);
        let said = member.newest.map(|(said, at)| {
            fill(w.card_said, &[("said", &said.words(language)), ("time", &long_time(at, language))])
        });
        let finished = member.newest.is_some_and(|(said, _)| said.measure.is_final());
        let late = due < now && !finished;
        let time = fill(if late { w.late } else { w.due }, &[("time", &long_time(due, language))]);
        Self {
            title: w.title,
            due: if finished { String::new() } else { time },
            late,
            href: paths::report(id, &member.ceptoar_id, member.organisation_id),
            link: if said.is_some() { w.card_again } else { w.card_report },
            open: said.is_none(),
            text: said.unwrap_or_else(|| w.card_none.to_owned()),
        }
    }
}

/// What a member said, on the list of recipients.
#[derive(Debug)]
pub struct MeasureLine {
    /// What it said.
    pub text: String,
    /// Where its desk sees and enters reports.
    pub href: Option<String>,
    /// What that is called.
    pub link: &'static str,
}

impl MeasureLine {
    /// The line of a member. `enters`: for the desk that is told.
    #[must_use]
    pub fn of(member: &Member, id: AdvisoryId, enters: bool, language: Language) -> Self {
        let w = MeasuresWords::of(language);
        let said = member.newest.map(|(said, _)| fill(w.line, &[("said", &said.words(language))]));
        Self {
            href: enters.then(|| paths::report(id, &member.ceptoar_id, member.organisation_id)),
            link: if said.is_some() { w.see } else { w.enter },
            text: said.unwrap_or_else(|| w.silent.to_owned()),
        }
    }
}

/// What the members of a CEPTOAR said, on the board.
#[derive(Debug)]
pub struct MeasuresRow {
    /// The CEPTOAR.
    pub ceptoar: String,
    /// How many said what.
    pub text: String,
}

impl MeasuresRow {
    /// The numbers in words.
    #[must_use]
    pub fn of(tally: &Tally, language: Language) -> Self {
        let ceptoar = language.pick(&tally.ceptoar[0], &tally.ceptoar[1]).clone();
        Self { ceptoar, text: tally.words(language) }
    }
}

/// A task of a member: what it says, and where it is done.
#[must_use]
pub fn task(item: &Open, language: Language) -> (String, String) {
    let text = fill(MeasuresWords::of(language).task, &[("number", &item.number)]);
    (text, paths::report(item.advisory_id, &item.ceptoar_id, item.organisation_id))
}
