//! What must hold after a run: a pure judgement over the relay's record, the database's rows, and the faults.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A line of the relay's record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    pub at: DateTime<Utc>,
    pub to: String,
    pub event: Event,
}

/// What happened to a recipient at the relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A copy is on disk; nothing has been answered yet.
    Stored { copy: u64, id: String, from: String, recipients: usize, text: String },
    /// Its acceptance has gone out.
    Answered { copy: u64 },
    /// A permanent no went out, at RCPT or after the dot.
    Refused { code: u16 },
}

/// A delivery in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub state: String,
    pub reply: Option<String>,
    pub settled_at: Option<DateTime<Utc>>,
}

/// Something broke, and these copies were under way: begun at the relay, and not settled in the database.
#[derive(Debug, Clone)]
pub struct Fault {
    pub name: &'static str,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub in_flight: BTreeSet<String>,
}

/// Everything that a judgement needs.
#[derive(Debug, Default)]
pub struct Evidence {
    pub audience: BTreeSet<String>,
    pub rows: BTreeMap<String, Row>,
    pub ledger: Vec<Line>,
    pub faults: Vec<Fault>,
}

/// An invariant that does not hold.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub invariant: &'static str,
    pub who: String,
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.invariant, self.who, self.what)
    }
}

/// The counts of a run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    pub recipients: usize,
    pub stored: usize,
    pub sent: usize,
    pub refused: usize,
    pub lost: usize,
    pub outsiders: usize,
    /// Copies after the first.
    pub extra: usize,
    /// As many of them as the faults and the relay's silences excuse at most.
    pub allowed: usize,
}

/// A stored copy.
struct Copy<'a> {
    at: DateTime<Utc>,
    answered: bool,
    id: &'a str,
    from: &'a str,
    recipients: usize,
    text: &'a str,
}

/// Judges a run.
pub fn check(evidence: &Evidence) -> (Vec<Finding>, Figures) {
    let mut found = Findings::default();
    let copies = copies_by_recipient(&evidence.ledger);
    let mut figures = Figures { recipients: evidence.audience.len(), ..Figures::default() };

    let mut owner_of: BTreeMap<&str, &str> = BTreeMap::new();
    let text = copies.values().flatten().map(|c| c.text).next();
    let from = copies.values().flatten().map(|c| c.from).next();
    for (who, copies) in &copies {
        figures.stored += copies.len();
        if !evidence.audience.contains(*who) {
            figures.outsiders += 1;
            found.add("I1", who, "got a mail and is not of the audience");
        }
        for copy in copies {
            if *owner_of.entry(copy.id).or_insert(who) != *who {
                found.add("I4", who, format!("shares {} with {}", copy.id, owner_of[copy.id]));
            }
            if copy.id != copies[0].id {
                found.add("I4", who, "got copies with different Message-IDs");
            }
            if copy.recipients != 1 {
                found.add("I4", who, format!("one of {} recipients of a message", copy.recipients));
            }
            if Some(copy.from) != from {
                found.add("I4", who, format!("another sender: {}", copy.from));
            }
            if Some(copy.text) != text {
                found.add("I6", who, "another text");
            }
        }
        doubles(who, copies, evidence, &mut figures, &mut found);
    }
    for who in evidence.rows.keys().filter(|who| !evidence.audience.contains(*who)) {
        found.add("I1", who, "has a row and is not of the audience");
    }
    for who in &evidence.audience {
        let copies = copies.get(who.as_str()).map_or(&[][..], Vec::as_slice);
        agreement(who, copies, evidence, &mut figures, &mut found);
    }
    // What one fault may repeat, each repeated once; and each copy that the relay kept and did not answer.
    let silences = copies.values().flatten().filter(|c| !c.answered).count();
    figures.allowed = silences + evidence.faults.iter().map(|f| f.in_flight.len()).sum::<usize>();
    (found.0, figures)
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, invariant: &'static str, who: &str, what: impl Into<String>) {
        self.0.push(Finding { invariant, who: who.to_owned(), what: what.into() });
    }
}

fn copies_by_recipient(ledger: &[Line]) -> BTreeMap<&str, Vec<Copy<'_>>> {
    let answered: BTreeSet<u64> = ledger
        .iter()
        .filter_map(|line| match line.event {
            Event::Answered { copy } => Some(copy),
            Event::Stored { .. } | Event::Refused { .. } => None,
        })
        .collect();
    let mut copies: BTreeMap<&str, Vec<Copy>> = BTreeMap::new();
    for line in ledger {
        if let Event::Stored { copy, id, from, recipients, text } = &line.event {
            let answered = answered.contains(copy);
            copies.entry(&line.to).or_default().push(Copy {
                at: line.at,
                answered,
                id,
                from,
                recipients: *recipients,
                text,
            });
        }
    }
    for of_one in copies.values_mut() {
        of_one.sort_by_key(|c| c.at);
    }
    copies
}

/// I3: between a copy and the next one lies a fault that caught this recipient in flight, or the first was never
/// answered. One fault excuses one copy of a recipient.
fn doubles(who: &str, copies: &[Copy<'_>], evidence: &Evidence, figures: &mut Figures, found: &mut Findings) {
    let mut used = BTreeSet::new();
    for pair in copies.windows(2) {
        figures.extra += 1;
        if !pair[0].answered {
            continue;
        }
        let between = |f: &Fault| f.until >= pair[0].at && f.from <= pair[1].at && f.in_flight.contains(who);
        match evidence.faults.iter().enumerate().position(|(n, f)| !used.contains(&n) && between(f)) {
            Some(fault) => {
                used.insert(fault);
            }
            None => found.add("I3", who, format!("copies at {} and {}, and no fault between", pair[0].at, pair[1].at)),
        }
    }
}

/// I2, I5, I7.
fn agreement(who: &str, copies: &[Copy<'_>], evidence: &Evidence, figures: &mut Figures, found: &mut Findings) {
    let Some(row) = evidence.rows.get(who) else {
        figures.lost += 1;
        return found.add("I2", who, "has no row");
    };
    match (row.state.as_str(), copies.first()) {
        ("sent", Some(first)) => {
            figures.sent += 1;
            // One machine, one clock: nothing is sent before the relay has it.
            if row.settled_at.is_none_or(|settled| settled < first.at - TimeDelta::milliseconds(2)) {
                found.add("I5", who, format!("sent at {:?}, first copy at {}", row.settled_at, first.at));
            }
        }
        ("sent", None) => {
            figures.lost += 1;
            found.add("I5", who, "is sent, and the relay has no copy");
        }
        ("refused", _) => {
            figures.refused += 1;
            let said = |code: u16| row.reply.as_ref().is_some_and(|r| r.starts_with(&code.to_string()));
            let confirmed = evidence
                .ledger
                .iter()
                .any(|line| line.to == who && matches!(line.event, Event::Refused { code } if said(code)));
            if !confirmed {
                figures.lost += usize::from(copies.is_empty());
                found.add("I2", who, format!("refused as {:?}, which the relay never said", row.reply));
            }
        }
        ("queued" | "sending", _) => {
            figures.lost += usize::from(copies.is_empty());
            found.add("I7", who, format!("is still {}", row.state));
        }
        ("cancelled", None) => {}
        (state, _) => {
            figures.lost += usize::from(copies.is_empty());
            found.add("I2", who, format!("ended as {state} with {} copies", copies.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + milliseconds).expect("an instant")
    }

    /// A run by hand: a, b and c, each sent once and answered.
    fn run() -> Evidence {
        let mut run = Evidence::default();
        for (n, who) in ["a", "b", "c"].into_iter().enumerate() {
            run.audience.insert(who.into());
            stored(&mut run, who, n as i64 * 100, true);
            settled(&mut run, who, "sent", "250 content", n as i64 * 100 + 20);
        }
        run
    }

    fn stored(run: &mut Evidence, who: &str, when: i64, answered: bool) {
        let copy = run.ledger.len() as u64;
        let event = Event::Stored {
            copy,
            id: format!("<{who}@portal>"),
            from: "portal@portal".into(),
            recipients: 1,
            text: "t".into(),
        };
        run.ledger.push(Line { at: at(when), to: who.into(), event });
        if answered {
            run.ledger.push(Line { at: at(when + 1), to: who.into(), event: Event::Answered { copy } });
        }
    }

    fn settled(run: &mut Evidence, who: &str, state: &str, reply: &str, when: i64) {
        let row = Row { state: state.into(), reply: Some(reply.into()), settled_at: Some(at(when)) };
        run.rows.insert(who.into(), row);
    }

    fn fault(run: &mut Evidence, from: i64, until: i64, in_flight: &[&str]) {
        let in_flight = in_flight.iter().map(|who| (*who).to_owned()).collect();
        run.faults.push(Fault { name: "a fault", from: at(from), until: at(until), in_flight });
    }

    fn invariants(run: &Evidence) -> Vec<(&'static str, String)> {
        check(run).0.into_iter().map(|f| (f.invariant, f.who)).collect()
    }

    #[test]
    fn a_good_run_is_good() {
        let (found, figures) = check(&run());
        assert_eq!(found, []);
        assert_eq!(figures, Figures { recipients: 3, stored: 3, sent: 3, ..Figures::default() });
    }

    #[test]
    fn sent_before_the_relay_has_it_is_noticed() {
        // The mutant that writes "sent" first: without a crash only the order of times tells.
        let mut early = run();
        settled(&mut early, "b", "sent", "250 content", 90);
        assert_eq!(invariants(&early), [("I5", "b".into())]);
        // And with one, the copy is missing.
        early.ledger.retain(|line| line.to != "b");
        fault(&mut early, 90, 100, &["b"]);
        assert_eq!(invariants(&early), [("I5", "b".into())]);
        assert_eq!(check(&early).1.lost, 1);
    }

    #[test]
    fn a_second_copy_without_a_fault_between_is_noticed() {
        // The mutant without the claim's token: a late holder writes over its heir, and the copy goes once more.
        let mut doubled = run();
        stored(&mut doubled, "a", 500, true);
        assert_eq!(invariants(&doubled), [("I3", "a".into())]);
        // A fault before the first copy, after the second, or with somebody else in flight excuses nothing.
        fault(&mut doubled, -20, -10, &["a"]);
        fault(&mut doubled, 600, 700, &["a"]);
        fault(&mut doubled, 200, 300, &["b"]);
        assert_eq!(invariants(&doubled), [("I3", "a".into())]);
        fault(&mut doubled, 200, 300, &["a"]);
        assert_eq!(invariants(&doubled), []);
        // But only once.
        stored(&mut doubled, "a", 550, true);
        assert_eq!(invariants(&doubled), [("I3", "a".into())]);
        assert_eq!(check(&doubled).1.extra, 2);
    }

    #[test]
    fn two_claims_of_one_row_are_noticed() {
        // The mutant that skips the lease: both workers have every row.
        let mut twice = run();
        for (who, when) in [("a", 3), ("b", 104), ("c", 203)] {
            stored(&mut twice, who, when, true);
        }
        fault(&mut twice, 100, 110, &["b"]);
        assert_eq!(invariants(&twice), [("I3", "a".into()), ("I3", "c".into())]);
    }

    #[test]
    fn an_audience_wider_by_one_is_noticed() {
        let mut wide = run();
        stored(&mut wide, "d", 300, true);
        settled(&mut wide, "d", "sent", "250 content", 310);
        assert_eq!(invariants(&wide), [("I1", "d".into()), ("I1", "d".into())]);
        assert_eq!(check(&wide).1.outsiders, 1);
    }

    #[test]
    fn a_relay_that_keeps_without_a_word_excuses_one_copy() {
        let mut silent = run();
        stored(&mut silent, "d", 300, false);
        stored(&mut silent, "d", 400, true);
        silent.audience.insert("d".into());
        settled(&mut silent, "d", "sent", "250 content", 420);
        assert_eq!(invariants(&silent), []);
        assert_eq!((check(&silent).1.extra, check(&silent).1.allowed), (1, 1));
        stored(&mut silent, "d", 500, true);
        assert_eq!(invariants(&silent), [("I3", "d".into())]);
    }

    #[test]
    fn loss_and_false_refusals_are_noticed() {
        let mut lost = run();
        lost.ledger.retain(|line| line.to != "a");
        settled(&mut lost, "a", "refused", "550 recipient", 20);
        assert_eq!(invariants(&lost), [("I2", "a".into())]);
        lost.ledger.push(Line { at: at(5), to: "a".into(), event: Event::Refused { code: 550 } });
        assert_eq!(invariants(&lost), []);
        settled(&mut lost, "a", "refused", "554 content", 20);
        assert_eq!(invariants(&lost), [("I2", "a".into())]);
        lost.rows.remove("a");
        assert_eq!(invariants(&lost), [("I2", "a".into())]);
        settled(&mut lost, "a", "expired", "given-up", 20);
        assert_eq!(invariants(&lost), [("I2", "a".into())]);
        settled(&mut lost, "a", "sending", "", 20);
        assert_eq!(invariants(&lost), [("I7", "a".into())]);
    }

    #[test]
    fn mixed_up_copies_are_noticed() {
        for (change, expected) in [("id", "I4"), ("from", "I4"), ("recipients", "I4"), ("text", "I6")] {
            let mut mixed = run();
            let line = mixed.ledger.iter_mut().find(|l| l.to == "c").expect("a line");
            if let Event::Stored { id, from, recipients, text, .. } = &mut line.event {
                match change {
                    "id" => *id = "<a@portal>".into(),
                    "from" => *from = "other@portal".into(),
                    "recipients" => *recipients = 2,
                    _ => *text = "another".into(),
                }
            }
            assert_eq!(invariants(&mixed), [(expected, "c".into())], "{change}");
        }
    }
}
