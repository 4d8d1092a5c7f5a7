//! The list of advisories: what the viewer may know of, newest first, narrowed and searched.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use chrono::{DateTime, TimeDelta, Utc};

use crate::features::access::action::EscalationAction;
use crate::features::access::action::StatisticsAction;
use crate::features::access::{Viewer, could};
use crate::features::advisories::advisory::{Kind, State as ItemState};
use crate::features::advisories::escalation;
use crate::features::advisories::escalation::web::words::LadderWords;
use crate::features::advisories::reading::deliveries::store as watching;
use crate::features::advisories::reading::filter::{Cursor, Filter, ListState};
use crate::features::advisories::reading::standing::{Standing, Told, standing};
use crate::features::advisories::reading::store::{self, ListRow};
use crate::features::advisories::receipts::replies;
use crate::features::advisories::statistics::words::StatisticsWords;
use crate::features::advisories::versions::step::nth;
use crate::features::advisories::versions::web::shown::mark;
use crate::features::advisories::{paths, statistics};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{short_time, thousands};
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::text;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::form::Choice;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// Rows on a page.
const PAGE: i64 = 50;
/// Mails are sent or given up within a day; older items have nothing new to show in the list.
const PROGRESS_SHOWN_FOR: TimeDelta = TimeDelta::hours(24);

crate::words! {
    /// Words of the list.
    pub struct IndexWords {
        title: "情報提供" / "Advisories",
        write: "起案する" / "Write an advisory",
        filter: "絞り込み" / "Filter",
        all: "すべて" / "All",
        kind: "種別" / "Kind",
        level: "情報共有レベル" / "Sharing level",
        state: "状態" / "State",
        apply: "しぼり込む" / "Apply",
        search: "全文検索" / "Search the text",
        search_button: "検索する" / "Search",
        search_help: "題名・本文・製品名・CVE番号から探します。入力した言葉はアドレスに残りません。" / "Looks in titles, texts, products and CVE numbers. Your words do not appear in the address.",
        found_for: "「{words}」を含む情報提供" / "Advisories containing “{words}”",
        clear: "すべて表示する" / "Show all",
        drill: "訓練" / "Drill",
        sealed: "親展: 内容は指名された方のみ" / "Confidential: content for the named persons only",
        published: "発出" / "Published",
        begun: "起案" / "Begun",
        due: "回答期限" / "Answer due",
        progress: "配信 {sent} / {windows}" / "Sent {sent} of {windows}",
        progress_refused: "不達 {refused}" / "{refused} refused",
        deliveries: "配信状況を見る" / "See deliveries",
        older: "さらに前の情報提供を見る" / "Older advisories",
        newest: "最新に戻る" / "Back to the newest",
        empty_title: "情報提供はまだありません" / "No advisories yet",
        empty_text: "新しい情報提供が届くと、登録した窓口にメールでお知らせし、ここに並びます。" / "When one arrives, your registered window gets a mail, and it is listed here.",
        empty_centre: "「起案する」から最初の情報提供を作成してください。承認されるとここに並びます。" / "Write the first one with the button above. Approved advisories are listed here.",
        nothing_title: "条件に合う情報提供はありません" / "Nothing matches",
        nothing_text: "条件をゆるめるか、言葉を変えてお試しください。" / "Widen the filter, or try other words.",
    }
}

/// What the address may carry. Unknown values narrow nothing.
#[derive(Debug, Default, serde::Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    level: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    before: String,
    /// Only in the body of a search, never in an address.
    #[serde(default)]
    words: String,
}

impl ListQuery {
    fn filter(&self, words: &str) -> Filter {
        Filter {
            kind: Kind::from_code(&self.kind),
            level: SharingLevel::from_code(&self.level),
            state: ListState::from_code(&self.state),
            words: text::search_words(words),
            before: Cursor::from_code(&self.before),
        }
    }
}

/// A row as shown.
#[derive(Debug)]
struct Row {
    href: String,
    number: String,
    level: SharingLevel,
    drill: bool,
    kind: Option<&'static str>,
    /// `None`: the envelope only.
    title: Option<String>,
    time_label: &'static str,
    time: String,
    due: Option<String>,
    standing: Option<(&'static str, &'static str)>,
    state: Option<(&'static str, &'static str)>,
    /// 第2報, where the viewer knows another one.
    version: String,
    /// That it is old.
    mark: Option<(&'static str, &'static str)>,
    progress: Option<String>,
    refused: Option<String>,
    deliveries: Option<String>,
}

#[derive(Template)]
#[template(path = "advisories/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    rows: Vec<Row>,
    kinds: Vec<Choice>,
    levels: Vec<Choice>,
    states: Vec<Choice>,
    words: String,
    found_for: String,
    narrow: bool,
    paging: bool,
    older: Option<String>,
    older_href: String,
    filter_kind: &'static str,
    filter_level: &'static str,
    filter_state: &'static str,
    may_write: bool,
    /// Where the numbers of all of them stand, and what that is called.
    statistics: Option<(&'static str, &'static str)>,
    /// What follows from silence, for whoever gets items.
    ladders: Option<(&'static str, &'static str)>,
}

/// The list.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<ListQuery>,
) -> Result<Response, WebError> {
    // Words in an address would stay in histories and logs, so they are not taken from there.
    page(&state, &viewer, &frame, query.filter("")).await
}

/// The list narrowed by words.
pub async fn search(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(query): Form<ListQuery>,
) -> Result<Response, WebError> {
    let filter = query.filter(&query.words);
    page(&state, &viewer, &frame, filter).await
}

/// A search has no address of its own: coming back to it leads to the list.
pub async fn leave_search(_viewer: Viewer) -> Redirect {
    Redirect::to(paths::INDEX)
}

struct Listed {
    rows: Vec<(ListRow, Option<Standing>, Option<watching::Progress>)>,
    older: Option<Cursor>,
}

async fn load(tx: &mut Tx, viewer: &Viewer, filter: &Filter, now: DateTime<Utc>) -> sqlx::Result<Listed> {
    let mut rows = store::list(tx, viewer, filter, PAGE + 1, now).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|n| n > PAGE);
    rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let older = rows.last().filter(|_| more).map(|row| Cursor { at: row.shown_at, id: row.advisory_id });
    let ids: Vec<AdvisoryId> = rows.iter().map(|row| row.advisory_id).collect();
    let answers = store::answers(tx, viewer, &ids).await?;
    let told = store::told_to_desks(tx, viewer, &ids).await?;
    let own: Vec<_> = viewer.affiliations.iter().map(|a| a.organisation_id).collect();
    let replied = replies::store::received(tx, &ids, &own).await?;
    let recent: Vec<AdvisoryId> = rows
        .iter()
        .filter(|row| viewer.is_at_centre() && row.published_at.is_some_and(|at| at > now - PROGRESS_SHOWN_FOR))
        .map(|row| row.advisory_id)
        .collect();
    let progress = if recent.is_empty() { Vec::new() } else { watching::progress(tx, &recent).await? };
    let rows = rows.into_iter().map(|row| {
        let id = row.advisory_id;
        let standing = standing(
            &row.hats,
            |organisation| answers.contains(&(id, organisation)),
            |hat| {
                let place = (id, hat.organisation_id, hat.ceptoar_id.clone());
                let by_reply = replied.contains(&place).then_some(Told::Reply);
                told.contains(&place).then_some(Told::Desk).or(by_reply)
            },
            row.answer_due,
            now,
        );
        (row, standing, progress.iter().find(|p| p.advisory_id == id).copied())
    });
    Ok(Listed { rows: rows.collect(), older })
}

async fn page(state: &AppState, viewer: &Viewer, frame: &Frame, filter: Filter) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let listed = load(&mut tx, viewer, &filter, now).await?;
    tx.commit().await?;
    let language = frame.language;
    let w = IndexWords::of(language);
    let may_write = viewer.is_at_centre();
    let kind = filter.kind.map_or("", Kind::code);
    let level = filter.level.map_or("", SharingLevel::code);
    let chosen_state = filter.state.map_or("", ListState::code);
    let choices = |mut list: Vec<(&'static str, &'static str)>, chosen: &str| -> Vec<Choice> {
        list.insert(0, ("", w.all));
        list.into_iter()
            .map(|(value, label)| Choice {
                value: value.into(),
                label: label.into(),
                explanation: String::new(),
                chosen: value == chosen,
            })
            .collect()
    };
    let states: &[ListState] = if may_write { &ListState::OF_CENTRE } else { &ListState::OF_RECIPIENTS };
    let older = listed.older.map(Cursor::code);
    let older_href = older.as_deref().map_or_else(String::new, |before| {
        format!("{}?kind={kind}&level={level}&state={chosen_state}&before={before}", paths::INDEX)
    });
    Ok(Page(IndexPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        rows: listed.rows.into_iter().map(|row| shown(row, may_write, language)).collect(),
        kinds: choices(Kind::ALL.map(|k| (k.code(), k.label(language))).to_vec(), kind),
        levels: choices(SharingLevel::ALL.map(|l| (l.code(), l.tlp())).to_vec(), level),
        states: choices(states.iter().map(|s| (s.code(), s.label(language))).collect(), chosen_state),
        found_for: fill(w.found_for, &[("words", &filter.words)]),
        narrow: filter.is_narrow(),
        paging: filter.before.is_some(),
        words: filter.words,
        older,
        older_href,
        filter_kind: kind,
        filter_level: level,
        filter_state: chosen_state,
        may_write,
        statistics: could(viewer, StatisticsAction::See.into())
            .then(|| (statistics::paths::STATISTICS, StatisticsWords::of(language).link)),
        ladders: could(viewer, EscalationAction::See.into())
            .then(|| (escalation::paths::LADDERS, LadderWords::of(language).title)),
    })
    .into_response())
}

fn shown(
    (row, standing, progress): (ListRow, Option<Standing>, Option<watching::Progress>),
    at_centre: bool,
    language: Language,
) -> Row {
    let w = IndexWords::of(language);
    let published = row.state == ItemState::Published;
    let (kind, title) = row.content.map_or((None, None), |(kind, title)| (Some(kind.label(language)), Some(title)));
    Row {
        href: paths::show(row.advisory_id),
        deliveries: (at_centre && published).then(|| paths::deliveries(row.advisory_id)),
        // A RED envelope tells number, level and time, and nothing else.
        due: row.answer_due.filter(|_| kind.is_some()).map(short_time),
        number: row.number,
        level: row.level,
        drill: row.drill,
        kind,
        title,
        time_label: if published { w.published } else { w.begun },
        time: short_time(row.shown_at),
        standing: standing.map(|s| (s.code(), s.label(language))),
        version: row.version.map_or_else(String::new, |version| nth(version.number, language)),
        mark: mark(row.superseded, row.withdrawn, language),
        state: at_centre.then(|| (row.state.code(), row.state.label(language))),
        progress: progress
            .map(|p| fill(w.progress, &[("sent", &thousands(p.sent)), ("windows", &thousands(p.windows))])),
        refused: progress
            .filter(|p| p.refused > 0)
            .map(|p| fill(w.progress_refused, &[("refused", &thousands(p.refused))])),
    }
}

/// The list for programs: the same rows by the same rules.
pub async fn get_json(
    State(state): State<AppState>,
    viewer: Viewer,
    Query(query): Query<ListQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let listed = load(&mut tx, &viewer, &query.filter(""), now).await?;
    tx.commit().await?;
    let rows: Vec<serde_json::Value> = listed
        .rows
        .into_iter()
        .map(|(row, standing, _)| {
            let mut item = serde_json::json!({
                "id": row.advisory_id, "number": row.number, "level": row.level.code(), "drill": row.drill,
                "state": row.state.code(), "published_at": row.published_at, "superseded": row.superseded,
            });
            if let (Some(item), Some((kind, title))) = (item.as_object_mut(), row.content) {
                item.insert("kind".into(), kind.code().into());
                item.insert("title".into(), title.into());
                item.insert("answer_due".into(), serde_json::json!(row.answer_due));
                item.insert("standing".into(), standing.map(Standing::code).into());
            }
            item
        })
        .collect();
    Ok(Json(serde_json::json!({ "advisories": rows, "before": listed.older.map(Cursor::code) })).into_response())
}
