//! One member as of a day: what it is called, as what it is a member, how it is reached, what is planned and what was.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use uuid::Uuid;

use super::as_of::AsOf;
use super::record::{self, Record};
use super::shown::{ChangeRow, Plan, change_row, plans};
use super::{DayQuery, MemberPlace, note_reading, permitted, way};
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Viewer, can};
use crate::features::directory::roster::sheet::{Channel, Period, Sheet, Window, WindowFacts};
use crate::features::directory::roster::store::{self, CeptoarFacts, PastChange};
use crate::features::directory::roster::{line, paths, said};
use crate::features::directory::verification::paths as verification;
use crate::features::directory::verification::proven::store::{Proof, proofs};
use crate::features::directory::verification::web::shown::proven;
use crate::features::directory::{groups, offices, partners, proposals};
use crate::kernel::clock::japan_day;
use crate::kernel::count_unit;
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_date;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::ErrorLine;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// How many proposals that were decided are shown.
const PROPOSALS: i64 = 5;

crate::words! {
    /// Words of the page of one member.
    pub struct MemberWords {
        state_member: "構成員" / "Member",
        state_partner: "連携機関" / "Partner body",
        state_secretariat: "事務局" / "Secretariat",
        state_ministry: "所管省庁" / "Ministry",
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
        as_of: "別の日の登録を見る" / "Look at another day",
        on: "基準日" / "As of",
        on_help: "過去の日、または予定されている先の日を入力してください。" / "A day of the past, or one ahead.",
        show: "表示する" / "Show",
        today: "今日の登録を表示する" / "Show what is registered today",
        another_day: "今日とは別の日の登録を表示しています。登録の変更は、今日の登録を表示してから行ってください。" / "This is not what is registered today. Go back to today to change something.",
        not_on_day: "この日は、この組織は構成員ではありません。" / "On this day the organisation is no member.",
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
    ask: Option<String>,
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
    /// Whether it is an earlier one.
    is_old: bool,
    /// Whether nothing had been recorded then.
    nothing: bool,
    facts: Vec<(&'static str, String, String)>,
    names: Vec<(String, String)>,
    windows: Option<Vec<WindowRow>>,
    plans: Vec<Plan>,
    history: Option<Vec<ChangeRow>>,
    proposals: Option<Vec<ProposalRow>>,
    propose: Option<String>,
    leaving: Option<String>,
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
    let as_of = AsOf::read([&query.on_year, &query.on_month, &query.on_day], japan_day(now), language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let facts = permitted(&mut tx, &viewer, DirectoryAction::LookAtMember, &ceptoar_id, organisation).await?;
    let ceptoar = store::ceptoar(&mut tx, &ceptoar_id).await?.ok_or(WebError::NotFound)?;
    let sees_windows = can(&viewer, DirectoryAction::SeeWindows, &facts);
    // What was said before is for the desk and the firm itself: whoever may not look back is not asked which record.
    let record = can(&viewer, DirectoryAction::LookBack, &facts)
        .then(|| Record::read([&query.rec_year, &query.rec_month, &query.rec_day], japan_day(now), language));
    let until = record.as_ref().and_then(Record::until);
    let sheet = match until {
        Some(until) => said::store::sheet(&mut tx, &ceptoar_id, organisation, until).await?,
        None => store::sheet(&mut tx, &ceptoar_id, organisation, sees_windows).await?,
    };
    let past = store::history(&mut tx, &ceptoar_id, organisation, sees_windows, until).await?;
    let is_old = until.is_some();
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
    let tx = note_reading(tx, &state, &viewer, &frame, (&ceptoar_id, organisation), addresses(&sheet, &past, &as_of))
        .await?;
    tx.commit().await?;
    let w = MemberWords::of(language);
    let asks =
        !is_old && as_of.is_today() && can(&viewer, DirectoryAction::KeepWindow, &RosterFacts::whole(&ceptoar_id));
    let scene = Scene { w, sheet: &sheet, ceptoar: &ceptoar, as_of: &as_of, proofs: &proofs, asks, language };
    let edits = !is_old
        && as_of.is_today()
        && sheet.memberships.iter().any(|m| m.valid.until.is_none_or(|until| until > as_of.today));
    let keeps = edits && can(&viewer, DirectoryAction::KeepMember, &facts);
    let keeps_windows = edits && can(&viewer, DirectoryAction::KeepWindow, &facts);
    let nothing = record.as_ref().filter(|_| is_old && sheet.memberships.is_empty()).map(|record| record.w);
    let mut chrome = scene.chrome(&viewer, &frame, nothing.map(|rw| rw.not_yet));
    if let Some(said) = scene.said(&query.done) {
        chrome = chrome.with_flash("success", said);
    }
    let of = |route| paths::of_member(route, &ceptoar_id, organisation);
    let mut lines = as_of.errors.lines();
    lines.extend(record.iter().flat_map(|record| record.errors.lines()));
    let is_wrong = !lines.is_empty();
    let page = MemberPage {
        chrome,
        w,
        state: nothing.map_or_else(|| scene.state(), |rw| rw.not_yet),
        ceptoar: language.pick(&ceptoar.name[0], &ceptoar.name[1]).clone(),
        as_of_title: as_of.title(language),
        here: of(paths::MEMBER),
        wrong: lines,
        facts: if nothing.is_some() { Vec::new() } else { [scene.facts(keeps), scene.groups(&parts)].concat() },
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
        leaving: (keeps && sheet.standing == Standing::Member).then(|| of(paths::LEAVING)),
        beside: scene.beside(),
        groups: (!parts.is_empty()).then(|| groups::paths::of_ceptoar(groups::paths::INDEX, &ceptoar_id)),
        new_window: keeps_windows.then(|| of(paths::NEW_WINDOW)),
        nothing: nothing.is_some(),
        is_old,
        record: record.clone(),
        as_of: as_of.clone(),
    };
    Ok(if is_wrong { Unprocessable(page).into_response() } else { Page(page).into_response() })
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

/// What the page is about.
struct Scene<'a> {
    w: &'static MemberWords,
    sheet: &'a Sheet,
    ceptoar: &'a CeptoarFacts,
    as_of: &'a AsOf,
    /// How each address was proven last, and what speaks against it.
    proofs: &'a HashMap<(ContactId, String), Proof>,
    /// Whether the viewer asks windows whether they are reached.
    asks: bool,
    language: Language,
}

impl Scene<'_> {
    fn chrome(&self, viewer: &Viewer, frame: &Frame, nameless: Option<&str>) -> Chrome {
        let name = self.sheet.name_on(self.as_of.day);
        let title = name.map(|name| self.language.pick(&name.value.ja, &name.value.en).clone());
        let title = title.unwrap_or_else(|| nameless.unwrap_or_default().to_owned());
        let way = way(viewer, frame, &self.sheet.ceptoar_id, self.ceptoar);
        let way: Vec<_> = way.iter().map(|(href, label)| (href.as_str(), label.as_str())).collect();
        frame.chrome(title, &way)
    }

    fn said(&self, done: &str) -> Option<&'static str> {
        match done {
            "joined" => Some(self.w.done_joined),
            "changed" => Some(self.w.done_changed),
            "added" => Some(self.w.done_added),
            "ended" => Some(self.w.done_ended),
            "withdrawn" => Some(self.w.done_withdrawn),
            _ => None,
        }
    }

    /// What its sort is called, what the list of those is called, and where it is.
    fn beside(&self) -> Option<(&'static str, &'static str, String)> {
        let w = self.w;
        let offices = || offices::paths::of_ceptoar(offices::paths::INDEX, &self.sheet.ceptoar_id);
        match self.sheet.standing {
            Standing::Member => None,
            Standing::Partner => {
                let index = partners::paths::of_ceptoar(partners::paths::INDEX, &self.sheet.ceptoar_id);
                Some((w.partner, w.partner_see, index))
            }
            Standing::Secretariat => Some((w.state_secretariat, w.offices_see, offices())),
            Standing::Ministry => Some((w.state_ministry, w.offices_see, offices())),
        }
    }

    fn state(&self) -> &'static str {
        match self.sheet.standing {
            Standing::Member => self.state_of_member(),
            Standing::Partner => self.w.state_partner,
            Standing::Secretariat => self.w.state_secretariat,
            Standing::Ministry => self.w.state_ministry,
        }
    }

    fn state_of_member(&self) -> &'static str {
        if self.sheet.membership_on(self.as_of.day).is_some() {
            self.w.state_member
        } else if self.sheet.memberships.iter().any(|m| m.valid.is_ahead_of(self.as_of.day)) {
            self.w.state_ahead
        } else {
            self.w.state_over
        }
    }

    /// A change, with the way to take it back for whoever may.
    fn change(&self, change: &PastChange, keeps: bool, keeps_windows: bool, sees_proposals: bool) -> ChangeRow {
        let may = if change.subject == "window" { keeps_windows } else { keeps };
        let path = || paths::withdrawal(&self.sheet.ceptoar_id, self.sheet.organisation_id, change.change_id);
        let withdrawal = if may && change.is_open { path() } else { String::new() };
        let proposal = change.proposal.filter(|_| sees_proposals).map(|id| self.proposal_href(id)).unwrap_or_default();
        ChangeRow { withdrawal, proposal, ..change_row(change, self.language) }
    }

    fn proposal_href(&self, id: Uuid) -> String {
        proposals::paths::of_proposal(proposals::paths::PROPOSAL, &self.sheet.ceptoar_id, id)
    }

    fn proposal(&self, row: &proposals::store::Row) -> ProposalRow {
        let made = long_date(japan_day(row.made_at), self.language);
        ProposalRow {
            href: self.proposal_href(row.proposal_id),
            state: (row.state.colour(), row.state.label(self.language)),
            made: fill(self.w.proposed_on, &[("day", &made)]),
        }
    }

    /// Label, value, and where it is changed.
    fn facts(&self, keeps: bool) -> Vec<(&'static str, String, String)> {
        let link = |route| {
            let path = paths::of_member(route, &self.sheet.ceptoar_id, self.sheet.organisation_id);
            if keeps { path } else { String::new() }
        };
        let whole = Period {
            from: self.sheet.memberships.first().and_then(|m| m.valid.from),
            until: self.sheet.memberships.last().and_then(|m| m.valid.until),
        };
        let mut facts = Vec::new();
        if let Some(name) = self.sheet.name_on(self.as_of.day) {
            facts.push((self.w.name, name.value.ja.clone(), link(paths::NAME)));
            facts.push((self.w.reading, name.value.reading.clone(), String::new()));
            facts.push((self.w.english, name.value.en.clone(), String::new()));
        }
        match self.sheet.standing {
            Standing::Member => {}
            Standing::Partner => return facts,
            Standing::Secretariat | Standing::Ministry => {
                facts.push((self.w.office, self.period(whole), String::new()));
                facts.retain(|(_, value, _)| !value.is_empty());
                return facts;
            }
        }
        if let Some(membership) = self.sheet.membership_on(self.as_of.day) {
            let m = &membership.value;
            let code = self.ceptoar.code_of(m.subgroup.as_deref());
            let mut parts = vec![count_unit::told(&m.unit, self.language).to_owned()];
            parts.extend((!code.is_empty()).then(|| fill(self.w.subgroup, &[("code", code)])));
            parts.extend(m.hub.then(|| self.w.hub.to_owned()));
            facts.push((self.w.membership, parts.join(self.language.pick("、", ", ")), link(paths::MEMBERSHIP)));
        }
        facts.push((self.w.period, self.period(whole), String::new()));
        facts.retain(|(_, value, _)| !value.is_empty());
        facts
    }

    /// The cross-cutting groups that it is in, and is to be in.
    fn groups(&self, parts: &[(String, Period)]) -> Vec<(&'static str, String, String)> {
        let told = |words, group: &str, day: NaiveDate| {
            fill(words, &[("group", group), ("day", &long_date(day, self.language))])
        };
        let texts =
            parts.iter().map(|(group, valid)| match (valid.from, valid.until.and_then(|until| until.pred_opt())) {
                (Some(from), _) if valid.is_ahead_of(self.as_of.day) => told(self.w.group_planned, group, from),
                (_, Some(last)) => told(self.w.group_ending, group, last),
                (_, None) => group.clone(),
            });
        let text = texts.collect::<Vec<_>>().join(self.language.pick("、", ", "));
        if text.is_empty() { Vec::new() } else { vec![(self.w.groups, text, String::new())] }
    }

    fn period(&self, period: Period) -> String {
        let day = |day: NaiveDate| long_date(day, self.language);
        let from = period
            .from
            .map_or_else(|| self.w.since_ever.to_owned(), |from| fill(self.w.from_day, &[("day", &day(from))]));
        let last = period.until.and_then(|until| until.pred_opt());
        let until = last.map(|last| fill(self.w.until_day, &[("day", &day(last))])).unwrap_or_default();
        format!("{from} {until}").trim().to_owned()
    }

    fn names(&self) -> Vec<(String, String)> {
        if self.sheet.names.len() < 2 {
            return Vec::new();
        }
        let names = self.sheet.names.iter().rev();
        names.map(|n| (self.period(n.valid), self.language.pick(&n.value.ja, &n.value.en).clone())).collect()
    }

    fn windows(&self, keeps: bool) -> Vec<WindowRow> {
        let mut open: Vec<(&Window, &WindowFacts, Period)> = self
            .sheet
            .windows
            .iter()
            .filter_map(|w| w.on(self.as_of.day).map(|fact| (w, &fact.value, w.life())))
            .collect();
        open.sort_by_key(|(window, facts, _)| (facts.position, window.contact_id.0));
        open.into_iter().map(|(window, facts, life)| self.window(window, facts, life, keeps)).collect()
    }

    fn window(&self, window: &Window, facts: &WindowFacts, life: Period, keeps: bool) -> WindowRow {
        let channels = window.channels_on(self.as_of.day);
        let of = |route| paths::of_window(route, &self.sheet.ceptoar_id, self.sheet.organisation_id, window.contact_id);
        let one_way = channels.iter().all(|c| channels.first().is_some_and(|first| first.kind == c.kind));
        let language = facts.language.pick("日本語", "English");
        WindowRow {
            number: facts.position,
            label: facts.label.clone(),
            handler: facts.handler,
            language: fill(self.w.mails_in, &[("language", language)]),
            period: if life.until.is_some() { self.period(life) } else { String::new() },
            channels: channels.into_iter().map(|channel| self.channel(window.contact_id, channel)).collect(),
            one_way,
            change: keeps.then(|| of(paths::WINDOW)),
            end: keeps.then(|| of(paths::WINDOW_END)),
            ask: self.asks.then(|| verification::asking(&self.sheet.ceptoar_id, window.contact_id)),
        }
    }

    fn channel(&self, window: ContactId, channel: &Channel) -> ChannelRow {
        let proof = self.proofs.get(&(window, channel.value.clone()));
        let verified = proven(channel, proof, self.as_of.today, self.language);
        ChannelRow {
            icon: channel.kind.code(),
            kind: channel.kind.label(self.language),
            value: channel.value.clone(),
            note: format!("{}{}{verified}", channel.hours.label(self.language), self.language.pick("・", ", ")),
        }
    }
}

/// The address of a member's page after a step.
#[must_use]
pub fn done(ceptoar_id: &str, organisation: OrganisationId, step: &str) -> String {
    format!("{}?done={step}", paths::of_member(paths::MEMBER, ceptoar_id, organisation))
}
