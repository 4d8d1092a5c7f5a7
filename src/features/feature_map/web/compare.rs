//! Two editions side by side, as a page and as a table file.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::files::{self, content_type};
use super::map::choose;
use super::shelf::{PublicPages, Published};
use crate::features::access::web::extract::MaybeViewer;
use crate::features::feature_map::compare::asked::{Unclear, standing_on};
use crate::features::feature_map::compare::difference::{Difference, Fact, Kind};
use crate::features::feature_map::compare::words::CompareWords;
use crate::features::feature_map::compare::{Comparison, compare, table_file};
use crate::features::feature_map::edition::Edition;
use crate::features::feature_map::legend::{Mark, evidence_mark};
use crate::features::feature_map::ministries::Ministries;
use crate::features::feature_map::paths;
use crate::features::feature_map::vocabulary::list_joint;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::thousands;
use crate::platform::tables::Encoding;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};

#[derive(Template)]
#[template(path = "feature_map/compare.html")]
struct ComparePage<'a> {
    chrome: Chrome,
    w: &'static CompareWords,
    language: Language,
    from_choices: Vec<Choice>,
    to_choices: Vec<Choice>,
    by_day: bool,
    from_day: String,
    to_day: String,
    errors: FieldErrors,
    found: Option<Found<'a>>,
}

/// Both editions, and how they differ.
struct Found<'a> {
    from: &'a Edition,
    to: &'a Edition,
    summary: String,
    totals: Vec<TotalRow>,
    remarks: Vec<String>,
    tables: Vec<KindTable>,
    sentences: Vec<String>,
    downloads: Vec<(String, String)>,
}

struct TotalRow {
    code: String,
    label: String,
    before: String,
    after: String,
    step: String,
}

struct KindTable {
    code: &'static str,
    label: &'static str,
    has_parts: bool,
    has_steps: bool,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    href: Option<String>,
    name: String,
    change: &'static str,
    change_word: &'static str,
    part: String,
    before: Side,
    after: Side,
    step: String,
}

struct Side {
    words: String,
    told: bool,
    mark: Option<Mark>,
}

/// What the address may carry: two editions, or two days.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct CompareQuery {
    from: String,
    to: String,
    from_day: Option<String>,
    to_day: Option<String>,
    encoding: String,
}

/// Both editions that are meant.
type Both<'a> = (&'a Edition, &'a Edition);

impl CompareQuery {
    fn encoding(&self) -> Encoding {
        match self.encoding.as_str() {
            "cp932" => Encoding::Cp932,
            _ => Encoding::Utf8,
        }
    }

    fn by_day(&self) -> bool {
        self.from_day.is_some() || self.to_day.is_some()
    }

    /// The editions chosen; the two newest where none is chosen.
    fn chosen<'a>(&self, editions: &'a [Edition]) -> Result<Both<'a>, WebError> {
        let before = editions.len().checked_sub(2).and_then(|i| editions.get(i)).or(editions.last());
        let pick = |id: &str, none| if id.is_empty() { none } else { choose(editions, Some(id)) };
        let both = pick(&self.from, before).zip(pick(&self.to, editions.last()));
        both.ok_or(WebError::NotFound)
    }

    /// The editions of the days; what is wrong with a day stands at its field.
    fn standing<'a>(&self, editions: &'a [Edition], language: Language) -> Result<Both<'a>, FieldErrors> {
        let w = CompareWords::of(language);
        let mut errors = FieldErrors::default();
        let mut on = |field: &'static str, name: &str, day: &Option<String>| {
            standing_on(editions, day.as_deref().unwrap_or_default())
                .inspect_err(|why| match why {
                    Unclear::NoDay => errors.add(field, fill(w.no_day, &[("field", name)])),
                    Unclear::BeforeTheFirst => {
                        let as_of = editions.first().map_or("", |e| e.as_of_display.pick(language));
                        errors.add(field, fill(w.too_early, &[("field", name), ("as_of", as_of)]));
                    }
                })
                .ok()
        };
        let both = on("from_day", w.from_day, &self.from_day).zip(on("to_day", w.to_day, &self.to_day));
        both.ok_or(errors)
    }
}

/// The page.
pub async fn get(
    State(pages): State<PublicPages>,
    MaybeViewer(viewer): MaybeViewer,
    mut frame: Frame,
    Query(query): Query<CompareQuery>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let editions = pages.editions().await?;
    // There are too many days to keep a page of each.
    if query.by_day() {
        return match query.standing(&editions, frame.language) {
            Ok(both) => Ok(Page(page(&pages, &editions, both, &query, &frame)?).into_response()),
            Err(errors) => Ok(Unprocessable(empty_page(&editions, &query, errors, &frame)).into_response()),
        };
    }
    let (from, to) = query.chosen(&editions)?;
    if viewer.is_some() {
        return Ok(Page(page(&pages, &editions, (from, to), &query, &frame)?).into_response());
    }
    frame.for_everybody();
    let page = pages.page(&editions, &paths::compare(&from.id, &to.id), frame.language, || {
        let html = page(&pages, &editions, (from, to), &query, &frame)?.render()?;
        Published::new(html.into_bytes(), &[content_type("text/html; charset=utf-8")])
    })?;
    Ok(page.answer(&headers))
}

/// The table file.
pub async fn get_csv(
    State(pages): State<PublicPages>,
    frame: Frame,
    Query(query): Query<CompareQuery>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let editions = pages.editions().await?;
    let both = query.chosen(&editions)?;
    Ok(csv(&pages, &editions, both, query.encoding(), frame.language)?.1.answer(&headers))
}

/// The address of a table file, and the file.
fn csv(
    pages: &PublicPages,
    editions: &Arc<Vec<Edition>>,
    (from, to): (&Edition, &Edition),
    encoding: Encoding,
    language: Language,
) -> anyhow::Result<(String, Arc<Published>)> {
    let address = match encoding {
        Encoding::Utf8 => paths::compare_csv(&from.id, &to.id),
        Encoding::Cp932 => format!("{}&encoding=cp932", paths::compare_csv(&from.id, &to.id)),
    };
    let file = pages.page(editions, &address, language, || {
        let comparison = compare(from, to, &Ministries::of_reference()?);
        let file = table_file::write(from, to, &comparison, language, encoding)?;
        files::table(file, &format!("ceptoar-feature-map-{}-{}", from.id, to.id), encoding)
    })?;
    Ok((address, file))
}

fn page<'a>(
    pages: &PublicPages,
    editions: &'a Arc<Vec<Edition>>,
    (from, to): Both<'a>,
    query: &CompareQuery,
    frame: &Frame,
) -> anyhow::Result<ComparePage<'a>> {
    let language = frame.language;
    let w = CompareWords::of(language);
    let comparison = compare(from, to, &Ministries::of_reference()?);
    let count = comparison.differences.len();
    let summary = match count {
        0 if from.id == to.id => format!("{}{}", w.nothing, language.pick(w.same.to_owned(), format!(" {}", w.same))),
        0 => w.nothing.to_owned(),
        1 => w.found_one.to_owned(),
        count => fill(w.found, &[("count", &count.to_string())]),
    };
    let mut downloads = Vec::new();
    for (encoding, words) in [(Encoding::Utf8, w.file_csv), (Encoding::Cp932, w.file_csv_cp932)] {
        let (href, file) = csv(pages, editions, (from, to), encoding, language)?;
        downloads.push((href, fill(words, &[("size", &files::size(&file)?)])));
    }
    let found = Found {
        summary,
        totals: total_rows(&comparison, w, language),
        remarks: remarks(&comparison, (from, to), w, language),
        tables: tables(&comparison, (from, to), language),
        sentences: sentences(&comparison, w, language),
        downloads,
        from,
        to,
    };
    let [first, second] = [from, to].map(|e| e.as_of_display.pick(language));
    let title = fill(w.titled, &[("from", first), ("to", second)]);
    let mut chrome = frame.chrome(title, &[frame.home(), (paths::NEWEST, w.map)]);
    chrome.path = paths::compare(&from.id, &to.id);
    Ok(ComparePage {
        chrome,
        from_choices: choices(editions, from, language),
        to_choices: choices(editions, to, language),
        found: Some(found),
        ..empty_page(editions, query, FieldErrors::default(), frame)
    })
}

/// The forms alone.
fn empty_page<'a>(
    editions: &'a [Edition],
    query: &CompareQuery,
    errors: FieldErrors,
    frame: &Frame,
) -> ComparePage<'a> {
    let language = frame.language;
    let w = CompareWords::of(language);
    let newest = |back: usize| editions.iter().rev().nth(back).or(editions.last());
    let chosen = |edition: Option<&Edition>| edition.map_or_else(Vec::new, |e| choices(editions, e, language));
    ComparePage {
        chrome: frame.chrome(w.title, &[frame.home(), (paths::NEWEST, w.map)]),
        w,
        language,
        from_choices: chosen(newest(1)),
        to_choices: chosen(newest(0)),
        by_day: query.by_day(),
        from_day: query.from_day.clone().unwrap_or_default(),
        to_day: query.to_day.clone().unwrap_or_default(),
        errors,
        found: None,
    }
}

fn choices(editions: &[Edition], chosen: &Edition, language: Language) -> Vec<Choice> {
    let choice = |e: &Edition| Choice {
        value: e.id.clone(),
        label: e.as_of_display.pick(language).to_owned(),
        explanation: String::new(),
        chosen: e.id == chosen.id,
    };
    editions.iter().rev().map(choice).collect()
}

fn total_rows(comparison: &Comparison, w: &CompareWords, language: Language) -> Vec<TotalRow> {
    let totals = &comparison.totals;
    let whole = [
        ("sectors", w.sectors, totals.sectors),
        ("ceptoars", w.ceptoars, totals.ceptoars),
        ("planned", w.planned, totals.planned),
        ("liaison_councils", w.councils, totals.councils),
    ];
    let number = |n: usize| i64::try_from(n).ok();
    let row = |code: &str, label: String, sums: [Option<i64>; 2]| TotalRow {
        code: code.to_owned(),
        label,
        before: sums[0].map_or_else(|| w.no_unit.to_owned(), thousands),
        after: sums[1].map_or_else(|| w.no_unit.to_owned(), thousands),
        step: sums[0].zip(sums[1]).map(|(before, after)| step(after - before)).unwrap_or_default(),
    };
    let whole = whole.into_iter().filter(|(_, _, sums)| *sums != [0, 0]);
    let mut rows: Vec<TotalRow> =
        whole.map(|(code, label, sums)| row(code, label.to_owned(), sums.map(number))).collect();
    rows.extend(totals.units.iter().map(|unit| {
        let label = fill(w.members, &[("unit", unit.unit.pick(language))]);
        row(&format!("unit-{}", unit.unit.ja), label, unit.sums.map(|sum| sum.map(i64::from)))
    }));
    rows
}

/// +12, -3, ±0
fn step(step: i64) -> String {
    match step {
        0 => "±0".to_owned(),
        1.. => format!("+{}", thousands(step)),
        _ => thousands(step),
    }
}

fn remarks(
    comparison: &Comparison,
    (from, to): (&Edition, &Edition),
    w: &CompareWords,
    language: Language,
) -> Vec<String> {
    let mut remarks = vec![w.per_unit.to_owned()];
    let mut sides = vec![(from, comparison.totals.counted[0])];
    if from.id != to.id {
        sides.push((to, comparison.totals.counted[1]));
    }
    for (edition, (count, all)) in sides {
        if count < all {
            let as_of = edition.as_of_display.pick(language);
            let numbers = [("as_of", as_of), ("count", &count.to_string()), ("all", &all.to_string())];
            remarks.push(fill(w.partial, &numbers));
        }
    }
    remarks
}

fn sentences(comparison: &Comparison, w: &CompareWords, language: Language) -> Vec<String> {
    let list = |kinds: Vec<Kind>| {
        kinds.into_iter().map(|kind| kind.label(language)).collect::<Vec<_>>().join(list_joint(language))
    };
    let differing = |kind: &Kind| comparison.of(*kind).next().is_some();
    let compared = |kind: &Kind| !comparison.not_comparable.contains(kind);
    let alike: Vec<Kind> = Kind::ALL.into_iter().filter(|k| !differing(k) && compared(k)).collect();
    let mut sentences = Vec::new();
    if !comparison.differences.is_empty() && !alike.is_empty() {
        sentences.push(fill(w.alike, &[("items", &list(alike))]));
    }
    if !comparison.not_comparable.is_empty() {
        sentences.push(fill(w.not_comparable, &[("items", &list(comparison.not_comparable.clone()))]));
    }
    if !comparison.differences.is_empty() {
        sentences.extend([w.not_stated, w.ministries].map(ToOwned::to_owned));
    }
    sentences
}

fn tables(comparison: &Comparison, editions: (&Edition, &Edition), language: Language) -> Vec<KindTable> {
    let table = |kind: Kind| {
        let rows: Vec<Row> = comparison.of(kind).map(|d| row(d, editions, language)).collect();
        KindTable {
            code: kind.code(),
            label: kind.label(language),
            has_parts: rows.iter().any(|row| !row.part.is_empty()),
            has_steps: comparison.of(kind).any(|d| d.step().is_some()),
            rows,
        }
    };
    Kind::ALL.into_iter().map(table).filter(|table| !table.rows.is_empty()).collect()
}

fn row(d: &Difference, (from, to): (&Edition, &Edition), language: Language) -> Row {
    let side = |edition: &Edition, fact: &Fact| {
        let mark = edition.ceptoar(&d.subject.id).zip(d.kind.cell()).filter(|_| fact.is_told());
        let map = paths::edition(&edition.id);
        Side {
            words: fact.words(language),
            told: fact.is_told(),
            mark: mark.and_then(|(c, cell)| evidence_mark(edition, c, cell, &map, language)),
        }
    };
    let newest = if to.ceptoar(&d.subject.id).is_some() || to.council(&d.subject.id).is_some() { to } else { from };
    Row {
        id: d.subject.id.clone(),
        href: d.subject.has_profile.then(|| paths::profile(&d.subject.id, &newest.id)),
        name: d.subject.pick(language).to_owned(),
        change: d.change.code(),
        change_word: d.change.label(language),
        part: d.part.as_ref().map(|p| p.pick(language).to_owned()).unwrap_or_default(),
        before: side(from, &d.before),
        after: side(to, &d.after),
        step: d.step().map(step).unwrap_or_default(),
    }
}
