//! The profile of a CEPTOAR or liaison council, as an edition tells it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::files::content_type;
use super::shelf::{PublicPages, Published};
use crate::features::access::web::extract::MaybeViewer;
use crate::features::feature_map::edition::{Edition, Profile, Status};
use crate::features::feature_map::over_editions::{OtherName, Stop, Subject, other_names, stops};
use crate::features::feature_map::sheet::{self, CellWords, ChannelLine, Column, SecretariatLines};
use crate::features::feature_map::{json, paths};
use crate::kernel::clock;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::fiscal_year;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;

crate::words! {
    /// Words of a profile.
    pub struct ProfileWords {
        map: "セプター特性把握マップ" / "CEPTOAR feature map",
        kind_ceptoar: "セプターの概要" / "Profile of a CEPTOAR",
        kind_council: "連絡協議会の概要" / "Profile of a liaison council",
        unnamed: "{sector}分野のセプター(名称検討中)" / "CEPTOAR of the sector {sector} (name under study)",
        planned: "検討中" / "Under study",
        editions: "概要の版" / "Editions of the profile",
        see_map: "この版のマップを見る" / "See the map of this edition",
        print: "印刷する" / "Print",
        facts: "基本の事項" / "Key facts",
        sector: "重要インフラ分野" / "Critical infrastructure sector",
        scope: "事業の範囲" / "Scope of business",
        former_name: "以前の名称" / "Former name",
        later_name: "その後の名称" / "Later name",
        name_in: "{name}({editions})" / "{name} ({editions})",
        secretariat: "事務局" / "Secretariat",
        since: "{month}から" / "Since {month}",
        members: "構成員" / "Members",
        council_members: "構成するセプター" / "Member CEPTOARs",
        observers: "オブザーバー" / "Observers",
        observers_allowed: "必要に応じて、関係機関がオブザーバーとして加わります。" / "Related bodies join as observers when needed.",
        subgroups: "サブグループ" / "Subgroups",
        channels: "情報と連絡手段" / "Information and means of contact",
        channels_in_profile: "概要にある連絡手段" / "Means of contact in the profile",
        route: "情報の伝わり方" / "How information travels",
        rule_document: "取扱いを定めた文書" / "Document on handling",
        covered_systems: "対象となるシステム" / "Systems covered",
        bodies: "関わる組織・会議" / "Bodies involved",
        representative: "カウンシルの代表" / "Represented in the Council by",
        operation_start: "{month} 運用開始" / "In operation since {month}",
        established: "{month} 制定" / "Established {month}",
        requirements: "セプターの2つの要件" / "The two requirements of a CEPTOAR",
        rule_title: "① 情報の取扱いルール" / "1. Rules on handling information",
        rule_text: "情報の取扱い、機密保持、外部への提供について、構成員が合意したルールがあること" / "Members have agreed on rules for handling information, keeping it confidential and giving it to others",
        window_title: "② 緊急窓口(POC)" / "2. Emergency point of contact (POC)",
        window_text: "緊急のときに、構成員や外部と連絡できる窓口があること" / "There is a point of contact that can reach members and others in an emergency",
        not_told: "この版の資料には記載がありません。" / "The source of this edition does not say.",
        preparing: "整備に向けて検討中です。" / "Under study.",
        purpose: "目的" / "Purpose",
        structure: "構成と機能" / "Structure and functions",
        traits: "特徴" / "Traits",
        activities: "{year}の活動" / "Activities in {year}",
        over_editions: "版ごとの移り変わり" / "Over the editions",
        absent: "この版にはありません。" / "Not in this edition.",
        changed: "変更" / "Changed",
        name: "名称" / "Name",
        own_words: "文章は、資料に書かれた事実をもとに、このポータルの言葉でまとめたものです。資料の引用ではありません。出典: {publisher}" / "The texts are in this portal's own words, written from the facts of the source, and are not quotations. Source: {publisher}",
        file_json: "この概要のデータ[JSON形式]" / "This profile as JSON",
    }
}

#[derive(Template)]
#[template(path = "feature_map/profile.html")]
struct ProfilePage<'a> {
    chrome: Chrome,
    w: &'static ProfileWords,
    language: Language,
    edition: &'a Edition,
    subject: Subject<'a>,
    profile: &'a Profile,
    kind: &'static str,
    name: String,
    sector: &'a str,
    other_names: Vec<OtherName>,
    column: Option<Column>,
    council_secretariats: Vec<SecretariatLines>,
    council_members: Vec<(String, String)>,
    channels_in_profile: Vec<ChannelLine>,
    planned: bool,
    activities_heading: String,
    stops: Vec<Stop>,
    map_href: String,
    json_href: String,
}

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
pub struct ProfileQuery {
    edition: Option<String>,
}

/// The profile in the newest edition that has it, or in the one asked for; `.json` for machines.
pub async fn get(
    State(pages): State<PublicPages>,
    MaybeViewer(viewer): MaybeViewer,
    mut frame: Frame,
    Path(name): Path<String>,
    Query(query): Query<ProfileQuery>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let editions = pages.editions().await?;
    let (id, as_json) = name.strip_suffix(".json").map_or((name.as_str(), false), |id| (id, true));
    let edition = match &query.edition {
        Some(edition) => editions.iter().find(|e| e.id == *edition),
        None => editions.iter().rev().find(|e| Subject::find(e, id).is_some()),
    };
    let edition = edition.ok_or(WebError::NotFound)?;
    let subject = Subject::find(edition, id).ok_or(WebError::NotFound)?;
    let address = query.edition.as_ref().map_or_else(|| format!("/ceptoars/{name}"), |e| paths::profile(&name, e));
    if as_json {
        let file = pages.page(&editions, &address, frame.language, || {
            let body = match subject {
                Subject::Ceptoar(c) => json::ceptoar(edition, c)?,
                Subject::Council(c) => json::council(edition, c)?,
            };
            Published::new(body, &[content_type("application/json; charset=utf-8")])
        })?;
        return Ok(file.answer(&headers));
    }
    if viewer.is_some() {
        return Ok(Page(page(&editions, edition, subject, id, &frame)).into_response());
    }
    frame.for_everybody();
    let page = pages.page(&editions, &address, frame.language, || {
        let html = page(&editions, edition, subject, id, &frame).render()?;
        Published::new(html.into_bytes(), &[content_type("text/html; charset=utf-8")])
    })?;
    Ok(page.answer(&headers))
}

fn page<'a>(
    editions: &Arc<Vec<Edition>>,
    edition: &'a Edition,
    subject: Subject<'a>,
    id: &str,
    frame: &Frame,
) -> ProfilePage<'a> {
    let language = frame.language;
    let w = ProfileWords::of(language);
    let sector = edition.sector(subject.sector()).map_or("", |s| s.name.pick(language));
    let name = subject.name(language).map_or_else(|| fill(w.unnamed, &[("sector", sector)]), ToOwned::to_owned);
    let map_href = paths::edition(&edition.id);
    let way = [frame.home(), (map_href.as_str(), w.map)];
    let mut chrome = frame.chrome(name.clone(), &way);
    chrome.path = paths::profile(id, &edition.id);
    let (column, council_secretariats, council_members, channels_in_profile, planned) = match subject {
        Subject::Ceptoar(c) => {
            let column = sheet::column(edition, c, &map_href, language);
            let channels = sheet::channel_lines(&c.channels_in_profile, language);
            (Some(column), Vec::new(), Vec::new(), channels, c.status == Status::Planned)
        }
        Subject::Council(c) => {
            let mut desks: Vec<SecretariatLines> = c.secretariats.iter().map(|s| sheet::lines(s, language)).collect();
            if desks.is_empty() {
                let none = CellWords::of(language).no_secretariat.to_owned();
                desks.push(SecretariatLines { organisation: none, unit: None });
            }
            let member = |id: &String| {
                let name = edition.ceptoar(id).and_then(|m| m.name.as_ref()).map_or(id.as_str(), |n| n.pick(language));
                (paths::profile(id, &edition.id), name.to_owned())
            };
            (None, desks, c.members.iter().map(member).collect(), Vec::new(), false)
        }
    };
    // The activities are those of the fiscal year that ends with the edition.
    let year = fiscal_year(clock::fiscal_year(edition.as_of), language);
    ProfilePage {
        chrome,
        w,
        language,
        profile: subject.profile(),
        kind: if column.is_some() { w.kind_ceptoar } else { w.kind_council },
        name,
        sector,
        other_names: other_names(editions, edition, id, language),
        column,
        council_secretariats,
        council_members,
        channels_in_profile,
        planned,
        activities_heading: fill(w.activities, &[("year", &year)]),
        stops: stops(editions, edition, id, language),
        json_href: format!("/ceptoars/{id}.json?edition={}", edition.id),
        map_href,
        edition,
        subject,
    }
}
