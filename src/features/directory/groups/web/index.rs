//! The groups of a CEPTOAR as of a day.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::web::shown::Place;
use crate::features::directory::groups::group::{Group, Kind};
use crate::features::directory::groups::{paths, store};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::store::{PastChange, history_of_ceptoar};
use crate::features::directory::roster::web::as_of::AsOf;
use crate::features::directory::roster::web::days::{DayQuery, Days};
use crate::features::directory::roster::web::record::Record;
use crate::features::directory::roster::web::shown::{ChangeRow, change_row, period};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::thousands;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the list.
    pub struct IndexWords {
        title: "{ceptoar}のグループ" / "Groups of {ceptoar}",
        directory: "名簿" / "Directory",
        lead: "構成員のグループです。情報提供の宛先に選べます。横断グループには、業態の区分とは別に、いくつでも参加できます。" / "Groups of members. Advisories can be addressed to them. Beside its business type a member may be in any number of cross-cutting groups.",
        add: "グループを追加する" / "Add a group",
        members: "構成員" / "Members",
        count: "構成員の数: {count}" / "Members: {count}",
        own: "あなたの組織が入っています。" / "Your organisation is in it.",
        names: "構成員を見る({count})" / "See its members ({count})",
        nobody: "まだ構成員が入っていません。このグループに宛てた情報提供は、どこにも届きません。" / "Nobody is in it yet. What is addressed to this group reaches nobody.",
        nobody_keeper: "「構成員を加える」から登録してください。" / "Register them with “Add a member”.",
        see_roster: "構成員の一覧で見る" / "See them in the list of members",
        of_files: "公表資料にあるサブグループです。名称の変更や終了は、ここではできません。公表資料が改められたときに、センターが反映します。" / "A subgroup of the published material. Here it can be neither changed nor ended; the centre follows when the material changes.",
        joining: "構成員を加える" / "Add a member",
        correct: "登録を訂正する" / "Correct it",
        end: "グループを終了する" / "End the group",
        going_on: "終了の予定を取り消す" / "Take the end back",
        past: "終了したグループ" / "Groups that ended",
        history: "変更の履歴" / "History",
        history_more: "新しいものから30件を表示しています。" / "The newest 30 are shown.",
        reason: "理由" / "Reason",
        empty_title: "グループは登録されていません" / "There is no group",
        empty_keeper: "決済に関わる構成員のように、業態をまたいで知らせる相手があるときは、「グループを追加する」から登録してください。" / "Register one with “Add a group” where some members are warned together, such as all that take part in payments.",
        empty_text: "事務局が登録すると、ここに表示されます。" / "It appears here as soon as the secretariat registers one.",
        done_added: "グループを登録しました。" / "The group was registered.",
        done_corrected: "グループの登録を訂正しました。" / "The group was corrected.",
        done_ended: "グループの終了を登録しました。" / "The end of the group was registered.",
        done_going_on: "終了の予定を取り消しました。" / "The end was taken back.",
        done_no_end: "終了の予定はありません。すでに取り消されたか、終了しています。" / "No end is planned: it was taken back already, or has come.",
        done_joined: "構成員をグループに加えました。" / "The member was added to the group.",
        done_left: "グループから外す登録をしました。" / "The member's leaving was registered.",
    }
}

struct GroupRow {
    kind: &'static str,
    code: String,
    scope: String,
    period: String,
    /// How many are in it, or that one's own organisation is.
    told: String,
    /// To whom it reaches nobody is worth saying.
    nobody: bool,
    /// Where they are listed, and how many there are.
    members: Option<(String, String)>,
    see_roster: bool,
    of_files: bool,
    joining: Option<String>,
    correct: Option<String>,
    end: Option<String>,
    going_on: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/groups/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    as_of: AsOf,
    as_of_title: String,
    record: Option<Record>,
    is_old: bool,
    here: String,
    roster: String,
    rows: Vec<GroupRow>,
    past: Vec<(String, String)>,
    add: Option<String>,
    history: Vec<(ChangeRow, String)>,
}

struct Scene<'a> {
    ceptoar_id: &'a str,
    days: &'a Days,
    keeps: bool,
    looks: bool,
    /// The ministry knows how many, and nobody by name.
    oversees: bool,
    language: Language,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Query(query): Query<DayQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let place = Place::read(&mut tx, &viewer, (&ceptoar, ActivityAction::See), language).await?;
    let ceptoar_id = &place.facts.ceptoar_id;
    let may = |action| can(&viewer, action, &RosterFacts::whole(ceptoar_id));
    // What the desk said before is the desk's own.
    let days = query.days(may(DirectoryAction::LookBack), japan_day(now), language);
    let all = store::load(&mut tx, ceptoar_id, days.day(), None, days.until()).await?;
    let days = days.with_nothing(all.is_empty());
    let oversees = store::is_overseen(&mut tx, ceptoar_id).await?;
    // The desk's own memory: what it changed, and why.
    let past = match may(DirectoryAction::SeeWindows) {
        true => history_of_ceptoar(&mut tx, ceptoar_id, &["group", "group_member"], days.until()).await?,
        false => Vec::new(),
    };
    tx.commit().await?;
    let keeps = may(DirectoryAction::KeepMember) && days.is_present();
    let looks = may(DirectoryAction::LookAtRoster);
    let scene = Scene { ceptoar_id, days: &days, keeps, looks, oversees, language };
    let w = IndexWords::of(language);
    let mut chrome = scene.chrome(&frame, &place.name);
    if let Some(said) = said(&query.done, w) {
        chrome = chrome.with_flash("success", said);
    }
    let (over, there): (Vec<&Group>, Vec<&Group>) =
        all.iter().partition(|group| group.valid.until.is_some_and(|until| until <= days.day()));
    let page = IndexPage {
        chrome,
        w,
        as_of_title: days.as_of.title(language),
        here: paths::of_ceptoar(paths::INDEX, ceptoar_id),
        roster: days.href(&roster::roster(ceptoar_id)),
        rows: there.into_iter().map(|group| scene.row(group)).collect(),
        past: over
            .into_iter()
            .map(|group| (group.words.code.clone(), period(group.valid, days.day(), language)))
            .collect(),
        add: keeps.then(|| paths::of_ceptoar(paths::NEW, ceptoar_id)),
        history: past.iter().map(|change| (change_row(change, language), member_of(change, language))).collect(),
        as_of: days.as_of.clone(),
        record: days.record.clone(),
        is_old: days.is_old(),
    };
    Ok(days.answer(page))
}

fn said(done: &str, w: &IndexWords) -> Option<&'static str> {
    match done {
        "added" => Some(w.done_added),
        "corrected" => Some(w.done_corrected),
        "ended" => Some(w.done_ended),
        "going_on" => Some(w.done_going_on),
        "no_end" => Some(w.done_no_end),
        "joined" => Some(w.done_joined),
        "left" => Some(w.done_left),
        _ => None,
    }
}

/// Whom a change is about; nobody where it is of the group as a whole.
fn member_of(change: &PastChange, language: Language) -> String {
    let mut lines = change.after.iter().chain(&change.before);
    lines.find(|line| line.code == "member").map(|line| line.value(language).to_owned()).unwrap_or_default()
}

impl Scene<'_> {
    fn chrome(&self, frame: &Frame, ceptoar: &str) -> Chrome {
        let w = IndexWords::of(self.language);
        let roster_of = roster::roster(self.ceptoar_id);
        let mut way = vec![frame.home(), (roster::INDEX, w.directory)];
        if self.looks {
            way.push((roster_of.as_str(), ceptoar));
        }
        frame.chrome(fill(w.title, &[("ceptoar", ceptoar)]), &way)
    }

    fn row(&self, group: &Group) -> GroupRow {
        let w = IndexWords::of(self.language);
        let of = |route| paths::of_group(route, self.ceptoar_id, &group.group_id);
        let cross_cutting = group.kind == Kind::CrossCutting;
        let lists = self.looks && cross_cutting && group.listed > 0;
        let keeps = self.keeps && group.of_desk;
        GroupRow {
            kind: group.kind.label(self.language),
            code: group.words.code.clone(),
            scope: group.scope(self.language).to_owned(),
            period: period(group.valid, self.days.day(), self.language),
            told: self.told(group),
            nobody: self.looks && cross_cutting && group.listed == 0,
            members: lists
                .then(|| (self.days.href(&of(paths::MEMBERS)), fill(w.names, &[("count", &thousands(group.listed))]))),
            see_roster: self.looks && !cross_cutting,
            of_files: self.keeps && !group.of_desk,
            joining: (keeps && cross_cutting).then(|| of(paths::JOINING)),
            correct: keeps.then(|| of(paths::CORRECT)),
            end: keeps.then(|| of(paths::END)),
            going_on: (keeps && group.is_to_end(self.days.day())).then(|| of(paths::GOING_ON)),
        }
    }

    /// How many are in it, for those who may know; whoever sees themselves alone is told just that.
    fn told(&self, group: &Group) -> String {
        let w = IndexWords::of(self.language);
        let knows = match group.kind {
            Kind::Subgroup => self.looks,
            Kind::CrossCutting => self.looks || self.oversees,
        };
        if knows {
            fill(w.count, &[("count", &thousands(group.counted))])
        } else if !self.oversees && group.counted > 0 {
            w.own.to_owned()
        } else {
            String::new()
        }
    }
}
