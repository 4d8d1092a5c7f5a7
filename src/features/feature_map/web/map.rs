//! The sheet as a page, and an edition as files.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::files::{self, Kind, content_type};
use super::of_day::OfDayWords;
use super::paper;
use super::shelf::{PublicPages, Published};
use crate::features::access::action::FollowUpAction;
use crate::features::access::web::extract::MaybeViewer;
use crate::features::access::{Action, could};
use crate::features::feature_map::edition::{Confidence, Edition, Status, YearFigures};
use crate::features::feature_map::errata::Erratum;
use crate::features::feature_map::errata::erratum::ErrataWords;
use crate::features::feature_map::paths;
use crate::features::feature_map::sheet::{self, Sheet};
use crate::features::feature_map::vocabulary::list_joint;
use crate::features::feature_map::words::MapWords;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{fiscal_year, thousands};
use crate::platform::tables::Encoding;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;

#[derive(Template)]
#[template(path = "feature_map/map.html")]
struct MapPage<'a> {
    chrome: Chrome,
    w: &'static MapWords,
    edition: &'a Edition,
    language: Language,
    sheet: Sheet,
    view: View,
    tabs: Vec<Tab>,
    tabs_href: String,
    compare_href: Option<String>,
    /// Code, word and meaning of each mark.
    legend: [(&'static str, &'static str, &'static str); 3],
    /// Which items the edition does not have, said once under the cards.
    absent: String,
    tally: Tally,
    year: Option<Year<'a>>,
    downloads: Vec<Download>,
    errata: Vec<Erratum>,
    ew: &'static ErrataWords,
    /// Where an erratum is recorded, for those who may.
    record_href: Option<String>,
    /// Where the map of any day is, and its words, for those signed in.
    of_day: Option<(&'static str, &'static str)>,
}

struct Tab {
    href: String,
    label: String,
    current: bool,
}

/// What an edition adds up to.
#[derive(Debug)]
pub struct Tally {
    /// Sectors.
    pub sectors: usize,
    /// CEPTOARs at work.
    pub ceptoars: usize,
    /// CEPTOARs under study.
    pub planned: usize,
    /// Liaison councils.
    pub councils: usize,
    /// Unit and sum.
    pub sums: Vec<(String, String)>,
    /// Said where not every CEPTOAR tells its numbers: then the sums are not the whole.
    pub partial: Option<String>,
}

struct Year<'a> {
    heading: String,
    figures: &'a YearFigures,
}

struct Download {
    href: String,
    label: String,
}

/// Which form of the map is shown: by the width of the screen, or as the reader chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// A table where there is room, else cards.
    #[default]
    Fitting,
    /// Always the table.
    Table,
    /// Always the cards.
    Cards,
}

impl View {
    fn suffix(self) -> &'static str {
        match self {
            Self::Fitting => "",
            Self::Table => "?view=table",
            Self::Cards => "?view=cards",
        }
    }

    fn is_table(self) -> bool {
        self == Self::Table
    }

    fn is_cards(self) -> bool {
        self == Self::Cards
    }

    fn class(self) -> &'static str {
        match self {
            Self::Fitting => "map",
            Self::Table => "map map--table",
            Self::Cards => "map map--cards",
        }
    }
}

/// What the address may carry. Anything not understood is as if it were not there.
#[derive(Debug, Default, serde::Deserialize)]
pub struct MapQuery {
    view: Option<String>,
    encoding: Option<String>,
}

impl MapQuery {
    fn view(&self) -> View {
        match self.view.as_deref() {
            Some("table") => View::Table,
            Some("cards") => View::Cards,
            Some(_) | None => View::Fitting,
        }
    }

    /// The encoding asked for.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        match self.encoding.as_deref() {
            Some("cp932") => Encoding::Cp932,
            Some(_) | None => Encoding::Utf8,
        }
    }
}

/// What every handler here asks for.
pub type Asked = (State<PublicPages>, MaybeViewer, Frame, Query<MapQuery>, HeaderMap);

/// The newest edition.
pub async fn get_newest(asked: Asked) -> Result<Response, WebError> {
    page(asked, None).await
}

/// The newest edition for machines.
pub async fn get_newest_json(asked: Asked) -> Result<Response, WebError> {
    files::answer(asked, None, Kind::Json).await
}

/// The newest edition as a table file.
pub async fn get_newest_csv(asked: Asked) -> Result<Response, WebError> {
    files::answer(asked, None, Kind::Csv).await
}

/// The newest edition on one sheet of paper.
pub async fn get_newest_pdf(asked: Asked) -> Result<Response, WebError> {
    paper::answer_map(asked, None).await
}

/// The newest edition as a workbook.
pub async fn get_newest_xlsx(asked: Asked) -> Result<Response, WebError> {
    files::answer(asked, None, Kind::Xlsx).await
}

/// One edition, as a page or as a file by the ending of its address.
pub async fn get(Path(name): Path<String>, asked: Asked) -> Result<Response, WebError> {
    match name.rsplit_once('.') {
        Some((id, "json")) => files::answer(asked, Some(id), Kind::Json).await,
        Some((id, "csv")) => files::answer(asked, Some(id), Kind::Csv).await,
        Some((id, "xlsx")) => files::answer(asked, Some(id), Kind::Xlsx).await,
        Some((id, "pdf")) => paper::answer_map(asked, Some(id)).await,
        Some(_) | None => page(asked, Some(&name)).await,
    }
}

/// The edition of an id, or the newest.
#[must_use]
pub fn choose<'a>(editions: &'a [Edition], id: Option<&str>) -> Option<&'a Edition> {
    match id {
        Some(id) => editions.iter().find(|e| e.id == id),
        None => editions.last(),
    }
}

async fn page(asked: Asked, id: Option<&str>) -> Result<Response, WebError> {
    let (State(pages), MaybeViewer(viewer), mut frame, Query(query), headers) = asked;
    let editions = pages.editions().await?;
    let edition = choose(&editions, id).ok_or(WebError::NotFound)?;
    let view = query.view();
    let address = format!("{}{}", id.map_or_else(|| paths::NEWEST.to_owned(), paths::edition), view.suffix());
    if let Some(viewer) = viewer {
        let mut page = map_page(&pages, &editions, edition, &frame, view)?;
        let may = could(&viewer, Action::FollowUp(FollowUpAction::Publish));
        page.record_href = may.then(|| paths::errata(&edition.id));
        page.of_day = Some((paths::OF_DAY, OfDayWords::of(frame.language).title));
        return Ok(Page(page).into_response());
    }
    // One page for all strangers: it must not carry the number of one request.
    frame.for_everybody();
    let page = pages.page(&editions, &address, frame.language, || {
        let html = map_page(&pages, &editions, edition, &frame, view)?.render()?;
        Published::new(html.into_bytes(), &[content_type("text/html; charset=utf-8")])
    })?;
    Ok(page.answer(&headers))
}

fn map_page<'a>(
    pages: &PublicPages,
    editions: &Arc<Vec<Edition>>,
    edition: &'a Edition,
    frame: &Frame,
    view: View,
) -> anyhow::Result<MapPage<'a>> {
    let language = frame.language;
    let w = MapWords::of(language);
    let as_of = edition.as_of_display.pick(language);
    let here = paths::edition(&edition.id);
    let mut chrome = frame.chrome(fill(w.titled, &[("as_of", as_of)]), &[frame.home(), (paths::NEWEST, w.title)]);
    chrome.path = format!("{here}{}", view.suffix());
    let tabs = editions.iter().rev().map(|e| Tab {
        href: format!("{}{}", paths::edition(&e.id), view.suffix()),
        label: e.as_of_display.pick(language).to_owned(),
        current: e.id == edition.id,
    });
    let sheet = sheet::sheet(edition, language);
    let legend = [
        (Confidence::Certain, w.mark_certain),
        (Confidence::Likely, w.mark_likely),
        (Confidence::Unsure, w.mark_unsure),
    ];
    Ok(MapPage {
        chrome,
        w,
        absent: absent(&sheet, language),
        sheet,
        legend: legend.map(|(sure, meaning)| (sure.code(), sure.label(language), meaning)),
        tabs_href: here,
        compare_href: compare_href(editions, edition),
        language,
        view,
        tabs: tabs.collect(),
        tally: tally(edition, language),
        year: edition.year.as_ref().map(|figures| Year {
            heading: fill(w.year_heading, &[("year", &fiscal_year(figures.fiscal_year, language))]),
            figures,
        }),
        downloads: downloads(pages, editions, edition, language)?,
        errata: pages.errata(&edition.id),
        ew: ErrataWords::of(language),
        record_href: None,
        of_day: None,
        edition,
    })
}

/// Which items none of the columns has, in a sentence.
#[must_use]
pub fn absent(sheet: &Sheet, language: Language) -> String {
    let w = MapWords::of(language);
    let rows = [
        (sheet.has_scope, w.row_scope),
        (sheet.has_channels, w.row_channels),
        (sheet.has_operation_start, w.row_operation),
        (sheet.has_rule, w.row_rule),
    ];
    let absent: Vec<&str> = rows.iter().filter(|(there, _)| !there).map(|(_, row)| *row).collect();
    if absent.is_empty() {
        return String::new();
    }
    fill(w.absent, &[("items", &absent.join(list_joint(language)))])
}

/// What an edition adds up to, unit by unit.
#[must_use]
pub fn tally(edition: &Edition, language: Language) -> Tally {
    let w = MapWords::of(language);
    let counted = edition.ceptoars.iter().filter(|c| !c.counts.is_empty()).count();
    let sums = edition.sums().into_iter();
    Tally {
        sectors: edition.sectors.len(),
        ceptoars: edition.number(Status::Established),
        planned: edition.number(Status::Planned),
        councils: edition.liaison_councils.len(),
        sums: sums.map(|(unit, sum)| (unit.pick(language).to_owned(), thousands(i64::from(sum)))).collect(),
        partial: (counted < edition.ceptoars.len())
            .then(|| fill(w.per_unit_partial, &[("count", &counted.to_string())])),
    }
}

/// This edition beside the one before it; the oldest one beside the newest.
fn compare_href(editions: &[Edition], edition: &Edition) -> Option<String> {
    match editions.iter().rfind(|e| e.as_of < edition.as_of) {
        Some(before) => Some(paths::compare(&before.id, &edition.id)),
        None => editions.last().filter(|newest| newest.id != edition.id).map(|e| paths::compare(&edition.id, &e.id)),
    }
}

fn downloads(
    pages: &PublicPages,
    editions: &Arc<Vec<Edition>>,
    edition: &Edition,
    language: Language,
) -> anyhow::Result<Vec<Download>> {
    let w = MapWords::of(language);
    let files = [
        (Kind::Xlsx, Encoding::Utf8, w.file_xlsx),
        (Kind::Csv, Encoding::Utf8, w.file_csv),
        (Kind::Csv, Encoding::Cp932, w.file_csv_cp932),
        (Kind::Json, Encoding::Utf8, w.file_json),
    ];
    let label = fill(w.file_pdf, &[("as_of", edition.as_of_display.pick(language))]);
    let mut downloads = vec![Download { href: paths::edition_pdf(&edition.id), label }];
    for (kind, encoding, words) in files {
        let href = kind.address(&paths::edition(&edition.id), encoding);
        let file = pages.page(editions, &href, language, || {
            files::make(edition, &pages.errata(&edition.id), kind, encoding, language)
        })?;
        let size = files::size(&file)?;
        let label = fill(words, &[("as_of", edition.as_of_display.pick(language)), ("size", &size)]);
        downloads.push(Download { href, label });
    }
    Ok(downloads)
}
