//! The desk's board: how well its windows are proven, the round that runs, and who has not answered.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Days, NaiveDate, Utc};
use uuid::Uuid;

use super::over_all;
use super::words::BoardWords;
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::store::{self as roster_store, CeptoarFacts};
use crate::features::directory::verification::asking::{self, Asked, Opening, Whom};
use crate::features::directory::verification::paths;
use crate::features::directory::verification::proven::store::{self as proven, GroupToAsk, Health, Show, TroubledDesk};
use crate::features::directory::verification::round::{LONGEST_DAYS, Round, Scope, Standing};
use crate::features::directory::verification::store::{self, RequestRow};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_date, short_time, thousands};
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::{Choice, FieldErrors, TypedDate, day_boxes};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// When a round is usually due.
const USUAL_DAYS: u64 = 14;
/// Windows on one page: a desk works them off from the top.
const PAGE: usize = 200;

/// A part of a whole, in per cent and in words.
struct Share {
    percent: String,
    words: String,
}

struct Running {
    facts: String,
    late: bool,
    progress: Share,
    standings: Vec<(String, String, bool)>,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
    reminder: Option<String>,
    end: Option<String>,
}

struct Row {
    organisation: String,
    href: String,
    label: String,
    standing: Standing,
    standing_label: &'static str,
    /// How many of its numbers are wrong, in words.
    wrong: String,
    mend: bool,
    remark: String,
    asked: String,
    times: String,
    call: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/verification/board.html")]
struct BoardPage {
    chrome: Chrome,
    w: &'static BoardWords,
    health: Health,
    proven: Share,
    without_mail: Option<String>,
    /// How many numbers are unproven, and where their windows are listed.
    numbers: Option<(String, String)>,
    /// How many windows need a change, and where they are listed.
    broken: Option<(String, String)>,
    /// Where windows are chosen.
    windows: String,
    running: Option<Running>,
    /// Whether the viewer may start a round now.
    may_open: bool,
    scopes: Vec<Choice>,
    groups: Vec<Choice>,
    due: [String; 3],
    errors: FieldErrors,
    here: String,
    past: Vec<(String, String)>,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct BoardQuery {
    standing: String,
    page: String,
    done: String,
}

/// Which part of the list is shown.
#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    standing: Option<Standing>,
    page: usize,
}

/// What is typed to open a round.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct OpenForm {
    scope: String,
    subgroup: String,
    due_year: String,
    due_month: String,
    due_day: String,
    sure: String,
}

/// A round in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct RoundPlace {
    ceptoar: String,
    round: Uuid,
}

/// Everything that the board shows.
struct Scene {
    ceptoar_id: String,
    ceptoar: CeptoarFacts,
    health: Health,
    groups: Vec<GroupToAsk>,
    trouble: Option<TroubledDesk>,
    rounds: Vec<Round>,
    running: Option<Round>,
    requests: Vec<RequestRow>,
    keeps: bool,
    now: DateTime<Utc>,
}

impl Scene {
    async fn read(tx: &mut Tx, viewer: &Viewer, ceptoar_id: String, now: DateTime<Utc>) -> Result<Self, WebError> {
        let ceptoar = roster_store::ceptoar(tx, &ceptoar_id).await?.ok_or(WebError::NotFound)?;
        let health = proven::health(tx, &ceptoar_id, now).await?;
        let groups = proven::groups(tx, &ceptoar_id, now).await?;
        let trouble = proven::troubled_desks(tx, std::slice::from_ref(&ceptoar_id)).await?.into_iter().next();
        let rounds = store::rounds(tx, &ceptoar_id).await?;
        let running = rounds.iter().find(|round| round.closed_at.is_none()).cloned();
        let requests = match &running {
            Some(round) => store::requests(tx, round.round_id).await?,
            None => Vec::new(),
        };
        let keeps = can(viewer, DirectoryAction::KeepWindow, &RosterFacts::whole(&ceptoar_id));
        Ok(Self { ceptoar_id, ceptoar, health, groups, trouble, rounds, running, requests, keeps, now })
    }

    fn page(&self, frame: &Frame, shown: Shown, form: OpenForm, errors: FieldErrors) -> BoardPage {
        let language = frame.language;
        let w = BoardWords::of(language);
        let name = language.pick(&self.ceptoar.name[0], &self.ceptoar.name[1]);
        let back = roster::roster(&self.ceptoar_id);
        let way = [frame.home(), (roster::INDEX, w.directory), (back.as_str(), name.as_str())];
        let typed = [form.due_year, form.due_month, form.due_day];
        let due = if typed.iter().all(String::is_empty) { usual_due(japan_day(self.now)) } else { typed };
        BoardPage {
            chrome: frame.chrome(fill(w.title, &[("ceptoar", name)]), &way),
            w,
            health: self.health,
            proven: share(w.of, self.health.proven, self.health.windows),
            without_mail: (self.health.without_mail > 0)
                .then(|| fill(w.count, &[("count", &thousands(self.health.without_mail))])),
            numbers: (self.health.unproven_numbers > 0).then(|| {
                let count = fill(w.numbers_count, &[("count", &thousands(self.health.unproven_numbers))]);
                (count, paths::windows(&self.ceptoar_id, Show::Numbers))
            }),
            broken: self.trouble.as_ref().filter(|trouble| trouble.broken > 0).map(|trouble| {
                let count = fill(w.count, &[("count", &thousands(trouble.broken))]);
                (count, paths::windows(&self.ceptoar_id, Show::Broken))
            }),
            windows: paths::windows(&self.ceptoar_id, Show::All),
            running: self.running.as_ref().map(|round| self.running(round, shown, language)),
            may_open: self.keeps && self.running.is_none(),
            scopes: self.scopes(&form.scope, language),
            groups: self.groups.iter().map(|group| of_group(group, &form.subgroup, language)).collect(),
            due,
            errors,
            here: paths::board(&self.ceptoar_id),
            past: self.rounds.iter().filter_map(|round| past(round, language)).collect(),
        }
    }

    /// Whom a round may ask from here; windows are chosen on a page of their own.
    fn scopes(&self, chosen: &str, language: Language) -> Vec<Choice> {
        let w = BoardWords::of(language);
        let Health { windows, proven, without_mail, unproven_with_mail, asked_lately: [lately, unproven], .. } =
            self.health;
        let numbers = |windows: i64, letters: i64| {
            fill(w.scope_count, &[("windows", &thousands(windows)), ("letters", &thousands(letters))])
        };
        let mut offered = vec![
            (Scope::All, numbers(windows, windows - without_mail - lately)),
            (Scope::Unproven, numbers(windows - proven, unproven_with_mail - unproven)),
        ];
        offered.extend((!self.groups.is_empty()).then(|| (Scope::Group, w.scope_group.to_owned())));
        let choice = |(scope, explanation): (Scope, String)| Choice {
            value: scope.code().to_owned(),
            label: scope.label(language).to_owned(),
            explanation,
            chosen: chosen == scope.code() || (chosen.is_empty() && scope == Scope::All),
        };
        offered.into_iter().map(choice).collect()
    }

    fn running(&self, round: &Round, Shown { standing, page }: Shown, language: Language) -> Running {
        let w = BoardWords::of(language);
        let alive = count(&self.requests, Standing::Alive);
        let board = paths::board(&self.ceptoar_id);
        let mut standings = vec![(w.all.to_owned(), board.clone(), standing.is_none())];
        standings.extend(Standing::ALL.into_iter().filter(|s| count(&self.requests, *s) > 0).map(|s| {
            let label = format!("{} {}", s.label(language), thousands(count(&self.requests, s)));
            (label, format!("{board}?standing={}", s.code()), standing == Some(s))
        }));
        let list: Vec<&RequestRow> =
            self.requests.iter().filter(|request| standing.is_none_or(|s| s == request.standing)).collect();
        let at = |page: usize| match standing {
            Some(standing) => format!("{board}?standing={}&page={page}", standing.code()),
            None => format!("{board}?page={page}"),
        };
        let skip = page.saturating_mul(PAGE);
        Running {
            facts: fill(
                w.running_facts,
                &[
                    ("scope", &round.whom(language)),
                    ("opened", &long_date(japan_day(round.opened_at), language)),
                    ("due", &long_date(round.due_on, language)),
                ],
            ),
            late: round.due_on < japan_day(self.now),
            progress: share(w.of, alive, round.windows),
            standings,
            rows: list.iter().skip(skip).take(PAGE).map(|request| self.row(request, language)).collect(),
            first: (page > 0).then(|| at(0)),
            next: (list.len() > skip.saturating_add(PAGE)).then(|| at(page.saturating_add(1))),
            reminder: self.keeps.then(|| paths::of_round(paths::REMINDER, &self.ceptoar_id, round.round_id)),
            end: self.keeps.then(|| paths::of_round(paths::END, &self.ceptoar_id, round.round_id)),
        }
    }

    fn row(&self, request: &RequestRow, language: Language) -> Row {
        let w = BoardWords::of(language);
        let told = request.remark.split_whitespace().collect::<Vec<_>>().join(" ");
        Row {
            organisation: language.pick(&request.organisation[0], &request.organisation[1]).clone(),
            href: roster::of_member(roster::MEMBER, &self.ceptoar_id, request.organisation_id),
            label: request.label.clone(),
            standing: request.standing,
            standing_label: request.standing.label(language),
            wrong: match request.wrong_numbers {
                0 => String::new(),
                count => fill(w.wrong_numbers, &[("count", &thousands(count))]),
            },
            mend: request.needs_mending(),
            remark: if told.is_empty() { told } else { fill(w.said, &[("remark", &told)]) },
            asked: if request.standing == Standing::NoMail { "—".to_owned() } else { short_time(request.asked_at) },
            times: if request.times > 1 {
                fill(w.times, &[("times", &request.times.to_string())])
            } else {
                String::new()
            },
            call: (self.keeps && request.standing != Standing::Alive)
                .then(|| paths::call(&self.ceptoar_id, request.contact_id)),
        }
    }
}

fn of_group(group: &GroupToAsk, chosen: &str, language: Language) -> Choice {
    let numbers = [thousands(group.windows), thousands(group.letters)];
    let [windows, letters] = numbers.each_ref().map(String::as_str);
    let named = [("group", group.code.as_str()), ("scope", &group.scope), ("windows", windows), ("letters", letters)];
    Choice {
        value: group.group_id.clone(),
        label: fill(BoardWords::of(language).group_option, &named),
        explanation: String::new(),
        chosen: chosen == group.group_id,
    }
}

fn share(text: &str, value: i64, whole: i64) -> Share {
    Share {
        // Rounded down: 100 % is all of them.
        percent: format!("{}%", value * 100 / whole.max(1)),
        words: fill(text, &[("value", &thousands(value)), ("whole", &thousands(whole))]),
    }
}

fn count(requests: &[RequestRow], standing: Standing) -> i64 {
    i64::try_from(requests.iter().filter(|request| request.standing == standing).count()).unwrap_or(i64::MAX)
}

fn past(round: &Round, language: Language) -> Option<(String, String)> {
    let closed = round.closed_at?;
    let w = BoardWords::of(language);
    let period =
        format!("{} – {}", long_date(japan_day(round.opened_at), language), long_date(japan_day(closed), language));
    let numbers = [("alive", thousands(round.alive)), ("windows", thousands(round.windows))];
    let numbers = numbers.each_ref().map(|(name, value)| (*name, value.as_str()));
    Some((format!("{period} ({})", round.whom(language)), fill(w.past_result, &numbers)))
}

/// The board.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Query(query): Query<BoardQuery>,
) -> Result<Response, WebError> {
    over_all(&viewer, DirectoryAction::SeeWindows, &ceptoar)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, ceptoar, now).await?;
    tx.commit().await?;
    let shown = Shown { standing: Standing::from_code(&query.standing), page: query.page.parse().unwrap_or(0) };
    let mut page = scene.page(&frame, shown, OpenForm::default(), FieldErrors::default());
    if let Some(said) = said(&query.done, frame.language) {
        page.chrome = page.chrome.with_flash("success", said);
    }
    Ok(Page(page).into_response())
}

fn said(done: &str, language: Language) -> Option<&'static str> {
    let w = BoardWords::of(language);
    match done {
        "opened" => Some(w.done_opened),
        "added" => Some(w.done_added),
        "reminded" => Some(w.done_reminded),
        "nobody" => Some(w.done_nobody),
        "ended" => Some(w.done_ended),
        "called" => Some(w.done_called),
        _ => None,
    }
}

/// The day until which answers are wanted, as it was typed; the same wherever a round is opened.
pub fn due_day(typed: [&str; 3], today: NaiveDate) -> Option<NaiveDate> {
    match TypedDate::read(typed) {
        TypedDate::Day(day) if (1..=LONGEST_DAYS).contains(&(day - today).num_days()) => Some(day),
        TypedDate::Day(_) | TypedDate::Nothing | TypedDate::Wrong => None,
    }
}

/// The day that stands in the form where nothing was typed.
pub fn usual_due(today: NaiveDate) -> [String; 3] {
    day_boxes(today.checked_add_days(Days::new(USUAL_DAYS)).unwrap_or_default())
}

/// Opens a round.
pub async fn open(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    Form(form): Form<OpenForm>,
) -> Result<Response, WebError> {
    over_all(&viewer, DirectoryAction::KeepWindow, &ceptoar_id)?;
    let w = BoardWords::of(frame.language);
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let mut errors = FieldErrors::default();
    let groups = proven::groups(&mut tx, &ceptoar_id, now).await?;
    let whom = whom(&form, &groups);
    if let Err(field) = whom {
        errors.add(field, if field == "subgroup" { w.group_missing } else { w.choose });
    }
    let due_on = due_day([&form.due_year, &form.due_month, &form.due_day], japan_day(now));
    if due_on.is_none() {
        errors.add("due", w.due_wrong);
    }
    if form.sure != "true" {
        errors.add("sure", w.sure_missing);
    }
    if let (Ok(whom), Some(due_on), true) = (whom, due_on, errors.is_empty()) {
        let opening = Opening { ceptoar_id: &ceptoar_id, whom, due_on };
        match asking::open(&mut tx, &viewer, opening, &state.config.base_url(), now).await? {
            Some((round, asked)) => {
                note(&mut tx, &viewer, &frame, "verification.open", (&ceptoar_id, round), Some(asked), now).await?;
                tx.commit().await?;
                return Ok(Redirect::to(&format!("{}?done=opened", paths::board(&ceptoar_id))).into_response());
            }
            None => errors.add("scope", w.already),
        }
    }
    let scene = Scene::read(&mut tx, &viewer, ceptoar_id, now).await?;
    tx.commit().await?;
    Ok(Unprocessable(scene.page(&frame, Shown::default(), form, errors)).into_response())
}

/// Whom the form means; otherwise the field at which that is missing.
fn whom<'a>(form: &OpenForm, groups: &'a [GroupToAsk]) -> Result<Whom<'a>, &'static str> {
    match Scope::from_code(&form.scope) {
        Some(Scope::All) => Ok(Whom::All),
        Some(Scope::Unproven) => Ok(Whom::Unproven),
        Some(Scope::Group) => {
            let group = groups.iter().find(|group| group.group_id == form.subgroup);
            group.map(Whom::Group).ok_or("subgroup")
        }
        Some(Scope::Chosen) | None => Err("scope"),
    }
}

/// Writes into the trail what was done with a round.
///
/// # Errors
/// When the database fails.
pub async fn note(
    tx: &mut Tx,
    viewer: &Viewer,
    frame: &Frame,
    action: &'static str,
    (ceptoar_id, round): (&str, Uuid),
    asked: Option<Asked>,
    now: DateTime<Utc>,
) -> Result<(), WebError> {
    let subject = round.to_string();
    let mut detail = serde_json::json!({ "ceptoar": ceptoar_id });
    if let Some(asked) = asked {
        detail["windows"] = asked.windows.into();
        detail["letters"] = asked.letters.into();
    }
    let event = Event::done(now, action, "verification_round", &subject)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(detail);
    audit::record(tx, event).await?;
    Ok(())
}

/// Asks the silent windows of the running round again.
pub async fn remind(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(RoundPlace { ceptoar, round }): Place<RoundPlace>,
) -> Result<Response, WebError> {
    over_all(&viewer, DirectoryAction::KeepWindow, &ceptoar)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let due_on = store::running_until(&mut tx, &ceptoar, round).await?.ok_or(WebError::NotFound)?;
    let asked = asking::remind(&mut tx, round, due_on, &state.config.base_url(), now).await?;
    note(&mut tx, &viewer, &frame, "verification.remind", (&ceptoar, round), Some(asked), now).await?;
    tx.commit().await?;
    let done = if asked.letters > 0 { "reminded" } else { "nobody" };
    Ok(Redirect::to(&format!("{}?done={done}", paths::board(&ceptoar))).into_response())
}

/// Ends the running round.
pub async fn end(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(RoundPlace { ceptoar, round }): Place<RoundPlace>,
) -> Result<Response, WebError> {
    over_all(&viewer, DirectoryAction::KeepWindow, &ceptoar)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    if !store::close(&mut tx, &ceptoar, round, viewer.account_id, now).await? {
        return Err(WebError::NotFound);
    }
    note(&mut tx, &viewer, &frame, "verification.end", (&ceptoar, round), None, now).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=ended", paths::board(&ceptoar))).into_response())
}
