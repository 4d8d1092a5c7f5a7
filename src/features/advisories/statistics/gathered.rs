//! What the viewer may count, read once for screen and file. Each item is asked for as its board is: what the board would not
//! tell this viewer is in no number.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::figures::Figures;
use super::item::{Item, Outcome};
use super::selection::{Selection, Span};
use super::store::{self, Boarded, Ceptoar, Onward, Pairs};
use crate::features::access::action::{ActivityAction, AdvisoryAction, StatisticsAction};
use crate::features::access::advisory::AdvisoryFacts;
use crate::features::access::{Viewer, can};
use crate::features::advisories::reading;
use crate::features::advisories::reading::deliveries::watch::Watch;
use crate::features::advisories::versions::step::Step;
use crate::features::directory::activities;
use crate::kernel::clock::{fiscal_year, japan_day};
use crate::kernel::ids::AdvisoryId;
use crate::platform::db::Tx;

/// Items received, passed on and left out, as a desk wrote them down among the activities of its CEPTOAR.
pub type Recorded = (String, [Option<i64>; 3]);

/// Everything that the page tells.
#[derive(Debug)]
pub struct Gathered {
    /// What was asked for; the CEPTOAR is one of the viewer's.
    pub selection: Selection,
    /// The CEPTOARs that the viewer oversees.
    pub overseen: Vec<Ceptoar>,
    /// Items, narrowed to what was asked for.
    pub items: Vec<Item>,
    /// Numbers of organisations of those items.
    pub figures: Figures,
    /// What hubs passed on.
    pub onward: Vec<Onward>,
    /// What desks wrote down themselves; of a single year.
    pub recorded: Vec<Recorded>,
    /// When the first item was published that the viewer may know of.
    pub first: Option<DateTime<Utc>>,
    /// Of when it is.
    pub now: DateTime<Utc>,
}

impl Gathered {
    /// Reads it.
    ///
    /// # Errors
    /// The database's own.
    pub async fn read(tx: &mut Tx, viewer: &Viewer, mut wanted: Selection, now: DateTime<Utc>) -> sqlx::Result<Self> {
        let today = japan_day(now);
        let mut overseen = store::ceptoars(tx).await?;
        overseen.retain(|ceptoar| can(viewer, StatisticsAction::See, &ceptoar.facts));
        let oversees = |id: &str| overseen.iter().any(|ceptoar| ceptoar.facts.ceptoar_id == id);
        wanted.ceptoar = wanted.ceptoar.filter(|id| oversees(id));
        let counts = |id: &str| wanted.ceptoar.as_ref().map_or_else(|| oversees(id), |only| only == id);

        let boards = store::boards(tx, wanted.bounds(today)).await?;
        let ids = boards.iter().flat_map(|b| b.earlier.iter().copied().chain([b.advisory_id])).collect::<Vec<_>>();
        let facts = reading::store::facts(tx, viewer, &ids).await?;
        let items = boards.into_iter().filter_map(|board| item(board, viewer, &facts, counts));
        let items: Vec<Item> = items.filter(|item| item.is_in(&wanted)).collect();

        let mut pairs = Pairs::default();
        for item in &items {
            let year = fiscal_year(japan_day(item.published_at));
            item.ceptoars.iter().for_each(|(ceptoar, _)| pairs.push(item.advisory_id, ceptoar, year));
        }
        let recorded = match wanted.span {
            // Activities tell neither kind nor level, and drills are none of their items.
            Span::Year(year) if !wanted.drills && wanted.kind.is_none() && wanted.level.is_none() => {
                let years = activities::store::years(tx, viewer, year, today).await?.into_iter();
                let known = |c: &activities::tally::CeptoarYear| {
                    counts(&c.facts.ceptoar_id) && can(viewer, ActivityAction::LookOver, &c.facts)
                };
                let told = years.filter(known).map(|c| (c.facts.ceptoar_id, c.items));
                told.filter(|(_, items)| items.iter().any(Option::is_some)).collect()
            }
            Span::Year(_) | Span::All => Vec::new(),
        };
        Ok(Self {
            figures: store::figures(tx, &pairs).await?,
            onward: store::onward(tx, &pairs).await?,
            first: store::first_published(tx).await?,
            selection: wanted,
            overseen,
            items,
            recorded,
            now,
        })
    }

    /// The CEPTOARs that are counted.
    pub fn counted_ceptoars(&self) -> impl Iterator<Item = &Ceptoar> {
        let only = self.selection.ceptoar.as_ref();
        self.overseen.iter().filter(move |ceptoar| only.is_none_or(|id| *id == ceptoar.facts.ceptoar_id))
    }
}

/// The item as far as its board is the viewer's.
fn item(
    board: Boarded,
    viewer: &Viewer,
    facts: &HashMap<AdvisoryId, AdvisoryFacts>,
    counts: impl Fn(&str) -> bool,
) -> Option<Item> {
    let own = facts.get(&board.advisory_id)?;
    let watch = Watch::of(viewer, board.level, own.on_case_team(viewer), &own.hats(viewer));
    let shown = |(ceptoar, _): &(String, Outcome)| watch.counts(ceptoar) && counts(ceptoar);
    let known = |id: &AdvisoryId| facts.get(id).is_some_and(|f| can(viewer, AdvisoryAction::KnowOf, f));
    Some(Item {
        advisory_id: board.advisory_id,
        published_at: board.published_at,
        level: board.level,
        drill: board.drill,
        kind: board.kind.filter(|_| can(viewer, AdvisoryAction::Read, own)),
        // To whom no earlier version is known it is the first one: lists and mails say the same.
        step: if board.earlier.iter().any(known) { board.step } else { Step::First },
        ceptoars: board.ceptoars.into_iter().filter(shown).collect(),
    })
}
