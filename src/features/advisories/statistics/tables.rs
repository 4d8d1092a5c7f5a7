//! The tables of the page and of the files.

use super::figures::{Counted, HOPS, Times};
use super::gathered::Gathered;
use super::item::{Given, Item, Outcome, PeriodLine, Series, by_period};
use super::selection::{Period, Span, Split};
use super::store::Ceptoar;
use super::table::{Cell, Head, Row, Table, Unit};
use super::words::StatisticsWords;
use crate::features::advisories::receipts::receipt::{BY_REPLY, Channel};
use crate::features::advisories::versions::step::Step;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{duration, fiscal_year};
use crate::kernel::stage::Stage;

/// How the parts of a column look, in their order.
pub const MARKS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// What was published, month by month or year by year.
#[derive(Debug)]
pub struct Course {
    /// The parts of a column.
    pub series: Vec<Series>,
    /// The columns.
    pub lines: Vec<PeriodLine>,
}

impl Course {
    /// Of what was gathered.
    #[must_use]
    pub fn of(gathered: &Gathered) -> Self {
        let selection = &gathered.selection;
        let series = Series::of(selection.split, &gathered.items);
        let periods = selection.periods(gathered.first, japan_day(gathered.now));
        Self { lines: by_period(&gathered.items, selection, &periods, &series), series }
    }
}

/// What a part of a column is called.
#[must_use]
pub fn name(series: Series, language: Language) -> &'static str {
    match series {
        Series::Kind(kind) => kind.label(language),
        Series::Sealed => StatisticsWords::of(language).sealed,
        Series::Level(level) => level.tlp(),
    }
}

/// All tables that have something to tell, in the order of the page.
#[must_use]
pub fn tables(gathered: &Gathered, course: &Course, language: Language) -> Vec<Table> {
    let all = gathered.selection.span == Span::All;
    let tables = [
        Some(periods(gathered, course, language)),
        Some(ceptoars(gathered, language)),
        all.then(|| years(gathered, course, language)),
        Some(members(gathered, language)),
        Some(hops(gathered, course, language)),
        Some(ways(gathered, language)),
        Some(onward(gathered, language)),
        Some(recorded(gathered, language)),
    ];
    tables.into_iter().flatten().filter(|table| !table.rows.is_empty()).collect()
}

fn periods(gathered: &Gathered, course: &Course, language: Language) -> Table {
    let w = StatisticsWords::of(language);
    let marked = course.series.iter().zip(MARKS).map(|(series, mark)| Head::marked(name(*series, language), mark));
    let later = Step::NEXT.map(|step| Head::of(step.label(language)));
    let row = |head: String, parts: &[i64], later: &[i64], total: bool| Row {
        head,
        cells: parts.iter().chain([&parts.iter().sum()]).chain(later).copied().map(Cell::number).collect(),
        total,
    };
    let mut rows: Vec<Row> =
        course.lines.iter().map(|l| row(l.period.label(language), &l.parts, &l.later, false)).collect();
    let sum = |of: &dyn Fn(&PeriodLine) -> i64| course.lines.iter().map(of).sum::<i64>();
    let parts: Vec<i64> = (0..course.series.len()).map(|n| sum(&|l| l.parts.get(n).copied().unwrap_or(0))).collect();
    let all_later: Vec<i64> = (0..4).map(|n| sum(&|l| l.later.get(n).copied().unwrap_or(0))).collect();
    rows.push(row(w.total.to_owned(), &parts, &all_later, true));
    let (title, what) = match gathered.selection.span {
        Span::Year(_) => (w.by_month, w.month),
        Span::All => (w.by_year, w.year),
    };
    Table {
        code: "periods",
        title,
        note: w.by_period_note,
        what,
        heads: marked.chain([Head::of(w.first)]).chain(later).collect(),
        rows,
    }
}

/// What became of an item, and how that part looks.
fn outcome(outcome: Outcome, w: &'static StatisticsWords) -> (&'static str, &'static str) {
    match outcome {
        Outcome::PassedOn => (w.passed_on, "a"),
        Outcome::KnownAlready => (w.known_already, "d"),
        Outcome::NotRelevant => (w.not_relevant, "c"),
        Outcome::TimeUp => (w.time_up, "b"),
        Outcome::AtOnce => (w.at_once, "e"),
        Outcome::Waiting => (w.waiting, "f"),
        Outcome::Superseded => (w.superseded, "g"),
        Outcome::Bypassed => (w.bypassed, "h"),
    }
}

fn ceptoar_name(ceptoar: &Ceptoar, language: Language) -> String {
    let [ja, en] = &ceptoar.name;
    language.pick(ja, en).clone()
}

fn ceptoars(gathered: &Gathered, language: Language) -> Table {
    let w = StatisticsWords::of(language);
    let given = gathered.counted_ceptoars().map(|c| (c, Given::of(&gathered.items, &c.facts.ceptoar_id)));
    let given: Vec<_> = given.filter(|(_, given)| given.all() + given.later > 0).collect();
    let row = |head: String, given: &Given, total: bool| {
        let parts: Vec<_> =
            Outcome::ALL.into_iter().zip(given.outcomes).map(|(kind, n)| (outcome(kind, w).1, n)).collect();
        let numbers = given.outcomes.into_iter().chain([given.later]).map(Cell::number);
        let cells = [Cell::number(given.all()), Cell::parts(&parts)].into_iter().chain(numbers).collect();
        Row { head, cells, total }
    };
    let mut rows: Vec<Row> = given.iter().map(|(c, given)| row(ceptoar_name(c, language), given, false)).collect();
    if given.len() > 1 {
        let sum = |of: &dyn Fn(&Given) -> i64| given.iter().map(|(_, given)| of(given)).sum::<i64>();
        let outcomes = std::array::from_fn(|n| sum(&|given| given.outcomes.get(n).copied().unwrap_or(0)));
        rows.push(row(w.total.to_owned(), &Given { outcomes, later: sum(&|given| given.later) }, true));
    }
    let marked = Outcome::ALL.map(|kind| outcome(kind, w)).map(|(label, mark)| Head::marked(label, mark));
    let heads = [Head::of(w.given), Head::drawn(w.parts)].into_iter().chain(marked);
    Table {
        code: "ceptoars",
        title: w.by_ceptoar,
        note: w.by_ceptoar_note,
        what: w.ceptoar,
        heads: heads.chain([Head::of(w.items_later)]).collect(),
        rows,
    }
}

fn years(gathered: &Gathered, course: &Course, language: Language) -> Table {
    let w = StatisticsWords::of(language);
    let within: Vec<Vec<Item>> = course
        .lines
        .iter()
        .map(|line| {
            let of = |item: &&Item| gathered.selection.period_of(item.published_at) == line.period;
            gathered.items.iter().filter(of).cloned().collect()
        })
        .collect();
    let row = |ceptoar: &Ceptoar| {
        let given: Vec<i64> = within.iter().map(|items| Given::of(items, &ceptoar.facts.ceptoar_id).all()).collect();
        Row {
            head: ceptoar_name(ceptoar, language),
            cells: given.into_iter().map(Cell::number).collect(),
            total: false,
        }
    };
    let rows = gathered.counted_ceptoars().map(row);
    Table {
        code: "years",
        title: w.years,
        note: w.years_note,
        what: w.ceptoar,
        heads: course.lines.iter().map(|line| Head::of(line.period.short(language))).collect(),
        rows: rows.filter(|row| row.cells.iter().any(|cell| cell.value != "0")).collect(),
    }
}

/// Heads and cells of those asked, of those who answered, and of those in time.
fn receipts(w: &StatisticsWords) -> [Head; 6] {
    let share = |text| Head::with(text, Unit::Percent);
    let [asked, acknowledged, due, in_time] = [w.asked, w.acknowledged, w.due, w.in_time].map(Head::of);
    [asked, acknowledged, share(w.share), due, in_time, share(w.in_time_share)]
}

fn receipt_cells(counted: Counted) -> [Cell; 6] {
    [
        Cell::number(counted.asked),
        Cell::number(counted.acknowledged),
        Cell::share(counted.acknowledged, counted.asked),
        Cell::number(counted.due),
        Cell::number(counted.in_time),
        Cell::share(counted.in_time, counted.due),
    ]
}

fn members(gathered: &Gathered, language: Language) -> Table {
    let w = StatisticsWords::of(language);
    let of = |ceptoar: &Ceptoar| {
        let id = &ceptoar.facts.ceptoar_id;
        gathered.figures.counted(|hop| hop.stage == Stage::Member && hop.ceptoar_id == *id)
    };
    let counted = gathered.counted_ceptoars().map(|c| (c, of(c))).filter(|(_, counted)| counted.asked > 0);
    let row = |head: String, counted: Counted, total: bool| Row { head, cells: receipt_cells(counted).into(), total };
    let mut rows: Vec<Row> = counted.map(|(c, counted)| row(ceptoar_name(c, language), counted, false)).collect();
    if rows.len() > 1 {
        let all = gathered.figures.counted(|hop| hop.stage == Stage::Member);
        rows.push(row(w.total.to_owned(), all, true));
    }
    Table { code: "members", title: w.members, note: w.members_note, what: w.ceptoar, heads: receipts(w).into(), rows }
}

fn hops(gathered: &Gathered, course: &Course, language: Language) -> Table {
    let w = StatisticsWords::of(language);
    let figures = &gathered.figures;
    let row = |stage: Stage, head: String, year: Option<i32>| {
        let of = |of: i32| year.is_none_or(|year| year == of);
        let counted = figures.counted(|hop| hop.stage == stage && of(hop.year));
        let times = figures.times(stage, of).map(|times| Times::all(&times));
        let time = |n: usize| {
            times.and_then(|times| times.get(n).copied()).map_or_else(
                || Cell { text: "–".to_owned(), ..Cell::words("") },
                |time| Cell { value: time.num_minutes().max(0).to_string(), ..Cell::words(duration(time, language)) },
            )
        };
        let cells = receipt_cells(counted).into_iter().chain((0..4).map(time)).collect();
        (counted.asked > 0).then_some(Row { head, cells, total: false })
    };
    let of_stage = |stage: Stage| {
        let label = stage.label(language);
        let of_year = |line: &PeriodLine| match line.period {
            Period::Year(year) => {
                let words = [("hop", label), ("year", &*fiscal_year(year, language))];
                row(stage, fill(w.hop_of, &words), Some(year))
            }
            Period::Month(_) => None,
        };
        match gathered.selection.span {
            Span::Year(_) => row(stage, label.to_owned(), None).into_iter().collect::<Vec<_>>(),
            Span::All => course.lines.iter().filter_map(of_year).collect(),
        }
    };
    let times = [w.first_time, w.median, w.most, w.last_time].map(|text| Head::with(text, Unit::Minutes));
    Table {
        code: "hops",
        title: w.hops,
        note: w.hops_note,
        what: w.hop,
        heads: receipts(w).into_iter().chain(times).collect(),
        rows: HOPS.into_iter().flat_map(of_stage).collect(),
    }
}

fn ways(gathered: &Gathered, language: Language) -> Table {
    let w = StatisticsWords::of(language);
    let ways = gathered.figures.by_way();
    let all: i64 = ways.iter().map(|(_, n)| n).sum();
    let row = |(way, n): (&str, i64)| Row {
        head: match Channel::from_code(way) {
            Some(channel) => channel.label(language),
            None if way == BY_REPLY => w.reply,
            None => w.portal,
        }
        .to_owned(),
        cells: vec![Cell::number(n), Cell::share(n, all)],
        total: false,
    };
    Table {
        code: "ways",
        title: w.ways,
        note: w.ways_note,
        what: w.way,
        heads: vec![Head::of(w.acknowledged), Head::with(w.parts, Unit::Percent)],
        rows: ways.into_iter().map(row).collect(),
    }
}

fn onward(gathered: &Gathered, language: Language) -> Table {
    let w = StatisticsWords::of(language);
    let row = |ceptoar: &Ceptoar| {
        let told = gathered.onward.iter().find(|told| told.ceptoar_id == ceptoar.facts.ceptoar_id)?;
        let cells = [told.reported, told.told, told.behind].map(Cell::number);
        let cells = cells.into_iter().chain([Cell::share(told.told, told.behind)]).collect();
        Some(Row { head: ceptoar_name(ceptoar, language), cells, total: false })
    };
    Table {
        code: "onward",
        title: w.onward,
        note: w.onward_note,
        what: w.ceptoar,
        heads: [w.reported, w.told, w.behind]
            .map(Head::of)
            .into_iter()
            .chain([Head::with(w.parts, Unit::Percent)])
            .collect(),
        rows: gathered.counted_ceptoars().filter_map(row).collect(),
    }
}

fn recorded(gathered: &Gathered, language: Language) -> Table {
    let w = StatisticsWords::of(language);
    let row = |ceptoar: &Ceptoar| {
        let (_, items) = gathered.recorded.iter().find(|(id, _)| *id == ceptoar.facts.ceptoar_id)?;
        let cells = items.map(Cell::known).into();
        Some(Row { head: ceptoar_name(ceptoar, language), cells, total: false })
    };
    Table {
        code: "recorded",
        title: w.recorded,
        note: w.recorded_note,
        what: w.ceptoar,
        heads: [w.received, w.recorded_passed_on, w.recorded_withheld].map(Head::of).into(),
        rows: gathered.counted_ceptoars().filter_map(row).collect(),
    }
}

/// What the chart divides by, in words.
#[must_use]
pub fn split(split: Split, w: &StatisticsWords) -> &'static str {
    match split {
        Split::Kind => w.kind,
        Split::Level => w.level,
    }
}
