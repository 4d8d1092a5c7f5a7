//! The record on one page of A4.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::gathered::Record;
use super::tables;
use super::words::RecordWords;
use crate::features::advisories::escalation::web::shown::ReachedRow;
use crate::features::advisories::measures::measure::Tally;
use crate::features::advisories::onward::web::shown::TallyRow;
use crate::features::advisories::reading::deliveries::board::{Counts, Line};
use crate::features::advisories::relays::relay::PastDecision;
use crate::kernel::language::{Label, fill};
use crate::kernel::period::{duration, short_time, thousands};
use crate::kernel::stage::Stage;
use crate::platform::pdf::Template;

/// The template of a record.
pub const TEMPLATE: Template = Template {
    name: "record.typ",
    text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/advisories/record/record.typ")),
};

/// All that stands on the paper.
#[derive(Debug, Serialize)]
pub struct RecordPaper {
    language: &'static str,
    title: &'static str,
    level: &'static str,
    drill: &'static str,
    number: String,
    facts: Vec<(&'static str, String)>,
    stages: &'static str,
    hops: Vec<Hop>,
    ceptoars: &'static str,
    heads: [&'static str; 8],
    lines: Vec<[String; 8]>,
    parts: Vec<Part>,
    portal: &'static str,
}

/// A hop: its name, and what came of it.
#[derive(Debug, Serialize)]
struct Hop {
    name: &'static str,
    lines: Vec<String>,
}

/// What else there is to tell: a heading and its lines.
#[derive(Debug, Serialize)]
struct Part {
    heading: &'static str,
    lines: Vec<String>,
}

/// Lays the record out for paper.
#[must_use]
pub fn paper(record: &Record) -> RecordPaper {
    let (envelope, language) = (&record.found.envelope, record.language);
    let w = RecordWords::of(language);
    let facts = tables::facts(record);
    RecordPaper {
        language: language.code(),
        title: w.title,
        level: record.level().tlp(),
        drill: if envelope.drill { w.drill } else { "" },
        number: envelope.number.clone(),
        facts,
        stages: w.stages,
        hops: hops(record),
        ceptoars: w.ceptoars,
        heads: [w.ceptoar, w.windows, w.sent, w.refused, w.unreached, w.acknowledged, w.overdue, w.last],
        lines: lines(record),
        parts: [attached(record), decisions(record), measures(record), onward(record), silence(record)]
            .into_iter()
            .flatten()
            .collect(),
        portal: w.portal,
    }
}

fn hops(record: &Record) -> Vec<Hop> {
    let language = record.language;
    let w = RecordWords::of(language);
    let of = |label: &str, part: i64, whole: i64| format!("{label} {} / {}", thousands(part), thousands(whole));
    let took = |at: Option<[DateTime<Utc>; 4]>| {
        at.map(|at| {
            let [first, median, most, last] = at.map(|at| duration(record.after(at), language));
            fill(w.four_times, &[("first", &first), ("median", &median), ("most", &most), ("last", &last)])
        })
    };
    let hop = |(stage, counts): &(Stage, Counts)| {
        let times = record.road.times_of(*stage);
        let mut lines = vec![of(w.sent, counts.sent, counts.windows())];
        lines.extend(took(times.and_then(|times| times.sent)));
        if stage.answers() {
            lines.push(of(w.acknowledged, counts.acknowledged, counts.asked));
            lines.extend(took(times.and_then(|times| times.answered)));
        }
        Hop { name: stage.label(language), lines }
    };
    record.road.board.stages.iter().map(hop).collect()
}

fn lines(record: &Record) -> Vec<[String; 8]> {
    let line = |line: &Line| {
        let c = &line.counts;
        [
            record.language.pick(&line.ja, &line.en).clone(),
            thousands(c.windows()),
            thousands(c.sent),
            thousands(c.refused),
            thousands(c.unreached),
            format!("{} / {}", thousands(c.acknowledged), thousands(c.asked)),
            thousands(record.overdue(c)),
            c.last_at.map_or_else(String::new, short_time),
        ]
    };
    record.road.board.lines.iter().map(line).collect()
}

/// What went with it, of what the viewer may open: names, levels and what proves the content.
fn attached(record: &Record) -> Option<Part> {
    let lines: Vec<String> = tables::attached(record).into_iter().map(|row| row.join(" ")).collect();
    (!lines.is_empty()).then_some(Part { heading: RecordWords::of(record.language).parts, lines })
}

fn decisions(record: &Record) -> Option<Part> {
    let language = record.language;
    let w = RecordWords::of(language);
    let line = |(ceptoar, decision): &(String, PastDecision)| {
        let by = decision.by.as_ref().map_or(w.by_time, |by| language.pick(&by[0], &by[1]).as_str());
        let range = decision.range(language);
        let what = match range.as_str() {
            "" => decision.told(language).to_owned(),
            _ => format!("{} [{range}]", decision.told(language)),
        };
        let reason = if decision.reason.is_empty() { String::new() } else { format!(" ({})", decision.reason) };
        format!("{} {}: {what}{reason} {by}", short_time(decision.at), record.ceptoar(ceptoar))
    };
    let lines: Vec<String> = record.decisions.iter().map(line).collect();
    (!lines.is_empty()).then_some(Part { heading: w.relays, lines })
}

fn measures(record: &Record) -> Option<Part> {
    let row = |tally: &Tally| {
        let ceptoar = record.language.pick(&tally.ceptoar[0], &tally.ceptoar[1]);
        format!("{ceptoar}: {}", tally.words(record.language))
    };
    let lines: Vec<String> = record.road.measures.iter().map(row).collect();
    (!lines.is_empty()).then_some(Part { heading: RecordWords::of(record.language).measures, lines })
}

fn onward(record: &Record) -> Option<Part> {
    let row = |tally| {
        let row = TallyRow::of(tally, record.language);
        format!("{}: {}", row.ceptoar, row.text)
    };
    let lines: Vec<String> = record.road.onward.iter().map(row).collect();
    (!lines.is_empty()).then_some(Part { heading: RecordWords::of(record.language).onward, lines })
}

fn silence(record: &Record) -> Option<Part> {
    let row = |row: ReachedRow| format!("{}: {}", row.ceptoar, row.taken.join(" / "));
    let rows = ReachedRow::all(&record.road.escalation, record.language).into_iter();
    let lines: Vec<String> = rows.filter(|row| !row.taken.is_empty()).map(row).collect();
    (!lines.is_empty()).then_some(Part { heading: RecordWords::of(record.language).silence, lines })
}
