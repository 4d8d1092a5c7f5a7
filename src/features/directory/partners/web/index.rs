//! The partner bodies of a CEPTOAR as of a day.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::web::shown::Place;
use crate::features::directory::partners::partner::{Partner, Partnership};
use crate::features::directory::partners::{paths, store};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::sheet::Dated;
use crate::features::directory::roster::web::as_of::AsOf;
use crate::features::directory::roster::web::days::{DayQuery, Days};
use crate::features::directory::roster::web::record::Record;
use crate::features::directory::roster::web::shown::period;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the list.
    pub struct IndexWords {
        title: "{ceptoar}の連携機関" / "Partner bodies of {ceptoar}",
        directory: "名簿" / "Directory",
        lead: "構成員ではないものの、情報の伝達や分析などで連携する組織です。届く情報は、セプター全体に宛てたCLEAR・GREENのうち、取扱担当者などに限らないものだけです。" / "Bodies that are no members and help to pass on, to analyse or otherwise. Only items of the levels CLEAR and GREEN reach them, addressed to the whole CEPTOAR and not limited to handlers or persons.",
        add: "連携機関を追加する" / "Take in a partner body",
        basis: "根拠: {basis}" / "Basis: {basis}",
        on_route: "情報提供の経路" / "On the route",
        reached: "メールの届く窓口: {count}か所" / "Windows with mail: {count}",
        unreached: "メールの届く窓口がありません。窓口を登録するまで、情報提供は届きません。" / "No window with mail. Nothing reaches it until one is registered.",
        windows: "窓口と名称の登録を見る" / "See its windows and its name",
        role: "役割を追加する" / "Add a role",
        end: "この役割を終了する" / "End this role",
        past: "終了した役割" / "Roles that ended",
        empty_title: "連携機関は登録されていません" / "There is no partner body",
        empty_keeper: "都道府県や分析機関などと連携しているときは、「連携機関を追加する」から登録してください。" / "Register one with “Take in a partner body”, such as a prefecture or a body that analyses.",
        empty_text: "事務局が登録すると、ここに表示されます。" / "It appears here as soon as the secretariat registers one.",
        done_joined: "連携機関を登録しました。続けて、窓口を登録してください。" / "The partner body was registered. Now add its windows.",
        correct: "訂正する" / "Correct",
        done_corrected: "訂正を登録しました。これまでの内容は、訂正の前の記録として残っています。" / "The correction was registered. What was said before stays on record.",
        done_changed: "役割を追加しました。" / "The role was added.",
        done_ended: "役割の終了を登録しました。" / "The end of the role was registered.",
    }
}

struct RoleRow {
    label: &'static str,
    period: String,
    basis: String,
    on_route: bool,
    end: Option<String>,
    correct: Option<String>,
}

struct PastRow {
    name: String,
    role: String,
    correct: Option<String>,
}

struct PartnerRow {
    name: String,
    kind: &'static str,
    roles: Vec<RoleRow>,
    windows: Option<Result<String, &'static str>>,
    href: Option<String>,
    role: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/partners/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    as_of: AsOf,
    as_of_title: String,
    record: Option<Record>,
    is_old: bool,
    here: String,
    rows: Vec<PartnerRow>,
    past: Vec<PastRow>,
    add: Option<String>,
}

struct Scene<'a> {
    ceptoar_id: &'a str,
    days: &'a Days,
    keeps: bool,
    /// Corrections are made on the page of any day, by what is recorded now.
    corrects: bool,
    sees_windows: bool,
    looks: bool,
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
    tx.commit().await?;
    let days = days.with_nothing(all.is_empty());
    let keeps = may(DirectoryAction::KeepMember) && days.is_present();
    let scene = Scene {
        ceptoar_id,
        days: &days,
        keeps,
        corrects: may(DirectoryAction::KeepMember) && !days.is_old(),
        sees_windows: may(DirectoryAction::SeeWindows),
        looks: may(DirectoryAction::LookAtRoster),
        language,
    };
    let w = IndexWords::of(language);
    let mut chrome = scene.chrome(&frame, &place.name);
    let said = match query.done.as_str() {
        "joined" => Some(w.done_joined),
        "changed" => Some(w.done_changed),
        "corrected" => Some(w.done_corrected),
        "ended" => Some(w.done_ended),
        _ => None,
    };
    if let Some(said) = said {
        chrome = chrome.with_flash("success", said);
    }
    let shown = |partner: &&Partner| partner.on(days.day()).next().is_some() || scene.is_ahead(partner);
    let page = IndexPage {
        chrome,
        w,
        as_of_title: days.as_of.title(language),
        here: paths::of_ceptoar(paths::INDEX, ceptoar_id),
        rows: all.iter().filter(shown).map(|partner| scene.row(partner)).collect(),
        past: all.iter().flat_map(|partner| scene.past(partner)).collect(),
        add: keeps.then(|| paths::of_ceptoar(paths::JOINING, ceptoar_id)),
        as_of: days.as_of.clone(),
        record: days.record.clone(),
        is_old: days.is_old(),
    };
    Ok(days.answer(page))
}

impl Scene<'_> {
    fn chrome(&self, frame: &Frame, ceptoar: &str) -> Chrome {
        let w = IndexWords::of(self.language);
        let roster_of = self.days.href(&roster::roster(self.ceptoar_id));
        let mut way = vec![frame.home(), (roster::INDEX, w.directory)];
        if self.looks {
            way.push((roster_of.as_str(), ceptoar));
        }
        frame.chrome(fill(w.title, &[("ceptoar", ceptoar)]), &way)
    }

    fn is_ahead(&self, partner: &Partner) -> bool {
        partner.partnerships.iter().any(|fact| fact.valid.is_ahead_of(self.days.day()))
    }

    fn row(&self, partner: &Partner) -> PartnerRow {
        let w = IndexWords::of(self.language);
        let roles = partner.partnerships.iter();
        let roles = roles.filter(|fact| fact.valid.until.is_none_or(|until| until > self.days.day()));
        let on_route = partner.on(self.days.day()).any(|fact| fact.value.role.is_on_route());
        let windows = (self.sees_windows && (on_route || partner.windows > 0)).then(|| match partner.windows {
            0 => Err(w.unreached),
            n => Ok(fill(w.reached, &[("count", &n.to_string())])),
        });
        let member = || self.days.href(&roster::of_member(roster::MEMBER, self.ceptoar_id, partner.organisation_id));
        PartnerRow {
            name: self.language.pick(&partner.name[0], &partner.name[1]).clone(),
            kind: partner.kind.label(self.language),
            roles: roles.map(|fact| self.role(partner, fact)).collect(),
            windows,
            href: self.looks.then(member),
            role: self.keeps.then(|| paths::role(self.ceptoar_id, partner.organisation_id)),
        }
    }

    fn role(&self, partner: &Partner, fact: &Dated<Partnership>) -> RoleRow {
        let w = IndexWords::of(self.language);
        RoleRow {
            label: fact.value.role.label(self.language),
            period: period(fact.valid, self.days.day(), self.language),
            basis: fill(w.basis, &[("basis", &fact.value.basis)]),
            on_route: fact.value.role.is_on_route() && fact.valid.holds_on(self.days.day()),
            end: self.keeps.then(|| paths::end(self.ceptoar_id, partner.organisation_id, fact.fact_id)),
            correct: self.correct(partner, fact),
        }
    }

    fn correct(&self, partner: &Partner, fact: &Dated<Partnership>) -> Option<String> {
        self.corrects.then(|| paths::correction(self.ceptoar_id, partner.organisation_id, fact.fact_id))
    }

    /// Roles that ended before the day: whose, and what.
    fn past(&self, partner: &Partner) -> Vec<PastRow> {
        let over =
            partner.partnerships.iter().filter(|fact| fact.valid.until.is_some_and(|until| until <= self.days.day()));
        let role = |fact: &Dated<Partnership>| {
            format!("{} {}", fact.value.role.label(self.language), period(fact.valid, self.days.day(), self.language))
        };
        over.map(|fact| PastRow {
            name: self.language.pick(&partner.name[0], &partner.name[1]).clone(),
            role: role(fact),
            correct: self.correct(partner, fact),
        })
        .collect()
    }
}
