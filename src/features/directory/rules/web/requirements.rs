//! How the requirements of a CEPTOAR stand, each with its evidence and the way to what is missing.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};

use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::paths as activities;
use crate::features::directory::activities::web::shown::Place;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::web::as_of::{AsOf, OnQuery};
use crate::features::directory::rules::light::{Evidence, Light};
use crate::features::directory::rules::{paths, store};
use crate::features::directory::verification::paths as verification;
use crate::kernel::clock::{self, japan_day};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{fiscal_year, thousands};
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct RequirementsWords {
        title: "{ceptoar}の具備要件と機能の状況" / "Requirements and functions of {ceptoar}",
        lead: "ポータルに記録された事実から、その都度計算しています。手で書き換えることはできません。" / "Worked out from what the portal has on record, whenever you look. Nobody sets it by hand.",
        directory: "名簿" / "Directory",
        overview: "セプターの状況" / "How the CEPTOARs stand",
        requirements: "具備要件" / "Requirements",
        functions: "期待される機能" / "Hoped-for functions",
        rule: "① 情報の取扱いルール" / "① Handling rule",
        rule_why: "施行中の取扱いルールがあり、すべての構成員が同意していること。" / "A handling rule is in force, and every member agreed to it.",
        rule_none: "施行中の取扱いルールが登録されていません。" / "No handling rule in force is registered.",
        rule_count: "施行中の版に同意した構成員: {count} / {members}" / "Members that agreed to the edition in force: {count} of {members}",
        rule_link: "取扱いルールを見る" / "See the handling rule",
        windows: "② 緊急時の窓口" / "② Emergency windows",
        windows_why: "すべての構成員に窓口があり、1年以内に連絡が取れると確認されていること。" / "Every member has a window that was proven within a year.",
        windows_count: "窓口のある構成員: {with} / {members}、1年以内に確認済: {proven}" / "Members with a window: {with} of {members}; proven within a year: {proven}",
        windows_link: "連絡先を確認する" / "Prove the windows",
        members_link: "構成員を見る" / "See the members",
        sharing: "セプター内の情報共有" / "Sharing inside the CEPTOAR",
        sharing_why: "今年度、情報提供が経路に沿って構成員に届いていること(訓練を除く)。" / "An advisory reached members along the route this fiscal year, drills left out.",
        sharing_count: "{year}に届いた情報提供: {count}件" / "Advisories that arrived in {year}: {count}",
        advisories_link: "情報提供を見る" / "See the advisories",
        drill: "訓練" / "Drill",
        drill_why: "今年度、訓練の情報がポータルで構成員に届いているか、訓練への参加を事務局が記録していること。訓練以外の確認だけの場合は「一部不足」です。" / "A drill reached members this fiscal year, or the secretariat recorded one. A route confirmed otherwise is a part of it.",
        drill_count: "{year}の訓練: ポータルで{count}件、事務局の記録{entries}件、訓練以外の確認{checks}件" / "Drills in {year}: {count} along the portal, {entries} recorded; confirmed otherwise: {checks}",
        analysis: "状況の把握・分析" / "Grasping and analysing the situation",
        analysis_why: "今年度、障害事例の分析や情勢判断を事務局が記録していること。記録がないことは、行わなかったという意味ではありません。" / "The secretariat recorded an analysis this fiscal year. Where none is recorded, that does not say that none was done.",
        analysis_count: "{year}の分析の記録: {count}件" / "Analyses recorded for {year}: {count}",
        activities_link: "活動状況を見る" / "See the activities",
        record_link: "活動を記録する" / "Record an activity",
    }
}

struct Item {
    title: &'static str,
    why: &'static str,
    light: Light,
    label: &'static str,
    facts: String,
    links: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "directory/rules/requirements.html")]
struct RequirementsPage {
    chrome: Chrome,
    w: &'static RequirementsWords,
    as_of: AsOf,
    as_of_title: String,
    here: String,
    requirements: Vec<Item>,
    functions: Vec<Item>,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    Query(query): Query<OnQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let as_of = query.read(japan_day(now), language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let place = Place::read(&mut tx, &viewer, (&ceptoar_id, ActivityAction::LookOver), language).await?;
    let ceptoar_id = place.facts.ceptoar_id;
    let found = store::evidence(&mut tx, std::slice::from_ref(&ceptoar_id), as_of.day).await?.pop();
    let (_, evidence) = found.ok_or(WebError::NotFound)?;
    tx.commit().await?;
    let w = RequirementsWords::of(language);
    let name = place.name.as_str();
    let roster = can(&viewer, DirectoryAction::LookAtRoster, &RosterFacts::whole(&ceptoar_id));
    let back = roster::roster(&ceptoar_id);
    let mut way = vec![frame.home(), (paths::OVERVIEW, w.overview)];
    if roster {
        way = vec![frame.home(), (roster::INDEX, w.directory), (back.as_str(), name)];
    }
    let sees_windows = can(&viewer, DirectoryAction::SeeWindows, &RosterFacts::whole(&ceptoar_id));
    let seen = Seen { roster, windows: sees_windows };
    let year = fiscal_year(clock::fiscal_year(as_of.day), language);
    let page = RequirementsPage {
        chrome: frame.chrome(fill(w.title, &[("ceptoar", name)]), &way),
        w,
        as_of_title: as_of.title(language),
        here: paths::of_ceptoar(paths::REQUIREMENTS, &ceptoar_id),
        requirements: requirements(&evidence, &ceptoar_id, seen, language),
        functions: functions(&evidence, &activity_links(&viewer, &ceptoar_id, language), &year, language),
        as_of,
    };
    Ok(if page.as_of.errors.is_empty() { Page(page).into_response() } else { Unprocessable(page).into_response() })
}

/// What the viewer may look at beside the numbers.
#[derive(Debug, Clone, Copy)]
struct Seen {
    roster: bool,
    windows: bool,
}

fn requirements(evidence: &Evidence, ceptoar_id: &str, seen: Seen, language: Language) -> Vec<Item> {
    let w = RequirementsWords::of(language);
    let members = thousands(evidence.members);
    let rule_facts = if evidence.rule_in_force {
        fill(w.rule_count, &[("count", &thousands(evidence.consents)), ("members", &members)])
    } else {
        w.rule_none.to_owned()
    };
    let windows_facts = fill(
        w.windows_count,
        &[("with", &thousands(evidence.with_window)), ("members", &members), ("proven", &thousands(evidence.proven))],
    );
    let (mut rule_links, mut windows_links) = (Vec::new(), Vec::new());
    if seen.roster {
        rule_links.push((w.rule_link, paths::of_ceptoar(paths::RULES, ceptoar_id)));
        windows_links.push((w.members_link, roster::roster(ceptoar_id)));
    }
    if seen.windows {
        windows_links.push((w.windows_link, verification::board(ceptoar_id)));
    }
    vec![
        item((w.rule, w.rule_why), evidence.rule(), rule_facts, rule_links, language),
        item((w.windows, w.windows_why), evidence.windows(), windows_facts, windows_links, language),
    ]
}

/// The way to the activities, and for the desk to writing one down.
fn activity_links(viewer: &Viewer, ceptoar_id: &str, language: Language) -> Vec<(&'static str, String)> {
    let w = RequirementsWords::of(language);
    let mut links = vec![(w.activities_link, activities::of_ceptoar(activities::YEAR, ceptoar_id))];
    if can(viewer, DirectoryAction::KeepMember, &RosterFacts::whole(ceptoar_id)) {
        links.push((w.record_link, activities::of_ceptoar(activities::NEW, ceptoar_id)));
    }
    links
}

fn functions(evidence: &Evidence, recorded: &[(&'static str, String)], year: &str, language: Language) -> Vec<Item> {
    let w = RequirementsWords::of(language);
    let advisories = (w.advisories_link, "/advisories".to_owned());
    let with = |first: &(&'static str, String)| [std::slice::from_ref(first), recorded].concat();
    let [shared, drills, entries, checks, analyses] =
        [evidence.shared, evidence.drills, evidence.drill_entries, evidence.route_checks, evidence.analyses]
            .map(thousands);
    let sharing_facts = fill(w.sharing_count, &[("year", year), ("count", &shared)]);
    let drill_facts =
        fill(w.drill_count, &[("year", year), ("count", &drills), ("entries", &entries), ("checks", &checks)]);
    let analysis_facts = fill(w.analysis_count, &[("year", year), ("count", &analyses)]);
    vec![
        item((w.sharing, w.sharing_why), evidence.sharing(), sharing_facts, vec![advisories.clone()], language),
        item((w.drill, w.drill_why), evidence.drill(), drill_facts, with(&advisories), language),
        item((w.analysis, w.analysis_why), evidence.analysis(), analysis_facts, recorded.to_vec(), language),
    ]
}

fn item(
    (title, why): (&'static str, &'static str),
    light: Light,
    facts: String,
    links: Vec<(&'static str, String)>,
    language: Language,
) -> Item {
    Item { title, why, light, label: light.label(language), facts, links }
}
