//! The windows of a CEPTOAR: what is the matter with each, and ticks for those that are to be asked. Where a round runs
//! they are added to it; otherwise one is opened for them.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use super::board::{due_day, note, usual_due};
use super::over_all;
use super::words::BoardWords;
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::store::{self as roster_store, CeptoarFacts};
use crate::features::directory::verification::asking::{self, Opening, Whom};
use crate::features::directory::verification::paths;
use crate::features::directory::verification::proven::store::{self as proven, GroupToAsk, Listed, Show, Wanted};
use crate::features::directory::verification::round::Round;
use crate::features::directory::verification::store;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::ContactId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;
use crate::kernel::text;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// Windows on one page.
const PAGE: i64 = 200;
/// The last page there is.
const LAST_PAGE: i64 = 500;

crate::words! {
    /// Words of the list.
    pub struct WindowsWords {
        title: "窓口を選んで確認を求める" / "Choose windows and ask them",
        board: "連絡先の確認" / "Proof of life",
        lead: "確認を求める窓口に印を付けます。印は、画面ごとに送ります。" / "Tick the windows to ask. Ticks are sent page by page.",
        filter: "状況で絞り込む" / "By standing",
        search: "構成員・窓口の名称" / "Name of member or window",
        group: "グループ" / "Group",
        group_any: "すべて" / "All",
        search_button: "絞り込む" / "Narrow down",
        clear: "すべての窓口を表示する" / "Show all windows",
        tick: "確認を求める" / "Ask",
        tick_all: "この画面の窓口すべてに印を付ける" / "Tick all windows on this page",
        next: "次の窓口を見る" / "Next windows",
        organisation: "構成員" / "Member",
        window: "窓口" / "Window",
        proven: "最終確認" / "Last proven",
        standing: "状況" / "Standing",
        next_step: "次にすること" / "What to do",
        never: "なし" / "Never",
        came_back: "メール不達" / "Mail came back",
        moved: "変更が必要" / "Needs a change",
        wrong: "違うと回答のあった番号: {count}件" / "Numbers called wrong: {count}",
        unproven: "確認できていない番号: {count}件" / "Numbers without proof: {count}",
        silent: "回答待ち" / "No answer yet",
        lately: "20時間以内に確認のメールを送信済" / "Asked by mail within 20 hours",
        no_mail: "メールなし(電話で確認)" / "No mail address: call it",
        fix: "連絡先を直す" / "Change the contact",
        call: "電話で確認して記録する" / "Call and note it",
        nothing: "当てはまる窓口はありません。" / "No window fits.",
        ask_heading: "印を付けた窓口に確認を求める" / "Ask the ticked windows",
        ask_new: "新しい確認を始めます。" / "A new round begins.",
        ask_running: "実施中の確認(回答期限 {due})に加えます。すでに回答した窓口と、20時間以内に送った窓口には送りません。" / "They join the round that runs (answers by {due}). Windows that have answered, or were asked within 20 hours, get no letter.",
        sure: "印を付けた窓口にメールを送ることを確かめました" / "Yes, send mails to the ticked windows",
        submit: "印を付けた窓口に送る" / "Ask the ticked windows now",
        choose: "確認を求める窓口に印を付けてください。" / "Please tick the windows to ask.",
        show_all: "すべて" / "All",
        show_unproven: "90日以内に確認なし" / "Not proven within 90 days",
        show_broken: "連絡先を直す窓口" / "To be mended",
        show_numbers: "番号が未確認" / "Numbers without proof",
    }
}

fn label(show: Show, w: &WindowsWords) -> &'static str {
    match show {
        Show::All => w.show_all,
        Show::Unproven => w.show_unproven,
        Show::Broken => w.show_broken,
        Show::Numbers => w.show_numbers,
    }
}

struct Row {
    window: String,
    ticked: bool,
    organisation: String,
    href: String,
    label: String,
    proven: String,
    /// What is the matter, and whether that is bad.
    troubles: Vec<(String, bool)>,
    call: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/verification/windows.html")]
struct WindowsPage {
    chrome: Chrome,
    w: &'static WindowsWords,
    bw: &'static BoardWords,
    shows: Vec<(&'static str, String, bool)>,
    groups: Vec<Choice>,
    narrowed: Narrowed,
    rows: Vec<Row>,
    keeps: bool,
    /// How asking goes on: into the round that runs, or a new one.
    ask: String,
    /// The day until which a new round asks.
    due: Option<[String; 3]>,
    errors: FieldErrors,
    here: String,
    all: String,
    next: Option<i64>,
}

/// Which part of the list is shown.
#[derive(Debug, Default, Clone, serde::Deserialize)]
#[serde(default)]
pub struct Narrowed {
    show: String,
    subgroup: String,
    words: String,
    window: String,
    page: String,
}

/// What is sent besides.
#[derive(Debug, Default)]
struct Sent {
    narrowed: Narrowed,
    step: String,
    chosen: Vec<ContactId>,
    due: [String; 3],
    sure: String,
}

impl Sent {
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut sent = Self::default();
        let [year, month, day] = &mut sent.due;
        for (name, value) in fields {
            match name.as_str() {
                "show" => sent.narrowed.show = value,
                "subgroup" => sent.narrowed.subgroup = value,
                "words" => sent.narrowed.words = value,
                "window" => sent.narrowed.window = value,
                "page" => sent.narrowed.page = value,
                "step" => sent.step = value,
                "chosen" => sent.chosen.extend(value.parse().ok().map(ContactId)),
                "due_year" => *year = value,
                "due_month" => *month = value,
                "due_day" => *day = value,
                "sure" => sent.sure = value,
                _ => {}
            }
        }
        sent
    }
}

struct Scene {
    ceptoar_id: String,
    ceptoar: CeptoarFacts,
    groups: Vec<GroupToAsk>,
    running: Option<Round>,
    listed: Vec<Listed>,
    narrowed: Narrowed,
    keeps: bool,
    now: DateTime<Utc>,
}

impl Scene {
    async fn read(
        tx: &mut Tx,
        viewer: &Viewer,
        ceptoar_id: String,
        narrowed: Narrowed,
        now: DateTime<Utc>,
    ) -> Result<Self, WebError> {
        let ceptoar = roster_store::ceptoar(tx, &ceptoar_id).await?.ok_or(WebError::NotFound)?;
        let groups = proven::groups(tx, &ceptoar_id, now).await?;
        let running = store::rounds(tx, &ceptoar_id).await?.into_iter().find(|round| round.closed_at.is_none());
        let words = narrowed.words.trim();
        let pattern = (!words.is_empty()).then(|| text::like_pattern(words));
        // A window in an address that is none lists nothing, not everything.
        let window = (!narrowed.window.is_empty()).then(|| ContactId(narrowed.window.parse().unwrap_or_default()));
        let wanted = Wanted {
            show: Show::from_code(&narrowed.show).unwrap_or(Show::All),
            group: Some(narrowed.subgroup.as_str()).filter(|group| !group.is_empty()),
            pattern: pattern.as_deref(),
            window,
            skip: page(&narrowed) * PAGE,
            limit: PAGE + 1,
        };
        let listed = proven::list(tx, &ceptoar_id, wanted, now).await?;
        let keeps = can(viewer, DirectoryAction::KeepWindow, &RosterFacts::whole(&ceptoar_id));
        Ok(Self { ceptoar_id, ceptoar, groups, running, listed, narrowed, keeps, now })
    }

    fn page(
        &self,
        frame: &Frame,
        ticked: impl Fn(&Listed) -> bool,
        due: [String; 3],
        errors: FieldErrors,
    ) -> WindowsPage {
        let language = frame.language;
        let w = WindowsWords::of(language);
        let name = language.pick(&self.ceptoar.name[0], &self.ceptoar.name[1]);
        let (list, board) = (roster::roster(&self.ceptoar_id), paths::board(&self.ceptoar_id));
        let way = [frame.home(), (list.as_str(), name.as_str()), (board.as_str(), w.board)];
        let show = Show::from_code(&self.narrowed.show).unwrap_or(Show::All);
        let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let next = (self.listed.len() > shown).then(|| page(&self.narrowed) + 1);
        let due = if due.iter().all(String::is_empty) { usual_due(japan_day(self.now)) } else { due };
        WindowsPage {
            chrome: frame.chrome(w.title, &way),
            w,
            bw: BoardWords::of(language),
            shows: Show::ALL.map(|s| (label(s, w), paths::windows(&self.ceptoar_id, s), s == show)).to_vec(),
            groups: self.groups.iter().map(|group| self.group(group)).collect(),
            narrowed: self.narrowed.clone(),
            rows: self.listed.iter().take(shown).map(|window| self.row(window, ticked(window), language)).collect(),
            keeps: self.keeps,
            ask: match &self.running {
                Some(round) => fill(w.ask_running, &[("due", &long_date(round.due_on, language))]),
                None => w.ask_new.to_owned(),
            },
            due: self.running.is_none().then_some(due),
            errors,
            here: roster::of_ceptoar(paths::WINDOWS, &self.ceptoar_id),
            all: paths::windows(&self.ceptoar_id, Show::All),
            next: next.filter(|next| *next <= LAST_PAGE),
        }
    }

    fn group(&self, group: &GroupToAsk) -> Choice {
        Choice {
            value: group.group_id.clone(),
            label: format!("{} {}", group.code, group.scope),
            explanation: String::new(),
            chosen: group.group_id == self.narrowed.subgroup,
        }
    }

    fn row(&self, window: &Listed, ticked: bool, language: Language) -> Row {
        let w = WindowsWords::of(language);
        let trouble = window.trouble;
        let count = |words, count: i64| fill(words, &[("count", &count.to_string())]);
        let troubles = [
            (trouble.came_back, w.came_back.to_owned(), true),
            (trouble.moved, w.moved.to_owned(), true),
            (trouble.wrong > 0, count(w.wrong, trouble.wrong), true),
            (trouble.unproven > 0, count(w.unproven, trouble.unproven), false),
            (trouble.silent, w.silent.to_owned(), false),
            (window.lately, w.lately.to_owned(), false),
            (!window.mail, w.no_mail.to_owned(), false),
        ];
        Row {
            window: window.contact_id.to_string(),
            ticked,
            organisation: language.pick(&window.organisation[0], &window.organisation[1]).clone(),
            href: roster::of_member(roster::MEMBER, &self.ceptoar_id, window.organisation_id),
            label: window.label.clone(),
            proven: window.proven_on.map_or_else(|| w.never.to_owned(), |day| long_date(day, language)),
            troubles: troubles.into_iter().filter(|(is, ..)| *is).map(|(_, text, bad)| (text, bad)).collect(),
            call: self.keeps.then(|| paths::call(&self.ceptoar_id, window.contact_id)),
        }
    }
}

fn page(narrowed: &Narrowed) -> i64 {
    narrowed.page.parse::<i64>().unwrap_or(0).clamp(0, LAST_PAGE)
}

/// The list.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Query(query): Query<Narrowed>,
) -> Result<Response, WebError> {
    over_all(&viewer, DirectoryAction::SeeWindows, &ceptoar)?;
    // Words in an address would stay in the histories of browsers: they are searched for by POST alone.
    let narrowed = Narrowed { words: String::new(), ..query };
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, ceptoar, narrowed, now).await?;
    tx.commit().await?;
    // Whoever comes for one window has chosen it.
    let one = !scene.narrowed.window.is_empty();
    Ok(Page(scene.page(&frame, |_| one, Default::default(), FieldErrors::default())).into_response())
}

/// Narrows the list down, ticks all of it, or asks the ticked windows.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let sent = Sent::read(fields);
    let asks = sent.step != "search" && sent.step != "tick";
    let needed = if asks { DirectoryAction::KeepWindow } else { DirectoryAction::SeeWindows };
    over_all(&viewer, needed, &ceptoar)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let mut errors = FieldErrors::default();
    if asks && let Some(done) = ask(&mut tx, (&state, &viewer, &frame, now), &ceptoar, &sent, &mut errors).await? {
        tx.commit().await?;
        return Ok(Redirect::to(&format!("{}?done={done}", paths::board(&ceptoar))).into_response());
    }
    let scene = Scene::read(&mut tx, &viewer, ceptoar, sent.narrowed, now).await?;
    tx.commit().await?;
    let ticked = |window: &Listed| sent.step == "tick" || sent.chosen.contains(&window.contact_id);
    let is_wrong = !errors.is_empty();
    let page = scene.page(&frame, ticked, sent.due, errors);
    Ok(if is_wrong { Unprocessable(page).into_response() } else { Page(page).into_response() })
}

/// Asks the ticked windows; what was done, or nothing where something is missing.
async fn ask(
    tx: &mut Tx,
    (state, viewer, frame, now): (&AppState, &Viewer, &Frame, DateTime<Utc>),
    ceptoar: &str,
    sent: &Sent,
    errors: &mut FieldErrors,
) -> Result<Option<&'static str>, WebError> {
    let (w, bw) = (WindowsWords::of(frame.language), BoardWords::of(frame.language));
    let running = store::rounds(tx, ceptoar).await?.into_iter().find(|round| round.closed_at.is_none());
    // Windows of others are none.
    let known = store::windows(tx, ceptoar, Whom::Chosen(&sent.chosen), now).await?;
    let chosen: Vec<ContactId> = known.iter().map(|window| window.contact_id).collect();
    if chosen.is_empty() {
        errors.add("chosen", w.choose);
    }
    let [year, month, day] = &sent.due;
    let due_on = due_day([year, month, day], japan_day(now));
    if running.is_none() && due_on.is_none() {
        errors.add("due", bw.due_wrong);
    }
    if sent.sure != "true" {
        errors.add("sure", bw.sure_missing);
    }
    if !errors.is_empty() {
        return Ok(None);
    }
    let base_url = state.config.base_url();
    let locked = match &running {
        Some(round) => store::running_until(tx, ceptoar, round.round_id).await?.map(|due| (round.round_id, due)),
        None => None,
    };
    let (round, action, asked, done) = match (locked, due_on) {
        (Some((round, due)), _) => {
            let asked = asking::add(tx, (ceptoar, round, due), &chosen, &base_url, now).await?;
            (round, "verification.add", asked, if asked.windows > 0 { "added" } else { "nobody" })
        }
        (None, Some(due_on)) => {
            let opening = Opening { ceptoar_id: ceptoar, whom: Whom::Chosen(&chosen), due_on };
            let Some((round, asked)) = asking::open(tx, viewer, opening, &base_url, now).await? else {
                errors.add("chosen", bw.already);
                return Ok(None);
            };
            (round, "verification.open", asked, "opened")
        }
        (None, None) => {
            errors.add("due", bw.due_wrong);
            return Ok(None);
        }
    };
    note(tx, viewer, frame, action, (ceptoar, round), Some(asked), now).await?;
    Ok(Some(done))
}
