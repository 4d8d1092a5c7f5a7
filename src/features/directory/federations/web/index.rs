//! All federations.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::features::access::action::FederationAction;
use crate::features::access::federation::FederationFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::federations::{paths, store};
use crate::features::directory::roster::paths as roster;
use crate::kernel::clock::japan_day;
use crate::kernel::language::fill;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the list.
    pub struct IndexWords {
        title: "連絡協議会" / "Federations",
        directory: "名簿" / "Directory",
        lead: "複数のセプターが集まって、運営の仕方や取組みの情報を交換する会です。セプターではありません。" / "Bodies in which several CEPTOARs exchange how they work. They are no CEPTOARs themselves.",
        found: "連絡協議会を登録する" / "Register a federation",
        members: "構成員" / "Members",
        observers: "オブザーバー" / "Observers",
        secretariat: "事務局" / "Secretariat",
        none: "なし" / "None",
        joint: "、" / ", ",
        dissolved: "{name}(解散)" / "{name} (dissolved)",
        empty_title: "連絡協議会は登録されていません" / "There is no federation",
        empty_text: "登録されると、ここに表示されます。" / "It appears here as soon as one is registered.",
    }
}

struct Row {
    name: String,
    href: String,
    members: String,
    secretariat: String,
}

#[derive(Template)]
#[template(path = "directory/federations/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    rows: Vec<Row>,
    found: Option<&'static str>,
}

/// The page.
pub async fn get(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let all = store::load(&mut tx, None, None).await?;
    tx.commit().await?;
    let language = frame.language;
    let w = IndexWords::of(language);
    let rows = all.iter().map(|federation| {
        let members: Vec<String> = federation.members_on(today).map(|known| known.value.told(language)).collect();
        Row {
            name: match federation.dissolved_on().filter(|end| *end <= today) {
                Some(_) => fill(w.dissolved, &[("name", &federation.title(today, language))]),
                None => federation.title(today, language),
            },
            href: paths::of(paths::SHOW, &federation.federation_id),
            members: if members.is_empty() { w.none.to_owned() } else { members.join(w.joint) },
            secretariat: federation.desk_on(today).map_or_else(|| w.none.to_owned(), |desk| desk.told(language)),
        }
    });
    let new = FederationFacts { keeper: None };
    let page = IndexPage {
        chrome: frame.chrome(w.title, &[frame.home(), (roster::INDEX, w.directory)]),
        w,
        rows: rows.collect(),
        found: can(&viewer, FederationAction::Found, &new).then_some(paths::FOUNDING),
    };
    Ok(Page(page).into_response())
}
