//! What other pages say of passing on.

use super::words::OnwardWords;
use crate::features::access::advisory::Hat;
use crate::features::advisories::onward::report::{Hub, Tally, Unreported};
use crate::features::advisories::onward::{paths, store};
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{long_time, short_time, thousands};
use crate::kernel::stage::Stage;
use crate::platform::db::Tx;

/// A hub of the viewer's own, on the page of the item.
#[derive(Debug)]
pub struct OwnHub {
    /// What it is about.
    pub title: &'static str,
    /// What was reported, or that nothing was.
    pub text: String,
    /// Where to report.
    pub href: String,
    /// What that is called.
    pub link: &'static str,
    /// Whether nothing was reported yet.
    pub open: bool,
}

impl OwnHub {
    /// The hubs that the viewer answers for, where the item is open to them.
    ///
    /// # Errors
    /// The database's own.
    pub async fn all(tx: &mut Tx, hats: &[Hat], id: AdvisoryId, language: Language) -> sqlx::Result<Vec<Self>> {
        let worn: Vec<&Hat> = hats.iter().filter(|hat| hat.stage == Stage::Member && hat.acknowledges()).collect();
        if worn.is_empty() {
            return Ok(Vec::new());
        }
        let own: Vec<OrganisationId> = worn.iter().map(|hat| hat.organisation_id).collect();
        let hubs = store::hubs(tx, id, None, Some(&own)).await?;
        // A hub of two CEPTOARs reports in each, and not everybody answers for it in both.
        let is_own = |hub: &&Hub| {
            worn.iter().any(|hat| hat.organisation_id == hub.organisation_id && hat.ceptoar_id == hub.ceptoar_id)
        };
        Ok(hubs.iter().filter(is_own).map(|hub| Self::of(hub, id, language)).collect())
    }

    /// The hub's part in words.
    #[must_use]
    pub fn of(hub: &Hub, id: AdvisoryId, language: Language) -> Self {
        let w = OnwardWords::of(language);
        let said = hub.newest.map(|(count, at, _)| {
            fill(w.card_count, &[("count", &count.words(language)), ("time", &long_time(at, language))])
        });
        Self {
            title: w.title,
            href: paths::report(id, &hub.ceptoar_id, hub.organisation_id),
            link: if said.is_some() { w.card_again } else { w.card_report },
            open: said.is_none(),
            text: said.unwrap_or_else(|| w.card_none.to_owned()),
        }
    }
}

/// The hubs of one CEPTOAR, on its delivery list.
#[derive(Debug)]
pub struct HubList {
    /// The words around it.
    pub w: &'static OnwardWords,
    /// One hub each.
    pub rows: Vec<HubRow>,
}

/// A hub on the list.
#[derive(Debug)]
pub struct HubRow {
    /// Its name.
    pub name: String,
    /// How many it told; empty where it has not said.
    pub count: String,
    /// When it said so, and through whom.
    pub said: String,
    /// Where its desk enters and sees reports.
    pub href: Option<String>,
}

impl HubList {
    /// The hubs in words; none where there is no hub. `enters`: for the desk that is told.
    #[must_use]
    pub fn of(hubs: &[Hub], id: AdvisoryId, enters: bool, language: Language) -> Option<Self> {
        let w = OnwardWords::of(language);
        let row = |hub: &Hub| {
            let said = |by_desk: bool| if by_desk { w.by_desk } else { w.by_hub };
            HubRow {
                name: language.pick(&hub.name[0], &hub.name[1]).clone(),
                count: hub.newest.map_or_else(String::new, |(count, ..)| count.words(language)),
                said: hub
                    .newest
                    .map_or_else(String::new, |(_, at, by_desk)| format!("{} {}", short_time(at), said(by_desk))),
                href: enters.then(|| paths::report(id, &hub.ceptoar_id, hub.organisation_id)),
            }
        };
        (!hubs.is_empty()).then(|| Self { w, rows: hubs.iter().map(row).collect() })
    }
}

/// What the hubs of a CEPTOAR reported: on the board.
#[derive(Debug)]
pub struct TallyRow {
    /// The CEPTOAR.
    pub ceptoar: String,
    /// How many reported, and how many businesses they told.
    pub text: String,
}

impl TallyRow {
    /// The numbers in words.
    #[must_use]
    pub fn of(tally: &Tally, language: Language) -> Self {
        let w = OnwardWords::of(language);
        let numbers = [
            ("reported", tally.reported),
            ("hubs", tally.hubs),
            ("told", tally.told),
            ("behind", tally.behind),
            ("unknown", tally.unknown),
        ]
        .map(|(name, number)| (name, thousands(number)));
        let numbers = numbers.each_ref().map(|(name, text)| (*name, text.as_str()));
        let known = (tally.behind > 0).then_some(w.tally_told);
        let unknown = (tally.unknown > 0).then_some(w.tally_unknown);
        let parts = [Some(w.tally), known, unknown].into_iter().flatten().map(|words| fill(words, &numbers));
        Self {
            ceptoar: language.pick(&tally.ceptoar[0], &tally.ceptoar[1]).clone(),
            text: parts.collect::<Vec<_>>().join(language.pick("、", ", ")),
        }
    }
}

/// A task of a hub: what it says, and where it is done.
#[must_use]
pub fn task(item: &Unreported, language: Language) -> (String, String) {
    let text = fill(OnwardWords::of(language).task, &[("number", &item.number)]);
    (text, paths::report(item.advisory_id, &item.ceptoar_id, item.organisation_id))
}
