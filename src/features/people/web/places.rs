//! Choosing where somebody is to work, before anything is typed about them.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::shown::place;
use crate::features::access::{Role, Viewer};
use crate::features::people::person::Place;
use crate::features::people::{paths, store};
use crate::kernel::ids::{AccountId, AffiliationId};
use crate::kernel::language::Language;
use crate::kernel::text;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// Places on a page; more are found by searching.
const SHOWN: i32 = 50;

crate::words! {
    /// Words of choosing a place.
    pub struct PlaceWords {
        title: "担当先を選ぶ" / "Choose where",
        people: "利用者管理" / "People",
        lead: "その方が担当する組織を選んでください。" / "Choose the organisation that this person will work for.",
        own_desk: "自分の事務局(コーディネータ)" / "Your own desk (coordinator)",
        members: "構成員" / "Members",
        search: "組織名で探す" / "Search by name",
        search_help: "一部だけでも、ひらがなでも探せます。" / "A part is enough; reading in hiragana works too.",
        search_button: "検索する" / "Search",
        more: "ほかにもあります。組織名で探してください。" / "There are more. Please search by name.",
        none: "該当する組織はありません。名前の一部だけで探してみてください。" / "No organisation was found. Please try only a part of the name.",
    }
}

/// Whom it is for; nobody yet when somebody new is invited.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlaceSearch {
    words: String,
    person: String,
    leaving: String,
}

struct Row {
    href: String,
    name: String,
}

#[derive(Template)]
#[template(path = "people/places.html")]
struct PlacesPage {
    chrome: Chrome,
    w: &'static PlaceWords,
    desks: Vec<Row>,
    rows: Vec<Row>,
    more: bool,
    words: String,
    person: String,
    leaving: String,
}

/// The choice.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(search): Query<PlaceSearch>,
) -> Result<Response, WebError> {
    page(&state, &viewer, &frame, PlaceSearch { words: String::new(), ..search }).await
}

/// The choice narrowed by words.
pub async fn search(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(search): Form<PlaceSearch>,
) -> Result<Response, WebError> {
    page(&state, &viewer, &frame, search).await
}

async fn page(state: &AppState, viewer: &Viewer, frame: &Frame, search: PlaceSearch) -> Result<Response, WebError> {
    let language = frame.language;
    let w = PlaceWords::of(language);
    let words: String = search.words.trim().chars().take(100).collect();
    let pattern = (!words.is_empty()).then(|| text::like_pattern(&words));
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let mut places = store::places(&mut tx, pattern.as_deref(), SHOWN + 1).await?;
    let desks = desks(&mut tx, viewer).await?;
    tx.commit().await?;
    let more = places.len() > usize::try_from(SHOWN).unwrap_or(usize::MAX);
    places.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    let rows = |places: &[Place]| -> Vec<Row> { places.iter().map(|p| row(p, &search, language)).collect() };
    if let ([only], true, true) = (&places[..], desks.is_empty(), words.is_empty()) {
        return Ok(Redirect::to(&row(only, &search, language).href).into_response());
    }
    let page = PlacesPage {
        chrome: frame.chrome(w.title, &[frame.home(), (paths::INDEX, w.people)]),
        w,
        desks: rows(&desks),
        rows: rows(&places),
        more,
        words,
        person: search.person,
        leaving: search.leaving,
    };
    Ok(Page(page).into_response())
}

/// The desks whose coordinators the viewer keeps.
async fn desks(tx: &mut sqlx::PgConnection, viewer: &Viewer) -> sqlx::Result<Vec<Place>> {
    let mut desks = Vec::new();
    for desk in viewer.affiliations.iter().filter(|a| a.role == Role::Secretariat) {
        if let Some(ceptoar) = &desk.ceptoar_id {
            desks.extend(store::place(&mut *tx, desk.organisation_id, ceptoar).await?);
        }
    }
    Ok(desks)
}

fn row(p: &Place, search: &PlaceSearch, language: Language) -> Row {
    let name = place(&p.organisation, Some(&p.ceptoar), None, language);
    let href = match (search.person.parse::<AccountId>(), search.leaving.parse::<AffiliationId>()) {
        (Ok(person), Ok(leaving)) => {
            format!("{}?leaving={leaving}", paths::duty(person, p.organisation_id, &p.ceptoar_id))
        }
        (Ok(person), Err(_)) => paths::duty(person, p.organisation_id, &p.ceptoar_id),
        (Err(_), _) => paths::invitation(p.organisation_id, &p.ceptoar_id),
    };
    Row { href, name }
}
