//! Relays and supplements as other pages show them.

use super::words::{BypassWords, RelayWords, at};
use crate::features::advisories::reading::deliveries::watch::Watch;
use crate::features::advisories::relays::paths;
use crate::features::advisories::relays::relay::{Beside, OpenRelay, Relay, Supplement};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_time;
use crate::platform::web::markdown::{self, SafeHtml};

/// A desk that decides whether an item goes on.
#[derive(Debug)]
pub struct RelayRow {
    /// The CEPTOAR.
    pub ceptoar: String,
    /// Badge and word.
    pub state: (&'static str, &'static str),
    /// When it goes on by itself; empty where that is over.
    pub due: String,
    /// Where it is decided, or what was decided is shown.
    pub href: String,
    /// What that is called.
    pub link: &'static str,
    /// What the viewer has to do; empty where that is nothing.
    pub waits: String,
}

impl RelayRow {
    /// The relays of an item that are the viewer's to see.
    #[must_use]
    pub fn all(relays: &[Relay], watch: &Watch, id: AdvisoryId, language: Language) -> Vec<Self> {
        let seen = relays.iter().filter(|relay| watch.counts(&relay.ceptoar_id));
        seen.map(|relay| Self::of(relay, watch, id, language)).collect()
    }

    fn of(relay: &Relay, watch: &Watch, id: AdvisoryId, language: Language) -> Self {
        let w = RelayWords::of(language);
        let open = relay.state.is_open();
        let decides = open && watch.decides(&relay.ceptoar_id, relay.desk);
        let due = fill(w.due_by, &[("time", &long_time(relay.due_at, language))]);
        let waits = fill(&at(w.waits, relay.desk, language), &[("time", &long_time(relay.due_at, language))]);
        Self {
            ceptoar: language.pick(&relay.ceptoar[0], &relay.ceptoar[1]).clone(),
            state: relay.badge(language),
            due: if open { due } else { String::new() },
            href: paths::relay(id, &relay.ceptoar_id),
            link: if decides { w.decide } else { w.see },
            waits: if decides { waits } else { String::new() },
        }
    }
}

/// What a desk added.
#[derive(Debug)]
pub struct SupplementView {
    /// Whose it is.
    pub title: String,
    /// When.
    pub time: String,
    /// What it says.
    pub text: SafeHtml,
}

impl SupplementView {
    /// What stands above an item: that it did not come through the desk, and what desks added.
    #[must_use]
    pub fn all(beside: &Beside, language: Language) -> Vec<Self> {
        let past = beside.bypassed.iter().map(|at| Self {
            title: BypassWords::of(language).note.to_owned(),
            time: long_time(*at, language),
            text: markdown::render(""),
        });
        past.chain(beside.supplements.iter().map(|s| Self::of(s, language))).collect()
    }

    /// A supplement in words.
    #[must_use]
    pub fn of(supplement: &Supplement, language: Language) -> Self {
        let desk = language.pick(&supplement.by[0], &supplement.by[1]);
        Self {
            title: fill(RelayWords::of(language).supplement_of, &[("desk", desk)]),
            time: long_time(supplement.at, language),
            text: markdown::render(&supplement.text),
        }
    }
}

/// A task of a desk: what it says, and where it is done.
#[must_use]
pub fn task(open: &OpenRelay, language: Language) -> (String, String) {
    let time = long_time(open.due_at, language);
    let ceptoar = language.pick(&open.ceptoar[0], &open.ceptoar[1]);
    let facts = [("number", open.number.as_str()), ("ceptoar", ceptoar), ("time", time.as_str())];
    (
        fill(&at(RelayWords::of(language).task, open.desk, language), &facts),
        paths::relay(open.advisory_id, &open.ceptoar_id),
    )
}
