//! A federation as of a day: who belongs to it, who keeps it, since when, and what changed.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono::NaiveDate;

use super::index::IndexWords;
use crate::features::access::action::FederationAction;
use crate::features::access::federation::FederationFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::federations::federation::{Federation, Known, Membership, Part, PastChange, Who, on};
use crate::features::directory::federations::{paths, rewriting, store};
use crate::features::directory::history::event::events;
use crate::features::directory::history::fact::when;
use crate::features::directory::history::paths as history;
use crate::features::directory::history::picture::{Picture, draw};
use crate::features::directory::history::web::{HistoryWords, Row, row};
use crate::features::directory::roster::line;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::web::as_of::AsOf;
use crate::features::directory::roster::web::days::DayQuery;
use crate::features::directory::roster::web::record::Record;
use crate::features::directory::roster::web::shown::{ChangeLine, ChangeRow};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{Precision, long_date, long_time};
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct ShowWords {
        since: "{when}から" / "Since {when}",
        seen: "{when}" / "{when}",
        until: "{day}まで" / "until {day}",
        history: "沿革" / "History",
        name: "名称" / "Name",
        profile: "特性把握マップの概要を見る" / "See its profile in the feature map",
        last_listed: "{day}の版まで掲載されています。その後の版には掲載がなく、いつ終わったか、続いているかは、資料からは分かりません。" / "It is listed up to the edition of {day}. Newer ones do not list it; whether it ended, and when, the documents do not say.",
        of_files: "公表資料から取り込んだ内容には、過去の時点の記録がありません。今の取り込みのとおり表示しています。" / "What comes from the published material has no earlier record: it is shown as it is loaded now.",
        nobody: "この日に加わっているセプターは、登録されていません。" / "Nobody is registered as belonging to it on this day.",
        not_yet: "この日には、この連絡協議会はまだ確認されていません。" / "Nothing is known of it as of this day.",
        who: "加わっているセプター・組織" / "Who belongs to it",
        keeps: "事務局" / "Secretariat",
        no_desk: "事務局は置かれていません(または確認できません)。" / "It has no secretariat, or none is known.",
        change: "登録を変更する" / "Change what is registered",
        to_name: "名称を変更する" / "Change the name",
        to_joining: "構成員・オブザーバーを加える" / "Add a member or an observer",
        to_leaving: "構成員・オブザーバーを外す" / "Take somebody out",
        to_secretariat: "事務局を変更する" / "Change the secretariat",
        to_dissolution: "解散する" / "Dissolve it",
        to_withdrawal: "いちばん新しい予定を取り消す" / "Take the newest plan back",
        correct: "訂正する" / "Correct",
        called: "名称" / "Name",
        dissolved: "この連絡協議会は、{day}で解散しました。" / "This federation was dissolved with the end of {day}.",
        dissolves: "この連絡協議会は、{day}で解散する予定です。" / "This federation is to be dissolved with the end of {day}.",
        corrected: "登録の誤りを直したもの" / "what was registered was wrong",
        corrected_what: "{what}(訂正)" / "{what} (correction)",
        withdrawn_what: "予定の取消し: {what}" / "Plan withdrawn: {what}",
        until_day: "{day}まで" / "until {day}",
        dissolution: "連絡協議会の解散" / "Federation dissolved",
        done_corrected: "訂正を登録しました。これまでの内容は、登録の履歴に残っています。" / "The correction was registered. What was said before stays in the history.",
        done_already: "予定は、すでに取り消されています。" / "There is no plan left to take back.",
        done_withdrawn: "予定を取り消しました。" / "The plan was taken back.",
        registered: "登録の履歴" / "What was registered",
        before: "変更前" / "Before",
        after: "変更後" / "After",
        reason: "理由・根拠" / "Reason",
        from: "{day}から" / "from {day}",
        founded: "連絡協議会の登録" / "Federation registered",
        renamed: "名称の変更" / "Name changed",
        member: "構成員・オブザーバーの変更" / "Members or observers changed",
        secretariat: "事務局の変更" / "Secretariat changed",
        done_changed: "変更を登録しました。" / "The change was registered.",
        done_founded: "連絡協議会を登録しました。続けて、構成員と事務局を登録してください。" / "The federation was registered. Now add its members and its secretariat.",
    }
}

struct MemberRow {
    name: String,
    href: Option<String>,
    since: String,
    correct: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/federations/show.html")]
struct ShowPage {
    chrome: Chrome,
    w: &'static ShowWords,
    i: &'static IndexWords,
    h: &'static HistoryWords,
    as_of: AsOf,
    as_of_title: String,
    record: Option<Record>,
    /// That what the files say has no earlier record.
    of_files: bool,
    here: String,
    last_listed: Option<String>,
    profile: Option<String>,
    known: bool,
    members: Vec<MemberRow>,
    observers: Vec<MemberRow>,
    desk: Option<(String, String)>,
    /// Where the secretariat, and the name, of that day are corrected.
    desk_correct: Option<String>,
    name: Option<(String, Option<String>)>,
    dissolved: Option<String>,
    edits: Vec<(&'static str, String)>,
    picture: Picture,
    rows: Vec<Row>,
    changes: Vec<ChangeRow>,
}

/// Whether the viewer keeps the federation today.
#[must_use]
pub fn permits(viewer: &Viewer, federation: &Federation, today: NaiveDate) -> bool {
    let keeper = federation.desk_on(today).map(|desk| desk.organisation_id);
    can(viewer, FederationAction::Keep, &FederationFacts { keeper })
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(id): Path<String>,
    Query(query): Query<DayQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    // Who keeps it does not matter here: what is said of it is everybody's who is signed in.
    let looks_back = can(&viewer, FederationAction::LookBack, &FederationFacts { keeper: None });
    let days = query.days(looks_back, japan_day(now), language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let federation = store::load(&mut tx, Some(&id), days.until()).await?.pop().ok_or(WebError::NotFound)?;
    let past = store::history(&mut tx, &id, days.until()).await?;
    tx.commit().await?;
    let days = days.with_nothing(federation.names.is_empty());
    let (as_of, day) = (&days.as_of, days.day());
    let (w, i) = (ShowWords::of(language), IndexWords::of(language));
    let way = [frame.home(), (roster::INDEX, i.directory), (paths::INDEX, i.title)];
    let nameless = days.record.as_ref().filter(|record| record.nothing).map(|record| record.w.not_yet.to_owned());
    let mut chrome = frame.chrome(nameless.unwrap_or_else(|| federation.title(day, language)), &way);
    let said = match query.done.as_str() {
        "changed" => Some(w.done_changed),
        "founded" => Some(w.done_founded),
        "corrected" => Some(w.done_corrected),
        "withdrawn" => Some(w.done_withdrawn),
        "already" => Some(w.done_already),
        _ => None,
    };
    if let Some(said) = said {
        chrome = chrome.with_flash("success", said);
    }
    let facts = federation.facts();
    let may = !days.is_old() && permits(&viewer, &federation, as_of.today);
    let of_part = |part| members(&federation, part, (day, may), language);
    let correct = |fact| may.then(|| paths::correction(&id, fact));
    let plan = may && rewriting::open_plan(&federation, &past, as_of.today).is_some();
    let dissolved = federation.dissolved_on().map(|end| {
        let words = if end > as_of.today { w.dissolves } else { w.dissolved };
        fill(words, &[("day", &long_date(end.pred_opt().unwrap_or(end), language))])
    });
    let keeps = days.is_present() && may;
    let of_edition = federation.names.iter().any(|n| n.precision == Precision::Edition);
    let page = ShowPage {
        chrome,
        w,
        i,
        h: HistoryWords::of(language),
        as_of_title: as_of.title(language),
        here: paths::of(paths::SHOW, &id),
        last_listed: federation.last_listed_on.map(|day| fill(w.last_listed, &[("day", &long_date(day, language))])),
        // What a published edition tells of it.
        profile: of_edition.then(|| format!("/ceptoars/{id}")),
        of_files: of_edition && days.is_old(),
        known: on(&federation.names, day).is_some(),
        members: of_part(Part::Member),
        observers: of_part(Part::Observer),
        name: on(&federation.names, day)
            .map(|known| (language.pick(&known.value.ja, &known.value.en).clone(), correct(known.fact_id))),
        desk_correct: on(&federation.secretariats, day).and_then(|known| correct(known.fact_id)),
        dissolved,
        desk: on(&federation.secretariats, day).map(|known| (known.value.told(language), since(known, language))),
        edits: if keeps { edits(&id, w, plan) } else { Vec::new() },
        picture: draw(&facts, as_of.today, language),
        rows: events(&facts).iter().map(|event| row(event, as_of.today, language)).collect(),
        changes: past.iter().map(|change| change_row(change, language)).collect(),
        as_of: as_of.clone(),
        record: days.record.clone(),
    };
    Ok(days.answer(page))
}

fn edits(id: &str, w: &ShowWords, plan: bool) -> Vec<(&'static str, String)> {
    let edits = [
        (w.to_joining, paths::JOINING),
        (w.to_leaving, paths::LEAVING),
        (w.to_secretariat, paths::SECRETARIAT),
        (w.to_name, paths::NAME),
        (w.to_dissolution, paths::DISSOLUTION),
    ];
    let back = plan.then_some((w.to_withdrawal, paths::WITHDRAWAL));
    edits.into_iter().chain(back).map(|(label, route)| (label, paths::of(route, id))).collect()
}

fn members(federation: &Federation, part: Part, (day, may): (NaiveDate, bool), language: Language) -> Vec<MemberRow> {
    let of_part = federation.members_on(day).filter(|known| known.value.part == part);
    let row = |known: &Known<Membership>| MemberRow {
        name: language.pick(&known.value.name[0], &known.value.name[1]).clone(),
        href: match &known.value.who {
            Who::Ceptoar(id) => Some(history::history(id)),
            Who::Body(_) => None,
        },
        since: since(known, language),
        correct: may.then(|| paths::correction(&federation.federation_id, known.fact_id)),
    };
    of_part.map(row).collect()
}

/// Since when, no more exactly than it is known, and until when.
fn since<T>(known: &Known<T>, language: Language) -> String {
    let w = ShowWords::of(language);
    let words = match known.precision {
        Precision::Edition => w.seen,
        Precision::Day | Precision::Month | Precision::FiscalYear => w.since,
    };
    let from = known.valid.from.map(|day| fill(words, &[("when", &when(day, known.precision, language))]));
    let until = known.valid.until.and_then(|day| day.pred_opt());
    let until = until.map(|day| fill(w.until, &[("day", &long_date(day, language))]));
    [from, until].into_iter().flatten().collect::<Vec<_>>().join(language.pick("、", ", "))
}

/// A change as it is shown.
#[must_use]
pub fn change_row(change: &PastChange, language: Language) -> ChangeRow {
    let w = ShowWords::of(language);
    let title = match change.subject.as_str() {
        "founding" => w.founded,
        "name" => w.renamed,
        "secretariat" => w.secretariat,
        "dissolution" => w.dissolution,
        _ => w.member,
    };
    let day = |day: NaiveDate| long_date(day, language);
    let (title, when) = match (change.kind.as_str(), change.subject.as_str()) {
        ("correction", _) => (fill(w.corrected_what, &[("what", title)]), w.corrected.to_owned()),
        ("withdrawal", _) => {
            (fill(w.withdrawn_what, &[("what", title)]), fill(w.from, &[("day", &day(change.effective_on))]))
        }
        (_, "dissolution") => {
            let last = change.effective_on.pred_opt().unwrap_or(change.effective_on);
            (title.to_owned(), fill(w.until_day, &[("day", &day(last))]))
        }
        _ => (title.to_owned(), fill(w.from, &[("day", &day(change.effective_on))])),
    };
    let value =
        |line: &Option<line::Line>| line.as_ref().map(|line| line.value(language).to_owned()).unwrap_or_default();
    let lines = line::differences(&change.before, &change.after).into_iter().map(|d| ChangeLine {
        name: d.after.as_ref().or(d.before.as_ref()).map(|line| line.name(language)).unwrap_or_default(),
        before: value(&d.before),
        after: value(&d.after),
    });
    ChangeRow {
        title,
        when,
        at: long_time(change.at, language),
        by: language.pick(&change.by[0], &change.by[1]).clone(),
        reason: change.reason.clone(),
        lines: lines.collect(),
        withdrawal: String::new(),
        is_proposed: false,
        proposal: String::new(),
    }
}
