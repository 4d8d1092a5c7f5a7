//! The offices on the road of a CEPTOAR as of a day.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::web::shown::Place;
use crate::features::directory::offices::office::Office;
use crate::features::directory::offices::{paths, store};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::web::as_of::AsOf;
use crate::features::directory::roster::web::days::{DayQuery, Days};
use crate::features::directory::roster::web::record::Record;
use crate::features::directory::roster::web::shown::period;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::thousands;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the list.
    pub struct IndexWords {
        title: "{ceptoar}の事務局・所管省庁・地方機関" / "Offices on the route of {ceptoar}",
        directory: "名簿" / "Directory",
        lead: "情報提供の経路にある事務局・所管省庁・地方機関です。事務局と所管省庁は公表資料によります。窓口は、事務局の分は事務局が、ほかの機関の分はその機関が登録します。" / "The offices on the road between the centre and the members. Which secretariats and ministries is published. Each keeps the windows by which it is reached.",
        ministry: "所管省庁" / "Ministry",
        regional: "地方機関" / "Regional office",
        secretariat: "事務局" / "Secretariat",
        on_route: "情報提供の経路" / "On the route",
        reached: "メールの届く窓口: {count}か所" / "Windows with mail: {count}",
        unreached: "メールの届く窓口がありません。窓口を登録するまで、ここへは情報提供が届きません。" / "No window with mail. Nothing reaches it until one is registered.",
        windows: "窓口の登録を見る" / "See its windows",
        new_window: "窓口を追加する" / "Add a window",
        empty_title: "この日の事務局・所管省庁・地方機関はありません" / "There is no office on that day",
        empty_text: "公表資料に載ると、ここに表示されます。" / "It appears here as soon as an edition names one.",
    }
}

struct OfficeRow {
    kind: &'static str,
    name: String,
    part: String,
    period: String,
    on_route: bool,
    windows: Option<Result<String, &'static str>>,
    href: Option<String>,
    new_window: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/offices/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    as_of: AsOf,
    as_of_title: String,
    record: Option<Record>,
    is_old: bool,
    here: String,
    rows: Vec<OfficeRow>,
}

struct Scene<'a> {
    viewer: &'a Viewer,
    ceptoar_id: &'a str,
    days: &'a Days,
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
    let looks_back = can(&viewer, DirectoryAction::LookBack, &RosterFacts::whole(ceptoar_id));
    let days = query.days(looks_back, japan_day(now), language);
    let offices = store::load(&mut tx, ceptoar_id, days.day(), days.until()).await?;
    tx.commit().await?;
    let days = days.with_nothing(offices.is_empty());
    let scene = Scene { viewer: &viewer, ceptoar_id, days: &days, language };
    let page = IndexPage {
        chrome: scene.chrome(&frame, &place.name),
        w: IndexWords::of(language),
        as_of_title: days.as_of.title(language),
        here: paths::of_ceptoar(paths::INDEX, ceptoar_id),
        rows: offices.iter().map(|office| scene.row(office)).collect(),
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
        if can(self.viewer, DirectoryAction::LookAtRoster, &RosterFacts::whole(self.ceptoar_id)) {
            way.push((roster_of.as_str(), ceptoar));
        }
        frame.chrome(fill(w.title, &[("ceptoar", ceptoar)]), &way)
    }

    fn row(&self, office: &Office) -> OfficeRow {
        let w = IndexWords::of(self.language);
        let facts = office.facts(self.ceptoar_id);
        let may = |action| can(self.viewer, action, &facts);
        let of = |route| roster::of_member(route, self.ceptoar_id, office.organisation_id);
        // Whose former windows are not for the viewer, as a ministry's for a desk, is not said to have had none; and their
        // page is that of today's record.
        let sees = may(if self.days.is_old() { DirectoryAction::LookBack } else { DirectoryAction::SeeWindows });
        let told = sees && (office.on_route || office.windows > 0);
        let page = of(roster::MEMBER);
        OfficeRow {
            kind: match office.standing {
                Standing::Ministry => w.ministry,
                Standing::Regional => w.regional,
                Standing::Secretariat | Standing::Member | Standing::Partner => w.secretariat,
            },
            name: self.language.pick(&office.name[0], &office.name[1]).clone(),
            part: self.language.pick(&office.part[0], &office.part[1]).clone(),
            period: period(office.valid, self.days.day(), self.language),
            on_route: office.on_route && office.valid.holds_on(self.days.day()),
            windows: told.then(|| match office.windows {
                0 => Err(w.unreached),
                n => Ok(fill(w.reached, &[("count", &thousands(n))])),
            }),
            href: may(DirectoryAction::LookAtMember)
                .then(|| if sees { self.days.href(&page) } else { self.days.as_of.href(&page) }),
            new_window: (may(DirectoryAction::KeepWindow) && self.days.is_present()).then(|| of(roster::NEW_WINDOW)),
        }
    }
}
