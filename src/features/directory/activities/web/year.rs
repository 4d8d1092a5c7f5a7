//! What a CEPTOAR did in a fiscal year.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};

use super::shown::{CommonWords, PageOf, Place, Row, years};
use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::kind::Kind;
use crate::features::directory::activities::store::{self, Asked};
use crate::features::directory::activities::{paths, tally};
use crate::features::directory::rules::paths as rules;
use crate::features::directory::setup::paths as setup;
use crate::kernel::clock::{fiscal_year, japan_day};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{self, thousands};
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct YearWords {
        title: "{ceptoar}の活動状況" / "Activities of {ceptoar}",
        lead: "事務局が記録した、年度の活動です。NISCと所管省庁も読み、年度の集計とフォローアップに使われます。" / "What the secretariat wrote down. The centre and the ministry read it; the totals of the year and the follow-up use it.",
        count: "{year}の記録: {count}件" / "On record for {year}: {count}",
        add: "活動を記録する" / "Record an activity",
        requirements: "具備要件の状況" / "Requirements",
        setup: "整備状況" / "Set-up",
        none_title: "この年度の活動は、まだ記録されていません" / "Nothing is on record for this year yet",
        none_keeper: "「活動を記録する」から、訓練への参加、分析、会合などを記録してください。1件あたり数分で終わります。" / "Use “Record an activity” for drills, analysis, meetings and so on. Each takes a few minutes.",
        none_text: "事務局が記録すると、ここに表示されます。" / "What the secretariat writes down appears here.",
        taken_back: "取り消した記録" / "Taken back",
        done_recorded: "活動を記録しました。" / "The activity is on record.",
        done_withdrawn: "記録を取り消しました。集計には数えません。" / "The entry was taken back. It is not counted.",
    }
}

/// A year to switch to: its name, its address, whether it is shown.
pub(super) type YearLink = (String, String, bool);

#[derive(Template)]
#[template(path = "directory/activities/year.html")]
struct YearPage {
    chrome: Chrome,
    w: &'static YearWords,
    c: &'static CommonWords,
    years: Vec<YearLink>,
    count: String,
    /// Whether nothing stands in this year.
    is_empty: bool,
    rows: Vec<Row>,
    taken_back: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
    add: Option<String>,
    requirements: Option<String>,
    setup: String,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct YearQuery {
    year: String,
    page: String,
    done: String,
}

pub(super) fn links(years: Vec<i32>, shown: i32, language: Language, href: impl Fn(i32) -> String) -> Vec<YearLink> {
    years.into_iter().map(|year| (period::fiscal_year(year, language), href(year), year == shown)).collect()
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Query(query): Query<YearQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let place = Place::read(&mut tx, &viewer, (&ceptoar, ActivityAction::See), language).await?;
    let looks_over = place.lets(&viewer, ActivityAction::LookOver);
    let year = tally::year_of(&query.year, today);
    let mut page = PageOf::read(&query.page);
    let asked = Asked {
        ceptoars: std::slice::from_ref(&ceptoar),
        year: Some(year),
        activity: None,
        kinds: &Kind::ALL,
        taken_back: looks_over,
        page: Some(page.number),
    };
    let mut found = store::entries(&mut tx, asked).await?;
    page.cut(&mut found);
    let counts = store::counts(&mut tx, asked.ceptoars, year, &Kind::ALL).await?;
    let entries = counts.get(&ceptoar).copied().unwrap_or(0);
    let recorded = store::recorded_years(&mut tx, std::slice::from_ref(&ceptoar)).await?;
    tx.commit().await?;
    let w = YearWords::of(language);
    let (gone, standing): (Vec<_>, Vec<_>) = found.iter().partition(|(_, entry)| entry.taken_back_at.is_some());
    let row = |(_, entry): &&(String, _)| Row::of(&ceptoar, entry, language);
    let count = [("year", &*period::fiscal_year(year, language)), ("count", &*thousands(entries))];
    let title = fill(w.title, &[("ceptoar", &place.name)]);
    let mut chrome = frame.chrome(title, &[frame.home(), (paths::TOTALS, CommonWords::of(language).title)]);
    let said = match query.done.as_str() {
        "recorded" => Some(w.done_recorded),
        "withdrawn" => Some(w.done_withdrawn),
        _ => None,
    };
    if let Some(said) = said {
        chrome = chrome.with_flash("success", said);
    }
    let shown = years(recorded, year, fiscal_year(today));
    let [first, next] = page.links(|page| paths::year_page(&ceptoar, year, page));
    Ok(Page(YearPage {
        chrome,
        w,
        c: CommonWords::of(language),
        years: links(shown, year, language, |year| paths::year(&ceptoar, year)),
        count: fill(w.count, &count),
        is_empty: entries == 0,
        first,
        next,
        rows: standing.iter().map(row).collect(),
        taken_back: gone.iter().map(row).collect(),
        setup: setup::setup(&ceptoar),
        add: place.lets(&viewer, ActivityAction::Record).then(|| paths::of_ceptoar(paths::NEW, &ceptoar)),
        requirements: can(&viewer, DirectoryAction::LookAtRoster, &RosterFacts::whole(&ceptoar))
            .then(|| rules::of_ceptoar(rules::REQUIREMENTS, &ceptoar)),
    })
    .into_response())
}
