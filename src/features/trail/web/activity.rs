//! 私の操作: what somebody did, for that person, in plain words.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};

use crate::features::access::Viewer;
use crate::features::trail::filter::Cursor;
use crate::features::trail::{actions, paths, store};
use crate::kernel::period::long_time;
use crate::platform::audit::Outcome;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// Events on a page.
const PAGE: i64 = 50;

crate::words! {
    /// Words of one's own events.
    pub struct ActivityWords {
        title: "私の操作" / "My activity",
        lead: "あなたのアカウントで行われた操作です。覚えのない操作があるときは、すぐに事務局またはシステム管理者へお知らせください。" / "What was done with your account. If there is anything you did not do, tell your secretariat or the system administrator at once.",
        refused: "(許可されませんでした)" / "(was refused)",
        none: "まだ操作はありません。" / "Nothing yet.",
        older: "さらに前を見る" / "Older",
        newest: "最新に戻る" / "Back to the newest",
    }
}

#[derive(Debug)]
struct Line {
    time: String,
    action: String,
    refused: bool,
    number: String,
}

#[derive(Template)]
#[template(path = "trail/activity.html")]
struct ActivityPage {
    chrome: Chrome,
    w: &'static ActivityWords,
    lines: Vec<Line>,
    paging: bool,
    older: Option<String>,
}

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
pub struct ActivityQuery {
    #[serde(default)]
    before: String,
}

/// The viewer's own events, the newest first.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<ActivityQuery>,
) -> Result<Response, WebError> {
    let before = Cursor::from_code(&query.before);
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let mut rows = store::own(&mut tx, &viewer, before, PAGE + 1).await?;
    tx.commit().await?;
    let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let language = frame.language;
    let w = ActivityWords::of(language);
    let older = rows.last().filter(|_| more).map(|row| format!("{}?before={}", paths::ACTIVITY, row.cursor.code()));
    let line = |row: store::OwnRow| Line {
        time: long_time(row.cursor.at, language),
        action: actions::label(&row.action, language),
        refused: row.outcome == Outcome::Refused.code(),
        number: row.number.unwrap_or_default(),
    };
    Ok(Page(ActivityPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        lines: rows.into_iter().map(line).collect(),
        paging: before.is_some(),
        older,
    })
    .into_response())
}
