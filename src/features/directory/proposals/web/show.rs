//! One proposal: what was registered, what is registered now, what is wanted; and the steps that the viewer may take.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::proposals::deciding::changes_of;
use crate::features::directory::proposals::paths;
use crate::features::directory::proposals::proposal::{Basics, Compared, State as ProposalState, compared};
use crate::features::directory::proposals::store::{self, Proposal};
use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::{self as roster_store, CeptoarFacts};
use crate::features::directory::roster::web::permitted;
use crate::features::directory::roster::web::shown::{Plan, plans};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, fill};
use crate::kernel::period::{long_date, long_time};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::{ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct ShowWords {
        title: "変更申請" / "Proposal",
        directory: "名簿" / "Directory",
        list: "変更申請の一覧" / "Proposals",
        member: "構成員" / "Member",
        see_member: "登録を見る" / "See its entry",
        when: "適用日" / "From which day",
        from: "{day}から" / "From {day}",
        past: "適用日を過ぎています。承認すると、さかのぼってこの日からの登録になります。" / "This day has passed. If you accept, it is registered as from that day.",
        reason: "申請の理由" / "Reason",
        made: "申請" / "Proposed",
        made_by: "{at} {who}" / "{at} {who}",
        differences: "変更の内容" / "What is to be different",
        item: "項目" / "Item",
        then: "申請時の登録" / "Registered then",
        now: "現在の登録" / "Registered now",
        after: "申請の内容" / "Proposed",
        nothing: "(なし)" / "(none)",
        overtaken_title: "申請のあとで、登録が変更されています" / "What is registered was changed since",
        overtaken: "「現在の登録」をご確認ください。承認すると、「申請の内容」に書き換わります。ここにない項目は、現在の登録のまま残ります。" / "Please look at “Registered now”. If you accept, it becomes what is proposed. Items that are not listed stay as they are.",
        later_title: "適用日のあとに、別の予定があります" / "Something is planned for later",
        see_day: "この日の登録を見る" / "See that day",
        not_possible_title: "この申請は承認できません" / "This cannot be accepted",
        not_member: "適用日には、この組織は構成員ではありません。理由を付けて差し戻してください。" / "The organisation is no member on that day. Please return it with a reason.",
        nothing_left: "申請の内容は、すでに登録されています。理由を付けて差し戻してください。" / "All of it is registered already. Please return it with a reason.",
        decide: "申請を処理する" / "Decide",
        accept_lead: "承認すると、適用日からこの内容が登録されます。申請者にメールでお知らせします。" / "It is registered from its day on, and the proposer is told by mail.",
        accept: "承認する" / "Accept",
        return_lead: "差し戻すと、登録は変わりません。申請者にメールでお知らせし、理由はポータルで読んでもらいます。" / "Nothing is changed. The proposer is told by mail and reads the reason in the portal.",
        answer: "差し戻す理由" / "Reason for returning it",
        answer_help: "申請者が読みます。500文字以内。" / "For the proposer. At most 500 characters.",
        return_it: "差し戻す" / "Return",
        take_back: "申請を取り下げる" / "Take the proposal back",
        take_back_lead: "事務局の確認を待っています。取り下げると、別の内容で申請し直せます。" / "It waits for the secretariat. After taking it back you can propose something else.",
        answered: "差戻しの理由" / "Why it was returned",
        again: "直して申請し直す" / "Mend it and propose again",
        decided: "処理" / "Decided",
        done_made: "変更を申請しました。事務局の確認をお待ちください。" / "The change was proposed. Please wait for your secretariat.",
        done_waiting: "確認待ちの申請があります。内容を変えるときは、先にこの申請を取り下げてください。" / "This proposal waits for the secretariat. To propose something else, take it back first.",
        done_accepted: "申請を承認し、登録しました。" / "The proposal was accepted and registered.",
        done_returned: "申請を差し戻しました。" / "The proposal was returned.",
        done_taken_back: "申請を取り下げました。" / "The proposal was taken back.",
        settled: "この申請は、すでに処理されています。今回の操作は行われていません。" / "This proposal was decided already. Nothing was done now.",
        changed: "確認している間に、登録が変更されました。もう一度内容を確かめてから、承認してください。" / "What is registered was changed while you were looking. Please look again before you accept.",
        unsent: "送られなかった理由" / "The reason that was not sent",
    }
}

/// A proposal in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct ProposalPlace {
    /// The CEPTOAR.
    pub ceptoar: String,
    /// The proposal.
    pub proposal: Uuid,
}

/// What may follow the address: the step that led here.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct DoneQuery {
    done: String,
}

struct Row {
    name: String,
    then: String,
    now: String,
    after: String,
    overtaken: bool,
}

#[derive(Template)]
#[template(path = "directory/proposals/show.html")]
struct ShowPage {
    chrome: Chrome,
    w: &'static ShowWords,
    state: (&'static str, &'static str),
    firm: String,
    member: String,
    when: String,
    is_past: bool,
    reason: String,
    made: String,
    decided: Option<String>,
    answer: String,
    rows: Vec<Row>,
    /// While it is open the present is shown beside it.
    is_open: bool,
    is_overtaken: bool,
    plans: Vec<Plan>,
    hindrance: Option<&'static str>,
    decides: bool,
    acceptance: Option<String>,
    return_it: String,
    seen: String,
    take_back: Option<String>,
    again: Option<String>,
    typed: String,
    unsent: bool,
    errors: Vec<ErrorLine>,
    at: FieldErrors,
}

/// What the page is shown again with.
#[derive(Debug, Default)]
pub struct Shown {
    /// What the desk typed.
    pub typed: String,
    /// What is wrong with it.
    pub errors: FieldErrors,
    /// What is said on top: kind and text.
    pub said: Option<(&'static str, &'static str)>,
}

/// A proposal with everything that is known beside it.
pub struct Found {
    /// The proposal.
    pub proposal: Proposal,
    /// What is known of the member, for deciding who may do what.
    pub facts: RosterFacts,
    /// The CEPTOAR.
    pub ceptoar: CeptoarFacts,
    /// The member as it is, without its windows.
    pub sheet: Sheet,
    maker: Option<String>,
}

impl Found {
    /// The proposal, for whoever may do that with it; otherwise there is none.
    pub async fn read(
        tx: &mut Tx,
        viewer: &Viewer,
        action: DirectoryAction,
        place: &ProposalPlace,
    ) -> Result<Self, WebError> {
        let proposal = store::find(tx, &place.ceptoar, place.proposal).await?.ok_or(WebError::NotFound)?;
        let facts = permitted(tx, viewer, action, &place.ceptoar, proposal.organisation_id).await?;
        let ceptoar = roster_store::ceptoar(tx, &place.ceptoar).await?.ok_or(WebError::NotFound)?;
        let sheet = roster_store::sheet(tx, &place.ceptoar, proposal.organisation_id, false).await?;
        let maker = store::maker(tx, proposal.proposal_id).await?;
        Ok(Self { proposal, facts, ceptoar, sheet, maker })
    }

    /// The firm's name in Japanese and English, as it is today.
    #[must_use]
    pub fn firm(&self, now: DateTime<Utc>) -> [String; 2] {
        let name = self.sheet.name_on(japan_day(now));
        name.map(|fact| [fact.value.ja.clone(), fact.value.en.clone()]).unwrap_or_default()
    }

    fn hindrance(&self, w: &'static ShowWords) -> Option<&'static str> {
        match changes_of(&self.proposal, &self.sheet, &self.ceptoar) {
            Ok(made) => made.is_empty().then_some(w.nothing_left),
            Err(_) => Some(w.not_member),
        }
    }

    fn chrome(&self, viewer: &Viewer, frame: &Frame, firm: &str) -> Chrome {
        let w = ShowWords::of(frame.language);
        let id = &self.proposal.ceptoar_id;
        let (roster_of, list) = (roster::roster(id), paths::index(id));
        let member = roster::of_member(roster::MEMBER, id, self.proposal.organisation_id);
        let ceptoar = frame.language.pick(&self.ceptoar.name[0], &self.ceptoar.name[1]);
        let mut way = vec![frame.home(), (roster::INDEX, w.directory)];
        if can(viewer, DirectoryAction::SeeProposals, &RosterFacts::whole(id)) {
            way.extend([(roster_of.as_str(), ceptoar.as_str()), (list.as_str(), w.list)]);
        } else {
            way.push((member.as_str(), firm));
        }
        frame.chrome(w.title, &way)
    }

    /// The page.
    pub fn page(&self, viewer: &Viewer, frame: &Frame, now: DateTime<Utc>, shown: Shown) -> impl Template + use<> {
        let language = frame.language;
        let w = ShowWords::of(language);
        let p = &self.proposal;
        let firm = self.firm(now);
        let firm =
            if language.pick(&firm[0], &firm[1]).is_empty() { &firm[0] } else { language.pick(&firm[0], &firm[1]) };
        let is_open = p.state == ProposalState::Open;
        let registered = Basics::on(&self.sheet, p.effective_on).map(|now| now.lines(&self.ceptoar));
        let fields = compared(&p.before, &p.after, &registered.unwrap_or_default());
        let decides = is_open && can(viewer, DirectoryAction::KeepMember, &self.facts);
        let proposes = can(viewer, DirectoryAction::Propose, &self.facts);
        let hindrance = self.hindrance(w).filter(|_| is_open);
        let of = |route| paths::of_proposal(route, &p.ceptoar_id, p.proposal_id);
        let mut chrome = self.chrome(viewer, frame, firm);
        if let Some((kind, text)) = shown.said {
            chrome = chrome.with_flash(kind, text);
        }
        let who = [("at", long_time(p.made_at, language)), ("who", self.maker.clone().unwrap_or_default())];
        let again = proposes && matches!(p.state, ProposalState::Returned | ProposalState::TakenBack);
        ShowPage {
            chrome,
            w,
            state: (p.state.colour(), p.state.label(language)),
            firm: firm.clone(),
            member: roster::of_member(roster::MEMBER, &p.ceptoar_id, p.organisation_id),
            when: fill(w.from, &[("day", &long_date(p.effective_on, language))]),
            is_past: decides && p.effective_on < japan_day(now),
            reason: p.reason.clone(),
            made: fill(w.made_by, &who.each_ref().map(|(key, value)| (*key, value.as_str()))).trim().to_owned(),
            decided: p.decided_at.map(|at| format!("{} {}", long_time(at, language), p.state.label(language))),
            answer: p.answer.clone(),
            is_overtaken: is_open && fields.iter().any(Compared::is_overtaken),
            rows: fields.iter().map(|field| row(field, w, frame)).collect(),
            is_open,
            plans: if decides { plans(&self.sheet, p.effective_on, language) } else { Vec::new() },
            hindrance,
            decides,
            acceptance: (decides && hindrance.is_none()).then(|| of(paths::ACCEPTANCE)),
            return_it: of(paths::RETURN),
            seen: self.sheet.digest(),
            take_back: (is_open && proposes).then(|| of(paths::WITHDRAWAL)),
            again: again
                .then(|| format!("{}?from={}", paths::proposing(&p.ceptoar_id, p.organisation_id), p.proposal_id)),
            unsent: !decides && !shown.typed.is_empty(),
            typed: shown.typed,
            errors: shown.errors.lines(),
            at: shown.errors,
        }
    }
}

fn row(field: &Compared, w: &'static ShowWords, frame: &Frame) -> Row {
    let language = frame.language;
    let value = |line: &Option<Line>| match line.as_ref().map(|line| line.value(language)) {
        None | Some("") => w.nothing.to_owned(),
        Some(value) => value.to_owned(),
    };
    let d = &field.proposed;
    Row {
        name: d.after.as_ref().or(d.before.as_ref()).map(|line| line.name(language)).unwrap_or_default(),
        then: value(&d.before),
        now: value(&field.now),
        after: value(&d.after),
        overtaken: field.is_overtaken(),
    }
}

/// The page. Whoever proposed it has seen by this that it was returned.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<ProposalPlace>,
    Query(query): Query<DoneQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let found = Found::read(&mut tx, &viewer, DirectoryAction::SeeProposals, &place).await?;
    let is_news = found.proposal.state == ProposalState::Returned && found.proposal.looked_at.is_none();
    if is_news && can(&viewer, DirectoryAction::Propose, &found.facts) {
        store::look(&mut tx, place.proposal, now).await?;
    }
    tx.commit().await?;
    let w = ShowWords::of(frame.language);
    let said = match query.done.as_str() {
        "made" => Some(("success", w.done_made)),
        "waiting" => Some(("warning", w.done_waiting)),
        "accepted" => Some(("success", w.done_accepted)),
        "returned" => Some(("success", w.done_returned)),
        "taken_back" => Some(("success", w.done_taken_back)),
        _ => None,
    };
    Ok(Page(found.page(&viewer, &frame, now, Shown { said, ..Shown::default() })).into_response())
}
