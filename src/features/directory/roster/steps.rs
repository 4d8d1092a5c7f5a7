//! A window step by step: between two days on which something about it changes, everything about it is the same.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use uuid::Uuid;

use super::sheet::{Channel, Dated, Period, Window, WindowFacts};

/// What a window is like, and how it is reached, while nothing about it changes. The rows keep their identity.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it is like.
    pub facts: Dated<WindowFacts>,
    /// How it is reached, in order.
    pub channels: Vec<Dated<Channel>>,
}

/// The steps of a window, oldest first.
#[must_use]
pub fn of(window: &Window) -> Vec<Dated<Step>> {
    let bounds: BTreeSet<NaiveDate> =
        window.channels.iter().flat_map(|channel| [channel.valid.from, channel.valid.until]).flatten().collect();
    let mut steps = Vec::new();
    for fact in &window.facts {
        let within = |day: &NaiveDate| fact.valid.from.is_none_or(|from| from < *day) && fact.valid.holds_on(*day);
        let mut from = fact.valid.from;
        for cut in bounds.iter().copied().filter(within).map(Some).chain([None]) {
            let valid = Period { from, until: cut.or(fact.valid.until) };
            let day = from.unwrap_or(NaiveDate::MIN);
            let channels = window.channels.iter().filter(|channel| channel.valid.holds_on(day)).cloned().collect();
            steps.push(Dated { fact_id: fact.fact_id, valid, value: Step { facts: fact.clone(), channels } });
            from = cut;
        }
    }
    steps
}

/// The rows of a window: new ones have the nil id; of ways the place in the order comes first.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// What it is like.
    pub facts: Vec<Dated<WindowFacts>>,
    /// How it is reached.
    pub channels: Vec<(i16, Dated<Channel>)>,
}

/// The rows that say what the steps say. What goes on from one step to the next stays one row.
#[must_use]
pub fn rows(steps: &[Dated<Step>]) -> Rows {
    let mut rows = Rows::default();
    for step in steps {
        let fact = Dated { valid: step.valid, ..step.value.facts.clone() };
        take(&mut rows.facts, fact, |row| row, |row| row);
        for (place, channel) in (1_i16..).zip(&step.value.channels) {
            let channel = Dated { valid: step.valid, ..channel.clone() };
            take(&mut rows.channels, (place, channel), |(_, row)| row, |(_, row)| row);
        }
    }
    rows
}

/// A row more, or the longer life of one that is there.
fn take<R, T: PartialEq>(
    rows: &mut Vec<R>,
    mut new: R,
    row: impl Fn(&R) -> &Dated<T>,
    row_mut: impl Fn(&mut R) -> &mut Dated<T>,
) {
    let (id, valid) = (row(&new).fact_id, row(&new).valid);
    let goes_on = |known: &Dated<T>| {
        known.fact_id == id && known.valid.until == valid.from && valid.from.is_some() && known.value == row(&new).value
    };
    if let Some(known) = rows.iter_mut().find(|known| goes_on(row(known))) {
        row_mut(known).valid.until = valid.until;
        return;
    }
    if rows.iter().any(|known| row(known).fact_id == id) {
        row_mut(&mut new).fact_id = Uuid::nil();
    }
    rows.push(new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::directory::roster::sheet::{ChannelKind, Hours};
    use crate::kernel::ids::ContactId;
    use crate::kernel::language::Language;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn period(from: &str, until: Option<&str>) -> Period {
        Period { from: Some(day(from)), until: until.map(day) }
    }

    fn channel(id: u128, value: &str, valid: Period) -> Dated<Channel> {
        let value = Channel { kind: ChannelKind::Mail, value: value.into(), hours: Hours::Always, verified_on: None };
        Dated { fact_id: Uuid::from_u128(id), valid, value }
    }

    #[test]
    fn a_window_is_cut_where_anything_changes_and_put_together_again() {
        let facts = WindowFacts { position: 1, label: "当直".into(), handler: true, language: Language::Ja };
        let window = Window {
            contact_id: ContactId(Uuid::nil()),
            facts: vec![Dated { fact_id: Uuid::from_u128(1), valid: period("2018-04-01", None), value: facts }],
            channels: vec![
                channel(2, "old@bank.example", period("2018-04-01", Some("2024-04-01"))),
                channel(3, "new@bank.example", period("2024-04-01", None)),
                channel(4, "both@bank.example", period("2018-04-01", None)),
            ],
        };
        let steps = of(&window);
        assert_eq!(
            steps.iter().map(|step| step.valid).collect::<Vec<_>>(),
            [period("2018-04-01", Some("2024-04-01")), period("2024-04-01", None)]
        );
        assert_eq!(steps[1].value.channels.len(), 2);
        let rows = rows(&steps);
        assert_eq!(rows.facts.len(), 1);
        assert_eq!(rows.facts[0].valid, period("2018-04-01", None));
        let both = rows.channels.iter().find(|(_, row)| row.fact_id == Uuid::from_u128(4)).expect("the row");
        assert_eq!((rows.channels.len(), both.1.valid), (3, period("2018-04-01", None)));
    }
}
