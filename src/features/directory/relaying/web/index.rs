//! What a CEPTOAR has agreed about passing items on, drawn as the way that an item takes.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;

use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::web::shown::Place;
use crate::features::directory::relaying::agreement::{Agreement, time};
use crate::features::directory::relaying::{paths, store};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::sheet::Dated;
use crate::features::directory::roster::store::history_of_ceptoar;
use crate::features::directory::roster::web::as_of::AsOf;
use crate::features::directory::roster::web::shown::{ChangeRow, change_row};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_date;
use crate::kernel::stage::Stage;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct IndexWords {
        title: "{ceptoar}の中継の取決め" / "{ceptoar}: agreement on passing on",
        directory: "名簿" / "Directory",
        lead: "センターからの情報提供が、構成員へどのように届くかの取決めです。" / "How advisories of the centre reach the members.",
        now: "この日の取決め" / "What holds on this day",
        way: "情報の流れ" / "The way of an item",
        centre: "センター" / "The centre",
        at_once: "発出と同時に届きます" / "gets it at once",
        decides: "届いたら、中継するかどうかを判断します" / "gets it, and decides whether it goes on",
        after: "事務局の判断の後に届きます" / "get it after the decision",
        then: "判断の期限は{time}です。期限までに判断がないときは、自動で届きます。" / "The secretariat has {time}; then the item goes on by itself.",
        red: "親展(RED)" / "Confidential (RED)",
        red_text: "いつも、指名された方へ直接届けます。" / "Always straight to the persons named.",
        planned: "予定" / "Planned",
        from: "{day}から" / "From {day}",
        change: "取決めを変える" / "Change the agreement",
        change_text: "構成員と合意した内容を登録してください。変更は、適用日からの情報提供に使います。" / "Register what was agreed with the members. It holds for advisories from its day on.",
        history: "変更の履歴" / "History",
        reason: "理由" / "Reason",
        done: "中継の取決めを登録しました。" / "The agreement was registered.",
    }
}

struct Planned {
    from: String,
    lines: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "directory/relaying/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    as_of: AsOf,
    as_of_title: String,
    here: String,
    stages: [&'static str; 3],
    asks: bool,
    then: String,
    rows: Vec<(String, String)>,
    planned: Vec<Planned>,
    change: Option<String>,
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
    let may = |action| can(&viewer, action, &RosterFacts::whole(ceptoar_id));
    let all = store::load(&mut tx, ceptoar_id).await?;
    let past = match may(DirectoryAction::SeeWindows) {
        true => history_of_ceptoar(&mut tx, ceptoar_id, &["relay_rule"], None).await?,
        false => Vec::new(),
    };
    tx.commit().await?;
    let w = IndexWords::of(language);
    let roster_of = roster::roster(ceptoar_id);
    let mut way = vec![frame.home(), (roster::INDEX, w.directory)];
    if may(DirectoryAction::LookAtRoster) {
        way.push((roster_of.as_str(), place.name.as_str()));
    }
    let mut chrome = frame.chrome(fill(w.title, &[("ceptoar", &place.name)]), &way);
    if query.done == "changed" {
        chrome = chrome.with_flash("success", w.done);
    }
    let agreement = Agreement::on(&all, as_of.day);
    let page = IndexPage {
        chrome,
        w,
        as_of_title: as_of.title(language),
        here: paths::of_ceptoar(paths::INDEX, ceptoar_id),
        stages: [Stage::Ministry, Stage::Secretariat, Stage::Member].map(|stage| stage.label(language)),
        asks: agreement.asks(),
        then: fill(w.then, &[("time", &time(agreement.minutes, language))]),
        rows: rows(&agreement, language),
        planned: all.iter().filter_map(|dated| planned(dated, as_of.day, language)).collect(),
        change: (may(DirectoryAction::KeepMember) && as_of.is_today())
            .then(|| paths::of_ceptoar(paths::CHANGE, ceptoar_id)),
        history: past.iter().map(|change| change_row(change, language)).collect(),
        as_of,
    };
    Ok(if page.as_of.errors.is_empty() { Page(page).into_response() } else { Unprocessable(page).into_response() })
}

fn rows(agreement: &Agreement, language: Language) -> Vec<(String, String)> {
    let lines = agreement.lines();
    lines.iter().map(|line| (line.name(language), line.value(language).to_owned())).collect()
}

fn planned(dated: &Dated<Agreement>, shown: NaiveDate, language: Language) -> Option<Planned> {
    let day = dated.valid.from.filter(|from| *from > shown)?;
    let from = fill(IndexWords::of(language).from, &[("day", &long_date(day, language))]);
    Some(Planned { from, lines: rows(&dated.value, language) })
}
