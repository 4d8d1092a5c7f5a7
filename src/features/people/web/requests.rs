//! Requests that need a second person: the list, one of them, and the decision.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::shown::{period, place};
use super::{actor, note_reading, or_refused, step_error};
use crate::features::access::action::RequestAction;
use crate::features::access::{Viewer, can};
use crate::features::people::form::DecisionForm;
use crate::features::people::paths;
use crate::features::people::person::{Decision, GrantRequest, HeldDuty, RequestPurpose};
use crate::features::people::steps::decisions;
use crate::features::people::store::{self, Wanted};
use crate::kernel::ids::GrantRequestId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of requests.
    pub struct RequestWords {
        title: "承認待ちの申請" / "Requests awaiting a second person",
        one: "申請の確認" / "A request",
        lead: "内容と、この方がどなたかを確かめて、承認するか却下してください。承認すると、ご本人にメールが届きます。" / "Check what is asked for and who the person is, then confirm or refuse. When you confirm, a mail goes to the person.",
        people: "利用者管理" / "People",
        ask: "職員の担当を申請する" / "Ask for a staff role",
        empty_title: "承認待ちの申請はありません" / "Nothing is waiting",
        empty_text: "職員の担当の申請や、サインインの方法の再登録の申請があると、ここに表示します。" / "Requests for staff roles and for new ways to sign in are shown here.",
        person: "対象の方" / "Person",
        purpose: "申請の内容" / "Asked for",
        role: "役割" / "Role",
        place: "担当先" / "Where",
        period: "期間" / "Period",
        reason: "理由" / "Reason",
        asked: "申請" / "Asked",
        by: "{at} {name}" / "{at}, {name}",
        state: "状態" / "State",
        waiting: "承認待ち" / "Waiting",
        over: "期限切れ(申請から14日)" / "Expired (14 days)",
        sign_in_name: "利用者名" / "User name",
        asked_address: "申請時のメールアドレス" / "Mail address when asked",
        address_now: "現在のメールアドレス" / "Mail address now",
        no_address: "登録なし" / "None",
        made: "アカウントの作成" / "Account made",
        by_operation: "(ポータルの運用者)" / "(those who run the portal)",
        held: "現在と今後の担当" / "Duties now and to come",
        none_held: "ありません" / "None",
        decided: "{decision}({at} {name})" / "{decision} ({at}, {name})",
        confirm: "承認する" / "Confirm",
        confirm_firm: "自組織の担当者であることを確かめたうえで承認する" / "Confirm, having made sure that this is one of ours",
        confirm_recovery: "ご本人であることを確かめたうえで承認する" / "Confirm, having made sure who it is",
        refuse: "却下する" / "Refuse",
        withdraw: "申請を取り下げる" / "Take the request back",
        own: "ご自分の申請です。承認は、もう一人の承認者が行います。" / "This is your own request. Somebody else confirms it.",
        own_firm: "ご自分の提案です。承認は、提案先の組織の方が行います。" / "This is your own proposal. Somebody of the organisation confirms it.",
        others_firm: "承認は、提案先の組織の方が行います。" / "Somebody of the organisation confirms it.",
        firm: "セプター事務局からの提案です。この方が自組織の担当者でないときは、却下して、事務局にお電話ください。" / "The secretariat proposes this. If the person is not one of yours, refuse it and telephone the secretariat.",
        about_you: "ご自分についての申請です。承認は、ほかの承認者が行います。" / "This request is about you. Somebody else decides.",
        see: "内容を確かめる" / "Look at the request",
    }
}

struct Row {
    href: String,
    name: String,
    what: String,
    asked: String,
}

#[derive(Template)]
#[template(path = "people/requests.html")]
struct RequestsPage {
    chrome: Chrome,
    w: &'static RequestWords,
    rows: Vec<Row>,
    may_ask: bool,
}

#[derive(Template)]
#[template(path = "people/request.html")]
struct RequestPage {
    chrome: Chrome,
    w: &'static RequestWords,
    facts: Vec<(&'static str, String)>,
    remark: &'static str,
    confirm: Option<(String, &'static str)>,
    refuse: Option<String>,
    withdraw: Option<String>,
}

/// All that wait.
pub async fn index(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let requests = store::requests(&mut tx, Wanted::Waiting).await?;
    let w = RequestWords::of(frame.language);
    let row = |r: &GrantRequest| Row {
        href: paths::of_request(paths::REQUEST, r.id),
        name: r.display_name.clone(),
        what: what(r, frame.language),
        asked: fill(w.by, &[("at", &long_time(r.asked_at, frame.language)), ("name", &r.asked_by)]),
    };
    let rows = requests.iter().filter(|r| can(&viewer, RequestAction::Look, &r.facts)).map(row).collect();
    let chrome = frame.chrome(w.title, &way(&frame, &viewer, w));
    Ok(Page(RequestsPage { chrome, w, rows, may_ask: viewer.keeps_staff() }).into_response())
}

/// Who only answers for a firm has no list of people to go back to.
fn way(frame: &Frame, viewer: &Viewer, w: &'static RequestWords) -> Vec<(&'static str, &'static str)> {
    let mut way = vec![frame.home()];
    if viewer.keeps_members() || viewer.keeps_staff() {
        way.push((paths::INDEX, w.people));
    }
    way
}

fn what(request: &GrantRequest, language: Language) -> String {
    match request.role {
        Some(role) => {
            let place = |o| place(o, request.ceptoar.as_ref(), request.window.as_ref(), language);
            let place = request.organisation.as_ref().map(place);
            format!("{} / {}", role.label(language), place.unwrap_or_default())
        }
        None => request.purpose.label(language).to_owned(),
    }
}

async fn find(tx: &mut sqlx::PgConnection, viewer: &Viewer, id: GrantRequestId) -> Result<GrantRequest, WebError> {
    let request = store::requests(tx, Wanted::One(id)).await?.pop().ok_or(WebError::NotFound)?;
    if can(viewer, RequestAction::Look, &request.facts) { Ok(request) } else { Err(WebError::NotFound) }
}

/// One of them.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<GrantRequestId>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let request = find(&mut tx, &viewer, id).await?;
    let held = store::request_duties(&mut tx, id).await?;
    let w = RequestWords::of(frame.language);
    let to = |route| paths::of_request(route, id);
    let may = |action| can(&viewer, action, &request.facts);
    let confirm = match request.purpose {
        RequestPurpose::Duty if request.facts.firm.is_some() => w.confirm_firm,
        RequestPurpose::Duty => w.confirm,
        RequestPurpose::Recovery => w.confirm_recovery,
    };
    let addresses = [&request.asked_address, &request.known.as_ref().and_then(|known| known.mail_address.clone())];
    let addresses = addresses.into_iter().flatten().count();
    let tx = note_reading(tx, &state, &viewer, &frame, ("grant_request", id.to_string()), addresses).await?;
    tx.commit().await?;
    let mut way = way(&frame, &viewer, w);
    way.push((paths::REQUESTS, w.title));
    let page = RequestPage {
        chrome: frame.chrome(w.one, &way),
        w,
        facts: facts(&request, &held, frame.language),
        remark: remark(&request, &viewer, w),
        confirm: may(RequestAction::Confirm).then(|| (to(paths::CONFIRMATION), confirm)),
        refuse: may(RequestAction::Refuse).then(|| to(paths::REFUSAL)),
        withdraw: may(RequestAction::Withdraw).then(|| to(paths::WITHDRAWAL)),
    };
    Ok(Page(page).into_response())
}

fn remark(request: &GrantRequest, viewer: &Viewer, w: &'static RequestWords) -> &'static str {
    if !request.facts.waiting {
        ""
    } else if request.facts.account_id == viewer.account_id {
        w.about_you
    } else if request.facts.asked_by == viewer.account_id {
        if request.facts.firm.is_some() { w.own_firm } else { w.own }
    } else if request.facts.firm.is_some() && !can(viewer, RequestAction::Confirm, &request.facts) {
        w.others_firm
    } else if request.facts.firm.is_some() {
        w.firm
    } else {
        ""
    }
}

/// Whom the second person lets in: what the portal itself knows of them.
fn known(request: &GrantRequest, held: &[HeldDuty], language: Language) -> Vec<(&'static str, String)> {
    let w = RequestWords::of(language);
    let address = |address: &Option<String>| address.clone().unwrap_or_else(|| w.no_address.to_owned());
    let mut facts = match (&request.known, &request.asked_address) {
        (Some(known), asked) => {
            let made_by = known.made_by.as_deref().unwrap_or(w.by_operation);
            vec![
                (w.sign_in_name, known.sign_in_name.clone()),
                (w.asked_address, address(asked)),
                (w.address_now, address(&known.mail_address)),
                (w.made, fill(w.by, &[("at", &long_time(known.made_at, language)), ("name", made_by)])),
            ]
        }
        // A firm is told the address that the secretariat typed, and of its own duties.
        (None, Some(asked)) => vec![(w.asked_address, asked.clone())],
        (None, None) => return Vec::new(),
    };
    if held.is_empty() {
        facts.push((w.held, w.none_held.to_owned()));
    }
    facts.extend(held.iter().map(|duty| {
        let place = place(&duty.organisation, duty.ceptoar.as_ref(), None, language);
        let period = period(duty.begins_on, duty.ends_on, language);
        (w.held, format!("{} / {place} ({period})", duty.role.label(language)))
    }));
    facts
}

fn facts(request: &GrantRequest, held: &[HeldDuty], language: Language) -> Vec<(&'static str, String)> {
    let w = RequestWords::of(language);
    let mut facts = vec![(w.purpose, request.purpose.label(language).to_owned())];
    facts.push((w.person, request.display_name.clone()));
    if let Some(role) = request.role {
        facts.push((w.role, role.label(language).to_owned()));
    }
    if let Some(organisation) = &request.organisation {
        facts.push((w.place, place(organisation, request.ceptoar.as_ref(), request.window.as_ref(), language)));
        facts.push((w.period, period(request.begins_on, request.ends_on, language)));
    }
    facts.push((w.reason, request.reason.clone()));
    let asked = [("at", long_time(request.asked_at, language)), ("name", request.asked_by.clone())];
    facts.push((w.asked, fill(w.by, &asked.each_ref().map(|(key, value)| (*key, value.as_str())))));
    let state = match (request.decision, request.decided_at, &request.decided_by) {
        (Some(decision), Some(at), Some(by)) => {
            fill(w.decided, &[("decision", decision.label(language)), ("at", &long_time(at, language)), ("name", by)])
        }
        (_, _, _) if request.facts.waiting => w.waiting.to_owned(),
        (_, _, _) => w.over.to_owned(),
    };
    facts.push((w.state, state));
    facts.extend(known(request, held, language));
    facts
}

/// Confirms, refuses or takes back.
pub async fn decide(
    decision: Decision,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<GrantRequestId>,
    Form(DecisionForm {}): Form<DecisionForm>,
) -> Result<Response, WebError> {
    let answer = decided(decision, &state, &viewer, &frame, id).await;
    or_refused(answer, &state, &viewer, &frame, "people.decide", ("grant_request", id.to_string())).await
}

async fn decided(
    decision: Decision,
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    id: GrantRequestId,
) -> Result<Response, WebError> {
    let actor = actor(state, viewer, frame);
    let mut tx = state.db.begin(Some(viewer.account_id), actor.now).await?;
    let request = find(&mut tx, viewer, id).await?;
    decisions::decide(&mut tx, actor, &request, decision).await.map_err(step_error)?;
    tx.commit().await?;
    Ok(Redirect::to(&paths::of_request(paths::REQUEST, id)).into_response())
}
