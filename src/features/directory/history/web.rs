//! The page of a CEPTOAR's history.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;

use super::event::{Event, events};
use super::fact::{Fact, when};
use super::picture::{Picture, draw};
use super::{paths, store};
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Routes, Rule, Viewer, can};
use crate::features::directory::federations;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::store as roster_store;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct HistoryWords {
        title: "{ceptoar}の沿革" / "History of {ceptoar}",
        lead: "名称・事務局・所管省庁・構成員の数・セプターカウンシルと連絡協議会での立場が、いつ、どう変わったか。公表された特性把握マップの版などに基づきます。" / "When its name, secretariat, ministry, numbers and place in the Council and in federations changed; from the published editions of the feature map and other sources.",
        directory: "名簿" / "Directory",
        picture: "年ごとの移り変わり" / "Over the years",
        picture_note: "同じ内容が、下の一覧にあります。" / "The list below says the same.",
        changes: "変わったこと" / "What changed",
        change: "{lane}: {value}" / "{lane}: {value}",
        gone: "{lane}: {value}が終了" / "{lane}: {value} came to its end",
        before: "それまで: {value}" / "Until then: {value}",
        ahead: "予定" / "Planned",
        joint: "、" / ", ",
        belongs: "属している連絡協議会" / "Belongs to",
        federations: "連絡協議会の一覧を見る" / "See all federations",
        empty_title: "沿革はまだありません" / "There is no history yet",
        empty_text: "特性把握マップの版が登録されると、ここに表示されます。" / "It appears here with the editions of the feature map.",
    }
}

/// The route of this feature: what is published, dated.
pub fn routes() -> Routes {
    Routes::new().get(paths::HISTORY, Rule::SignedIn, get)
}

/// A change in the list.
pub struct Row {
    /// Its day, as exactly as it is known.
    pub when: String,
    /// Whether it is to come.
    pub ahead: bool,
    /// What is so from then on.
    pub title: String,
    /// What was so until then.
    pub before: String,
}

#[derive(Template)]
#[template(path = "directory/history.html")]
struct HistoryPage {
    chrome: Chrome,
    w: &'static HistoryWords,
    picture: Picture,
    rows: Vec<Row>,
    federations: Vec<(String, String)>,
}

async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = roster_store::ceptoar(&mut tx, &ceptoar_id).await?.ok_or(WebError::NotFound)?;
    let facts = store::facts(&mut tx, &ceptoar_id).await?;
    let belongs = federations::store::of_ceptoar(&mut tx, &ceptoar_id).await?;
    tx.commit().await?;
    let language = frame.language;
    let w = HistoryWords::of(language);
    let name = language.pick(&ceptoar.name[0], &ceptoar.name[1]);
    let back = roster::roster(&ceptoar_id);
    let mut way = vec![frame.home(), (roster::INDEX, w.directory)];
    if can(&viewer, DirectoryAction::LookAtRoster, &RosterFacts::whole(&ceptoar_id)) {
        way.push((back.as_str(), name.as_str()));
    }
    Ok(Page(HistoryPage {
        chrome: frame.chrome(fill(w.title, &[("ceptoar", name)]), &way),
        w,
        picture: draw(&facts, today, language),
        rows: events(&facts).iter().map(|event| row(event, today, language)).collect(),
        federations: belongs
            .into_iter()
            .map(|(id, [ja, en])| (federations::paths::of(federations::paths::SHOW, &id), language.pick(ja, en)))
            .collect(),
    })
    .into_response())
}

/// A change as it is shown.
#[must_use]
pub fn row(event: &Event<'_>, today: NaiveDate, language: Language) -> Row {
    let w = HistoryWords::of(language);
    let values = |facts: &[&Fact]| {
        let values: Vec<&str> = facts.iter().map(|f| language.pick(&f.value[0], &f.value[1]).as_str()).collect();
        values.join(w.joint)
    };
    let (ended, begun) = (values(&event.ended), values(&event.begun));
    let (words, value, before) =
        if begun.is_empty() { (w.gone, ended, String::new()) } else { (w.change, begun, ended) };
    Row {
        when: when(event.day, event.precision, language),
        ahead: event.day > today,
        title: fill(words, &[("lane", event.lane.label(language)), ("value", &value)]),
        before: if before.is_empty() { before } else { fill(w.before, &[("value", &before)]) },
    }
}
