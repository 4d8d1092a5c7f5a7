//! 操作履歴: the part of the trail that is the viewer's, filtered and paged.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::features::access::Viewer;
use crate::features::trail::filter::{Scope, Typed};
use crate::features::trail::store::Row;
use crate::features::trail::{actions, paths, store};
use crate::kernel::language::{Label, Language};
use crate::kernel::period::short_time;
use crate::platform::audit::{self, Event, Outcome};
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// Events on a page.
const PAGE: i32 = 100;

/// What the database answers for an event without details.
const NO_DETAIL: &str = "{}";

crate::words! {
    /// Words of the trail.
    pub struct TrailWords {
        title: "操作履歴" / "Audit trail",
        lead_all: "すべての操作と拒否の記録です。記録は書き換えも削除もできません。" / "Everything that was done or refused. Nobody can change or delete a record.",
        lead_security: "サインイン、利用者の管理、拒否された操作の記録です。情報提供の番号や内容は含みません。" / "Sign-ins, the keeping of accounts, and what was refused. Neither numbers nor contents of advisories are shown.",
        lead_desk: "担当するセプターの利用者についての、登録・停止・役割などの記録です。" / "What was done with the accounts of the CEPTOARs you look after: made, suspended, given roles.",
        filter: "絞り込み" / "Filter",
        from: "開始日" / "First day",
        to: "終了日" / "Last day",
        day_help: "例: 2026-11-21" / "For example 2026-11-21",
        action: "操作" / "Action",
        outcome: "結果" / "Outcome",
        any: "すべて" / "All",
        account: "利用者" / "Account",
        account_help: "利用者名(サインインに使う名前)で絞り込みます。" / "By user name, as typed at sign-in.",
        subject: "対象の番号" / "Number of the subject",
        find: "絞り込む" / "Filter",
        export: "この条件でCSVに書き出す" / "Export these as CSV",
        time: "日時(日本時間)" / "Time (Japan)",
        target: "対象" / "Subject",
        detail: "補足" / "Details",
        nobody: "(サインインなし)" / "(nobody signed in)",
        none: "該当する記録はありません" / "There are no such records",
        none_text: "絞り込みの条件をゆるめて、もう一度お試しください。" / "Try again with a wider filter.",
        subject_help: "一覧の「対象」にある番号を、そのまま貼り付けてください。" / "Paste the number that the list shows under Subject.",
        older: "さらに前を見る" / "Older records",
        newest: "最新に戻る" / "Back to the newest",
    }
}

#[derive(Debug)]
struct Line {
    time: String,
    who: String,
    action: String,
    outcome: &'static str,
    refused: bool,
    subject: String,
    subject_id: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "trail/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static TrailWords,
    lead: &'static str,
    typed: Typed,
    errors: Vec<ErrorLine>,
    from_error: String,
    to_error: String,
    actions: Vec<Choice>,
    outcomes: Vec<Choice>,
    lines: Vec<Line>,
    /// Whether any line has details: a part of the trail without them has no column for them.
    detailed: bool,
    older: Option<String>,
}

/// The newest records.
pub async fn get(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    page(&state, &viewer, &frame, Typed::default()).await
}

/// Those that fit a filter. By POST: whom one is looking for does not belong into an address.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, WebError> {
    page(&state, &viewer, &frame, typed).await
}

async fn page(state: &AppState, viewer: &Viewer, frame: &Frame, typed: Typed) -> Result<Response, WebError> {
    let scope = Scope::of(viewer).ok_or(WebError::NotFound)?;
    let now = state.clock.now();
    let mut errors = FieldErrors::default();
    let filter = typed.understand(frame.language, &mut errors);
    let mut rows = Vec::new();
    if errors.is_empty() {
        let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
        rows = store::events(&mut tx, scope, &filter, PAGE + 1).await?;
        let event = Event::done(now, "trail.read", "trail", scope.code());
        audit::record_once_an_hour(&mut tx, event.by(viewer.account_id).request(&frame.request_id)).await?;
        tx.commit().await?;
    }
    let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let older = (rows.len() > size).then(|| rows.get(size - 1).map(|row| row.cursor().code())).flatten();
    rows.truncate(size);
    let language = frame.language;
    let w = TrailWords::of(language);
    let page = IndexPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        lead: match scope {
            Scope::All => w.lead_all,
            Scope::Security => w.lead_security,
            Scope::Desk => w.lead_desk,
        },
        errors: errors.lines(),
        from_error: errors.at("from").to_owned(),
        to_error: errors.at("to").to_owned(),
        actions: action_choices(scope, &typed, language),
        outcomes: outcome_choices(&typed, language),
        detailed: rows.iter().any(|row| row.detail != NO_DETAIL),
        lines: rows.iter().map(|row| line(row, language)).collect(),
        older,
        typed,
    };
    Ok(if errors.is_empty() { Page(page).into_response() } else { Unprocessable(page).into_response() })
}

fn action_choices(scope: Scope, typed: &Typed, language: Language) -> Vec<Choice> {
    let mut choices = vec![choice("", TrailWords::of(language).any, &typed.action)];
    let shown = scope.actions();
    let ours =
        actions::ALL.iter().filter(|action| scope == Scope::Security || shown.iter().any(|code| code == action.code));
    choices.extend(ours.map(|action| choice(action.code, action.label(language), &typed.action)));
    choices
}

fn outcome_choices(typed: &Typed, language: Language) -> Vec<Choice> {
    let mut choices = vec![choice("", TrailWords::of(language).any, &typed.outcome)];
    choices.extend([Outcome::Done, Outcome::Refused].map(|o| choice(o.code(), o.label(language), &typed.outcome)));
    choices
}

fn choice(value: &str, label: &str, chosen: &str) -> Choice {
    Choice { value: value.into(), label: label.into(), explanation: String::new(), chosen: value == chosen }
}

fn line(row: &Row, language: Language) -> Line {
    Line {
        time: short_time(row.at),
        who: who(row, language),
        action: actions::label(&row.action, language),
        outcome: actions::outcome_label(&row.outcome, language),
        refused: row.outcome == Outcome::Refused.code(),
        subject: actions::subject_label(&row.subject_kind, language),
        subject_id: row.subject_id.clone(),
        detail: plain(&row.detail),
    }
}

/// Details as people read them, `by: password · left: 3`; what is no list of names and values stands as it is.
fn plain(detail: &str) -> String {
    let Ok(Value::Object(values)) = serde_json::from_str(detail) else { return detail.to_owned() };
    let value = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let parts: Vec<String> = values.iter().map(|(name, found)| format!("{name}: {}", value(found))).collect();
    parts.join(" · ")
}

/// The person's name; the id where the account is gone; nobody.
pub fn who(row: &Row, language: Language) -> String {
    match (&row.account_name, row.account_id) {
        (Some(name), _) => name.clone(),
        (None, Some(id)) => id.to_string(),
        (None, None) => TrailWords::of(language).nobody.to_owned(),
    }
}
