//! Two editions side by side, as a page and as a table file.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::compare_days::{self, Asked, DaysForm};
use super::differences::{Differences, differences};
use super::files::{self, content_type};
use super::map::choose;
use super::shelf::{PublicPages, Published};
use crate::features::access::web::extract::MaybeViewer;
use crate::features::feature_map::compare::asked::{Unclear, standing_on};
use crate::features::feature_map::compare::words::CompareWords;
use crate::features::feature_map::compare::{compare, table_file};
use crate::features::feature_map::edition::Edition;
use crate::features::feature_map::ministries::Ministries;
use crate::features::feature_map::paths;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Language, fill};
use crate::platform::tables::Encoding;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

#[derive(Template)]
#[template(path = "feature_map/compare.html")]
pub struct ComparePage {
    chrome: Chrome,
    w: &'static CompareWords,
    from_choices: Vec<Choice>,
    to_choices: Vec<Choice>,
    by_day: bool,
    from_day: String,
    to_day: String,
    errors: FieldErrors,
    /// Comparing what is registered; for those signed in alone.
    days: Option<DaysForm>,
    days_errors: FieldErrors,
    found: Option<Found>,
}

/// How the two differ.
#[derive(Debug)]
pub struct Found {
    /// The first, in words.
    pub from: String,
    /// The second, in words.
    pub to: String,
    /// How many differences.
    pub summary: String,
    /// The differences.
    pub shown: Differences,
    /// Files and maps.
    pub links: Vec<(String, String)>,
}

/// What comparing days puts on the page.
pub struct Pages {
    /// What is wrong with the days.
    pub errors: FieldErrors,
    /// The form.
    pub days: DaysForm,
    /// What was found.
    pub found: Option<Found>,
}

/// What the address may carry: two editions, or two days.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct CompareQuery {
    from: String,
    to: String,
    from_day: Option<String>,
    to_day: Option<String>,
    from_is: String,
    from_on: String,
    to_is: String,
    to_on: String,
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

    /// What is asked of the directory, which strangers cannot ask.
    fn days(&self) -> Asked {
        Asked {
            from_is: self.from_is.clone(),
            from_on: self.from_on.clone(),
            to_is: self.to_is.clone(),
            to_on: self.to_on.clone(),
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
    State(state): State<AppState>,
    MaybeViewer(viewer): MaybeViewer,
    mut frame: Frame,
    Query(query): Query<CompareQuery>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let editions = pages.editions().await?;
    let asked = query.days();
    if let Some(viewer) = viewer.as_ref().filter(|_| asked.is_asked()) {
        return compare_days::get((&state, viewer, &frame), &editions, &asked).await;
    }
    let today = japan_day(state.clock.now());
    let days = viewer.as_ref().map(|_| compare_days::form(&editions, &asked, today, frame.language));
    // There are too many days to keep a page of each.
    if query.by_day() {
        return match query.standing(&editions, frame.language) {
            Ok(both) => Ok(Page(page(&pages, &editions, both, &query, &frame, days)?).into_response()),
            Err(errors) => {
                let page = ComparePage { days, ..empty_page(&editions, &query, errors, &frame) };
                Ok(Unprocessable(page).into_response())
            }
        };
    }
    let (from, to) = query.chosen(&editions)?;
    if viewer.is_some() {
        return Ok(Page(page(&pages, &editions, (from, to), &query, &frame, days)?).into_response());
    }
    frame.for_everybody();
    let page = pages.page(&editions, &paths::compare(&from.id, &to.id), frame.language, || {
        let html = page(&pages, &editions, (from, to), &query, &frame, None)?.render()?;
        Published::new(html.into_bytes(), &[content_type("text/html; charset=utf-8")])
    })?;
    Ok(page.answer(&headers))
}

/// The table file.
pub async fn get_csv(
    State(pages): State<PublicPages>,
    State(state): State<AppState>,
    MaybeViewer(viewer): MaybeViewer,
    frame: Frame,
    Query(query): Query<CompareQuery>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let editions = pages.editions().await?;
    let asked = query.days();
    if let Some(viewer) = viewer.as_ref().filter(|_| asked.is_asked()) {
        return compare_days::get_csv((&state, viewer, &frame), &editions, &asked, query.encoding()).await;
    }
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
        let file = table_file::write((&from.id, &to.id), &comparison, language, encoding)?;
        files::table(file, &format!("ceptoar-feature-map-{}-{}", from.id, to.id), encoding)
    })?;
    Ok((address, file))
}

fn page(
    pages: &PublicPages,
    editions: &Arc<Vec<Edition>>,
    (from, to): Both<'_>,
    query: &CompareQuery,
    frame: &Frame,
    days: Option<DaysForm>,
) -> anyhow::Result<ComparePage> {
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
    let mut links = Vec::new();
    for (encoding, words) in [(Encoding::Utf8, w.file_csv), (Encoding::Cp932, w.file_csv_cp932)] {
        let (href, file) = csv(pages, editions, (from, to), encoding, language)?;
        links.push((href, fill(words, &[("size", &files::size(&file)?)])));
    }
    let map = |e: &Edition| (paths::edition(&e.id), fill(w.see_map, &[("as_of", e.as_of_display.pick(language))]));
    links.push(map(from));
    links.extend((from.id != to.id).then(|| map(to)));
    let name = |e: &Edition| e.as_of_display.pick(language).to_owned();
    let shown = differences(&comparison, (from, to), language);
    let found = Found { from: name(from), to: name(to), summary, shown, links };
    let [first, second] = [from, to].map(|e| e.as_of_display.pick(language));
    let title = fill(w.titled, &[("from", first), ("to", second)]);
    let mut chrome = frame.chrome(title, &[frame.home(), (paths::NEWEST, w.map)]);
    chrome.path = paths::compare(&from.id, &to.id);
    Ok(ComparePage {
        chrome,
        from_choices: choices(editions, from, language),
        to_choices: choices(editions, to, language),
        found: Some(found),
        days,
        ..empty_page(editions, query, FieldErrors::default(), frame)
    })
}

/// The page of days, or of an edition and a day.
pub fn pages_of(frame: &Frame, editions: &[Edition], Pages { errors, days, found }: Pages) -> ComparePage {
    let empty = empty_page(editions, &CompareQuery::default(), FieldErrors::default(), frame);
    let w = empty.w;
    let titled = found.as_ref().map(|found| fill(w.titled, &[("from", &found.from), ("to", &found.to)]));
    let chrome = frame.chrome(titled.unwrap_or_else(|| w.title.to_owned()), &[frame.home(), (paths::NEWEST, w.map)]);
    ComparePage { chrome, days: Some(days), days_errors: errors, found, ..empty }
}

/// The forms alone.
fn empty_page(editions: &[Edition], query: &CompareQuery, errors: FieldErrors, frame: &Frame) -> ComparePage {
    let language = frame.language;
    let w = CompareWords::of(language);
    let newest = |back: usize| editions.iter().rev().nth(back).or(editions.last());
    let chosen = |edition: Option<&Edition>| edition.map_or_else(Vec::new, |e| choices(editions, e, language));
    ComparePage {
        chrome: frame.chrome(w.title, &[frame.home(), (paths::NEWEST, w.map)]),
        w,
        from_choices: chosen(newest(1)),
        to_choices: chosen(newest(0)),
        by_day: query.by_day(),
        from_day: query.from_day.clone().unwrap_or_default(),
        to_day: query.to_day.clone().unwrap_or_default(),
        errors,
        days: None,
        days_errors: FieldErrors::default(),
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
