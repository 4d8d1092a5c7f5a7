//! What stands in a record: everything that this viewer may know of the item's way, read once.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use crate::features::advisories::parts::part::strictest;
use crate::features::advisories::reading::deliveries::board::{Counts, Line};
use crate::features::advisories::reading::deliveries::recipient::Recipient;
use crate::features::advisories::reading::deliveries::road::Road;
use crate::features::advisories::reading::deliveries::store::{self as watching, Asked};
use crate::features::advisories::reading::deliveries::watch::Watch;
use crate::features::advisories::reading::store::Found;
use crate::features::advisories::relays;
use crate::features::advisories::relays::relay::PastDecision;
use crate::features::advisories::versions::history::History;
use crate::features::advisories::versions::step::nth;
use crate::features::advisories::versions::web::shown::mark;
use crate::kernel::language::Language;
use crate::kernel::sharing_level::SharingLevel;

/// More recipients than an item can have.
const ALL: i64 = 1_000_000;

/// The record of an item.
#[derive(Debug)]
pub struct Record {
    /// The item, as far as the viewer may know it.
    pub found: Found,
    /// Which version it is of those that the viewer knows.
    pub history: History,
    /// Its way.
    pub road: Road,
    /// What desks decided, the oldest first: of which CEPTOAR, and what.
    pub decisions: Vec<(String, PastDecision)>,
    /// Windows and organisations; none where the viewer sees numbers alone.
    pub recipients: Option<Vec<Recipient>>,
    /// In which language it is written.
    pub language: Language,
    /// Of when it is.
    pub now: DateTime<Utc>,
}

impl Record {
    /// Reads it. Names come where the viewer sees the organisations of a CEPTOAR, addresses never.
    ///
    /// # Errors
    /// The database's own.
    pub async fn read(
        tx: &mut PgConnection,
        watch: &Watch,
        (found, history): (Found, History),
        (language, now): (Language, DateTime<Utc>),
        with_recipients: bool,
    ) -> sqlx::Result<Self> {
        let id = found.envelope.advisory_id;
        let road = Road::read(&mut *tx, watch, id).await?;
        let mut decisions = relays::store::all_decisions(&mut *tx, id).await?;
        decisions.retain(|(ceptoar, _)| watch.counts(ceptoar));
        let asked = Asked {
            ceptoars: if watch.everything { None } else { Some(&watch.desks) },
            organisations: None,
            members_only: found.envelope.level == SharingLevel::Red,
            with_windows: false,
            narrow: None,
            answer_due: found.envelope.answer_due,
            now,
            skip: 0,
            page: ALL,
        };
        let recipients = match with_recipients && watch.lists_any() {
            true => Some(watching::recipients(tx, id, asked).await?),
            false => None,
        };
        Ok(Self { found, history, road, decisions, recipients, language, now })
    }

    /// 第2報(旧版); empty where the viewer knows no other version.
    #[must_use]
    pub fn version(&self) -> String {
        let Some(version) = self.history.version() else { return String::new() };
        let name = nth(version.number, self.language);
        match mark(self.history.superseded, self.history.withdrawn, self.language) {
            Some((_, word)) => format!("{name} ({word})"),
            None => name,
        }
    }

    /// How the record is handled: it names the parts, so as the strictest of them.
    #[must_use]
    pub fn level(&self) -> SharingLevel {
        strictest(self.found.envelope.level, &self.found.parts)
    }

    /// Organisations that should have acknowledged by now.
    #[must_use]
    pub fn overdue(&self, counts: &Counts) -> i64 {
        let late = self.found.envelope.answer_due.is_some_and(|due| due < self.now);
        if late { counts.outstanding() } else { 0 }
    }

    /// When an answer was due, where the viewer may know it: a sealed envelope does not tell.
    #[must_use]
    pub fn answer_due(&self) -> Option<DateTime<Utc>> {
        self.found.envelope.answer_due.filter(|_| self.found.text.is_some())
    }

    /// The name of a CEPTOAR that the item went through.
    #[must_use]
    pub fn ceptoar<'a>(&'a self, id: &'a str) -> &'a str {
        let of = |line: &&Line| line.ceptoar_id == id;
        self.road.board.lines.iter().find(of).map_or(id, |line| self.language.pick(&line.ja, &line.en).as_str())
    }

    /// How long after the publication something was.
    #[must_use]
    pub fn after(&self, at: DateTime<Utc>) -> TimeDelta {
        at - self.found.envelope.published_at.unwrap_or(at)
    }
}
