//! The page, and the same as a file.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};

use crate::features::access::Viewer;
use crate::features::advisories::advisory::Kind;
use crate::features::advisories::paths as advisories;
use crate::features::advisories::statistics::chart::Chart;
use crate::features::advisories::statistics::export::{self, Kind as FileKind};
use crate::features::advisories::statistics::gathered::Gathered;
use crate::features::advisories::statistics::item::PeriodLine;
use crate::features::advisories::statistics::selection::{ALL_YEARS, Selection, Span, Split, StatisticsQuery};
use crate::features::advisories::statistics::table::{Bar, Table};
use crate::features::advisories::statistics::tables::{self, Course, MARKS, name};
use crate::features::advisories::statistics::words::StatisticsWords;
use crate::features::advisories::web::index::IndexWords;
use crate::kernel::clock::{fiscal_year, japan_day};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{self, thousands};
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::stage::Stage;
use crate::platform::audit::{self, Event};
use crate::platform::tables::Encoding;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::form::Choice;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

#[derive(Template)]
#[template(path = "advisories/statistics/page.html")]
struct StatisticsPage {
    chrome: Chrome,
    w: &'static StatisticsWords,
    lead: String,
    drills: bool,
    narrow: bool,
    /// To what, in words.
    narrowed: String,
    /// Field, label and choices of each condition.
    filters: Vec<(&'static str, &'static str, Vec<Choice>)>,
    /// Label, number, and of how many.
    tally: Vec<(&'static str, String, String)>,
    chart: Option<Chart>,
    tables: Vec<Table>,
    empty: bool,
    /// The conditions again, for the form of the export.
    conditions: Vec<(&'static str, String)>,
    files: Vec<(&'static str, &'static str)>,
}

const NO_FORMAT: Said = Said {
    ja: "ファイルの形式が分かりません。画面のボタンから選んでください。",
    en: "Please choose the format by the buttons of the page.",
};

fn choice(value: impl Into<String>, label: impl Into<String>, chosen: bool) -> Choice {
    Choice { value: value.into(), label: label.into(), explanation: String::new(), chosen }
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<StatisticsQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let gathered = Gathered::read(&mut tx, &viewer, query.read(japan_day(now)), now).await?;
    tx.commit().await?;
    Ok(Page(page(&frame, &gathered)).into_response())
}

/// The same as a file. Who saved it stands in the trail.
pub async fn export(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(query): Form<StatisticsQuery>,
) -> Result<Response, WebError> {
    let kind = FileKind::from_code(&query.format).ok_or(WebError::Conflict(NO_FORMAT))?;
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let gathered = Gathered::read(&mut tx, &viewer, query.read(japan_day(now)), now).await?;
    let selection = &gathered.selection;
    let span = span_code(selection);
    let event = Event::done(now, "statistics.export", "statistics", &span).by(viewer.account_id);
    let detail = serde_json::json!({ "format": kind.code(), "ceptoar": selection.ceptoar, "drills": selection.drills });
    audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    tx.commit().await?;
    let title = conditions_in_words(&gathered, language);
    let tables = tables::tables(&gathered, &Course::of(&gathered), language);
    let content = tokio::task::spawn_blocking(move || export::write(kind, &title, &tables, language));
    let name = format!("advisory-statistics-{span}.{}", kind.ending());
    let headers = [
        (header::CONTENT_TYPE, kind.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, content.await.map_err(anyhow::Error::from)??).into_response())
}

fn span_code(selection: &Selection) -> String {
    match selection.span {
        Span::Year(year) => year.to_string(),
        Span::All => ALL_YEARS.to_owned(),
    }
}

fn span_words(selection: &Selection, language: Language) -> String {
    match selection.span {
        Span::Year(year) => period::fiscal_year(year, language),
        Span::All => StatisticsWords::of(language).all_time.to_owned(),
    }
}

/// To what the selection is narrowed.
fn narrowed(gathered: &Gathered, language: Language) -> Vec<String> {
    let selection = &gathered.selection;
    let ceptoar = selection.ceptoar.as_ref().and_then(|id| {
        let found = gathered.overseen.iter().find(|c| c.facts.ceptoar_id == *id);
        found.map(|c| language.pick(&c.name[0], &c.name[1]).clone())
    });
    let parts = [
        ceptoar,
        selection.kind.map(|kind| kind.label(language).to_owned()),
        selection.level.map(|level| level.tlp().to_owned()),
    ];
    parts.into_iter().flatten().collect()
}

/// What was counted, and when: on each printed page of a workbook, and in each row of a text.
fn conditions_in_words(gathered: &Gathered, language: Language) -> String {
    let w = StatisticsWords::of(language);
    let title = if gathered.selection.drills { w.title_drills } else { w.title };
    let mut parts = vec![title.to_owned(), span_words(&gathered.selection, language)];
    parts.extend(narrowed(gathered, language));
    parts.push(period::long_time(gathered.now, language));
    parts.join(" / ")
}

fn page(frame: &Frame, gathered: &Gathered) -> StatisticsPage {
    let language = frame.language;
    let w = StatisticsWords::of(language);
    let selection = &gathered.selection;
    let course = Course::of(gathered);
    let title = if selection.drills { w.title_drills } else { w.title };
    let list = IndexWords::of(language).title;
    let code = |kind: Option<&'static str>| kind.unwrap_or_default().to_owned();
    let empty = gathered.items.is_empty();
    StatisticsPage {
        chrome: frame.chrome(title, &[frame.home(), (advisories::INDEX, list)]),
        w,
        lead: fill(w.lead, &[("span", &span_words(selection, language))]),
        drills: selection.drills,
        narrow: selection.is_narrow(),
        narrowed: narrowed(gathered, language).join(" / "),
        filters: filters(gathered, language),
        tally: tally(gathered, &course, w),
        chart: chart(&course, language),
        tables: if empty { Vec::new() } else { tables::tables(gathered, &course, language) },
        empty,
        conditions: vec![
            ("year", span_code(selection)),
            ("ceptoar", selection.ceptoar.clone().unwrap_or_default()),
            ("kind", code(selection.kind.map(Kind::code))),
            ("level", code(selection.level.map(SharingLevel::code))),
            ("drills", selection.drills.to_string()),
            ("split", selection.split.code().to_owned()),
        ],
        files: FileKind::ALL.map(|kind| (kind.code(), label(kind, w))).to_vec(),
    }
}

fn label(kind: FileKind, w: &StatisticsWords) -> &'static str {
    match kind {
        FileKind::Workbook => w.xlsx,
        FileKind::Text(Encoding::Utf8) => w.csv,
        FileKind::Text(Encoding::Cp932) => w.csv_cp932,
    }
}

fn filters(gathered: &Gathered, language: Language) -> Vec<(&'static str, &'static str, Vec<Choice>)> {
    let w = StatisticsWords::of(language);
    let selection = &gathered.selection;
    let all = || choice("", w.all, false);
    let ceptoars = gathered.overseen.iter().map(|c| {
        let id = &c.facts.ceptoar_id;
        choice(id, language.pick(&c.name[0], &c.name[1]), selection.ceptoar.as_ref() == Some(id))
    });
    let kinds = Kind::ALL.map(|kind| choice(kind.code(), kind.label(language), selection.kind == Some(kind)));
    let levels = SharingLevel::ALL.map(|l| choice(l.code(), l.tlp(), selection.level == Some(l)));
    let splits = Split::ALL.map(|split| choice(split.code(), tables::split(split, w), selection.split == split));
    let drills = [("", w.real, false), ("true", w.drills, true)];
    vec![
        ("year", w.year, years(gathered, language)),
        ("ceptoar", w.ceptoar, std::iter::once(all()).chain(ceptoars).collect()),
        ("kind", w.kind, std::iter::once(all()).chain(kinds).collect()),
        ("level", w.level, std::iter::once(all()).chain(levels).collect()),
        (
            "drills",
            w.real_or_drill,
            drills.map(|(value, label, drill)| choice(value, label, selection.drills == drill)).into(),
        ),
        ("split", w.split, splits.into()),
    ]
}

/// The years from the newest to the one of the first item, or to the one asked for where that is earlier; and all of them.
fn years(gathered: &Gathered, language: Language) -> Vec<Choice> {
    let year_of = |at: DateTime<Utc>| fiscal_year(japan_day(at));
    let today: NaiveDate = japan_day(gathered.now);
    let chosen = match gathered.selection.span {
        Span::Year(year) => Some(year),
        Span::All => None,
    };
    let newest = fiscal_year(today);
    let first = gathered.first.map_or(newest, year_of).min(chosen.unwrap_or(newest));
    let years = (first..=newest).rev();
    let each = years.map(|year| choice(year.to_string(), period::fiscal_year(year, language), chosen == Some(year)));
    each.chain([choice(ALL_YEARS, StatisticsWords::of(language).all_years, chosen.is_none())]).collect()
}

/// What is asked for first: how many, and how they were received.
fn tally(gathered: &Gathered, course: &Course, w: &'static StatisticsWords) -> Vec<(&'static str, String, String)> {
    let members = gathered.figures.counted(|hop| hop.stage == Stage::Member);
    let first: i64 = course.lines.iter().map(PeriodLine::first).sum();
    let later: i64 = course.lines.iter().flat_map(|line| line.later).sum();
    let of = |whole: i64| fill(w.of, &[("whole", &thousands(whole))]);
    vec![
        (w.items, thousands(first), String::new()),
        (w.items_later, thousands(later), String::new()),
        (w.members_acknowledged, thousands(members.acknowledged), of(members.asked)),
        (w.members_in_time, thousands(members.in_time), of(members.due)),
    ]
}

fn chart(course: &Course, language: Language) -> Option<Chart> {
    let w = StatisticsWords::of(language);
    let legend = course.series.iter().zip(MARKS).map(|(series, mark)| (mark, name(*series, language).to_owned()));
    let columns: Vec<_> = course.lines.iter().map(|line| (line.period.short(language), line.parts.clone())).collect();
    Chart::of(&columns, legend.collect(), |period, part, count| {
        fill(w.block, &[("period", period), ("part", part), ("count", &thousands(count))])
    })
}
