//! 連絡一覧: who has not acknowledged, by which numbers they are reached now, and who was tried in vain.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::desk::{self, Asking, Desk, refused};
use super::entry::MemberPlace;
use super::page;
use crate::features::access::action::{DirectoryAction, ReceiptAction};
use crate::features::access::{Viewer, could};
use crate::features::advisories::escalation;
use crate::features::advisories::escalation::reached::{About, Coming};
use crate::features::advisories::escalation::web::shown::{about_words, coming_words};
use crate::features::advisories::receipts::calls::attempt::{Attempt, NewAttempt, Outcome};
use crate::features::advisories::receipts::calls::callee::{CallNumber, Callee};
use crate::features::advisories::receipts::calls::store::{self, Asked, PAGE};
use crate::features::advisories::receipts::paths::{self, ListPlace};
use crate::features::advisories::receipts::store::A_MOMENT;
use crate::features::directory::roster::{paths as roster, spelling};
use crate::features::directory::setup::fact::Fact;
use crate::features::directory::setup::store as setup;
use crate::features::sharing::store::{self as sharing, Hours};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_time, short_time};
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::{Id, Place};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the call list.
    pub struct CallsWords {
        title: "連絡一覧(未確認の構成員)" / "Call list (not acknowledged)",
        lead: "受領を確認していない構成員です。メールが届いていない構成員から順に、いまの時間帯につながる番号を先に表示しています。" / "Members that have not acknowledged: those that no mail reached first, and with the numbers first that hold at this hour.",
        lead_red: "TLP:REDです。電話では内容を伝えず、指名された方にポータルへのサインインを依頼してください。受領は、ご本人がポータルで確認します。" / "This is TLP:RED. Say nothing of it on the telephone; ask the named person to sign in. They acknowledge in the portal themselves.",
        drill_banner: "これは訓練です。実際の事案ではありません。" / "This is a drill. Nothing of this has happened.",
        number: "番号" / "Number",
        published: "発出" / "Published",
        answer_due: "回答期限" / "Answer due",
        late: "期限超過" / "Overdue",
        off_hours: "いまは夜間・休日の時間帯です" / "It is night or holiday now",
        holiday: "いまは祝日・休日({name})の時間帯です" / "It is a holiday now ({name})",
        business: "いまは平日日中の時間帯です" / "These are working hours",
        by_code: "受領コードで記録" / "Enter by code",
        script: "電話の台本を開く" / "Telephone script",
        to_list: "配信状況に戻る" / "Back to the deliveries",
        opened: "{time} に開いた一覧です。そのあとに受領を確認できた構成員は、線を引いて同じ場所に残しています。" / "The list as it was opened at {time}. Members that have received the item since stay in their place, struck out.",
        renew: "一覧を新しくする" / "Open it anew",
        received: "受領を確認済み" / "Received",
        see: "記録を見る" / "See the entry",
        nobody: "未確認の構成員はいません。" / "Every member has acknowledged.",
        nobody_text: "すべての構成員の受領を確認できました。" / "Nobody is left to call.",
        numbers: "連絡先" / "Numbers",
        window: "窓口" / "Window",
        way: "手段" / "By",
        value: "番号" / "Number to call",
        hours: "時間帯" / "Hours",
        not_now: "いまは時間外" / "not for this hour",
        mail: "メール" / "Mail",
        no_number: "電話番号の登録なし" / "no number registered",
        no_window: "この構成員の窓口は登録されていません。" / "No window is registered for this member.",
        no_window_red: "指名された方の窓口は、ここには表示されません。発出者に電話で確かめてください。" / "The named person's window is not shown here. Please telephone the issuer.",
        no_handler: "この情報を扱える窓口の登録がありません。" / "No window is registered that may handle this.",
        member: "名簿で構成員を見る" / "See the member in the directory",
        enter: "受領を記録" / "Enter receipt",
        fax: "FAX送信票" / "Fax sheet",
        networks: "電話がつながらないときに使える連絡網" / "Networks that carry word where the telephone does not",
        networks_help: "連絡網で確認した受領は、手段を「その他の連絡網」にして記録してください。" / "Enter what was confirmed through one as received through “Another network”.",
        attempts: "これまでの連絡" / "Calls so far",
        attempt: "つながらなかったとき" / "If you did not get through",
        attempt_red: "電話した結果" / "How the call ended",
        which: "かけた番号" / "Number called",
        choose: "選んでください" / "Please choose",
        other: "その他の手段" / "another way",
        noted: "連絡の結果を記録しました。" / "The call is noted.",
        noted_wrong: "番号違いを記録しました。名簿の窓口で番号を訂正してください。" / "The wrong number is noted. Please correct it in the directory.",
        number_changed: "その番号は、名簿で変わりました。結果は記録していません。いまの番号をご確認ください。" / "That number has changed in the directory. Nothing was noted. Please look at the present one.",
        choose_number: "かけた番号を選んでから、結果を押してください。結果は記録していません。" / "Please choose the number that you called, then press how it ended. Nothing was noted.",
        wrong_mark: "番号違い" / "wrong number",
        correct: "番号を訂正する" / "Correct the number",
        by: "{time} {kind} {outcome} ({who})" / "{time} {kind}: {outcome} ({who})",
        previous: "前の50件" / "Previous 50",
        next: "次の50件" / "Next 50",
        receipt_line: "受領者" / "Received by",
        time_line: "時刻" / "Time",
    }
}

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct CallsQuery {
    ceptoar: String,
    /// The list as it was opened some time ago, and the page.
    at: String,
    /// The receipt that was just entered or taken back.
    recorded: String,
    /// The attempt that was just noted.
    noted: String,
}

/// What was pressed.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct AttemptForm {
    number: String,
    outcome: String,
    at: String,
}

#[derive(Debug)]
struct NumberRow {
    /// The fact of the directory: what an attempt names.
    value: String,
    window: String,
    kind: &'static str,
    number: String,
    /// What a telephone dials: who reads the list on one need not copy the number. None for FAX.
    dialled: Option<String>,
    hours: &'static str,
    now: bool,
    mail: Option<(&'static str, &'static str)>,
    wrong: bool,
    correct: Option<String>,
}

#[derive(Debug)]
struct CalleeRow {
    anchor: String,
    name: String,
    received: bool,
    mail: &'static str,
    silent: bool,
    numbers: Vec<NumberRow>,
    /// None of several is preselected: what nobody chose would mark a number as wrong.
    several: bool,
    attempts: Vec<String>,
    /// What was done because of the silence.
    silence: Vec<String>,
    attempt: String,
    receipt: String,
    fax: String,
    member: String,
}

#[derive(Template)]
#[template(path = "advisories/receipts/calls.html")]
struct CallsPage {
    chrome: Chrome,
    w: &'static CallsWords,
    number: String,
    level: SharingLevel,
    drill: bool,
    ceptoar: String,
    published: String,
    answer_due: String,
    late: bool,
    receipts: bool,
    no_window: &'static str,
    hours: String,
    outcomes: Vec<(&'static str, &'static str)>,
    /// Networks that the desk has on record beside the telephone.
    networks: Vec<(&'static str, String)>,
    /// Whose turn comes when the silence goes on; empty where nobody's does.
    coming: String,
    rows: Vec<CalleeRow>,
    at: String,
    opened: String,
    code: String,
    script: String,
    list: String,
    renew: String,
    before: Option<String>,
    after: Option<String>,
}

struct View<'a> {
    desk: &'a Desk,
    language: Language,
    place: ListPlace,
    hours: &'a Hours,
    networks: &'a [Fact],
    about: &'a [About],
    coming: Option<Coming>,
    corrects: bool,
}

impl View<'_> {
    fn number(&self, organisation: OrganisationId, number: &CallNumber, attempts: &[Attempt]) -> NumberRow {
        let mail = number.mail.map(|state| (state.badge(), state.label(self.language)));
        let mut row = NumberRow {
            value: String::new(),
            window: number.window.clone(),
            kind: "",
            number: String::new(),
            dialled: None,
            hours: "",
            now: true,
            mail,
            wrong: false,
            correct: None,
        };
        let Some(way) = &number.way else { return row };
        row.value = way.fact.to_string();
        row.kind = way.kind.label(self.language);
        row.number.clone_from(&way.value);
        row.dialled = spelling::dialled(way.kind, &way.value);
        row.hours = way.hours.label(self.language);
        row.now = way.hours.holds(self.hours.off);
        row.wrong = attempts.iter().find(|a| a.concerns(way)).is_some_and(|a| a.outcome == Outcome::WrongNumber);
        row.correct = (row.wrong && self.corrects)
            .then(|| roster::of_window(roster::WINDOW, &self.desk.ceptoar_id, organisation, number.contact_id));
        row
    }

    fn row(&self, callee: &Callee, attempts: &[Attempt]) -> CalleeRow {
        let (desk, language, organisation) = (self.desk, self.language, callee.organisation_id);
        let w = CallsWords::of(language);
        let own: Vec<Attempt> = attempts.iter().filter(|a| a.organisation_id == organisation).cloned().collect();
        let line = |a: &Attempt| {
            let kind = a.kind.map_or(w.other, |kind| kind.label(language));
            // Which of several telephones; none where it stands in the directory no more.
            let mut ways = callee.numbers.iter().filter_map(|n| n.way.as_ref());
            let number = ways.find(|way| a.concerns(way)).map_or_else(String::new, |way| format!(" {}", way.value));
            let kind = &format!("{kind}{number}");
            let outcome = a.outcome.label(language);
            fill(w.by, &[("time", &short_time(a.at)), ("kind", kind), ("outcome", outcome), ("who", &a.by_name)])
        };
        CalleeRow {
            anchor: paths::anchor(organisation),
            name: language.pick(&callee.name[0], &callee.name[1]).clone(),
            received: callee.received,
            mail: callee.mail.label(language),
            silent: callee.mail.is_silent(),
            numbers: callee.numbers.iter().map(|n| self.number(organisation, n, &own)).collect(),
            several: callee.numbers.iter().filter(|n| n.way.is_some()).count() > 1,
            attempts: own.iter().map(line).collect(),
            silence: self
                .about
                .iter()
                .filter(|a| a.organisation_id == organisation)
                .map(|a| about_words(a, language))
                .collect(),
            attempt: paths::attempt(desk.id, &desk.ceptoar_id, organisation),
            receipt: format!(
                "{}?from={}",
                paths::receipt(desk.id, &desk.ceptoar_id, organisation),
                self.place.origin()
            ),
            fax: paths::fax(desk.id, &desk.ceptoar_id, organisation),
            member: roster::of_member(roster::MEMBER, &desk.ceptoar_id, organisation),
        }
    }
}

/// Whom to call.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AdvisoryId>,
    Query(query): Query<CallsQuery>,
) -> Result<Response, WebError> {
    let asking = Asking { state: &state, viewer: &viewer, frame: &frame, id, ceptoar: &query.ceptoar };
    let (mut tx, desk) = desk::open(asking, ReceiptAction::Call, "receipt.calls").await?;
    let hours = sharing::hours(&mut tx, desk.now).await?;
    let off_hours = hours.off;
    let place = ListPlace::from_code(&query.at, desk.now).unwrap_or(ListPlace { opened: desk.now, page: 0 });
    let scope = desk.found.envelope.handler_scope;
    let asked = Asked { id, ceptoar: &desk.ceptoar_id, scope, off_hours, opened: place.opened, skip: place.page };
    let mut callees = store::list(&mut tx, asked).await?;
    if callees.is_empty() && place.page > 0 {
        // Beyond the end: that says nothing of who is still to be called.
        return Ok(Redirect::to(&paths::calls(id, &desk.ceptoar_id)).into_response());
    }
    let more = i64::try_from(callees.len()).is_ok_and(|n| n > PAGE);
    callees.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let organisations: Vec<OrganisationId> = callees.iter().map(|c| c.organisation_id).collect();
    let attempts = store::attempts(&mut tx, id, &desk.ceptoar_id, &organisations).await?;
    let about = escalation::store::about(&mut tx, id, Some(&desk.ceptoar_id), &organisations).await?;
    let coming = escalation::store::coming(&mut tx, id, Some(&desk.ceptoar_id), None).await?;
    let coming = coming.filter(|_| callees.iter().any(|callee| !callee.received));
    let said = said(&mut tx, &desk, asking, &query, &attempts).await?;
    let networks = networks(&mut tx, &desk).await?;
    let ways = |c: &Callee| c.numbers.iter().filter_map(|n| n.way.as_ref()).map(|way| way.fact).collect::<Vec<_>>();
    let numbers: Vec<_> =
        callees.iter().flat_map(|c| ways(c).into_iter().map(move |fact| (c.organisation_id, fact))).collect();
    desk.show_numbers(tx, asking, &numbers, true).await?.commit().await?;
    let corrects = could(&viewer, DirectoryAction::KeepWindow.into());
    let language = frame.language;
    let view =
        View { desk: &desk, language, place, hours: &hours, networks: &networks, about: &about, coming, corrects };
    let rows = callees.iter().map(|callee| view.row(callee, &attempts)).collect();
    let mut page = page(&view, &frame, rows, more);
    if let Some((kind, words)) = said {
        page.chrome = page.chrome.with_flash(kind, words);
    }
    Ok(Page(page).into_response())
}

/// The networks of today; none where words may not travel by them.
async fn networks(tx: &mut Tx, desk: &Desk) -> Result<Vec<Fact>, WebError> {
    if !desk.takes_receipts() {
        return Ok(Vec::new());
    }
    let mut facts = setup::facts(tx, &desk.ceptoar_id, None).await?;
    facts.retain(|fact| fact.is_network_of(japan_day(desk.now)));
    Ok(facts)
}

/// What has just been done, by whoever looks: an address that somebody kept or passed on says nothing.
async fn said(
    tx: &mut Tx,
    desk: &Desk,
    asking: Asking<'_>,
    query: &CallsQuery,
    attempts: &[Attempt],
) -> Result<Option<(&'static str, &'static str)>, WebError> {
    let w = CallsWords::of(asking.frame.language);
    if let Some(done) = page::said(tx, desk, asking, &query.recorded).await? {
        return Ok(Some(("success", done)));
    }
    match query.noted.as_str() {
        CHANGED => return Ok(Some(("warning", w.number_changed))),
        CHOOSE => return Ok(Some(("warning", w.choose_number))),
        _ => {}
    }
    let Ok(noted) = query.noted.parse::<Uuid>() else { return Ok(None) };
    let own = |a: &&Attempt| a.attempt_id == noted && a.by == asking.viewer.account_id && a.at > desk.now - A_MOMENT;
    Ok(attempts.iter().find(own).map(|attempt| match attempt.outcome {
        Outcome::WrongNumber => ("warning", w.noted_wrong),
        Outcome::NoAnswer | Outcome::Busy | Outcome::Message | Outcome::Reached => ("success", w.noted),
    }))
}

fn page(view: &View<'_>, frame: &Frame, rows: Vec<CalleeRow>, more: bool) -> CallsPage {
    let View { desk, language, place, hours, networks, coming, .. } = *view;
    let w = CallsWords::of(language);
    let href = |page: i64| paths::calls_at(desk.id, &desk.ceptoar_id, ListPlace { page, ..place });
    CallsPage {
        chrome: desk.chrome(frame, w.title),
        w,
        number: desk.number().to_owned(),
        level: desk.level(),
        drill: desk.found.envelope.drill,
        ceptoar: desk.name(language).to_owned(),
        published: desk.published(language),
        answer_due: desk.answer_due().map_or_else(String::new, |due| long_time(due, language)),
        late: desk.is_late(),
        receipts: desk.takes_receipts(),
        no_window: no_window(desk, w),
        hours: said_of(hours, language),
        outcomes: Outcome::ALL.map(|outcome| (outcome.code(), outcome.label(language))).to_vec(),
        networks: networks.iter().map(|n| (n.content.subject.label(language), n.content.remark.clone())).collect(),
        coming: coming.map_or_else(String::new, |coming| coming_words(coming, language)),
        rows,
        at: place.code(),
        opened: fill(w.opened, &[("time", &short_time(place.opened))]),
        code: format!("{}&from={}", paths::code(desk.id, &desk.ceptoar_id), place.origin()),
        script: paths::script(desk.id, &desk.ceptoar_id),
        list: desk.list(),
        renew: paths::calls(desk.id, &desk.ceptoar_id),
        before: (place.page > 0).then(|| href(place.page - 1)),
        after: more.then(|| href(place.page + 1)),
    }
}

/// Which numbers are listed first.
fn said_of(hours: &Hours, language: Language) -> String {
    let w = CallsWords::of(language);
    match &hours.holiday {
        Some([ja, en]) => fill(w.holiday, &[("name", language.pick(ja, en))]),
        None if hours.off => w.off_hours.to_owned(),
        None => w.business.to_owned(),
    }
}

/// What is said of a member without a window.
fn no_window(desk: &Desk, w: &'static CallsWords) -> &'static str {
    use crate::kernel::sharing_level::HandlerScope;
    match desk.found.envelope.handler_scope {
        HandlerScope::Named => w.no_window_red,
        HandlerScope::Handlers => w.no_handler,
        HandlerScope::Organisation => w.no_window,
    }
}

/// Said of a number that stands in the directory no more.
const CHANGED: &str = "changed";
/// Said where a window has several numbers and none was chosen.
const CHOOSE: &str = "choose";
/// Called by another way than a registered number.
const OTHER: &str = "other";

/// Notes an attempt.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
    Form(form): Form<AttemptForm>,
) -> Result<Response, WebError> {
    let asking = Asking { state: &state, viewer: &viewer, frame: &frame, id: place.id, ceptoar: &place.ceptoar };
    let (mut tx, desk) = desk::open(asking, ReceiptAction::Call, "receipt.call").await?;
    desk.member(&mut tx, place.organisation).await?;
    // Both are chosen from what the page offers.
    let outcome = Outcome::from_code(&form.outcome).ok_or(WebError::BadRequest)?;
    let list = ListPlace::from_code(&form.at, desk.now)
        .map_or_else(|| paths::calls(desk.id, &desk.ceptoar_id), |at| paths::calls_at(desk.id, &desk.ceptoar_id, at));
    let back = |noted: &str| {
        let anchor = paths::anchor(place.organisation);
        Redirect::to(&format!("{list}&noted={noted}#{anchor}")).into_response()
    };
    let number = match form.number.as_str() {
        "" => return Ok(back(CHOOSE)),
        OTHER => None,
        text => {
            let fact = text.parse().map_err(|_| WebError::BadRequest)?;
            match store::called(&mut tx, &desk.ceptoar_id, place.organisation, fact).await? {
                Some(called) => Some(called),
                // A colleague has corrected it meanwhile.
                None => return Ok(back(CHANGED)),
            }
        }
    };
    let attempt = NewAttempt { number, outcome };
    let noted = store::note(&mut tx, &viewer, desk.id, &desk.ceptoar_id, place.organisation, attempt, desk.now).await;
    let (attempt_id, new) = noted.map_err(refused)?;
    if new {
        let detail = serde_json::json!({
            "ceptoar": desk.ceptoar_id, "organisation": place.organisation, "outcome": outcome.code(),
            "kind": number.map_or("other", |number| number.kind.code()),
        });
        desk.record(&mut tx, asking, "receipt.call", detail).await?;
    }
    tx.commit().await?;
    Ok(back(&attempt_id.to_string()))
}
