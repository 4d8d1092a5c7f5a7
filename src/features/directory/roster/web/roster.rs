//! The members of a CEPTOAR as of a day.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use chrono::NaiveDate;

use super::as_of::AsOf;
use super::days::{DayQuery, Days};
use super::looked_at;
use super::record::Record;
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::roster::sheet::{MemberKind, MemberRow};
use crate::features::directory::roster::store::{self, Asked, PAGE};
use crate::features::directory::roster::{paths, said};
use crate::features::directory::{
    activities, exchange, groups, history, offices, partners, proposals, routes, rules, setup, verification,
};
use crate::kernel::clock::japan_day;
use crate::kernel::count_unit;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::thousands;
use crate::kernel::text;
use crate::platform::web::error::WebError;
use crate::platform::web::form::Choice;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::state::AppState;

/// Pages beyond are reached by searching.
const LAST_PAGE: i64 = 500;

crate::words! {
    /// Words of the list.
    pub struct RosterWords {
        directory: "名簿" / "Directory",
        title: "{ceptoar}の構成員" / "Members of {ceptoar}",
        joining: "構成員を追加する" / "Take in a member",
        verification: "連絡先の確認" / "Proof of life",
        rules: "取扱いルール" / "Handling rule",
        requirements: "具備要件の状況" / "Requirements",
        history: "沿革" / "History",
        proposals: "変更申請" / "Proposals",
        proposals_waiting: "変更申請(確認待ち{count}件)" / "Proposals ({count} waiting)",
        activities: "活動状況" / "Activities",
        setup: "整備状況" / "Set-up",
        offices: "事務局・所管省庁" / "Secretariats and ministries",
        partners: "連携機関" / "Partner bodies",
        groups: "グループ" / "Groups",
        route: "情報提供の経路" / "Route of advisories",
        further: "このセプターについて" / "About this CEPTOAR",
        exchange: "取り込み・書き出し" / "Import and export",
        filter: "絞り込み" / "Filter",
        search: "構成員の名称" / "Member's name",
        search_help: "一部・よみ・以前の名称でも探せます。入力した言葉は、ブラウザーの履歴に残りません。" / "A part, the reading or a former name will do. Your browser does not remember what you type here.",
        on: "基準日" / "As of",
        on_help: "先の日付にすると、予定されている登録を表示します。" / "A day ahead shows what is planned.",
        kind: "種別" / "Member as",
        every_kind: "すべて" / "All",
        search_button: "表示する" / "Show",
        clear: "今日のすべての構成員を表示する" / "Show all members of today",
        today: "今日の登録を表示する" / "Show what is registered today",
        another_day: "今日とは別の日の登録を表示しています。" / "This is not what is registered today.",
        count: "構成員の数" / "Members",
        name: "名称" / "Name",
        unit: "数える単位" / "Counted as",
        subgroup: "サブグループ" / "Subgroup",
        windows: "窓口" / "Windows",
        windows_count: "{count}か所" / "{count}",
        no_window: "窓口なし" / "No window",
        since: "加入" / "Since",
        until: "{day}まで" / "until {day}",
        hub: "ハブ" / "Hub",
        observer: "オブザーバー" / "Observer",
        old_name: "旧称: {name}" / "Formerly {name}",
        next: "次の構成員を見る" / "Next members",
        first: "最初に戻る" / "Back to the first",
        empty_title: "構成員が登録されていません" / "No member is registered",
        empty_keeper: "「構成員を追加する」から、最初の構成員とその窓口を登録してください。" / "Register the first member and its window with “Take in a member”.",
        empty_text: "事務局が構成員を登録すると、ここに表示されます。" / "Members appear here as soon as the secretariat registers them.",
        nothing_title: "条件に合う構成員はありません" / "No member matches",
        nothing_text: "名称の一部だけで探すか、基準日を変えてお試しください。" / "Try only a part of the name, or another day.",
    }
}

struct Row {
    href: String,
    name: String,
    old_name: String,
    unit: String,
    subgroup: String,
    hub: bool,
    is_observer: bool,
    windows: String,
    no_window: bool,
    since: String,
}

#[derive(Template)]
#[template(path = "directory/roster.html")]
struct RosterPage {
    chrome: Chrome,
    w: &'static RosterWords,
    as_of: AsOf,
    as_of_title: String,
    here: String,
    search: String,
    counts: Vec<(String, String)>,
    rows: Vec<Row>,
    with_windows: bool,
    with_subgroups: bool,
    words: String,
    kind: &'static str,
    kinds: Vec<Choice>,
    page: i64,
    next: Option<i64>,
    joining: Option<String>,
    further: Vec<(String, String)>,
    /// Which record; nothing for those who may not look back.
    record: Option<Record>,
    is_old: bool,
}

/// What is sent. Only the body of a search carries words.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    words: String,
    kind: String,
    on_year: String,
    on_month: String,
    on_day: String,
    rec_year: String,
    rec_month: String,
    rec_day: String,
    page: String,
}

/// The list.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Query(query): Query<DayQuery>,
) -> Result<Response, WebError> {
    // Further pages come by searching, since they keep its words.
    let query = DayQuery { page: String::new(), ..query };
    page(&state, &viewer, &frame, &ceptoar, ("", ""), query).await
}

/// The list narrowed by words, or a further page of it.
pub async fn search(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Form(Search { words, kind, on_year, on_month, on_day, rec_year, rec_month, rec_day, page: number }): Form<Search>,
) -> Result<Response, WebError> {
    let done = String::new();
    let query = DayQuery { on_year, on_month, on_day, rec_year, rec_month, rec_day, page: number, done };
    page(&state, &viewer, &frame, &ceptoar, (&words, &kind), query).await
}

/// A search has no address of its own: coming back to it leads to the list.
pub async fn leave_search(viewer: Viewer, Path(ceptoar): Path<String>) -> Result<Redirect, WebError> {
    if !can(&viewer, DirectoryAction::LookAtRoster, &RosterFacts::whole(&ceptoar)) {
        return Err(WebError::NotFound);
    }
    Ok(Redirect::to(&paths::roster(&ceptoar)))
}

async fn page(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    ceptoar_id: &str,
    (words, kind): (&str, &str),
    query: DayQuery,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let w = RosterWords::of(language);
    // What was said before is for those who keep the roster: whoever may not look back is not asked which record.
    let whole = RosterFacts::whole(ceptoar_id);
    let days = query.days(can(viewer, DirectoryAction::LookBack, &whole), japan_day(now), language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = looked_at(&mut tx, viewer, ceptoar_id).await?;
    // Whoever looks after windows anywhere in this CEPTOAR looks after all of them.
    let with_windows = can(viewer, DirectoryAction::SeeWindows, &whole);
    let words = text::search_words(words);
    let pattern = (!words.is_empty()).then(|| text::like_pattern(&words));
    let number = query.page.parse().unwrap_or(0).clamp(0, LAST_PAGE);
    let kind = MemberKind::from_code(kind);
    let skip = number * PAGE;
    let asked = Asked { ceptoar_id, day: days.day(), pattern: pattern.as_deref(), kind, with_windows, skip };
    let (mut members, counts) = match days.until() {
        Some(until) => (
            said::store::roster(&mut tx, asked, until).await?,
            said::store::tally(&mut tx, ceptoar_id, days.day(), until).await?,
        ),
        None => (store::roster(&mut tx, asked).await?, store::tally(&mut tx, ceptoar_id, days.day()).await?),
    };
    let sees_proposals = can(viewer, DirectoryAction::SeeProposals, &whole);
    let waiting = if sees_proposals { proposals::store::waiting(&mut tx, ceptoar_id).await? } else { 0 };
    tx.commit().await?;
    let on_a_page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let next = (members.len() > on_a_page).then_some(number + 1);
    members.truncate(on_a_page);
    let name = language.pick(&ceptoar.name[0], &ceptoar.name[1]);
    let page = RosterPage {
        chrome: frame.chrome(fill(w.title, &[("ceptoar", name)]), &[frame.home(), (paths::INDEX, w.directory)]),
        w,
        as_of_title: days.as_of.title(language),
        here: paths::roster(ceptoar_id),
        search: paths::of_ceptoar(paths::SEARCH, ceptoar_id),
        counts: counts.iter().map(|of| (of.told(language), thousands(of.members))).collect(),
        with_windows,
        with_subgroups: ceptoar.subgroups.iter().any(|known| known.valid.holds_on(days.day())),
        rows: members.iter().map(|m| row(m, ceptoar_id, &days, language)).collect(),
        words,
        kind: kind.map_or("", MemberKind::code),
        kinds: kinds(kind, language),
        page: number,
        next,
        joining: (!days.is_old() && can(viewer, DirectoryAction::KeepMember, &whole))
            .then(|| paths::of_ceptoar(paths::JOINING, ceptoar_id)),
        further: further(viewer, (ceptoar_id, &days), sees_proposals.then_some(waiting), language),
        is_old: days.is_old(),
        as_of: days.as_of.clone(),
        record: days.record.clone(),
    };
    Ok(days.answer(page))
}

/// What the list can be narrowed to.
fn kinds(chosen: Option<MemberKind>, language: Language) -> Vec<Choice> {
    let every = [(String::new(), RosterWords::of(language).every_kind, chosen.is_none())];
    let known = MemberKind::ALL.map(|kind| (kind.code().to_owned(), kind.label(language), chosen == Some(kind)));
    let all = every.into_iter().chain(known);
    all.map(|(value, label, chosen)| Choice { chosen, value, label: label.to_owned(), explanation: String::new() })
        .collect()
}

/// What else there is about the CEPTOAR for this viewer: words and address.
fn further(
    viewer: &Viewer,
    (ceptoar_id, days): (&str, &Days),
    waiting: Option<i64>,
    language: Language,
) -> Vec<(String, String)> {
    let w = RosterWords::of(language);
    let may = |action| can(viewer, action, &RosterFacts::whole(ceptoar_id));
    let mut links = Vec::new();
    if let Some(waiting) = waiting {
        links.push((proposals_label(waiting, language), proposals::paths::index(ceptoar_id)));
    }
    if may(DirectoryAction::SeeWindows) {
        links.push((w.verification.to_owned(), verification::paths::board(ceptoar_id)));
    }
    if may(DirectoryAction::KeepMember) {
        links.push((w.exchange.to_owned(), exchange::paths::of_ceptoar(exchange::paths::EXCHANGE, ceptoar_id)));
    }
    links.extend([
        (w.rules.to_owned(), rules::paths::of_ceptoar(rules::paths::RULES, ceptoar_id)),
        (w.requirements.to_owned(), rules::paths::of_ceptoar(rules::paths::REQUIREMENTS, ceptoar_id)),
        (w.activities.to_owned(), activities::paths::of_ceptoar(activities::paths::YEAR, ceptoar_id)),
        (w.setup.to_owned(), setup::paths::setup(ceptoar_id)),
        (w.groups.to_owned(), days.href(&groups::paths::of_ceptoar(groups::paths::INDEX, ceptoar_id))),
        (w.route.to_owned(), routes::paths::of_ceptoar(routes::paths::INDEX, ceptoar_id)),
        (w.offices.to_owned(), days.href(&offices::paths::of_ceptoar(offices::paths::INDEX, ceptoar_id))),
        (w.partners.to_owned(), days.href(&partners::paths::of_ceptoar(partners::paths::INDEX, ceptoar_id))),
        (w.history.to_owned(), history::paths::history(ceptoar_id)),
    ]);
    links
}

fn proposals_label(waiting: i64, language: Language) -> String {
    let w = RosterWords::of(language);
    if waiting == 0 { w.proposals.to_owned() } else { fill(w.proposals_waiting, &[("count", &thousands(waiting))]) }
}

fn row(member: &MemberRow, ceptoar_id: &str, days: &Days, language: Language) -> Row {
    let w = RosterWords::of(language);
    let day = |day: NaiveDate| day.format("%Y/%m/%d").to_string();
    let since = member.valid.from.map(day).unwrap_or_default();
    let until = member.valid.until.and_then(|until| until.pred_opt()).map(|last| fill(w.until, &[("day", &day(last))]));
    Row {
        href: days.href(&paths::of_member(paths::MEMBER, ceptoar_id, member.organisation_id)),
        name: language.pick(&member.name[0], &member.name[1]).clone(),
        old_name: member.old_name.as_ref().map(|name| fill(w.old_name, &[("name", name)])).unwrap_or_default(),
        unit: count_unit::told(&member.unit, language).to_owned(),
        subgroup: member.subgroup.clone().unwrap_or_default(),
        hub: member.hub,
        is_observer: member.kind == MemberKind::Observer,
        windows: member.windows.map(|n| fill(w.windows_count, &[("count", &n.to_string())])).unwrap_or_default(),
        no_window: member.windows == Some(0),
        since: [since, until.unwrap_or_default()].join(" ").trim().to_owned(),
    }
}
