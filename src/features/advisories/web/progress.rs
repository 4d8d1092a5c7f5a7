//! How far an item has got, as the delivery page shows it and refreshes it.

use askama::Template;
use chrono::{DateTime, Utc};

use super::deliveries_words::DeliveriesWords;
use crate::features::advisories::advisory::Envelope;
use crate::features::advisories::escalation;
use crate::features::advisories::escalation::web::shown::ReachedRow;
use crate::features::advisories::escalation::web::words::EscalationWords;
use crate::features::advisories::measures::web::shown::MeasuresRow;
use crate::features::advisories::measures::web::words::MeasuresWords;
use crate::features::advisories::onward::web::shown::TallyRow;
use crate::features::advisories::onward::web::words::OnwardWords;
use crate::features::advisories::paths;
use crate::features::advisories::reading::deliveries::board::{Counts, Line, percent};
use crate::features::advisories::reading::deliveries::road::{HopTimes, Road};
use crate::features::advisories::reading::deliveries::watch::Watch;
use crate::features::advisories::relays::web::shown::RelayRow;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{duration, long_time, short_time, thousands};
use crate::kernel::stage::Stage;

/// A number of things beside the number they belong to.
#[derive(Debug)]
pub struct Share {
    /// What it is a share of.
    pub label: String,
    /// How many.
    pub value: i64,
    /// Of how many; at least one, for the bar.
    pub whole: i64,
    /// How many, as people write it.
    pub value_text: String,
    /// Of how many, as people write it.
    pub whole_text: String,
    /// The share in per cent.
    pub percent: String,
}

impl Share {
    fn of(label: &str, value: i64, whole: i64) -> Self {
        Self {
            label: label.to_owned(),
            value,
            whole: whole.max(1),
            value_text: thousands(value),
            whole_text: thousands(whole),
            percent: percent(value, whole),
        }
    }
}

/// A hop of the road, as it is drawn.
#[derive(Debug)]
pub struct HopRow {
    /// What it is called.
    pub name: &'static str,
    /// Drawn as finished, as waited for, or plain.
    pub state: &'static str,
    /// Windows that the mail was handed over for.
    pub sent: Share,
    /// Organisations that acknowledged; none where nobody is asked.
    pub acknowledged: Option<Share>,
    /// How long it took, counted from the publication: until which part, hand-over and receipt. Empty where nothing was.
    pub times: Vec<(&'static str, String, String)>,
}

/// A CEPTOAR's line.
#[derive(Debug)]
pub struct LineRow {
    /// Its name.
    pub name: String,
    /// Its list, where that is the viewer's.
    pub href: Option<String>,
    /// Waiting for the first try or the next.
    pub queued: String,
    /// Being sent.
    pub sending: String,
    /// Handed over.
    pub sent: String,
    /// Not taken.
    pub refused: String,
    /// All windows.
    pub windows: String,
    /// Organisations that acknowledged.
    pub acknowledged: Share,
    /// Organisations that should have.
    pub overdue: String,
    /// Organisations that wait for the desk.
    pub held: i64,
    /// The same in words.
    pub held_text: String,
    /// Organisations without a window that gets it.
    pub unreached: String,
    /// Somebody should do something.
    pub attention: bool,
    /// The last hand-over.
    pub last: String,
}

/// The part of the page that refreshes itself.
#[derive(Debug)]
pub struct ProgressView {
    /// Windows that the mail was handed over for.
    pub sent: Share,
    /// Organisations that acknowledged.
    pub acknowledged: Share,
    /// Counts that ask for attention or patience: label, number, whether somebody should do something.
    pub tally: [(&'static str, String, bool); 5],
    /// When it was published.
    pub published: String,
    /// The hops.
    pub hops: Vec<HopRow>,
    /// What members do about it.
    pub measures: Vec<MeasuresRow>,
    /// The words of that.
    pub m: &'static MeasuresWords,
    /// What hubs told others.
    pub onward: Vec<TallyRow>,
    /// The words of that.
    pub o: &'static OnwardWords,
    /// CEPTOAR by CEPTOAR.
    pub lines: Vec<LineRow>,
    /// First and last hand-over.
    pub times: String,
    /// Everything in a sentence, for those who do not see it.
    pub summary: String,
    /// Nothing will change any more.
    pub settled: bool,
    /// Desks that decide.
    pub relays: Vec<RelayRow>,
    /// What followed from silence.
    pub silence: Vec<ReachedRow>,
    /// The words of that.
    pub e: &'static EscalationWords,
    /// Where it is said what comes when.
    pub ladders: &'static str,
    /// Of when this is.
    pub as_of: String,
}

/// Only the part that refreshes itself.
#[derive(Template)]
#[template(path = "advisories/_progress.html")]
pub struct ProgressFragment {
    /// Words.
    pub w: &'static DeliveriesWords,
    /// The part.
    pub progress: ProgressView,
}

impl ProgressView {
    /// The road in words.
    #[must_use]
    pub fn of(road: &Road, watch: &Watch, envelope: &Envelope, (language, now): (Language, DateTime<Utc>)) -> Self {
        let w = DeliveriesWords::of(language);
        let id = envelope.advisory_id;
        let total = &road.board.total;
        let late = envelope.answer_due.is_some_and(|due| due < now);
        let overdue = |counts: &Counts| if late { counts.outstanding() } else { 0 };
        let sent = Share::of(w.sent_windows, total.sent, total.windows());
        let acknowledged = Share::of(w.acknowledged_organisations, total.acknowledged, total.asked);
        let summary = fill(
            w.summary,
            &[
                ("sent", &sent.value_text),
                ("windows", &sent.whole_text),
                ("acknowledged", &acknowledged.value_text),
                ("organisations", &acknowledged.whole_text),
            ],
        );
        let time = |at: Option<DateTime<Utc>>| at.map_or_else(|| "－".to_owned(), short_time);
        let published = envelope.published_at.unwrap_or(now);
        let hop = |(stage, counts): &(Stage, Counts)| hop(*stage, counts, road.times_of(*stage), (published, language));
        Self {
            tally: [
                (w.queued, thousands(total.queued), false),
                (w.sending, thousands(total.sending), false),
                (w.refused, thousands(total.refused), total.refused > 0),
                (w.unreached, thousands(total.unreached), total.unreached > 0),
                (w.overdue, thousands(overdue(total)), overdue(total) > 0),
            ],
            published: long_time(published, language),
            hops: road.board.stages.iter().map(hop).collect(),
            measures: road.measures.iter().map(|tally| MeasuresRow::of(tally, language)).collect(),
            m: MeasuresWords::of(language),
            onward: road.onward.iter().map(|tally| TallyRow::of(tally, language)).collect(),
            o: OnwardWords::of(language),
            lines: road
                .board
                .lines
                .iter()
                .map(|l| line(l, overdue(&l.counts), watch.lists(&l.ceptoar_id), (id, language)))
                .collect(),
            times: fill(w.times, &[("first", &time(total.first_at)), ("last", &time(total.last_at))]),
            settled: road.is_settled(),
            relays: RelayRow::all(&road.relays, watch, id, language),
            silence: ReachedRow::all(&road.escalation, language),
            e: EscalationWords::of(language),
            ladders: escalation::paths::LADDERS,
            as_of: fill(w.as_of, &[("time", &long_time(now, language))]),
            sent,
            acknowledged,
            summary,
        }
    }
}

fn hop(
    stage: Stage,
    counts: &Counts,
    times: Option<&HopTimes>,
    (published, language): (DateTime<Utc>, Language),
) -> HopRow {
    let w = DeliveriesWords::of(language);
    let name = stage.label(language);
    let took = |at: Option<[DateTime<Utc>; 4]>| {
        at.map(|at| at.map(|at| duration(at - published, language))).unwrap_or_default()
    };
    let [sent, answered] = [times.and_then(|times| times.sent), times.and_then(|times| times.answered)].map(took);
    let parts = [w.first_part, w.half_part, w.most_part, w.last_part];
    let rows = parts.into_iter().zip(sent).zip(answered).map(|((part, sent), answered)| (part, sent, answered));
    let done = counts.under_way() == 0 && counts.held == 0 && counts.outstanding() <= 0;
    HopRow {
        name,
        state: if done { "done" } else { "now" },
        sent: Share::of(&format!("{name} {}", w.sent), counts.sent, counts.windows()),
        acknowledged: stage
            .answers()
            .then(|| Share::of(&format!("{name} {}", w.acknowledged), counts.acknowledged, counts.asked)),
        times: if times.is_some() { rows.collect() } else { Vec::new() },
    }
}

fn line(line: &Line, overdue: i64, lists: bool, (id, language): (AdvisoryId, Language)) -> LineRow {
    let c = &line.counts;
    let w = DeliveriesWords::of(language);
    LineRow {
        name: language.pick(&line.ja, &line.en).clone(),
        href: lists.then(|| format!("{}?ceptoar={}", paths::deliveries(id), line.ceptoar_id)),
        queued: thousands(c.queued),
        sending: thousands(c.sending),
        sent: thousands(c.sent),
        refused: thousands(c.refused),
        windows: thousands(c.windows()),
        acknowledged: Share::of(w.acknowledged, c.acknowledged, c.asked),
        overdue: thousands(overdue),
        held: c.held,
        held_text: fill(w.held, &[("count", &thousands(c.held))]),
        unreached: thousands(c.unreached),
        attention: c.refused > 0 || c.unreached > 0 || overdue > 0,
        last: c.last_at.map_or_else(String::new, short_time),
    }
}
