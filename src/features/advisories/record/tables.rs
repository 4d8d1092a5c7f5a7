//! The record as tables: a workbook with a sheet for each part, or its recipients as text.

use chrono::{DateTime, Utc};

use super::gathered::Record;
use super::words::RecordWords;
use crate::features::advisories::measures::measure::Measure;
use crate::features::advisories::parts::part as parts;
use crate::features::advisories::reading::deliveries::failure::codes;
use crate::features::advisories::reading::deliveries::recipient::Recipient;
use crate::kernel::language::Label;
use crate::kernel::period::{duration, long_time, short_time};
use crate::platform::tables::writing::{Delimited, Sheet, Workbook};
use crate::platform::tables::{Encoding, TableFile};

/// A part of the record: its name, the heads and widths of its columns, its rows.
struct Part {
    name: &'static str,
    heads: Vec<(String, u16)>,
    rows: Vec<Vec<String>>,
}

fn heads<const N: usize>(heads: [(&str, u16); N]) -> Vec<(String, u16)> {
    heads.map(|(head, width)| (head.to_owned(), width)).to_vec()
}

/// The recipients as text.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn recipients(record: &Record, encoding: Encoding) -> anyhow::Result<TableFile> {
    let part = recipients_part(record);
    let mut table = Delimited::default();
    table.push(&part.heads.iter().map(|(head, _)| head).collect::<Vec<_>>())?;
    for row in &part.rows {
        table.push(row)?;
    }
    table.finish(encoding)
}

/// Everything as a workbook. How it may be handed on stands on each printed page.
///
/// # Errors
/// When there is more than a sheet takes.
pub fn workbook(record: &Record) -> anyhow::Result<Vec<u8>> {
    let envelope = &record.found.envelope;
    let w = RecordWords::of(record.language);
    let drill = if envelope.drill { w.drill } else { "" };
    let title = format!("{} {} {} {drill}", record.level().tlp(), envelope.number, w.title).trim_end().to_owned();
    let mut parts = vec![summary(record), stages(record), ceptoars(record)];
    if record.recipients.is_some() {
        parts.push(recipients_part(record));
    }
    if !record.found.parts.is_empty() {
        parts.push(attached_part(record));
    }
    if !record.decisions.is_empty() {
        parts.push(decisions(record));
    }
    if !record.road.onward.is_empty() {
        parts.push(onward(record));
    }
    if !record.road.measures.is_empty() {
        parts.push(measures(record));
    }
    if record.road.escalation.iter().any(|reached| !reached.taken.is_empty()) {
        parts.push(silence(record));
    }
    let mut book = Workbook::default();
    for part in parts {
        let (heads, widths) = part.heads.into_iter().unzip();
        let sheet = Sheet { name: part.name.to_owned(), title: title.clone(), heads, widths };
        book.sheet(&sheet, part.rows.into_iter())?;
    }
    book.finish()
}

/// What the item is: label and value.
#[must_use]
pub fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let (envelope, language) = (&record.found.envelope, record.language);
    let w = RecordWords::of(language);
    let title = record.found.text.as_ref().map_or_else(|| w.sealed.to_owned(), |text| text.title.clone());
    let time = |at: Option<DateTime<Utc>>| at.map_or_else(String::new, |at| long_time(at, language));
    let facts = [
        (w.number, envelope.number.clone()),
        (w.name, title),
        (w.version, record.version()),
        (w.level, envelope.level.tlp().to_owned()),
        (w.published, time(envelope.published_at)),
        (w.answer_due, time(record.answer_due())),
        (w.as_of, time(Some(record.now))),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Files and limited sections that the viewer may open: name, level, who may open it, and SHA-256 of a file.
#[must_use]
pub fn attached(record: &Record) -> Vec<[String; 4]> {
    let row = |part: &parts::Part| {
        let hash = match &part.content {
            parts::Content::File { sha256, .. } => format!("SHA-256 {}", parts::hex(sha256)),
            parts::Content::Section(_) => String::new(),
        };
        let scope = part.reach.scope.label(record.language).to_owned();
        [part.name().to_owned(), part.reach.level.tlp().to_owned(), scope, hash]
    };
    record.found.parts.iter().map(row).collect()
}

fn attached_part(record: &Record) -> Part {
    let w = RecordWords::of(record.language);
    let rows = attached(record).into_iter().map(Vec::from).collect();
    Part { name: w.parts, heads: heads([(w.part, 40), (w.level, 20), (w.scope, 24), (w.hash, 74)]), rows }
}

fn summary(record: &Record) -> Part {
    let w = RecordWords::of(record.language);
    let rows = facts(record).into_iter().map(|(label, value)| vec![label.to_owned(), value]);
    let drill = record.found.envelope.drill.then(|| vec![String::new(), w.drill.to_owned()]);
    Part { name: w.summary, heads: heads([(w.title, 24), ("", 60)]), rows: drill.into_iter().chain(rows).collect() }
}

fn stages(record: &Record) -> Part {
    let w = RecordWords::of(record.language);
    let four = |at: Option<[DateTime<Utc>; 4]>| match at {
        Some(at) => at.map(|at| duration(record.after(at), record.language)).to_vec(),
        None => vec![String::new(); 4],
    };
    let rows = record.road.board.stages.iter().map(|(stage, c)| {
        let times = record.road.times_of(*stage);
        let mut row = vec![stage.label(record.language).to_owned()];
        row.extend([c.windows(), c.sent, c.refused, c.asked, c.acknowledged].map(|n| n.to_string()));
        row.extend(four(times.and_then(|times| times.sent)));
        row.extend(four(times.and_then(|times| times.answered)));
        row
    });
    let mut heads =
        heads([(w.stage, 14), (w.windows, 9), (w.sent, 9), (w.refused, 9), (w.asked, 12), (w.acknowledged, 12)]);
    for over in [w.sent_after, w.acknowledged_after] {
        heads.extend([w.first, w.median, w.most, w.last_one].map(|which| (format!("{over} {which}"), 16)));
    }
    Part { name: w.stages, heads, rows: rows.collect() }
}

fn ceptoars(record: &Record) -> Part {
    let w = RecordWords::of(record.language);
    let rows = record.road.board.lines.iter().map(|line| {
        let c = &line.counts;
        let numbers = [
            c.windows(),
            c.under_way(),
            c.sent,
            c.refused,
            c.unreached,
            c.asked,
            c.acknowledged,
            record.overdue(c),
            c.held,
        ];
        let mut row = vec![record.language.pick(&line.ja, &line.en).clone()];
        row.extend(numbers.map(|number| number.to_string()));
        row.push(c.last_at.map_or_else(String::new, short_time));
        row
    });
    let heads = heads([
        (w.ceptoar, 26),
        (w.windows, 9),
        (w.under_way, 12),
        (w.sent, 9),
        (w.refused, 9),
        (w.unreached, 12),
        (w.asked, 12),
        (w.acknowledged, 12),
        (w.overdue, 10),
        (w.held, 12),
        (w.last, 18),
    ]);
    Part { name: w.ceptoars, heads, rows: rows.collect() }
}

fn recipients_part(record: &Record) -> Part {
    let w = RecordWords::of(record.language);
    let heads = heads([
        (w.ceptoar, 24),
        (w.stage, 12),
        (w.organisation, 32),
        (w.window, 8),
        (w.state, 16),
        (w.tries, 7),
        (w.settled, 18),
        (w.reply, 14),
        (w.received_at, 18),
        (w.evidence, 36),
    ]);
    let rows = record.recipients.iter().flatten().map(|recipient| recipient_row(record, recipient)).collect();
    Part { name: w.recipients, heads, rows }
}

fn recipient_row(record: &Record, r: &Recipient) -> Vec<String> {
    let language = record.language;
    let w = RecordWords::of(language);
    let time = |at: Option<DateTime<Utc>>| at.map_or_else(String::new, short_time);
    let [window, state, tries, settled, reply] = match &r.copy {
        Some(copy) => [
            copy.position.to_string(),
            copy.state.label(language).to_owned(),
            copy.attempts.to_string(),
            time(copy.settled_at),
            codes(copy.reply.as_deref().unwrap_or_default()),
        ],
        None => {
            let none = if r.elsewhere { w.elsewhere } else { w.no_window };
            [String::new(), none.to_owned(), String::new(), String::new(), String::new()]
        }
    };
    vec![
        record.ceptoar(&r.ceptoar_id).to_owned(),
        r.stage.label(language).to_owned(),
        language.pick(&r.ja, &r.en).clone(),
        window,
        state,
        tries,
        settled,
        reply,
        time(r.received.as_ref().map(|received| received.at)),
        r.received.as_ref().map_or_else(String::new, |received| received.words(language)),
    ]
}

fn decisions(record: &Record) -> Part {
    let w = RecordWords::of(record.language);
    let rows = record.decisions.iter().map(|(ceptoar, decision)| {
        let by = decision.by.as_ref().map_or(w.by_time, |by| record.language.pick(&by[0], &by[1]).as_str());
        vec![
            record.ceptoar(ceptoar).to_owned(),
            decision.told(record.language).to_owned(),
            by.to_owned(),
            short_time(decision.at),
            decision.reason.clone(),
            decision.supplement.clone(),
        ]
    });
    let heads = heads([(w.ceptoar, 24), (w.decision, 28), (w.by, 28), (w.at, 18), (w.reason, 48), (w.supplement, 48)]);
    Part { name: w.relays, heads, rows: rows.collect() }
}

fn onward(record: &Record) -> Part {
    let w = RecordWords::of(record.language);
    let rows = record.road.onward.iter().map(|tally| {
        let mut row = vec![record.language.pick(&tally.ceptoar[0], &tally.ceptoar[1]).clone()];
        row.extend(
            [tally.hubs, tally.reported, tally.told, tally.behind, tally.unknown].map(|number| number.to_string()),
        );
        row
    });
    let heads = heads([(w.ceptoar, 24), (w.hubs, 12), (w.reported, 16), (w.told, 16), (w.behind, 18), (w.unknown, 22)]);
    Part { name: w.onward, heads, rows: rows.collect() }
}

/// What members do about it.
fn measures(record: &Record) -> Part {
    let w = RecordWords::of(record.language);
    let rows = record.road.measures.iter().map(|tally| {
        let mut row = vec![record.language.pick(&tally.ceptoar[0], &tally.ceptoar[1]).clone()];
        row.extend(
            [tally.members].into_iter().chain(tally.said).chain([tally.silent()]).map(|number| number.to_string()),
        );
        row
    });
    let mut columns = vec![(w.ceptoar, 24), (w.organisations, 12)];
    columns.extend(Measure::ALL.map(|measure| (measure.label(record.language), 14)));
    columns.push((w.measures_silent, 14));
    let heads = columns.into_iter().map(|(name, width)| (name.to_owned(), width)).collect();
    Part { name: w.measures, heads, rows: rows.collect() }
}

/// What followed from silence.
fn silence(record: &Record) -> Part {
    let w = RecordWords::of(record.language);
    let rows = record.road.escalation.iter().flat_map(|reached| {
        reached.taken.iter().map(|taken| {
            vec![
                record.language.pick(&reached.ceptoar[0], &reached.ceptoar[1]).clone(),
                taken.step.done(record.language).to_owned(),
                taken.organisations.to_string(),
                short_time(taken.at),
            ]
        })
    });
    let heads = heads([(w.ceptoar, 24), (w.what_followed, 32), (w.organisations, 12), (w.last_at, 18)]);
    Part { name: w.silence, heads, rows: rows.collect() }
}
