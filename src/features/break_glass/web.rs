//! Pages of breaking the glass.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::alert::{self, Broken};
use super::paths;
use super::store::{self, Channel, Member};
use super::words::BreakGlassWords;
use crate::features::access::action::BreakGlassAction::{self, Open, Review};
use crate::features::access::break_glass::BreakGlassObject;
use crate::features::access::{Action, Routes, Rule, Viewer, can};
use crate::kernel::email_address::EmailAddress;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{long_time, short_time};
use crate::kernel::text::{self, like_pattern};
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::db::broken_constraint;
use crate::platform::mail::outbox::{AccountAddressee, enqueue_account_letter};
use crate::platform::web::contact_reads::{self, Shown};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::{ErrorLine, FieldErrors, text_problem};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// More than anybody reads through.
const FOUND: i64 = 50;
const PAST: i32 = 200;
const SHORTEST_REASON: usize = 10;
const LONGEST_REASON: usize = 500;

/// The routes of this feature.
pub fn routes() -> Routes {
    let (open, review) = (Rule::May(Action::BreakGlass(Open)), Rule::May(Action::BreakGlass(Review)));
    Routes::new()
        .get(paths::INDEX, review, index)
        .post(paths::SEARCH, open, search)
        .get(paths::OPEN, open, ask)
        .post(paths::OPEN, Rule::Fresh(Action::BreakGlass(Open)), break_open)
        .get(paths::SHOW, open, show)
}

#[derive(Debug)]
struct PastRow {
    time: String,
    name: String,
    organisation: String,
    reason: String,
    /// The way to what is open, for whom it is open.
    open: Option<String>,
    over: bool,
}

#[derive(Template)]
#[template(path = "break_glass/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static BreakGlassWords,
    may_open: bool,
    query: String,
    query_error: &'static str,
    searched: bool,
    found: Vec<(String, String)>,
    cut_off: bool,
    past: Vec<PastRow>,
}

#[derive(Template)]
#[template(path = "break_glass/open.html")]
struct OpenPage {
    chrome: Chrome,
    w: &'static BreakGlassWords,
    lead: String,
    action: String,
    reason: String,
    errors: Vec<ErrorLine>,
    reason_error: String,
    confirm_error: String,
}

#[derive(Debug)]
struct Window {
    contact_id: Uuid,
    label: String,
    handler: bool,
    channels: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "break_glass/show.html")]
struct ShowPage {
    chrome: Chrome,
    w: &'static BreakGlassWords,
    until: String,
    windows: Vec<Window>,
}

/// Past uses, and the search for whom that is.
async fn index(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    list(&state, &viewer, &frame, None).await
}

/// What was searched for.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SearchForm {
    query: String,
}

/// By POST: whom one is looking for does not belong into an address.
async fn search(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<SearchForm>,
) -> Result<Response, WebError> {
    list(&state, &viewer, &frame, Some(form.query.chars().take(100).collect())).await
}

async fn list(state: &AppState, viewer: &Viewer, frame: &Frame, query: Option<String>) -> Result<Response, WebError> {
    if !can(viewer, Review, &BreakGlassObject::List) {
        return Err(WebError::NotFound);
    }
    let may_open = can(viewer, Open, &BreakGlassObject::Organisation { member: true });
    let (now, language) = (state.clock.now(), frame.language);
    let w = BreakGlassWords::of(language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let empty = query.as_deref().is_some_and(|query| query.trim().is_empty());
    let found = match &query {
        Some(query) if !empty => store::find_members(&mut tx, &like_pattern(query.trim()), FOUND).await?,
        Some(_) | None => Vec::new(),
    };
    let past = store::uses(&mut tx, PAST).await?;
    tx.commit().await?;
    let row = |u: store::Use| PastRow {
        time: short_time(u.opened_at),
        open: (u.account_id == viewer.account_id && now < u.closes_at).then(|| paths::show(u.use_id)),
        over: now >= u.closes_at,
        name: u.name,
        organisation: language.pick(u.ja, u.en),
        reason: u.reason,
    };
    let page = IndexPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        may_open,
        query_error: if empty { w.search_empty } else { "" },
        searched: query.is_some() && !empty,
        query: query.unwrap_or_default(),
        cut_off: i64::try_from(found.len()).is_ok_and(|n| n >= FOUND),
        found: found.into_iter().map(|m| (paths::open(m.organisation_id), language.pick(m.ja, m.en))).collect(),
        past: past.into_iter().map(row).collect(),
    };
    Ok(if empty { Unprocessable(page).into_response() } else { Page(page).into_response() })
}

/// The member that is to be opened; everything else is not there.
async fn member(tx: &mut Tx, viewer: &Viewer, id: OrganisationId) -> Result<Member, WebError> {
    let found = store::organisation(tx, id).await?;
    let may = |m: &Member| can(viewer, Open, &BreakGlassObject::Organisation { member: m.member });
    found.filter(may).ok_or(WebError::NotFound)
}

/// Asks for the reason.
async fn ask(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<OrganisationId>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let member = member(&mut tx, &viewer, id).await?;
    tx.commit().await?;
    Ok(Page(open_page(&frame, &member, String::new(), &FieldErrors::default())).into_response())
}

fn open_page(frame: &Frame, member: &Member, reason: String, errors: &FieldErrors) -> OpenPage {
    let w = BreakGlassWords::of(frame.language);
    OpenPage {
        chrome: frame.chrome(w.open_title, &[frame.home(), (paths::INDEX, w.title)]),
        w,
        lead: fill(w.open_lead, &[("organisation", frame.language.pick(&member.ja, &member.en))]),
        action: paths::open(member.organisation_id),
        reason,
        errors: errors.lines(),
        reason_error: errors.at("reason").to_owned(),
        confirm_error: errors.at("confirm").to_owned(),
    }
}

/// The reason.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OpenForm {
    reason: String,
    confirm: String,
}

/// Breaks the glass: one row, one event, and a letter to everybody concerned, or nothing at all.
async fn break_open(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<OrganisationId>,
    Form(form): Form<OpenForm>,
) -> Result<Response, WebError> {
    let now = micros(state.clock.now());
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let member = member(&mut tx, &viewer, id).await?;
    let w = BreakGlassWords::of(frame.language);
    let mut errors = FieldErrors::default();
    let reason = match text::paragraph(&form.reason, LONGEST_REASON) {
        Ok(reason) if reason.trim().chars().count() >= SHORTEST_REASON => reason.trim().to_owned(),
        Ok(_) | Err(text::TextProblem::Empty) => {
            errors.add("reason", w.reason_short);
            String::new()
        }
        Err(problem) => {
            errors.add("reason", text_problem(problem, frame.language));
            String::new()
        }
    };
    if form.confirm != "true" {
        errors.add("confirm", w.confirm_missing);
    }
    if !errors.is_empty() {
        return Ok(Unprocessable(open_page(&frame, &member, form.reason, &errors)).into_response());
    }
    let use_id = match store::open(&mut tx, &viewer, id, &reason, now).await {
        Ok(use_id) => use_id,
        Err(error) if broken_constraint(&error) == Some("break_glass_uses_bounds") => {
            errors.add("reason", w.too_many);
            return Ok(Unprocessable(open_page(&frame, &member, form.reason, &errors)).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    let told = tell(&mut tx, &state, &viewer, &member, use_id, now).await?;
    let subject = id.to_string();
    let event = Event::done(now, "break_glass.open", "organisation", &subject)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "use": use_id, "told": told }));
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    Ok(Redirect::to(&paths::show(use_id)).into_response())
}

/// What the database keeps of an instant: both sides must mean the same one.
fn micros(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}

/// Queues the letters; answers how many.
async fn tell(
    tx: &mut Tx,
    state: &AppState,
    viewer: &Viewer,
    member: &Member,
    use_id: Uuid,
    now: DateTime<Utc>,
) -> Result<usize, WebError> {
    let base_url = state.config.base_url();
    let broken = Broken {
        by: &viewer.display_name,
        organisation_ja: &member.ja,
        organisation_en: &member.en,
        at: now,
        until: now + TimeDelta::minutes(15),
        base_url: &base_url,
    };
    let mut told = 0;
    for addressee in store::addressees(tx, use_id).await? {
        // An address that cannot be used is somebody's mistake elsewhere and must not stop an emergency.
        let Ok(address) = EmailAddress::parse(&addressee.address) else {
            tracing::error!(account = %addressee.account_id, "an account's mail address cannot be used");
            continue;
        };
        let letter = alert::letter(&broken, addressee.language).map_err(|e| WebError::Internal(e.into()))?;
        let to = AccountAddressee { account_id: addressee.account_id, address: &address, name: &addressee.name };
        enqueue_account_letter(tx, &to, &letter, now).await?;
        told += 1;
    }
    Ok(told)
}

/// The windows, for whom they are open and as long as they are.
async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(use_id): Id<Uuid>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let found = store::own_use(&mut tx, &viewer, use_id).await?;
    let is_open = |u: &store::Use| {
        let facts = BreakGlassObject::Use { account_id: u.account_id, closes_at: u.closes_at, now };
        can(&viewer, BreakGlassAction::Open, &facts)
    };
    let found = found.filter(is_open).ok_or(WebError::NotFound)?;
    let channels = store::windows(&mut tx, found.organisation_id).await?;
    let shown = Shown {
        account: viewer.account_id,
        addresses: channels.iter().filter(|channel| channel.value.is_some()).count(),
        limit: state.config.contact_reads_per_hour,
        request_id: &frame.request_id,
    };
    let mut tx = contact_reads::charge(tx, shown, now).await?;
    let subject = found.organisation_id.to_string();
    let event = Event::done(now, "break_glass.read", "organisation", &subject)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "use": use_id }));
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    let language = frame.language;
    let w = BreakGlassWords::of(language);
    let title = fill(w.shown_title, &[("organisation", language.pick(&found.ja, &found.en))]);
    Ok(Page(ShowPage {
        chrome: frame.chrome(title, &[frame.home(), (paths::INDEX, w.title)]),
        w,
        until: fill(w.until, &[("time", &long_time(found.closes_at, language))]),
        windows: windows(channels, language),
    })
    .into_response())
}

fn windows(channels: Vec<Channel>, language: Language) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for c in channels {
        if windows.last().is_none_or(|window| window.contact_id != c.contact_id) {
            let label = format!("{}. {}", c.window_position, c.label);
            windows.push(Window { contact_id: c.contact_id, label, handler: c.handler, channels: Vec::new() });
        }
        if let (Some(window), Some(kind), Some(value)) = (windows.last_mut(), c.kind, c.value) {
            let hours = c.hours.map(|hours| BreakGlassWords::hours(&hours, language)).unwrap_or_default();
            window.channels.push((BreakGlassWords::channel(&kind, language), value, hours));
        }
    }
    windows
}
