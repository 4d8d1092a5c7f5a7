//! The desk's board: how well its windows are proven, the round that runs, and who has not answered.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Days, NaiveDate, Utc};
use uuid::Uuid;

use super::over_all;
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::store::{self as roster_store, CeptoarFacts};
use crate::features::directory::verification::asking::{self, Asked, Opening};
use crate::features::directory::verification::paths;
use crate::features::directory::verification::round::{LONGEST_DAYS, Round, Scope, Standing};
use crate::features::directory::verification::store::{self, Health, RequestRow};
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

crate::words! {
    /// Words of the board.
    pub struct BoardWords {
        title: "連絡先の確認({ceptoar})" / "Proof of life: {ceptoar}",
        directory: "名簿" / "Directory",
        lead: "緊急の情報提供が届くように、窓口の連絡先が今も使われているかを確かめます。毎年4月と、気になるときに行ってください。" / "Find out whether every window is still reached, each April and whenever in doubt.",
        health: "90日以内に確認できた窓口" / "Windows proven within 90 days",
        of: "{whole}か所のうち{value}か所" / "{value} of {whole}",
        without_mail: "メールアドレスのない窓口" / "Windows without a mail address",
        count: "{count}か所" / "{count}",
        open_heading: "確認を始める" / "Start a round",
        open_lead: "対象の窓口に、確認のメールを送ります。受け取った人は、サインインせずに、リンク先のボタンを一つ押すだけです。" / "Each window gets a mail with a link. Whoever reads it presses one button, without signing in.",
        scope: "対象" / "Whom to ask",
        scope_count: "窓口{windows}か所、メール{letters}通" / "{windows} windows, {letters} mails",
        due: "回答期限" / "Answers by",
        due_help: "明日から90日後まで。ふつうは2週間後です。" / "From tomorrow up to 90 days ahead; two weeks are usual.",
        sure: "上の窓口にメールを送ることを確かめました" / "Yes, send these mails now",
        sure_missing: "メールの数を確かめて、チェックを入れてください。" / "Please look at the number of mails and tick the box.",
        due_wrong: "明日から90日後までの日を、年・月・日の数字で入力してください。" / "Please enter a day between tomorrow and 90 days ahead.",
        choose: "対象を選んでください。" / "Please choose whom to ask.",
        open: "確認のメールを送る" / "Send the mails",
        no_windows: "開いている窓口がありません" / "There is no open window",
        no_windows_text: "名簿で、構成員の窓口を登録してください。" / "Register the members' windows in the directory first.",
        running: "実施中の確認" / "The round that runs",
        running_facts: "{scope}・{opened}に開始・回答期限 {due}" / "{scope}, opened {opened}, answers by {due}",
        late: "回答期限を過ぎました" / "The due day has passed",
        progress: "確認できた窓口" / "Windows proven",
        remind: "回答のない窓口にもう一度送る" / "Ask the silent ones again",
        remind_help: "回答期限の3日前と翌日には、自動でもう一度送ります。すぐに送るときは、ここを押してください。前回の送信から20時間たっていない窓口には送りません。" / "Three days before the due day and on the day after they are asked again by themselves. Press here to ask at once. Windows asked within the last 20 hours are left out.",
        end: "この確認を終える" / "End this round",
        end_help: "終えると、送ったリンクは使えなくなります。結果は下の一覧に残ります。" / "Links stop working; the result stays in the list below.",
        all: "すべて" / "All",
        standing: "状況" / "Standing",
        filter: "状況で絞り込む" / "By standing",
        organisation: "構成員" / "Member",
        window: "窓口" / "Window",
        asked: "最後に送った日時" / "Asked last",
        times: "{times}回目" / "time {times}",
        next: "次にすること" / "What to do",
        fix: "連絡先を直す" / "Change the contact",
        call: "電話で確認して記録する" / "Call and note it",
        said: "伝言: {remark}" / "It said: {remark}",
        next_page: "次の窓口を見る" / "Next windows",
        first_page: "最初に戻る" / "Back to the first",
        nothing: "この状況の窓口はありません。" / "No window stands like this.",
        past: "これまでの確認" / "Earlier rounds",
        past_result: "{alive} / {windows}か所を確認" / "{alive} of {windows} proven",
        past_none: "まだ一度も行われていません。" / "There has been none yet.",
        done_opened: "確認を始めました。" / "The round was opened.",
        done_reminded: "回答のない窓口にもう一度送りました。" / "The silent windows were asked again.",
        done_nobody: "送る相手がいませんでした。回答のない窓口には、20時間以内に送ったばかりか、メールアドレスがありません。" / "There was nobody to ask: the silent ones were asked within 20 hours, or have no mail address.",
        done_ended: "確認を終えました。" / "The round was ended.",
        done_called: "電話などで確認したことを記録しました。" / "The call was noted.",
        already: "別の確認が実施中です。終えてから始めてください。" / "Another round is running. End it first.",
    }
}

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
    running: Option<Running>,
    /// Whether the viewer may start a round now.
    may_open: bool,
    scopes: Vec<Choice>,
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
    rounds: Vec<Round>,
    running: Option<Round>,
    requests: Vec<RequestRow>,
    keeps: bool,
    now: DateTime<Utc>,
}

impl Scene {
    async fn read(tx: &mut Tx, viewer: &Viewer, ceptoar_id: String, now: DateTime<Utc>) -> Result<Self, WebError> {
        let ceptoar = roster_store::ceptoar(tx, &ceptoar_id).await?.ok_or(WebError::NotFound)?;
        let health = store::health(tx, &ceptoar_id).await?;
        let rounds = store::rounds(tx, &ceptoar_id).await?;
        let running = rounds.iter().find(|round| round.closed_at.is_none()).cloned();
        let requests = match &running {
            Some(round) => store::requests(tx, round.round_id).await?,
            None => Vec::new(),
        };
        let keeps = can(viewer, DirectoryAction::KeepWindow, &RosterFacts::whole(&ceptoar_id));
        Ok(Self { ceptoar_id, ceptoar, health, rounds, running, requests, keeps, now })
    }

    fn page(&self, frame: &Frame, shown: Shown, form: OpenForm, errors: FieldErrors) -> BoardPage {
        let language = frame.language;
        let w = BoardWords::of(language);
        let name = language.pick(&self.ceptoar.name[0], &self.ceptoar.name[1]);
        let back = roster::roster(&self.ceptoar_id);
        let way = [frame.home(), (roster::INDEX, w.directory), (back.as_str(), name.as_str())];
        let usual = japan_day(self.now).checked_add_days(Days::new(USUAL_DAYS)).unwrap_or_default();
        let typed = [form.due_year, form.due_month, form.due_day];
        let due = if typed.iter().all(String::is_empty) { day_boxes(usual) } else { typed };
        BoardPage {
            chrome: frame.chrome(fill(w.title, &[("ceptoar", name)]), &way),
            w,
            health: self.health,
            proven: share(w.of, self.health.proven, self.health.windows),
            without_mail: (self.health.without_mail > 0)
                .then(|| fill(w.count, &[("count", &thousands(self.health.without_mail))])),
            running: self.running.as_ref().map(|round| self.running(round, shown, language)),
            may_open: self.keeps && self.running.is_none(),
            scopes: Scope::ALL.map(|scope| self.scope(scope, &form.scope, language)).to_vec(),
            due,
            errors,
            here: paths::board(&self.ceptoar_id),
            past: self.rounds.iter().filter_map(|round| past(round, language)).collect(),
        }
    }

    fn scope(&self, scope: Scope, chosen: &str, language: Language) -> Choice {
        let health = self.health;
        let (windows, letters) = match scope {
            Scope::All => (health.windows, health.windows - health.without_mail),
            Scope::Unproven => (health.windows - health.proven, health.unproven_with_mail),
        };
        Choice {
            value: scope.code().to_owned(),
            label: scope.label(language).to_owned(),
            explanation: fill(
                BoardWords::of(language).scope_count,
                &[("windows", &thousands(windows)), ("letters", &thousands(letters))],
            ),
            chosen: chosen == scope.code() || (chosen.is_empty() && scope == Scope::All),
        }
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
                    ("scope", round.scope.label(language)),
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
    Some((format!("{period} ({})", round.scope.label(language)), fill(w.past_result, &numbers)))
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
        "reminded" => Some(w.done_reminded),
        "nobody" => Some(w.done_nobody),
        "ended" => Some(w.done_ended),
        "called" => Some(w.done_called),
        _ => None,
    }
}

fn due_day(form: &OpenForm, today: NaiveDate) -> Option<NaiveDate> {
    match TypedDate::read([&form.due_year, &form.due_month, &form.due_day]) {
        TypedDate::Day(day) if (1..=LONGEST_DAYS).contains(&(day - today).num_days()) => Some(day),
        TypedDate::Day(_) | TypedDate::Nothing | TypedDate::Wrong => None,
    }
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
    let scope = Scope::from_code(&form.scope);
    if scope.is_none() {
        errors.add("scope", w.choose);
    }
    let due_on = due_day(&form, japan_day(now));
    if due_on.is_none() {
        errors.add("due", w.due_wrong);
    }
    if form.sure != "true" {
        errors.add("sure", w.sure_missing);
    }
    if let (Some(scope), Some(due_on), true) = (scope, due_on, errors.is_empty()) {
        let opening = Opening { ceptoar_id: &ceptoar_id, scope, due_on };
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

async fn note(
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
