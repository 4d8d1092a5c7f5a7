//! The sheet as a page, and an edition as files.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::files::{self, Kind, content_type};
use super::shelf::{PublicPages, Published};
use crate::features::access::web::extract::MaybeViewer;
use crate::features::feature_map::edition::{Confidence, Edition, Status, YearFigures};
use crate::features::feature_map::paths;
use crate::features::feature_map::sheet::{self, Sheet};
use crate::features::feature_map::vocabulary::list_joint;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{fiscal_year, thousands};
use crate::platform::tables::Encoding;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;

crate::words! {
    /// Words of the map page.
    pub struct MapWords {
        title: "セプター特性把握マップ" / "CEPTOAR feature map",
        titled: "セプター特性把握マップ {as_of}" / "CEPTOAR feature map, {as_of}",
        lead: "重要インフラの各セプターが自主的に整えている体制を、1枚の表にまとめたものです。" / "What the CEPTOARs of Japan's critical infrastructure have set up on their own initiative, on one sheet.",
        editions: "マップの版" / "Editions of the map",
        view: "表示のしかた" / "View",
        view_table: "表で見る" / "As a table",
        view_cards: "一覧で見る" / "As cards",
        print: "印刷する" / "Print",
        source: "出典: {publisher}" / "Source: {publisher}",
        plan: "当時の計画: {plan}" / "Plan then in force: {plan}",
        draft: "案として公表された資料によります" / "From a source published as a draft",
        totals: "この版の全体" / "This edition in figures",
        sectors: "分野" / "Sectors",
        ceptoars: "セプター" / "CEPTOARs",
        planned: "検討中" / "Under study",
        councils: "連絡協議会" / "Liaison councils",
        members: "構成員" / "Members",
        per_unit: "構成員の数は単位ごとの合計です。異なる単位どうしは合計しません。" / "Members are summed per unit. Different units are never added up together.",
        per_unit_partial: "数が資料に書かれているのは、{count}セプターだけです。この合計は、その分だけのものです。" / "The source gives numbers for {count} CEPTOARs only; these sums are theirs alone.",
        row_sector: "重要インフラ分野" / "Critical infrastructure sector",
        row_council: "連絡協議会" / "Liaison council",
        row_scope: "事業の範囲" / "Scope of business",
        row_name: "名称" / "Name",
        row_secretariat: "事務局" / "Secretariat",
        row_members: "構成員(内訳)" / "Members (breakdown)",
        row_channels: "情報と連絡手段" / "Information and means of contact",
        row_operation: "緊急窓口" / "Emergency point of contact",
        row_rule: "情報の取扱いルール" / "Rules on handling information",
        operation_start: "{month} 運用開始" / "In operation since {month}",
        established: "{month} 制定" / "Established {month}",
        absent: "この版の資料にない項目: {items}" / "Items that the source of this edition does not have: {items}",
        not_in_edition: "この項目は、この版の資料にはありません。" / "The source of this edition does not have this item.",
        scroll_hint: "表は横に動かせます。" / "The table can be scrolled sideways.",
        notes: "注" / "Notes",
        note_initiative: "このマップに載っているのは、各セプターが自らの取組みとして整えたものです。" / "The map shows what the CEPTOARs have set up as initiatives of their own.",
        note_unknown: "「資料に記載なし」は、数が分からないことを表します。0ではありません。" / "“Not stated in the source” means that the number is unknown. It does not mean zero.",
        note_no_map: "この版の資料には特性把握マップがありません。セプターの概要に書かれていることを、同じ形に並べました。" / "The source of this edition has no feature map. What its profiles say was put in the same form.",
        note_counts: "構成員の数は{as_of}のものです。" / "Numbers of members are {as_of}.",
        note_marks: "この版は、資料の文字の並びが崩れていたため、セルを1つずつ戻しました。印は、戻した内容がどれほど確かかを表します。" / "The text of the source had come apart, so the cells of this edition were put back one by one. The marks tell how sure each reading is.",
        mark_certain: "ほかの読み方が残らないもの" / "no other reading is left",
        mark_likely: "最もよく合う読み方。ほかの読み方も残るもの" / "the reading that fits best; another is left",
        mark_unsure: "ほかの読み方も同じくらい合うもの" / "another reading fits nearly as well",
        about: "{name}: " / "{name}: ",
        year_heading: "{year}の活動" / "Activities in {year}",
        year_sharing: "情報共有を行った" / "Shared information",
        year_analysing: "事例の分析などを行った" / "Analysed cases",
        year_exercise: "分野横断的演習に参加した" / "In the cross-sector exercise",
        year_drill: "セプター訓練に参加した" / "In the CEPTOAR drill",
        year_transmission: "情報伝達だけを確認した" / "Confirmed transmission only",
        ceptoar_unit: "セプター" / "CEPTOARs",
        of_sectors: "{count}分野" / "{count} sectors",
        evidence_heading: "セルの確度と根拠" / "How sure the cells are, and why",
        evidence_lead: "確かでないものから順に並べています。" / "The least sure come first.",
        evidence_methods: "読み方" / "Ways of reading",
        evidence_rows: "行について" / "About rows",
        evidence_cells: "セルについて" / "About cells",
        evidence_confidence: "確度" / "Confidence",
        evidence_cell: "項目" / "Item",
        evidence_ceptoars: "セプター" / "CEPTOARs",
        evidence_why: "根拠" / "Evidence",
        evidence_alternative: "ほかの読み方" / "Other reading",
        none: "なし" / "None",
        downloads: "ファイルで使う" / "As files",
        file_json: "特性把握マップ({as_of})[JSON形式:{size}]" / "Feature map ({as_of}) [JSON, {size}]",
        file_csv: "特性把握マップ({as_of})[CSV形式・UTF-8:{size}]" / "Feature map ({as_of}) [CSV, UTF-8, {size}]",
        file_csv_cp932: "特性把握マップ({as_of})[CSV形式・シフトJIS:{size}]" / "Feature map ({as_of}) [CSV, Shift JIS, {size}]",
    }
}

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
    /// Code, word and meaning of each mark.
    legend: [(&'static str, &'static str, &'static str); 3],
    /// Which items the edition does not have, said once under the cards.
    absent: String,
    tally: Tally,
    year: Option<Year<'a>>,
    downloads: Vec<Download>,
}

struct Tab {
    href: String,
    label: String,
    current: bool,
}

struct Tally {
    sectors: usize,
    ceptoars: usize,
    planned: usize,
    councils: usize,
    sums: Vec<(String, String)>,
    /// Said where not every CEPTOAR tells its numbers: then the sums are not the whole.
    partial: Option<String>,
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

/// One edition, as a page or as a file by the ending of its address.
pub async fn get(Path(name): Path<String>, asked: Asked) -> Result<Response, WebError> {
    if let Some(id) = name.strip_suffix(".json") {
        return files::answer(asked, Some(id), Kind::Json).await;
    }
    if let Some(id) = name.strip_suffix(".csv") {
        return files::answer(asked, Some(id), Kind::Csv).await;
    }
    page(asked, Some(&name)).await
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
    if viewer.is_some() {
        return Ok(Page(map_page(&pages, &editions, edition, &frame, view)?).into_response());
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
    let absent = [
        (sheet.has_scope, w.row_scope),
        (sheet.has_channels, w.row_channels),
        (sheet.has_operation_start, w.row_operation),
        (sheet.has_rule, w.row_rule),
    ];
    let absent: Vec<&str> = absent.iter().filter(|(there, _)| !there).map(|(_, row)| *row).collect();
    let absent = if absent.is_empty() {
        String::new()
    } else {
        fill(w.absent, &[("items", &absent.join(list_joint(language)))])
    };
    let legend = [
        (Confidence::Certain, w.mark_certain),
        (Confidence::Likely, w.mark_likely),
        (Confidence::Unsure, w.mark_unsure),
    ];
    let counted = edition.ceptoars.iter().filter(|c| !c.counts.is_empty()).count();
    let sums = edition.sums().into_iter();
    let sums = sums.map(|(unit, sum)| (unit.pick(language).to_owned(), thousands(i64::from(sum)))).collect();
    Ok(MapPage {
        chrome,
        w,
        sheet,
        legend: legend.map(|(sure, meaning)| (sure.code(), sure.label(language), meaning)),
        absent,
        tabs_href: here,
        language,
        view,
        tabs: tabs.collect(),
        tally: Tally {
            sectors: edition.sectors.len(),
            ceptoars: edition.number(Status::Established),
            planned: edition.number(Status::Planned),
            councils: edition.liaison_councils.len(),
            sums,
            partial: (counted < edition.ceptoars.len())
                .then(|| fill(w.per_unit_partial, &[("count", &counted.to_string())])),
        },
        year: edition.year.as_ref().map(|figures| Year {
            heading: fill(w.year_heading, &[("year", &fiscal_year(figures.fiscal_year, language))]),
            figures,
        }),
        downloads: downloads(pages, editions, edition, language)?,
        edition,
    })
}

fn downloads(
    pages: &PublicPages,
    editions: &Arc<Vec<Edition>>,
    edition: &Edition,
    language: Language,
) -> anyhow::Result<Vec<Download>> {
    let w = MapWords::of(language);
    let files = [
        (Kind::Csv, Encoding::Utf8, w.file_csv),
        (Kind::Csv, Encoding::Cp932, w.file_csv_cp932),
        (Kind::Json, Encoding::Utf8, w.file_json),
    ];
    let mut downloads = Vec::new();
    for (kind, encoding, words) in files {
        let href = kind.address(&paths::edition(&edition.id), encoding);
        let file = pages.page(editions, &href, language, || files::make(edition, kind, encoding, language))?;
        let size = format!("{}KB", thousands(i64::try_from(file.size().div_ceil(1000))?));
        let label = fill(words, &[("as_of", edition.as_of_display.pick(language)), ("size", &size)]);
        downloads.push(Download { href, label });
    }
    Ok(downloads)
}
