//! The map of a day as a page and as a table file: for those signed in, as nobody published it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, NaiveDate};

use super::files;
use super::map::{Tally, tally};
use super::shelf::PublicPages;
use crate::features::access::Viewer;
use crate::features::directory::history::paths as history;
use crate::features::directory::roster::paths as directory;
use crate::features::directory::roster::web::WayWords;
use crate::features::directory::roster::web::as_of::{AsOf, on};
use crate::features::feature_map::compare::difference::Kind;
use crate::features::feature_map::edition::{Cell, Edition};
use crate::features::feature_map::legend::evidence_mark;
use crate::features::feature_map::of_day::facts::RuleInForce;
use crate::features::feature_map::of_day::overlay::map_of_day;
use crate::features::feature_map::of_day::{DayMap, Source, store, table_file};
use crate::features::feature_map::over_editions::Subject;
use crate::features::feature_map::paths;
use crate::features::feature_map::sheet::{self, CellSources, Column, Sheet, SourceMark};
use crate::features::feature_map::words::MapWords;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;
use crate::platform::tables::Encoding;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the map of a day.
    pub struct OfDayWords {
        title: "基準日の特性把握マップ" / "Feature map of a day",
        lead: "選んだ日の名簿の登録を、特性把握マップと同じ形に並べたものです。" / "What the directory says for the day you choose, laid out as the feature map.",
        not_published: "公表された版ではありません。登録されている内容から作ったもので、サインインした人だけが見られます。" / "This is not a published edition. It is made from what is registered, and only those signed in see it.",
        standing: "この日の公表済みの版: {as_of}" / "Edition standing on this day: {as_of}",
        no_standing: "この日には、公表された版がまだありません。" / "No edition had been published yet on this day.",
        centre: "この日の中央の機関: {name}" / "Central body on this day: {name}",
        choose: "基準日を選ぶ" / "Choose the day",
        show: "表示する" / "Show",
        today: "今日のマップを表示する" / "Show the map of today",
        planned: "今日より先の日です。登録済みの予定を含みます。" / "This day is still to come. What is planned is included.",
        from_directory: "登録から" / "From the directory",
        from_edition: "版から" / "From the edition",
        from_older: "{year}年の版から" / "From the edition of {year}",
        not_known: "この項目は、この日の登録にも、それまでの版にもありません。" / "Neither the directory nor an edition up to this day has this item.",
        not_told: "登録・記載なし" / "Not registered or stated",
        rule_in_force: "施行中: {rule}({day}から)" / "In force: {rule} (since {day})",
        compare: "ほかの日・版と比べる" / "Compare with another day or edition",
        note_sources: "「登録から」は名簿の登録によるもの、「版から」はこの日の公表済みの版によるものです。版より後に始まった登録だけが、版の内容に代わります。" / "“From the directory” is what is registered, “from the edition” what the standing edition says. Only what began after the edition takes the place of what it says.",
        note_counts: "構成員の数は、各セプターの公表の数です。このポータルに登録されている構成員を数えたものではありません。" / "Numbers of members are those that CEPTOARs publish, not a count of the members registered in this portal.",
        note_rights: "取扱いルールと整備状況の登録は、見ることのできる人にだけ表示します。" / "Handling rules and set-up are shown to those who may know them.",
        file_csv: "この日のマップ[CSV形式・UTF-8]" / "The map of this day [CSV, UTF-8]",
        file_csv_cp932: "この日のマップ[CSV形式・シフトJIS]" / "The map of this day [CSV, Shift JIS]",
    }
}

#[derive(Template)]
#[template(path = "feature_map/of_day.html")]
struct OfDayPage<'a> {
    chrome: Chrome,
    w: &'static MapWords,
    dw: &'static OfDayWords,
    language: Language,
    as_of: AsOf,
    edition: &'a Edition,
    standing: String,
    sheet: Sheet,
    absent: String,
    tally: Tally,
    compare_href: String,
    downloads: Vec<(String, String)>,
}

/// The day that is asked for, and how a file is encoded.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct DayQuery {
    on_year: String,
    on_month: String,
    on_day: String,
    encoding: String,
}

/// The map of a day as the viewer may see it, with the editions that it stands over.
///
/// # Errors
/// When the database is out of reach.
pub async fn load(
    state: &AppState,
    viewer: &Viewer,
    editions: &[Edition],
    days: &[NaiveDate],
) -> Result<Vec<DayMap>, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let mut maps = Vec::new();
    for day in days {
        maps.push(map_of_day(editions, &store::directory(&mut tx, *day).await?));
    }
    tx.commit().await?;
    Ok(maps)
}

/// The page.
pub async fn get(
    State(pages): State<PublicPages>,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<DayQuery>,
) -> Result<Response, WebError> {
    let language = frame.language;
    let today = japan_day(state.clock.now());
    let as_of = AsOf::read([&query.on_year, &query.on_month, &query.on_day], today, language);
    let editions = pages.editions().await?;
    let maps = load(&state, &viewer, &editions, &[as_of.day]).await?;
    let map = maps.first().ok_or(WebError::NotFound)?;
    let (w, dw) = (MapWords::of(language), OfDayWords::of(language));
    let way = [frame.home(), (directory::INDEX, WayWords::of(language).directory)];
    let title = format!("{} {}", dw.title, map.edition.as_of_display.pick(language));
    let standing = map.standing.as_ref().and_then(|id| editions.iter().find(|e| e.id == *id));
    let mut sheet = sheet::sheet(&map.edition, language);
    Dressing { map, editions: &editions, standing, language }.dress(&mut sheet);
    let file = |encoding| csv_href(as_of.day, encoding);
    let wrong = !as_of.errors.is_empty();
    let page = OfDayPage {
        chrome: frame.chrome(title, &way),
        w,
        dw,
        language,
        standing: standing.map_or_else(
            || dw.no_standing.to_owned(),
            |e| fill(dw.standing, &[("as_of", e.as_of_display.pick(language))]),
        ),
        absent: super::map::absent(&sheet, language),
        sheet,
        tally: tally(&map.edition, language),
        compare_href: super::compare_days::href(standing.map(|e| e.id.as_str()), as_of.day),
        downloads: vec![
            (file(Encoding::Utf8), dw.file_csv.to_owned()),
            (file(Encoding::Cp932), dw.file_csv_cp932.to_owned()),
        ],
        edition: &map.edition,
        as_of,
    };
    Ok(if wrong { Unprocessable(page).into_response() } else { Page(page).into_response() })
}

fn csv_href(day: NaiveDate, encoding: Encoding) -> String {
    let href = on(paths::OF_DAY_CSV, day);
    match encoding {
        Encoding::Utf8 => href,
        Encoding::Cp932 => format!("{href}&encoding=cp932"),
    }
}

/// The table file.
pub async fn get_csv(
    State(pages): State<PublicPages>,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<DayQuery>,
) -> Result<Response, WebError> {
    let today = japan_day(state.clock.now());
    let as_of = AsOf::read([&query.on_year, &query.on_month, &query.on_day], today, frame.language);
    if !as_of.errors.is_empty() {
        return Err(WebError::NotFound);
    }
    let encoding = if query.encoding == "cp932" { Encoding::Cp932 } else { Encoding::Utf8 };
    let editions = pages.editions().await?;
    let maps = load(&state, &viewer, &editions, &[as_of.day]).await?;
    let map = maps.first().ok_or(WebError::NotFound)?;
    let file = table_file::write(map, frame.language, encoding)?;
    Ok(files::own_table(file, &format!("ceptoar-map-of-day-{}", as_of.day), encoding)?)
}

/// The newest page that an edition has of a CEPTOAR, up to the day where there is one; else its history.
#[must_use]
pub fn profile(editions: &[Edition], id: &str, day: NaiveDate) -> String {
    let has = |e: &&Edition| Subject::find(e, id).is_some();
    let found = editions.iter().rev().filter(|e| e.as_of <= day).find(has).or_else(|| editions.iter().rev().find(has));
    found.map_or_else(|| history::history(id), |e| paths::profile(id, &e.id))
}

/// Puts on the sheet of a day what an edition's sheet does not have.
struct Dressing<'a> {
    map: &'a DayMap,
    editions: &'a [Edition],
    standing: Option<&'a Edition>,
    language: Language,
}

impl Dressing<'_> {
    fn dress(&self, sheet: &mut Sheet) {
        let w = OfDayWords::of(self.language);
        sheet.not_there = w.not_known;
        let councils = self.map.edition.liaison_councils.iter();
        for council in councils {
            let href = profile(self.editions, &council.id, self.map.day);
            let own = paths::profile(&council.id, &self.map.edition.id);
            let boxes = sheet.sectors.iter_mut().filter_map(|s| s.council.as_mut()).chain(sheet.council.as_mut());
            boxes.filter(|b| b.href == own).for_each(|b| b.href.clone_from(&href));
        }
        for column in sheet.sectors.iter_mut().flat_map(|s| &mut s.columns) {
            self.column(column, w);
            sheet.has_rule |= column.rule_in_force.is_some();
            sheet.has_channels |= !column.channels.is_empty();
        }
    }

    fn column(&self, column: &mut Column, w: &OfDayWords) {
        let source = |kind| self.source(&column.id, kind, w);
        column.sources = CellSources {
            scope: source(Kind::Scopes),
            name: source(Kind::Names),
            secretariats: source(Kind::Secretariats),
            members: source(Kind::Counts),
            channels: source(Kind::Handled).or_else(|| source(Kind::Channels)),
            operation: source(Kind::ContactWindow),
            rule: source(Kind::HandlingRule),
        };
        if !column.counted && !column.planned {
            w.not_told.clone_into(&mut column.count);
        }
        let told = column.sources.secretariats.is_some();
        for desk in column.secretariats.iter_mut().filter(|_| !told && !column.planned) {
            w.not_told.clone_into(&mut desk.organisation);
        }
        let mark = |kind, cell| {
            let Some(Source::Edition(id)) = self.map.source(&column.id, kind) else { return None };
            let edition = self.editions.iter().find(|e| e.id == *id)?;
            evidence_mark(edition, edition.ceptoar(&column.id)?, cell, &paths::edition(id), self.language)
        };
        column.secretariats_mark = mark(Kind::Secretariats, Cell::Secretariats);
        column.count_mark = mark(Kind::Counts, Cell::MemberCounts);
        column.reach_mark = mark(Kind::Reach, Cell::Reach);
        column.channels_mark = mark(Kind::Channels, Cell::Channels);
        column.operation_start_mark = mark(Kind::ContactWindow, Cell::ContactOperationStart);
        column.rule_mark = mark(Kind::HandlingRule, Cell::RuleEstablished);
        column.rule_in_force = self.map.rules.get(&column.id).map(|rule| self.rule(rule, w));
        column.href = profile(self.editions, &column.id, self.map.day);
    }

    fn rule(&self, rule: &RuleInForce, w: &OfDayWords) -> String {
        fill(w.rule_in_force, &[("rule", &rule.name()), ("day", &long_date(rule.from, self.language))])
    }

    fn source(&self, ceptoar: &str, kind: Kind, w: &OfDayWords) -> Option<SourceMark> {
        Some(match self.map.source(ceptoar, kind)? {
            Source::Directory(_) => {
                SourceMark { code: "directory", word: w.from_directory.to_owned(), href: String::new() }
            }
            Source::Edition(id) => {
                let edition = self.editions.iter().find(|e| e.id == *id)?;
                let is_standing = self.standing.is_some_and(|standing| standing.id == *id);
                let year = edition.as_of.year().to_string();
                let older = || fill(w.from_older, &[("year", &year)]);
                let word = if is_standing { w.from_edition.to_owned() } else { older() };
                SourceMark { code: "edition", word, href: paths::edition(id) }
            }
        })
    }
}

/// The map of a day.
#[must_use]
pub fn day_href(day: NaiveDate) -> String {
    on(paths::OF_DAY, day)
}
