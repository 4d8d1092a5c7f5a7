//! The road of a CEPTOAR: drawn as the way that an item takes, with what has to be looked after, what was agreed about
//! passing items on, and how all of that came about.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;

use super::picture::{HopView, PictureWords, Road};
use crate::features::access::action::{ActivityAction, AgreementAction, DirectoryAction};
use crate::features::access::activity::ActivityFacts;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::web::shown::Place;
use crate::features::directory::offices::office::Office;
use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::sheet::Dated;
use crate::features::directory::roster::store::{PastChange, history_of_ceptoar};
use crate::features::directory::roster::web::as_of::AsOf;
use crate::features::directory::roster::web::shown::{ChangeRow, change_row, period};
use crate::features::directory::routes::agreement::{Agreement, Agreements, time};
use crate::features::directory::routes::course::{self, Course, Stretch};
use crate::features::directory::routes::hop::{Finding, Hop, findings};
use crate::features::directory::routes::regional::{self, RegionalOffice};
use crate::features::directory::routes::{paths, store};
use crate::features::directory::{offices, partners};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_date;
use crate::kernel::stage::{Desk, Stage};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct IndexWords {
        title: "{ceptoar}への情報提供の経路" / "{ceptoar}: route of advisories",
        directory: "名簿" / "Directory",
        lead: "センターからの情報提供が、だれを通って、いつ構成員へ届くかを示します。" / "Over whom, and when, advisories of the centre reach the members.",
        way: "情報の流れ" / "The way of an item",
        none: "この日は、構成員までの経路がありません。情報提供は届きません。" / "There is no road to the members on this day: advisories do not reach them.",
        then: "{desk}の判断の期限は{time}です。期限までに判断がないときは、自動で先へ届きます。" / "{desk}: {time} to decide; then the item goes on by itself.",
        findings: "確認が必要なこと" / "What has to be looked after",
        sound: "経路のどこにも、メールの届く窓口があり、1年以内に連絡が取れると確認されています。" / "Everybody on the road has a window that mail reaches, and at each hop one was proven alive within a year.",
        see: "確かめる" / "Look at it",
        walk: "試しに流してみる" / "Walk the route",
        now: "中継の取決め" / "Agreement on passing on",
        red: "親展(RED)" / "Confidential (RED)",
        red_text: "いつも、指名された方へ直接届けます。" / "Always straight to the persons named.",
        planned: "予定" / "Planned",
        from: "{day}から" / "From {day}",
        no_road: "経路なし" / "No road",
        change: "取決めを変える" / "Change the agreement",
        lead_over: "経路を変える" / "Change the route",
        history: "変更の履歴" / "History",
        reason: "理由" / "Reason",
        agreed: "中継の取決めを登録しました。" / "The agreement was registered.",
        led: "情報提供の経路を登録しました。" / "The route was registered.",
        regional_done: "地方機関を登録しました。" / "The regional office was registered.",
        regional_ended: "地方機関を経路から外す登録をしました。" / "That the regional office leaves the route was registered.",
        regional: "地方機関" / "Regional offices",
        regional_text: "省庁の地方支分部局や都道府県など。受け持つ構成員に宛てた情報が届きます。" / "Such as bureaux of a ministry and prefectures. They get what the members are sent that they look after.",
        regional_none: "この日の地方機関はありません。" / "There is none on this day.",
        regional_add: "地方機関を加える" / "Add a regional office",
        regional_end: "外す" / "Take off",
        regional_part: "受け持つ構成員" / "Members that it looks after",
        regional_name: "名称" / "Name",
        regional_period: "期間" / "Period",
        regional_action: "操作" / "Action",
    }
}

/// A regional office, with where it is taken off the road.
struct RegionalRow {
    name: String,
    part: String,
    period: String,
    end: Option<String>,
}

/// What a desk agreed.
struct AgreementView {
    desk: &'static str,
    code: &'static str,
    rows: Vec<(String, String)>,
    change: Option<String>,
}

struct Planned {
    from: String,
    lines: Vec<(String, String)>,
}

/// Something to look after: in words, whether it is grave, and where it is put right.
type FindingRow = (String, bool, Option<String>);

#[derive(Template)]
#[template(path = "directory/routes/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    p: &'static PictureWords,
    as_of: AsOf,
    as_of_title: String,
    here: String,
    picture: Vec<HopView>,
    then: Vec<String>,
    findings: Option<Vec<FindingRow>>,
    agreements: Vec<AgreementView>,
    regional: Vec<RegionalRow>,
    regional_new: Option<String>,
    planned: Vec<Planned>,
    walk: Option<String>,
    lead_over: Option<String>,
    history: Vec<ChangeRow>,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct IndexQuery {
    on_year: String,
    on_month: String,
    on_day: String,
    done: String,
}

/// What the page tells of.
struct Known {
    agreements: Agreements<Vec<Dated<Agreement>>>,
    stretches: Vec<Stretch>,
    hops: Vec<Hop>,
    offices: Vec<Office>,
    regional: Vec<RegionalOffice>,
    past: Vec<PastChange>,
}

impl Known {
    async fn read(tx: &mut Tx, ceptoar_id: &str, day: NaiveDate, history: &[&str]) -> sqlx::Result<Self> {
        let offices = offices::store::load(tx, ceptoar_id, day, None).await?;
        Ok(Self {
            agreements: Agreements {
                ministry: store::agreements(tx, ceptoar_id, Desk::Ministry).await?,
                secretariat: store::agreements(tx, ceptoar_id, Desk::Secretariat).await?,
            },
            stretches: store::stretches(tx, ceptoar_id).await?,
            hops: store::hops(tx, ceptoar_id, day).await?,
            offices: offices.into_iter().filter(|office| office.valid.holds_on(day)).collect(),
            regional: regional::store::load(tx, ceptoar_id, day, None).await?,
            past: history_of_ceptoar(tx, ceptoar_id, history, None).await?,
        })
    }
}

struct Scene<'a> {
    viewer: &'a Viewer,
    facts: &'a ActivityFacts,
    ceptoar_id: &'a str,
    language: Language,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Query(query): Query<IndexQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let as_of = AsOf::read([&query.on_year, &query.on_month, &query.on_day], japan_day(now), language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let place = Place::read(&mut tx, &viewer, (&ceptoar, ActivityAction::See), language).await?;
    let looks_over = place.lets(&viewer, ActivityAction::LookOver);
    let scene = Scene { viewer: &viewer, facts: &place.facts, ceptoar_id: &place.facts.ceptoar_id, language };
    // What its members agreed about is the desk's; over which offices the road goes is everybody's who looks over it.
    let agreed = scene.may(DirectoryAction::SeeWindows).then_some("relay_rule");
    let history: Vec<&str> =
        agreed.into_iter().chain(looks_over.then_some(["route", "ministry_rule"]).into_iter().flatten()).collect();
    let known = Known::read(&mut tx, &place.facts.ceptoar_id, as_of.day, &history).await?;
    tx.commit().await?;
    let chrome = scene.chrome(&frame, &place.name, &query.done);
    let page = scene.page(chrome, known, as_of, looks_over);
    Ok(if page.as_of.errors.is_empty() { Page(page).into_response() } else { Unprocessable(page).into_response() })
}

impl Scene<'_> {
    fn may(&self, action: DirectoryAction) -> bool {
        can(self.viewer, action, &RosterFacts::whole(self.ceptoar_id))
    }

    fn of(&self, route: &str) -> String {
        paths::of_ceptoar(route, self.ceptoar_id)
    }

    fn chrome(&self, frame: &Frame, ceptoar: &str, done: &str) -> Chrome {
        let w = IndexWords::of(self.language);
        let roster_of = roster::roster(self.ceptoar_id);
        let mut way = vec![frame.home(), (roster::INDEX, w.directory)];
        if self.may(DirectoryAction::LookAtRoster) {
            way.push((roster_of.as_str(), ceptoar));
        }
        let chrome = frame.chrome(fill(w.title, &[("ceptoar", ceptoar)]), &way);
        match done {
            "agreed" => chrome.with_flash("success", w.agreed),
            "led" => chrome.with_flash("success", w.led),
            "regional" => chrome.with_flash("success", w.regional_done),
            "regional_ended" => chrome.with_flash("success", w.regional_ended),
            _ => chrome,
        }
    }

    fn page(&self, chrome: Chrome, known: Known, as_of: AsOf, looks_over: bool) -> IndexPage {
        let w = IndexWords::of(self.language);
        let agreements = Agreements {
            ministry: Agreement::on(&known.agreements.ministry, as_of.day),
            secretariat: Agreement::on(&known.agreements.secretariat, as_of.day),
        };
        let course = Course::on(&known.stretches, as_of.day);
        let road = Road { course, hops: &known.hops, offices: &known.offices, agreements: &agreements };
        let told = |desk: Desk| {
            let time = time(agreements.of(desk).minutes, self.language);
            fill(w.then, &[("desk", desk.label(self.language)), ("time", &time)])
        };
        let asked: Vec<Desk> = Desk::ALL.into_iter().filter(|desk| agreements.of(*desk).asks()).collect();
        let found = || findings(&known.hops, &asked).into_iter().map(|finding| self.finding(finding)).collect();
        let today = as_of.is_today();
        let leads = today && self.may(DirectoryAction::KeepRoute);
        IndexPage {
            chrome,
            w,
            p: PictureWords::of(self.language),
            as_of_title: as_of.title(self.language),
            here: self.of(paths::INDEX),
            then: Desk::ALL.into_iter().filter(|desk| road.asks(*desk)).map(told).collect(),
            picture: road.picture(self.language),
            findings: looks_over.then(found),
            agreements: Desk::ALL
                .into_iter()
                .filter_map(|desk| self.agreement(desk, &known, today, as_of.day))
                .collect(),
            regional: known.regional.iter().map(|office| self.regional(office, &as_of)).collect(),
            regional_new: leads.then(|| self.of(paths::REGIONAL_NEW)),
            planned: self.planned(&known, as_of.day),
            walk: looks_over.then(|| self.of(paths::WALK)),
            lead_over: leads.then(|| self.of(paths::OFFICES)),
            history: known.past.iter().map(|change| change_row(change, self.language)).collect(),
            as_of,
        }
    }

    /// The part of a desk; none of a ministry that never decided, for whoever cannot change it.
    fn agreement(&self, desk: Desk, known: &Known, today: bool, day: NaiveDate) -> Option<AgreementView> {
        let all = known.agreements.of(desk);
        let change = today && can(self.viewer, AgreementAction::of(desk), self.facts);
        let is_told = change || desk == Desk::Secretariat || !all.is_empty();
        is_told.then(|| AgreementView {
            desk: desk.label(self.language),
            code: desk.code(),
            rows: rows(&Agreement::on(all, day).lines(desk), self.language),
            change: change.then(|| paths::agreement(desk, self.ceptoar_id)),
        })
    }

    fn regional(&self, office: &RegionalOffice, as_of: &AsOf) -> RegionalRow {
        let leads = as_of.is_today() && self.may(DirectoryAction::KeepRoute);
        RegionalRow {
            name: self.language.pick(&office.name[0], &office.name[1]).clone(),
            part: office.part(self.language),
            period: period(office.valid, as_of.day, self.language),
            end: (leads && office.valid.until.is_none()).then(|| paths::regional_end(self.ceptoar_id, office.fact_id)),
        }
    }

    fn finding(&self, finding: Finding) -> FindingRow {
        (finding.told(self.language), finding.is_grave(), self.remedy(finding))
    }

    /// Where it is put right, for whoever may go there.
    fn remedy(&self, finding: Finding) -> Option<String> {
        match finding {
            Finding::Nobody(stage) | Finding::NoMail(stage, _) | Finding::Unproven(stage) => match stage {
                Stage::Ministry | Stage::Regional | Stage::Secretariat => {
                    Some(offices::paths::of_ceptoar(offices::paths::INDEX, self.ceptoar_id))
                }
                Stage::Member => self.may(DirectoryAction::LookAtRoster).then(|| roster::roster(self.ceptoar_id)),
                Stage::Partner => Some(partners::paths::of_ceptoar(partners::paths::INDEX, self.ceptoar_id)),
            },
            Finding::NoRoad | Finding::Twice(_) | Finding::DeskBeside(_) => {
                self.may(DirectoryAction::KeepRoute).then(|| self.of(paths::OFFICES))
            }
            Finding::NobodyDecides(_) => None,
        }
    }

    fn planned(&self, known: &Known, shown: NaiveDate) -> Vec<Planned> {
        let from = |day| fill(IndexWords::of(self.language).from, &[("day", &long_date(day, self.language))]);
        let of = |desk| known.agreements.of(desk).iter().map(move |dated| (desk, dated));
        let agreed = Desk::ALL.into_iter().flat_map(of).filter_map(|(desk, dated)| {
            let day = dated.valid.from.filter(|from| *from > shown)?;
            Some((day, dated.value.lines(desk)))
        });
        let led = course::planned(&known.stretches, shown).into_iter();
        let led = led.map(|(day, course)| (day, course.map(Course::lines).unwrap_or_default()));
        let mut planned: Vec<(NaiveDate, Vec<Line>)> = agreed.chain(led).collect();
        planned.sort_by_key(|(day, _)| *day);
        let told =
            |(day, lines): (NaiveDate, Vec<Line>)| Planned { from: from(day), lines: rows(&lines, self.language) };
        planned.into_iter().map(told).collect()
    }
}

fn rows(lines: &[Line], language: Language) -> Vec<(String, String)> {
    lines.iter().map(|line| (line.name(language), line.value(language).to_owned())).collect()
}
