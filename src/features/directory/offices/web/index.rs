//! The offices on the road of a CEPTOAR as of a day.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};

use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::web::shown::Place;
use crate::features::directory::offices::office::Office;
use crate::features::directory::offices::{paths, store};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::web::as_of::AsOf;
use crate::features::directory::roster::web::shown::period;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::thousands;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the list.
    pub struct IndexWords {
        title: "{ceptoar}の事務局・所管省庁" / "Secretariats and ministries of {ceptoar}",
        directory: "名簿" / "Directory",
        lead: "情報提供の経路にある事務局と所管省庁です。どこが担当かは公表資料によります。窓口は、事務局の分は事務局が、省庁の分は省庁が登録します。" / "The offices on the road between the centre and the members. Which they are is published. Each keeps the windows by which it is reached.",
        ministry: "所管省庁" / "Ministry",
        secretariat: "事務局" / "Secretariat",
        on_route: "情報提供の経路" / "On the route",
        reached: "メールの届く窓口: {count}か所" / "Windows with mail: {count}",
        unreached: "メールの届く窓口がありません。窓口を登録するまで、ここへは情報提供が届きません。" / "No window with mail. Nothing reaches it until one is registered.",
        windows: "窓口の登録を見る" / "See its windows",
        new_window: "窓口を追加する" / "Add a window",
        empty_title: "この日の事務局・所管省庁はありません" / "There is no office on that day",
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
    here: String,
    rows: Vec<OfficeRow>,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct IndexQuery {
    on_year: String,
    on_month: String,
    on_day: String,
}

struct Scene<'a> {
    viewer: &'a Viewer,
    ceptoar_id: &'a str,
    as_of: &'a AsOf,
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
    let ceptoar_id = &place.facts.ceptoar_id;
    let offices = store::load(&mut tx, ceptoar_id, as_of.day).await?;
    tx.commit().await?;
    let scene = Scene { viewer: &viewer, ceptoar_id, as_of: &as_of, language };
    let page = IndexPage {
        chrome: scene.chrome(&frame, &place.name),
        w: IndexWords::of(language),
        as_of_title: as_of.title(language),
        here: paths::of_ceptoar(paths::INDEX, ceptoar_id),
        rows: offices.iter().map(|office| scene.row(office)).collect(),
        as_of: as_of.clone(),
    };
    Ok(if as_of.errors.is_empty() { Page(page).into_response() } else { Unprocessable(page).into_response() })
}

impl Scene<'_> {
    fn chrome(&self, frame: &Frame, ceptoar: &str) -> Chrome {
        let w = IndexWords::of(self.language);
        let roster_of = roster::roster(self.ceptoar_id);
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
        let told = may(DirectoryAction::SeeWindows) && (office.on_route || office.windows > 0);
        OfficeRow {
            kind: match office.standing {
                Standing::Ministry => w.ministry,
                Standing::Secretariat | Standing::Member | Standing::Partner => w.secretariat,
            },
            name: self.language.pick(&office.name[0], &office.name[1]).clone(),
            part: self.language.pick(&office.part[0], &office.part[1]).clone(),
            period: period(office.valid, self.as_of.day, self.language),
            on_route: office.on_route && office.valid.holds_on(self.as_of.day),
            windows: told.then(|| match office.windows {
                0 => Err(w.unreached),
                n => Ok(fill(w.reached, &[("count", &thousands(n))])),
            }),
            href: may(DirectoryAction::LookAtMember).then(|| self.as_of.href(&of(roster::MEMBER))),
            new_window: (may(DirectoryAction::KeepWindow) && self.as_of.is_today()).then(|| of(roster::NEW_WINDOW)),
        }
    }
}
