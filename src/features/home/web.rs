//! The front page.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};

use super::store::{self, MemberAnswers};
use super::tasks::{Task, tasks};
use super::waiting::{Part, parts};
use super::words::HomeWords;
use crate::features::access::web::MaybeViewer;
use crate::features::access::{Routes, Rule, Viewer};
use crate::features::advisories::advisory::State as ItemState;
use crate::features::advisories::paths as advisories;
use crate::features::advisories::reading::deliveries::store::{self as watching, Progress};
use crate::features::advisories::reading::filter::{Filter, ListState};
use crate::features::advisories::reading::store::{self as reading, ListRow};
use crate::features::advisories::versions::step::{Version, nth};
use crate::features::advisories::versions::web::shown::mark;
use crate::features::queue::store as queue;
use crate::features::queue::web::PauseView;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{short_time, thousands};
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// Items in a part of the page: what one sees at a glance. The rest is in the list.
const SHOWN: i64 = 5;
/// Items whose deliveries are counted.
const COUNTED: i64 = 3;

#[derive(Debug)]
struct Item {
    href: String,
    number: String,
    level: SharingLevel,
    drill: bool,
    kind: Option<&'static str>,
    title: String,
    time_label: &'static str,
    time: String,
    due: Option<String>,
    late: bool,
    action: (&'static str, String),
    share: Option<Share>,
}

#[derive(Debug)]
struct Share {
    label: &'static str,
    value: i64,
    whole: i64,
    value_text: String,
    whole_text: String,
}

impl Share {
    fn of(label: &'static str, value: i64, whole: i64) -> Self {
        Self { label, value, whole: whole.max(1), value_text: thousands(value), whole_text: thousands(whole) }
    }
}

#[derive(Debug)]
struct Section {
    heading: &'static str,
    items: Vec<Item>,
    all: String,
    none: &'static str,
    none_text: &'static str,
    write: bool,
}

#[derive(Template)]
#[template(path = "home/index.html")]
struct StrangersPage {
    chrome: Chrome,
    w: &'static HomeWords,
}

struct TaskRow {
    text: String,
    href: String,
    due: Option<String>,
    late: bool,
}

#[derive(Template)]
#[template(path = "home/desk.html")]
struct DeskPage {
    chrome: Chrome,
    w: &'static HomeWords,
    greeting: String,
    paused: Option<PauseView>,
    tasks: Vec<TaskRow>,
    sections: Vec<Section>,
}

/// The routes of this feature.
pub fn routes() -> Routes {
    Routes::new().get("/", Rule::Public, index)
}

async fn index(
    State(state): State<AppState>,
    MaybeViewer(viewer): MaybeViewer,
    frame: Frame,
) -> Result<Response, WebError> {
    let w = HomeWords::of(frame.language);
    let mut chrome = frame.chrome(w.title, &[]);
    chrome.crumbs.clear();
    let Some(viewer) = viewer else { return Ok(Page(StrangersPage { chrome, w }).into_response()) };
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let mut sections = Vec::new();
    for part in parts(&viewer) {
        sections.push(section(&mut tx, &viewer, part, frame.language, now).await?);
    }
    let paused = queue::pause(&mut tx, &viewer).await?.map(|pause| PauseView::of(&pause, frame.language));
    let tasks = tasks(&mut tx, &viewer, now, frame.language).await?;
    tx.commit().await?;
    let greeting = fill(w.greeting, &[("name", &viewer.display_name)]);
    let today = japan_day(now);
    let tasks = tasks.into_iter().map(|task| task_row(task, today, frame.language)).collect();
    Ok(Page(DeskPage { chrome, w, greeting, paused, tasks, sections }).into_response())
}

fn task_row(task: Task, today: NaiveDate, language: Language) -> TaskRow {
    let w = HomeWords::of(language);
    let due = task.due_in_words(today, language);
    TaskRow {
        late: due.as_ref().is_some_and(|(_, late)| *late),
        due: due.map(|(day, _)| fill(w.task_due, &[("day", &day)])),
        text: task.text,
        href: task.href,
    }
}

async fn section(
    tx: &mut Tx,
    viewer: &Viewer,
    part: Part,
    language: Language,
    now: DateTime<Utc>,
) -> sqlx::Result<Section> {
    let w = HomeWords::of(language);
    let (state, limit) = match part {
        Part::Acknowledge => (Some(ListState::Waiting), SHOWN),
        Part::Approve => (Some(ListState::Review), SHOWN),
        Part::Drafts => (Some(ListState::Draft), SHOWN),
        Part::Sent | Part::Members => (Some(ListState::Published), COUNTED),
        Part::Latest => (None, SHOWN),
    };
    let filter = Filter { state, ..Filter::default() };
    let rows = reading::list(tx, viewer, &filter, limit, now).await?;
    let ids: Vec<AdvisoryId> = rows.iter().map(|row| row.advisory_id).collect();
    let sent = if part == Part::Sent { watching::progress(tx, &ids).await? } else { Vec::new() };
    let answers = if part == Part::Members { store::member_answers(tx, &ids).await? } else { Vec::new() };
    let items = rows.into_iter().map(|row| item(row, part, &sent, &answers, language, now)).collect();
    let (heading, none, none_text) = match part {
        Part::Acknowledge => (w.acknowledge, w.acknowledge_none, w.acknowledge_none_text),
        Part::Approve => (w.approve, w.approve_none, w.approve_none_text),
        Part::Drafts => (w.drafts, w.drafts_none, w.drafts_none_text),
        Part::Sent => (w.sent, w.sent_none, w.sent_none_text),
        Part::Members => (w.members, w.members_none, w.members_none_text),
        Part::Latest => (w.latest, w.latest_none, w.latest_none_text),
    };
    let all = match state.filter(|_| part != Part::Members) {
        Some(state) => format!("{}?state={}", advisories::INDEX, state.code()),
        None => advisories::INDEX.to_owned(),
    };
    Ok(Section { heading, items, all, none, none_text, write: part == Part::Drafts })
}

/// The number, with which version it is and that it is old, where the viewer knows another one.
fn numbered(number: &str, version: Option<Version>, superseded: bool, withdrawn: bool, language: Language) -> String {
    let nth = version.map(|version| nth(version.number, language));
    let mark = mark(superseded, withdrawn, language).map(|(_, word)| word.to_owned());
    [Some(number.to_owned()), nth, mark].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn item(
    row: ListRow,
    part: Part,
    sent: &[Progress],
    answers: &[MemberAnswers],
    language: Language,
    now: DateTime<Utc>,
) -> Item {
    let w = HomeWords::of(language);
    let id = row.advisory_id;
    let (kind, title) = row.content.map_or((None, w.sealed.to_owned()), |(kind, title)| {
        (Some(kind.label(language)), if title.is_empty() { w.untitled.to_owned() } else { title })
    });
    // Sealed envelopes do not tell when answers are due; drafts are due to nobody.
    let due = row.answer_due.filter(|_| kind.is_some() && row.state == ItemState::Published);
    let share = match part {
        Part::Sent => sent.iter().find(|p| p.advisory_id == id).map(|p| Share::of(w.handed_over, p.sent, p.windows)),
        Part::Members => {
            answers.iter().find(|a| a.advisory_id == id).map(|a| Share::of(w.acknowledged, a.acknowledged, a.members))
        }
        Part::Acknowledge | Part::Approve | Part::Drafts | Part::Latest => None,
    };
    Item {
        href: advisories::show(id),
        action: match part {
            Part::Approve => (w.review, advisories::publication(id)),
            Part::Drafts => (w.edit, advisories::draft(id)),
            Part::Sent | Part::Members => (w.deliveries, advisories::deliveries(id)),
            Part::Acknowledge | Part::Latest => (w.open, advisories::show(id)),
        },
        number: numbered(&row.number, row.version, row.superseded, row.withdrawn, language),
        level: row.level,
        drill: row.drill,
        kind,
        title,
        time_label: if row.state == ItemState::Published { w.published } else { w.begun },
        time: short_time(row.shown_at),
        late: part == Part::Acknowledge && due.is_some_and(|due| due < now),
        due: due.map(short_time),
        share,
    }
}
