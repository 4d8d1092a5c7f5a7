//! What a CEPTOAR has agreed about passing items on, drawn as the way that an item takes.

use askama::Template;
use axum::extract::{Path, Query, State};
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
use crate::features::directory::roster::web::shown::{ChangeRow, change_row};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_date;
use crate::kernel::stage::Stage;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct IndexWords {
        title: "{ceptoar}の中継の取決め" / "{ceptoar}: agreement on passing on",
        directory: "名簿" / "Directory",
        lead: "センターからの情報提供が、構成員へどのように届くかの取決めです。" / "How advisories of the centre reach the members.",
        now: "今日の取決め" / "What holds today",
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
    done: String,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Query(query): Query<IndexQuery>,
) -> Result<Page<impl Template>, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let place = Place::read(&mut tx, &viewer, (&ceptoar, ActivityAction::See), language).await?;
    let ceptoar_id = &place.facts.ceptoar_id;
    let may = |action| can(&viewer, action, &RosterFacts::whole(ceptoar_id));
    let all = store::load(&mut tx, ceptoar_id).await?;
    let past = match may(DirectoryAction::SeeWindows) {
        true => history_of_ceptoar(&mut tx, ceptoar_id, &["relay_rule"]).await?,
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
    let agreement = Agreement::on(&all, today);
    Ok(Page(IndexPage {
        chrome,
        w,
        stages: [Stage::Ministry, Stage::Secretariat, Stage::Member].map(|stage| stage.label(language)),
        asks: agreement.asks(),
        then: fill(w.then, &[("time", &time(agreement.minutes, language))]),
        rows: rows(&agreement, language),
        planned: all.iter().filter_map(|dated| planned(dated, today, language)).collect(),
        change: may(DirectoryAction::KeepMember).then(|| paths::of_ceptoar(paths::CHANGE, ceptoar_id)),
        history: past.iter().map(|change| change_row(change, language)).collect(),
    }))
}

fn rows(agreement: &Agreement, language: Language) -> Vec<(String, String)> {
    let lines = agreement.lines();
    lines.iter().map(|line| (line.name(language), line.value(language).to_owned())).collect()
}

fn planned(dated: &Dated<Agreement>, today: NaiveDate, language: Language) -> Option<Planned> {
    let day = dated.valid.from.filter(|from| *from > today)?;
    let from = fill(IndexWords::of(language).from, &[("day", &long_date(day, language))]);
    Some(Planned { from, lines: rows(&dated.value, language) })
}
