//! The search page.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use super::found::{FoundCeptoar, FoundOrganisation, FoundWindow, Part, looks_at};
use super::paths;
use super::records::RecordKind;
use super::store::{self, SHOWN};
use crate::features::access::{Routes, Rule, Viewer};
use crate::features::advisories::paths as advisories;
use crate::features::advisories::reading::filter::Filter;
use crate::features::advisories::reading::store::{self as reading, ListRow};
use crate::features::advisories::versions::web::shown::mark;
use crate::features::directory::partners::paths as partners;
use crate::features::directory::roster::paths as roster;
use crate::features::feature_map::paths as feature_map;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::short_time;
use crate::kernel::text;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// Advisories on the page; all of them are in their own list.
const ADVISORIES: i64 = 10;

crate::words! {
    /// Words of the search.
    pub struct SearchWords {
        title: "検索" / "Search",
        words: "探す言葉" / "Search for",
        help: "名称の一部・よみ・以前の名称で探せます。全角と半角、ひらがなとカタカナ、大文字と小文字は区別しません。入力した言葉は、ブラウザーの履歴に残りません。" / "A part of a name, its reading or a former name will do, in any width, case or kana. Your browser does not remember what you type here.",
        button: "検索する" / "Search",
        what: "セプター、組織、窓口、グループ、協議会、取扱いルール、整備状況、活動、情報提供から、ご覧になれるものを一度に探します。" / "Looks through the CEPTOARs, organisations, windows, groups, councils, handling rules, set-up, activities and advisories that you may see.",
        found: "「{words}」の検索結果" / "Found for “{words}”",
        ceptoars: "セプター" / "CEPTOARs",
        organisations: "組織" / "Organisations",
        windows: "窓口" / "Windows",
        advisories: "情報提供" / "Advisories",
        former: "旧称: {name}" / "Formerly {name}",
        ministry: "{ceptoar}の所管省庁" / "Ministry over {ceptoar}",
        regional: "{ceptoar}の地方機関" / "Regional office of {ceptoar}",
        secretariat: "{ceptoar}の事務局" / "Secretariat of {ceptoar}",
        member: "{ceptoar}の構成員" / "Member of {ceptoar}",
        partner: "{ceptoar}の連携機関" / "Partner body of {ceptoar}",
        no_place: "現在、どのセプターにも属していません" / "Belongs to no CEPTOAR today",
        more: "ほかにもあります。言葉を足して絞り込んでください。" / "There are more. Add a word to narrow the search.",
        all_advisories: "情報提供をすべて見る" / "See all advisories found",
        sealed: "親展: 内容は指名された方のみ" / "Confidential: content for the named persons only",
        untitled: "(題名未入力)" / "(no title yet)",
        nothing_title: "見つかりませんでした" / "Nothing found",
        nothing_text: "名称の一部だけにするか、よみがなや以前の名称でお試しください。ご覧になれる範囲の外にあるものは表示されません。" / "Try only a part of the name, its reading or a former name. What you may not see is not shown.",
    }
}

/// One line of what was found.
pub struct Hit {
    /// Its page.
    pub href: Option<String>,
    /// What it is called.
    pub name: String,
    /// What it was called; empty where that is not what was found.
    pub former: String,
    /// What stands below the name, with links.
    pub places: Vec<(String, Option<String>)>,
}

struct Section {
    id: &'static str,
    heading: &'static str,
    hits: Vec<Hit>,
    more: bool,
}

struct AdvisoryHit {
    href: String,
    number: String,
    level: crate::kernel::sharing_level::SharingLevel,
    drill: bool,
    title: String,
    time: String,
}

#[derive(Template)]
#[template(path = "search/index.html")]
struct SearchPage {
    chrome: Chrome,
    w: &'static SearchWords,
    here: &'static str,
    words: String,
    found: String,
    sections: Vec<Section>,
    advisories: Vec<AdvisoryHit>,
    all_advisories: &'static str,
}

/// What is typed.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct SearchForm {
    words: String,
}

/// The routes of this feature.
pub fn routes() -> Routes {
    Routes::new().get(paths::SEARCH, Rule::SignedIn, get).post(paths::SEARCH, Rule::SignedIn, post)
}

/// The search box. Coming back to a search leads here, too.
pub async fn get(_viewer: Viewer, frame: Frame) -> Response {
    Page(page(&frame, String::new(), Found::default())).into_response()
}

/// What was found.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<SearchForm>,
) -> Result<Response, WebError> {
    let words = text::search_words(&form.words);
    let patterns = text::search_patterns(&words);
    if patterns.is_empty() {
        return Ok(Page(page(&frame, String::new(), Found::default())).into_response());
    }
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let found = Found::read(&mut tx, &viewer, (&words, &patterns), frame.language, now).await?;
    tx.commit().await?;
    Ok(Page(page(&frame, words, found)).into_response())
}

#[derive(Default)]
struct Found {
    sections: Vec<Section>,
    advisories: Vec<AdvisoryHit>,
}

impl Found {
    async fn read(
        tx: &mut Tx,
        viewer: &Viewer,
        (words, patterns): (&str, &[String]),
        language: Language,
        now: DateTime<Utc>,
    ) -> sqlx::Result<Self> {
        let w = SearchWords::of(language);
        let ceptoars = store::ceptoars(tx, patterns).await?;
        let ceptoars = ceptoars.into_iter().map(|c| ceptoar(c, language)).collect();
        let (organisations, more_organisations) = cut(store::organisations(tx, patterns).await?);
        let organisations = organisations.into_iter().filter_map(|o| o.known_to(viewer));
        let organisations = organisations.map(|o| organisation(o, viewer, language)).collect();
        let (windows, more_windows) = cut(store::windows(tx, patterns).await?);
        let windows = windows.into_iter().filter(|k| k.is_seen_by(viewer)).map(|k| window(k, language)).collect();
        let filter = Filter { words: words.to_owned(), ..Filter::default() };
        let advisories = reading::list(tx, viewer, &filter, ADVISORIES, now).await?;
        let section = |id, heading, hits, more| Section { id, heading, hits, more };
        let mut sections = vec![
            section("ceptoars", w.ceptoars, ceptoars, false),
            section("organisations", w.organisations, organisations, more_organisations),
            section("windows", w.windows, windows, more_windows),
        ];
        let records = store::records(tx, viewer, patterns).await?;
        sections.extend(RecordKind::ALL.map(|kind| {
            let seen = records.iter().filter(|record| record.kind == kind && record.is_seen_by(viewer));
            let (hits, more) = cut(seen.map(|record| record.hit(language)).collect());
            section(kind.code(), kind.label(language), hits, more)
        }));
        Ok(Self { sections, advisories: advisories.into_iter().map(|row| advisory(row, language)).collect() })
    }
}

/// The rows of the page, and whether there are more.
fn cut<T>(mut rows: Vec<T>) -> (Vec<T>, bool) {
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let more = rows.len() > shown;
    rows.truncate(shown);
    (rows, more)
}

fn page(frame: &Frame, words: String, found: Found) -> SearchPage {
    let w = SearchWords::of(frame.language);
    SearchPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        here: paths::SEARCH,
        found: fill(w.found, &[("words", &words)]),
        words,
        sections: found.sections.into_iter().filter(|section| !section.hits.is_empty()).collect(),
        advisories: found.advisories,
        all_advisories: advisories::SEARCH,
    }
}

fn pick(names: &[String; 2], language: Language) -> &str {
    language.pick(&names[0], &names[1])
}

fn former(name: Option<&[String; 2]>, language: Language) -> String {
    let w = SearchWords::of(language);
    name.map(|name| fill(w.former, &[("name", pick(name, language))])).unwrap_or_default()
}

fn ceptoar(found: FoundCeptoar, language: Language) -> Hit {
    Hit {
        href: Some(feature_map::newest_profile(&found.ceptoar_id)),
        name: pick(&found.name, language).to_owned(),
        former: former(found.former.as_ref(), language),
        places: vec![(pick(&found.sector, language).to_owned(), None)],
    }
}

fn organisation(found: FoundOrganisation, viewer: &Viewer, language: Language) -> Hit {
    let w = SearchWords::of(language);
    let mut places: Vec<(String, Option<String>)> = found
        .places
        .iter()
        .map(|place| {
            let (words, href) = match place.part {
                Part::Ministry => (w.ministry, Some(feature_map::newest_profile(&place.ceptoar_id))),
                // Offices on the road have no public page; the profile has none of them.
                Part::Regional => (w.regional, None),
                Part::Secretariat => (w.secretariat, Some(feature_map::newest_profile(&place.ceptoar_id))),
                Part::Partner => (w.partner, Some(partners::of_ceptoar(partners::INDEX, &place.ceptoar_id))),
                Part::Member => (
                    w.member,
                    looks_at(viewer, found.organisation_id, &place.ceptoar_id)
                        .then(|| roster::of_member(roster::MEMBER, &place.ceptoar_id, found.organisation_id)),
                ),
            };
            (fill(words, &[("ceptoar", pick(&place.ceptoar, language))]), href)
        })
        .collect();
    if places.is_empty() && found.member {
        places.push((w.no_place.to_owned(), None));
    }
    Hit {
        href: None,
        name: pick(&found.name, language).to_owned(),
        former: former(found.former.as_ref(), language),
        places,
    }
}

fn window(found: FoundWindow, language: Language) -> Hit {
    Hit {
        href: Some(roster::of_member(roster::MEMBER, &found.ceptoar_id, found.organisation_id)),
        name: found.label,
        former: String::new(),
        places: vec![(pick(&found.organisation, language).to_owned(), None)],
    }
}

fn advisory(row: ListRow, language: Language) -> AdvisoryHit {
    let w = SearchWords::of(language);
    let title = match row.content {
        Some((_, title)) if title.is_empty() => w.untitled.to_owned(),
        Some((kind, title)) => format!("{}: {title}", kind.label(language)),
        None => w.sealed.to_owned(),
    };
    let old = mark(row.superseded, row.withdrawn, language).map_or_else(String::new, |(_, word)| format!("({word}) "));
    let title = format!("{old}{title}");
    AdvisoryHit {
        href: advisories::show(row.advisory_id),
        number: row.number,
        level: row.level,
        drill: row.drill,
        title,
        time: short_time(row.shown_at),
    }
}
