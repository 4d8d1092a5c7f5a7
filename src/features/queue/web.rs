//! Pages of the queue.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use uuid::Uuid;

use super::advice::advice;
use super::paths;
use super::store::{self, Domain, Pause, Standing, WorkerSeen};
use super::words::QueueWords;
use crate::features::access::action::QueueAction::{Run, See};
use crate::features::access::{Action, Routes, Rule, Viewer, can};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{duration, long_time, thousands};
use crate::kernel::text::{self, TextProblem};
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::mail::reply::Reply;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{FieldErrors, text_problem};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

const LONGEST_REASON: usize = 500;
const LONGEST_DOMAIN: usize = 255;
/// A worker that says nothing for so long, in seconds, is silent: it speaks every few.
const SILENT: f64 = 60.0;

/// The routes of this feature.
pub fn routes() -> Routes {
    let (see, run) = (Rule::May(Action::Queue(See)), Rule::May(Action::Queue(Run)));
    Routes::new()
        .get(paths::INDEX, see, index)
        .get(paths::BOARD, see, board)
        .get(paths::PAUSE, run, ask_pause)
        // Nobody else's open browser stops the country's warnings.
        .post(paths::PAUSE, Rule::Fresh(Action::Queue(Run)), pause)
        .get(paths::RESUME, run, ask_resume)
        .post(paths::RESUME, run, resume)
        .get(paths::RETRY, run, ask_retry)
        .post(paths::RETRY, run, retry)
}

/// A pause in words, for this page and for others that warn of it.
#[derive(Debug)]
pub struct PauseView {
    /// That there is one.
    pub title: &'static str,
    /// Since when, by whom and why.
    pub text: String,
    /// What follows.
    pub follows: &'static str,
}

impl PauseView {
    /// A pause in words.
    #[must_use]
    pub fn of(pause: &Pause, language: Language) -> Self {
        let w = QueueWords::of(language);
        let time = long_time(pause.begun_at, language);
        let values = [("time", &*time), ("name", &pause.begun_by), ("reason", &pause.reason)];
        Self { title: w.paused, text: fill(w.paused_by, &values), follows: w.paused_text }
    }

    /// The same for who is about to publish.
    #[must_use]
    pub fn before_publication(pause: &Pause, language: Language) -> Self {
        Self { follows: QueueWords::of(language).paused_publication, ..Self::of(pause, language) }
    }
}

/// The relay's trouble in words.
struct TroubleView {
    ours: bool,
    title: &'static str,
    text: &'static str,
    since: String,
    advice: &'static str,
}

struct WorkerRow {
    name: String,
    seen: String,
    state: String,
    attention: bool,
}

struct DomainRow {
    domain: String,
    waiting: String,
    to_retry: String,
    next_try: String,
    retry: Option<String>,
}

/// What changes on the page.
struct Board {
    w: &'static QueueWords,
    pause: Option<PauseView>,
    trouble: Option<TroubleView>,
    all_sent: bool,
    summary: String,
    /// Label, number, and whether somebody should look.
    tally: Vec<(&'static str, String, bool)>,
    rates: Vec<(&'static str, String)>,
    oldest: String,
    next_try: String,
    workers: Vec<WorkerRow>,
    domains: Vec<DomainRow>,
    domains_note: String,
    /// Whether the buttons are for the viewer.
    runs: bool,
}

#[derive(Template)]
#[template(path = "queue/_board.html")]
struct BoardFragment {
    board: Board,
}

#[derive(Template)]
#[template(path = "queue/index.html")]
struct IndexPage {
    chrome: Chrome,
    board: Board,
}

#[derive(Template)]
#[template(path = "queue/pause.html")]
struct PausePage {
    chrome: Chrome,
    w: &'static QueueWords,
    reason: String,
    errors: FieldErrors,
}

/// Asks before it is done.
#[derive(Template)]
#[template(path = "queue/confirm.html")]
struct ConfirmPage {
    chrome: Chrome,
    lead: String,
    action: &'static str,
    hidden: Vec<(&'static str, String)>,
    button: &'static str,
}

async fn read(tx: &mut Tx, viewer: &Viewer, language: Language) -> Result<Board, WebError> {
    if !can(viewer, See, &()) {
        return Err(WebError::NotFound);
    }
    let standing = store::standing(tx).await?.ok_or(WebError::NotFound)?;
    let pause = store::pause(tx, viewer).await?;
    let workers = store::workers(tx).await?;
    let runs = can(viewer, Run, &());
    let domains = if runs { store::domains(tx).await? } else { Vec::new() };
    Ok(view(&standing, pause.as_ref(), &workers, &domains, runs, language))
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of a queue")]
fn long(seconds: f64, language: Language) -> String {
    match seconds {
        s if s < 60.0 => fill(language.pick("{n}秒", "{n} s"), &[("n", &(s.max(0.0) as i64).to_string())]),
        s => duration(TimeDelta::seconds(s as i64), language),
    }
}

fn in_future(seconds: Option<f64>, language: Language) -> String {
    let w = QueueWords::of(language);
    match seconds {
        None => w.none.to_owned(),
        Some(s) if s < 1.0 => w.soon.to_owned(),
        Some(s) => fill(w.later, &[("long", &long(s, language))]),
    }
}

fn view(
    now: &Standing,
    pause: Option<&Pause>,
    workers: &[WorkerSeen],
    domains: &[Domain],
    runs: bool,
    language: Language,
) -> Board {
    let w = QueueWords::of(language);
    let count = |n: i64| fill(w.count, &[("count", &thousands(n))]);
    let shown = thousands(i64::try_from(domains.len()).unwrap_or(i64::MAX));
    let all = thousands(domains.first().map_or(0, |d| d.domains));
    Board {
        w,
        pause: pause.map(|pause| PauseView::of(pause, language)),
        trouble: trouble(workers, language),
        all_sent: now.waiting == 0 && now.sending == 0,
        summary: fill(w.summary, &[("waiting", &thousands(now.waiting)), ("sending", &thousands(now.sending))]),
        tally: vec![
            (w.waiting, thousands(now.waiting), false),
            (w.sending, thousands(now.sending), false),
            (w.to_retry, thousands(now.to_retry), false),
            (w.refused, thousands(now.refused_day), now.refused_day > 0),
            (w.expired, thousands(now.expired_day), now.expired_day > 0),
        ],
        rates: vec![
            (w.sent_minute, count(now.sent_minute)),
            (w.sent_five, count(now.sent_five)),
            (w.sent_hour, count(now.sent_hour)),
        ],
        oldest: now.oldest_for.map_or_else(|| w.none.to_owned(), |s| long(s, language)),
        next_try: in_future(now.next_try_in, language),
        workers: workers.iter().map(|worker| worker_row(worker, language)).collect(),
        domains: domains.iter().map(|domain| domain_row(domain, language)).collect(),
        domains_note: fill(w.domains_note, &[("shown", &shown), ("all", &all)]),
        runs,
    }
}

/// The trouble of a worker that lives; one on our own side first, because somebody has to do something about it.
fn trouble(workers: &[WorkerSeen], language: Language) -> Option<TroubleView> {
    let w = QueueWords::of(language);
    let worst = workers.iter().filter(|w| w.seen_for < SILENT && w.trouble.is_some()).max_by_key(|w| w.ours)?;
    let stored = worst.trouble.as_deref()?;
    let since = [
        ("long", &*long(worst.trouble_for.unwrap_or_default(), language)),
        ("reply", &Reply::explain(stored, language)),
        ("next", &in_future(worst.next_try_in, language)),
    ];
    Some(TroubleView {
        ours: worst.ours,
        title: if worst.ours { w.relay_ours } else { w.relay_down },
        text: if worst.ours { w.relay_ours_text } else { w.relay_down_text },
        since: fill(w.trouble_since, &since),
        advice: if worst.ours { advice(stored, language) } else { "" },
    })
}

fn worker_row(worker: &WorkerSeen, language: Language) -> WorkerRow {
    let w = QueueWords::of(language);
    let silent = worker.seen_for >= SILENT;
    let state = match &worker.trouble {
        Some(_) | None if silent => w.worker_silent.to_owned(),
        Some(trouble) => fill(w.worker_trouble, &[("reply", &Reply::explain(trouble, language))]),
        None => w.worker_well.to_owned(),
    };
    WorkerRow {
        name: worker.worker_id.to_string().chars().take(8).collect(),
        seen: fill(w.ago, &[("long", &long(worker.seen_for, language))]),
        state,
        attention: silent || worker.trouble.is_some(),
    }
}

fn domain_row(domain: &Domain, language: Language) -> DomainRow {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("domain", &domain.domain).finish();
    DomainRow {
        waiting: thousands(domain.waiting),
        to_retry: thousands(domain.to_retry),
        next_try: in_future(domain.next_try_in, language),
        retry: (domain.to_retry > 0).then(|| format!("{}?{query}", paths::RETRY)),
        domain: domain.domain.clone(),
    }
}

/// What was just done.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct DoneQuery {
    done: String,
}

async fn index(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<DoneQuery>,
) -> Result<Response, WebError> {
    let w = QueueWords::of(frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let board = read(&mut tx, &viewer, frame.language).await?;
    tx.commit().await?;
    let chrome = frame.chrome(w.title, &[frame.home()]);
    let chrome = match query.done.as_str() {
        "paused" if board.runs => chrome.with_flash("success", w.pause_done),
        "already" if board.runs => chrome.with_flash("info", w.pause_already),
        "resumed" if board.runs => chrome.with_flash("success", w.resume_done),
        "over" if board.runs => chrome.with_flash("info", w.resume_over),
        "retried" if board.runs => chrome.with_flash("success", w.retry_done),
        _ => chrome,
    };
    Ok(Page(IndexPage { chrome, board }).into_response())
}

async fn board(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let board = read(&mut tx, &viewer, frame.language).await?;
    tx.commit().await?;
    Ok(Page(BoardFragment { board }).into_response())
}

fn done(what: &str) -> Response {
    Redirect::to(&format!("{}?done={what}", paths::INDEX)).into_response()
}

/// The form of a pause.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PauseForm {
    reason: String,
    confirm: String,
}

fn pause_page(frame: &Frame, reason: String, errors: FieldErrors) -> PausePage {
    let w = QueueWords::of(frame.language);
    PausePage { chrome: frame.chrome(w.pause_title, &[frame.home(), (paths::INDEX, w.title)]), w, reason, errors }
}

async fn ask_pause(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    runs(&mut tx, &viewer).await?;
    tx.commit().await?;
    Ok(Page(pause_page(&frame, String::new(), FieldErrors::default())).into_response())
}

/// Both walls, before anything is shown or done; how the queue stands.
async fn runs(tx: &mut Tx, viewer: &Viewer) -> Result<Standing, WebError> {
    if !can(viewer, Run, &()) {
        return Err(WebError::NotFound);
    }
    store::standing(tx).await?.ok_or(WebError::NotFound)
}

async fn pause(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<PauseForm>,
) -> Result<Response, WebError> {
    let w = QueueWords::of(frame.language);
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    runs(&mut tx, &viewer).await?;
    let mut errors = FieldErrors::default();
    let reason = match text::filled_paragraph(&form.reason, LONGEST_REASON) {
        Ok(reason) => reason,
        Err(TextProblem::Empty) => {
            errors.add("reason", w.pause_reason_missing);
            String::new()
        }
        Err(problem) => {
            errors.add("reason", text_problem(problem, frame.language));
            String::new()
        }
    };
    if form.confirm != "true" {
        errors.add("confirm", w.pause_confirm_missing);
    }
    if !errors.is_empty() {
        return Ok(Unprocessable(pause_page(&frame, form.reason, errors)).into_response());
    }
    let Some(pause_id) = store::begin_pause(&mut tx, &reason).await? else { return Ok(done("already")) };
    record(&mut tx, &viewer, &frame, "queue.pause", pause_id.to_string(), now, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(done("paused"))
}

async fn record(
    tx: &mut Tx,
    viewer: &Viewer,
    frame: &Frame,
    action: &'static str,
    subject: String,
    now: chrono::DateTime<chrono::Utc>,
    detail: serde_json::Value,
) -> Result<(), WebError> {
    let event =
        Event::done(now, action, "queue", &subject).by(viewer.account_id).request(&frame.request_id).detail(detail);
    audit::record(tx, event).await?;
    Ok(())
}

/// Which pause is to end.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ResumeForm {
    pause: Uuid,
}

async fn ask_resume(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let w = QueueWords::of(frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let standing = runs(&mut tx, &viewer).await?;
    let pause = store::pause(&mut tx, &viewer).await?;
    tx.commit().await?;
    let Some(pause) = pause else { return Ok(done("over")) };
    Ok(Page(ConfirmPage {
        chrome: frame.chrome(w.resume_title, &[frame.home(), (paths::INDEX, w.title)]),
        lead: fill(w.resume_lead, &[("count", &thousands(standing.waiting))]),
        action: paths::RESUME,
        hidden: vec![("pause", pause.pause_id.to_string())],
        button: w.resume,
    })
    .into_response())
}

async fn resume(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<ResumeForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    runs(&mut tx, &viewer).await?;
    if !store::end_pause(&mut tx, form.pause).await? {
        return Ok(done("over"));
    }
    record(&mut tx, &viewer, &frame, "queue.resume", form.pause.to_string(), now, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(done("resumed"))
}

/// For which domain; empty for all.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct RetryQuery {
    domain: String,
}

/// The same, to be done.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RetryForm {
    domain: String,
}

/// The domain as it is stored, `None` for all of them; one that cannot be one does not exist.
fn domain_of(typed: &str) -> Result<Option<String>, WebError> {
    let domain = text::line(typed, LONGEST_DOMAIN).map_err(|_| WebError::NotFound)?;
    Ok(Some(domain.to_lowercase()).filter(|domain| !domain.is_empty()))
}

async fn ask_retry(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<RetryQuery>,
) -> Result<Response, WebError> {
    let w = QueueWords::of(frame.language);
    let domain = domain_of(&query.domain)?;
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let standing = runs(&mut tx, &viewer).await?;
    let known = if domain.is_some() { store::domains(&mut tx).await? } else { Vec::new() };
    tx.commit().await?;
    let lead = match &domain {
        None => fill(w.retry_lead, &[("count", &thousands(standing.to_retry))]),
        Some(domain) => {
            let row = known.iter().find(|row| row.domain == *domain).ok_or(WebError::NotFound)?;
            fill(w.retry_lead_domain, &[("domain", domain), ("count", &thousands(row.to_retry))])
        }
    };
    Ok(Page(ConfirmPage {
        chrome: frame.chrome(w.retry_title, &[frame.home(), (paths::INDEX, w.title)]),
        lead,
        action: paths::RETRY,
        hidden: domain.map(|domain| ("domain", domain)).into_iter().collect(),
        button: w.retry,
    })
    .into_response())
}

async fn retry(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<RetryForm>,
) -> Result<Response, WebError> {
    let domain = domain_of(&form.domain)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    runs(&mut tx, &viewer).await?;
    let count = store::retry_now(&mut tx, domain.as_deref()).await?;
    // A domain that copies waited for is one of ours; anything else that was typed does not belong into the trail.
    let subject = domain.filter(|_| count > 0).unwrap_or_default();
    record(&mut tx, &viewer, &frame, "queue.retry", subject, now, serde_json::json!({ "copies": count })).await?;
    tx.commit().await?;
    Ok(done("retried"))
}
