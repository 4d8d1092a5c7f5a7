//! The list of the people whose accounts the viewer keeps.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::shown::{choices, place, sees};
use crate::features::access::action::RequestAction;
use crate::features::access::{Role, Viewer, can};
use crate::features::people::paths;
use crate::features::people::person::{AccountState, Duty, Listed, Unanswered};
use crate::features::people::store::{self, Filter, Wanted};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::AccountId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::short_time;
use crate::kernel::text;
use crate::platform::web::error::WebError;
use crate::platform::web::form::Choice;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// Rows on a page.
const PAGE: i32 = 50;

crate::words! {
    /// Words of the list.
    pub struct PeopleWords {
        title: "利用者管理" / "People",
        invite: "利用者を招待する" / "Invite somebody",
        ask: "職員の担当を申請する" / "Ask for a staff role",
        requests: "承認待ちの申請({count}件)" / "Requests awaiting a second person ({count})",
        scope_desk: "担当するセプターの構成員の方と、自分の事務局のコーディネータの方を表示しています。" / "People at your CEPTOAR's members, and your own desk's coordinators.",
        scope_firm: "自社の利用者を表示しています。" / "People at your own firm.",
        scope_staff: "NISC・所管省庁・事務局・監査などの担当者を表示しています。" / "Staff: people at the centre, ministries, secretariats, auditors and others.",
        filter: "絞り込み" / "Filter",
        search: "氏名・組織名" / "Name or organisation",
        search_help: "一部だけでも探せます。入力した言葉は、ブラウザーの履歴に残りません。" / "A part of the name is enough. Your browser does not remember what you type here.",
        search_button: "検索する" / "Search",
        state: "状態" / "State",
        all: "すべて" / "All",
        clear: "すべて表示する" / "Show all",
        name: "氏名" / "Name",
        duties: "担当" / "Duties",
        last: "最後のサインイン" / "Last sign-in",
        strength: "サインインの方法" / "Signs in with",
        none: "(現在の担当なし)" / "(no duty now)",
        never: "まだありません" / "Not yet",
        next: "次の利用者を見る" / "Next people",
        first: "最初に戻る" / "Back to the first",
        empty_title: "利用者はまだいません" / "There is nobody here yet",
        empty_text: "上のボタンから、最初の方を招待してください。招待のメールが届いたご本人が、パスワードなどを登録します。" / "Invite the first person with the button above. They set up their own password from the mail.",
        nothing_title: "条件に合う利用者はいません" / "Nobody matches",
        nothing_text: "氏名や組織名の一部だけで探すか、状態を「すべて」にしてお試しください。" / "Try only a part of the name, or choose “All” under State.",
        unanswered_title: "担当者が停止中の窓口があります" / "Nobody can answer for some windows just now",
        unanswered_text: "次の窓口は、担当者の利用が停止されています。情報提供は窓口のアドレスに引き続き届きます。別の方を担当に登録してください。" / "Everybody who answers for these windows is suspended. Advisories still go to the window's address. Please name somebody else.",
        unanswered_act: "担当を登録する" / "Choose somebody else",
        window: "窓口 {position}" / "window {position}",
    }
}

/// A row as shown.
struct Row {
    href: String,
    name: String,
    state: (&'static str, &'static str),
    duties: Vec<String>,
    last: String,
    strength: &'static str,
}

struct Hint {
    text: String,
    href: Option<String>,
}

#[derive(Template)]
#[template(path = "people/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static PeopleWords,
    rows: Vec<Row>,
    scopes: Vec<&'static str>,
    hints: Vec<Hint>,
    states: Vec<Choice>,
    words: String,
    state: &'static str,
    narrow: bool,
    paging: bool,
    next: Option<(String, String)>,
    may_invite: bool,
    may_ask: bool,
    requests: String,
}

/// What is sent. Only the body of a search carries words and names.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    words: String,
    state: String,
    after_name: String,
    after: String,
}

/// The list.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<StateQuery>,
) -> Result<Response, WebError> {
    page(&state, &viewer, &frame, Search { state: query.state, ..Search::default() }).await
}

/// What an address may carry.
#[derive(Debug, Default, serde::Deserialize)]
pub struct StateQuery {
    #[serde(default)]
    state: String,
}

/// The list narrowed by words, and its further pages: names of people stay out of addresses.
pub async fn search(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(search): Form<Search>,
) -> Result<Response, WebError> {
    page(&state, &viewer, &frame, search).await
}

/// A search has no address of its own: coming back to it leads to the list.
pub async fn leave_search(_viewer: Viewer) -> Redirect {
    Redirect::to(paths::INDEX)
}

async fn page(state: &AppState, viewer: &Viewer, frame: &Frame, search: Search) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let w = PeopleWords::of(language);
    let words = text::search_words(&search.words);
    let chosen = AccountState::from_code(&search.state);
    let after = search.after.parse::<AccountId>().ok().map(|id| (search.after_name.clone(), id));
    let paging = after.is_some();
    let filter = Filter { pattern: (!words.is_empty()).then(|| text::like_pattern(&words)), state: chosen, after };
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let mut people = store::list(&mut tx, &filter, PAGE + 1).await?;
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = people.len() > page;
    people.truncate(page);
    let ids: Vec<AccountId> = people.iter().map(|p| p.account_id).collect();
    let mut duties = store::duties(&mut tx, &ids).await?;
    duties.retain(|duty| sees(viewer, duty));
    let unanswered = store::unanswered(&mut tx).await?;
    let mut requests = store::requests(&mut tx, Wanted::Waiting).await?;
    requests.retain(|request| can(viewer, RequestAction::Look, &request.facts));
    tx.commit().await?;
    let next = people.last().filter(|_| more).map(|p| (p.display_name.clone(), p.account_id.to_string()));
    // Somebody who waits for a first role has no duty yet.
    people.retain(|p| {
        let waits = || requests.iter().any(|request| request.facts.account_id == p.account_id);
        (p.state == AccountState::Waiting && waits()) || duties.iter().any(|duty| duty.account_id == p.account_id)
    });
    let today = japan_day(now);
    let mut states: Vec<(&str, String)> = vec![("", w.all.to_owned())];
    states.extend(AccountState::ALL.map(|s| (s.code(), s.label(language).to_owned())));
    let page = IndexPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        rows: people.into_iter().map(|person| row(person, &duties, today, language)).collect(),
        scopes: scopes(viewer, w),
        hints: unanswered.iter().map(|window| hint(window, language)).collect(),
        states: choices(states, chosen.map_or("", AccountState::code)),
        narrow: chosen.is_some() || !words.is_empty(),
        words,
        state: chosen.map_or("", AccountState::code),
        paging,
        next,
        may_invite: viewer.keeps_members(),
        may_ask: viewer.keeps_staff(),
        requests: fill(w.requests, &[("count", &requests.len().to_string())]),
    };
    Ok(Page(page).into_response())
}

fn scopes(viewer: &Viewer, w: &'static PeopleWords) -> Vec<&'static str> {
    let mut scopes = Vec::new();
    if viewer.has(Role::Secretariat) {
        scopes.push(w.scope_desk);
    }
    if viewer.has(Role::MemberAdmin) {
        scopes.push(w.scope_firm);
    }
    if viewer.keeps_staff() {
        scopes.push(w.scope_staff);
    }
    scopes
}

fn row(person: Listed, duties: &[Duty], today: chrono::NaiveDate, language: Language) -> Row {
    let w = PeopleWords::of(language);
    let own = duties.iter().filter(|duty| duty.account_id == person.account_id && duty.is_live(today));
    let line = |duty: &Duty| {
        let place = place(&duty.organisation, duty.ceptoar.as_ref(), duty.window.as_ref(), language);
        format!("{} / {place}", duty.hat.role.label(language))
    };
    Row {
        href: paths::person(person.account_id),
        name: person.display_name,
        state: (person.state.code(), person.state.label(language)),
        duties: own.map(line).collect(),
        last: person.last_sign_in.map_or_else(|| w.never.to_owned(), short_time),
        strength: person.strength.label(language),
    }
}

fn hint(window: &Unanswered, language: Language) -> Hint {
    let w = PeopleWords::of(language);
    let position = fill(w.window, &[("position", &window.position.to_string())]);
    let name = language.pick(&window.organisation[0], &window.organisation[1]);
    Hint {
        text: format!("{name} {position}({})", window.label),
        href: window.ceptoar_id.as_deref().map(|ceptoar| paths::invitation(window.organisation_id, ceptoar)),
    }
}
