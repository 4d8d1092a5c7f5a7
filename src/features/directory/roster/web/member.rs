//! One member as of a day: what it is called, as what it is a member, how it is reached, what is planned and what was.

mod scene;

use std::collections::HashMap;

use super::as_of::AsOf;
use super::days::DayQuery;
use super::record::{self, Record};
use super::shown::{ChangeRow, Plan, plans};
use super::{MemberPlace, note_reading, permitted};
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Viewer, can};
use crate::features::directory::roster::changes::{self, correcting};
use crate::features::directory::roster::former::is_former;
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::{self, PastChange};
use crate::features::directory::roster::{line, paths, said};
use crate::features::directory::verification::proven::store::proofs;
use crate::features::directory::{groups, proposals};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::OrganisationId;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::ErrorLine;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::state::AppState;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use scene::{Corrections, Scene};

/// How many proposals that were decided are shown.
const PROPOSALS: i64 = 5;

crate::words! {
    /// Words of the page of one member.
    pub struct MemberWords {
        state_member: "構成員" / "Member",
        state_partner: "連携機関" / "Partner body",
        state_secretariat: "事務局" / "Secretariat",
        state_ministry: "所管省庁" / "Ministry",
        state_regional: "地方機関" / "Regional office",
        office: "担当の期間" / "In charge",
        offices_see: "事務局・所管省庁の一覧を見る" / "See the secretariats and ministries",
        partner: "連携機関としての役割" / "As a partner body",
        partner_see: "連携機関の一覧を見る" / "See the partner bodies",
        groups: "グループ" / "Groups",
        groups_see: "グループの一覧を見る" / "See the groups",
        group_planned: "{group}({day}から)" / "{group} (from {day})",
        group_ending: "{group}({day}まで)" / "{group} (until {day})",
        state_ahead: "加入予定" / "Joins later",
        state_over: "退会済" / "Left",
        today: "今日の登録を表示する" / "Show what is registered today",
        another_day: "今日とは別の日の登録を表示しています。登録の変更は、今日の登録を表示してから行ってください。" / "This is not what is registered today. Go back to today to change something.",
        another_day_keeper: "今日とは別の日の登録を表示しています。この日の登録の誤りは、「訂正する」から直せます。変更は、今日の登録を表示してから行ってください。" / "This is not what is registered today. What is wrong on this day is put right with “Correct”; go back to today to change something.",
        correct: "訂正する" / "Correct",
        window_correct: "この窓口の登録を訂正する" / "Correct this window",
        entries: "ほかの期間の登録" / "Entries of other periods",
        entries_help: "この日には当たらない、以前の登録と予定されている登録です。誤りは期間ごとに訂正できます。" / "What was registered for other days, past and planned. Each can be corrected.",
        of_entry: "{what}: {label}" / "{what}: {label}",
        basics: "基本の登録" / "Master data",
        name: "名称" / "Name",
        reading: "よみ" / "Reading",
        english: "英語名" / "Name in English",
        membership: "構成員としての登録" / "Member as",
        subgroup: "サブグループ {code}" / "subgroup {code}",
        hub: "ほかの事業者へ伝える役割(ハブ)" / "passes on to others (hub)",
        period: "構成員の期間" / "Member",
        change: "変更する" / "Change",
        propose: "登録の変更を申請する" / "Propose a change",
        proposals: "変更申請" / "Proposals",
        proposals_help: "名称や数える単位などの変更は、事務局に申請します。" / "Changes of the name, the unit and the like are proposed to the secretariat.",
        proposed_on: "{day}申請" / "proposed {day}",
        by_proposal: "変更申請による変更" / "Proposed by the member",
        returning: "再び構成員に加える" / "Take in again",
        leaving: "構成員から外す" / "End the membership",
        windows: "緊急窓口" / "Windows",
        windows_lead: "緊急時に、上の窓口から順に連絡します。" / "In an emergency the first is asked first.",
        new_window: "窓口を追加する" / "Add a window",
        no_windows_title: "この日に開いている窓口がありません" / "No window is open on this day",
        no_windows_keeper: "窓口がないと、情報提供も緊急の連絡も届きません。「窓口を追加する」から登録してください。" / "Without a window neither advisories nor calls arrive. Register one with “Add a window”.",
        no_windows: "事務局か、この組織の管理担当者が登録します。" / "The secretariat or the organisation's own keeper registers it.",
        not_for_you: "窓口の連絡先は、事務局とこの組織の担当者だけが見られます。" / "Only the secretariat and the organisation itself see how it is reached.",
        handler: "取扱担当者" / "Designated handler",
        mails_in: "メールの言語: {language}" / "Mails in {language}",
        one_way: "連絡手段が一種類だけです。別の種類の手段も登録してください。" / "There is only one kind of way to reach it. Please register another kind.",
        window_change: "この窓口を変更する" / "Change this window",
        window_ask: "この窓口に確認を求める" / "Ask this window whether it is reached",
        window_end: "この窓口を閉じる" / "Close this window",
        from_day: "{day}から" / "from {day}",
        until_day: "{day}まで" / "until {day}",
        since_ever: "登録当初から" / "since the first registration",
        plans: "これからの予定" / "What is planned",
        see_day: "この日の登録を見る" / "See that day",
        names: "名称の履歴" / "Names over time",
        history: "変更の履歴" / "History",
        history_empty: "このポータルでの変更は、まだありません。" / "Nothing has been changed in this portal yet.",
        history_more: "新しいものから50件を表示しています。" / "The newest 50 are shown.",
        reason: "理由" / "Reason",
        before: "変更前" / "before",
        after: "変更後" / "after",
        done_joined: "構成員を登録しました。次に、「利用者管理」から担当者を招待してください。" / "The member was registered. Next, invite its people on the page People.",
        done_already: "すでに登録されています。" / "This is registered already.",
        done_corrected: "訂正を登録しました。これまでの内容は、訂正の前の記録として残っています。" / "The correction was registered. What was said before stays on record.",
        done_changed: "変更を登録しました。" / "The change was registered.",
        done_added: "窓口を登録しました。" / "The window was registered.",
        withdraw: "この予定を取り消す" / "Take this plan back",
        done_withdrawn: "予定を取り消しました。" / "The plan was taken back.",
        done_ended: "終了を登録しました。" / "The end was registered.",
    }
}

struct ChannelRow {
    icon: &'static str,
    kind: &'static str,
    value: String,
    /// What a telephone dials.
    dialled: Option<String>,
    note: String,
}

struct WindowRow {
    number: i16,
    label: String,
    handler: bool,
    language: String,
    period: String,
    channels: Vec<ChannelRow>,
    one_way: bool,
    change: Option<String>,
    end: Option<String>,
    correct: Option<String>,
    ask: Option<String>,
}

/// A line of the master data: where it is changed, and where it is corrected; empty where that is not for the viewer.
struct FactRow {
    label: &'static str,
    value: String,
    change: String,
    correct: String,
}

/// What is registered for other days than the one shown.
struct EntryRow {
    label: String,
    period: String,
    href: String,
}

struct ProposalRow {
    href: String,
    state: (&'static str, &'static str),
    made: String,
}

#[derive(Template)]
#[template(path = "directory/member.html")]
struct MemberPage {
    chrome: Chrome,
    w: &'static MemberWords,
    state: &'static str,
    ceptoar: String,
    as_of: AsOf,
    as_of_title: String,
    here: String,
    wrong: Vec<ErrorLine>,
    /// Which record; nothing for those who may not look back.
    record: Option<Record>,
    facts: Vec<FactRow>,
    /// What is registered for other days, for whoever may correct it.
    entries: Vec<EntryRow>,
    /// Whether anything can be corrected.
    corrects: bool,
    names: Vec<(String, String)>,
    windows: Option<Vec<WindowRow>>,
    plans: Vec<Plan>,
    history: Option<Vec<ChangeRow>>,
    proposals: Option<Vec<ProposalRow>>,
    propose: Option<String>,
    leaving: Option<String>,
    /// Where it is taken in again, of a former member.
    returning: Option<String>,
    /// Where the bodies of its sort are listed, if it is no member.
    beside: Option<(&'static str, &'static str, String)>,
    /// Where the groups are that it is in, if there are any.
    groups: Option<String>,
    new_window: Option<String>,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(MemberPlace { ceptoar: ceptoar_id, organisation }): Place<MemberPlace>,
    Query(query): Query<DayQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let facts = permitted(&mut tx, &viewer, DirectoryAction::LookAtMember, &ceptoar_id, organisation).await?;
    let ceptoar = store::ceptoar(&mut tx, &ceptoar_id).await?.ok_or(WebError::NotFound)?;
    let sees_windows = can(&viewer, DirectoryAction::SeeWindows, &facts);
    // What was said before is for the desk and the firm itself: whoever may not look back is not asked which record.
    let days = query.days(can(&viewer, DirectoryAction::LookBack, &facts), japan_day(now), language);
    let until = days.until();
    let sheet = match until {
        Some(until) => said::store::sheet(&mut tx, &ceptoar_id, organisation, until).await?,
        None => store::sheet(&mut tx, &ceptoar_id, organisation, sees_windows).await?,
    };
    let past = store::history(&mut tx, &ceptoar_id, organisation, sees_windows, until).await?;
    let days = days.with_nothing(sheet.memberships.is_empty());
    let (as_of, record, is_old) = (&days.as_of, &days.record, days.is_old());
    let sees_proposals = !is_old && can(&viewer, DirectoryAction::SeeProposals, &facts);
    let proposed = if sees_proposals {
        proposals::store::list(&mut tx, &ceptoar_id, Some(organisation), PROPOSALS).await?
    } else {
        Vec::new()
    };
    // Of an earlier record nothing is said of groups: the list says what is known now.
    let parts = match is_old {
        true => Vec::new(),
        false => groups::store::of_member(&mut tx, &ceptoar_id, organisation, as_of.day).await?,
    };
    let proofs =
        if sees_windows && !is_old { proofs(&mut tx, &ceptoar_id, organisation).await? } else { HashMap::new() };
    let corrections = Corrections {
        names: !is_old
            && can(&viewer, DirectoryAction::KeepMember, &facts)
            && correcting::may_name(&mut tx, organisation).await?,
        memberships: !is_old && sheet.standing == Standing::Member && can(&viewer, DirectoryAction::KeepMember, &facts),
        windows: !is_old && can(&viewer, DirectoryAction::KeepWindow, &facts),
    };
    let returns = corrections.memberships
        && is_former(&sheet, as_of.today)
        && changes::may_return(&mut tx, &ceptoar_id, organisation).await?;
    let tx =
        note_reading(tx, &state, &viewer, &frame, (&ceptoar_id, organisation), addresses(&sheet, &past, as_of)).await?;
    tx.commit().await?;
    let w = MemberWords::of(language);
    let asks = days.is_present() && can(&viewer, DirectoryAction::KeepWindow, &RosterFacts::whole(&ceptoar_id));
    let scene = Scene { w, sheet: &sheet, ceptoar: &ceptoar, as_of, proofs: &proofs, asks, corrections, language };
    let edits =
        days.is_present() && sheet.memberships.iter().any(|m| m.valid.until.is_none_or(|until| until > as_of.today));
    let keeps = edits && can(&viewer, DirectoryAction::KeepMember, &facts);
    let keeps_windows = edits && can(&viewer, DirectoryAction::KeepWindow, &facts);
    let nothing = record.as_ref().filter(|record| record.nothing).map(|record| record.w);
    let mut chrome = scene.chrome(&viewer, &frame, nothing.map(|rw| rw.not_yet));
    if let Some(said) = scene.said(&query.done) {
        chrome = chrome.with_flash("success", said);
    }
    let of = |route| paths::of_member(route, &ceptoar_id, organisation);
    let mut lines = as_of.errors.lines();
    lines.extend(record.iter().flat_map(|record| record.errors.lines()));
    let page = MemberPage {
        chrome,
        w,
        state: nothing.map_or_else(|| scene.state(), |rw| rw.not_yet),
        ceptoar: language.pick(&ceptoar.name[0], &ceptoar.name[1]).clone(),
        as_of_title: as_of.title(language),
        here: of(paths::MEMBER),
        wrong: lines,
        facts: if nothing.is_some() {
            Vec::new()
        } else {
            scene.facts(keeps).into_iter().chain(scene.groups(&parts)).collect()
        },
        entries: scene.entries(),
        corrects: corrections.any(),
        names: scene.names(),
        windows: sees_windows.then(|| scene.windows(keeps_windows)),
        plans: plans(&sheet, as_of.day, language)
            .into_iter()
            .map(|plan| Plan { href: record::keep(record.as_ref(), plan.href), ..plan })
            .collect(),
        history: sees_windows
            .then(|| past.iter().map(|change| scene.change(change, keeps, keeps_windows, sees_proposals)).collect()),
        proposals: sees_proposals.then(|| proposed.iter().map(|row| scene.proposal(row)).collect()),
        propose: (edits && can(&viewer, DirectoryAction::Propose, &facts))
            .then(|| proposals::paths::proposing(&ceptoar_id, organisation)),
        returning: scene.returning(returns),
        leaving: (keeps && sheet.standing == Standing::Member).then(|| of(paths::LEAVING)),
        beside: scene.beside().map(|(sort, see, href)| (sort, see, days.href(&href))),
        groups: (!parts.is_empty()).then(|| groups::paths::of_ceptoar(groups::paths::INDEX, &ceptoar_id)),
        new_window: keeps_windows.then(|| of(paths::NEW_WINDOW)),
        record: record.clone(),
        as_of: as_of.clone(),
    };
    Ok(days.answer(page))
}

/// How many addresses and numbers the page shows.
fn addresses(sheet: &Sheet, past: &[PastChange], as_of: &AsOf) -> usize {
    let now: usize = sheet.windows.iter().map(|window| window.channels_on(as_of.day).len()).sum();
    let lines = past.iter().filter(|change| !change.before.is_empty() && !change.after.is_empty());
    let told: usize = lines
        .flat_map(|change| line::differences(&change.before, &change.after))
        .flat_map(|difference| [difference.before, difference.after])
        .flatten()
        .filter(|line| line.code.starts_with("channel"))
        .count();
    now + told
}

/// The address of a member's page after a step.
#[must_use]
pub fn done(ceptoar_id: &str, organisation: OrganisationId, step: &str) -> String {
    format!("{}?done={step}", paths::of_member(paths::MEMBER, ceptoar_id, organisation))
}
