//! 集計: the totals of a fiscal year, each with the way to its evidence, and what each CEPTOAR has on record.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;

use super::shown::{CommonWords, years};
use super::year::{YearLink, links};
use crate::features::access::action::ActivityAction;
use crate::features::access::{Action, Viewer, can, could};
use crate::features::directory::activities::tally::{self, CeptoarYear, Line, Total, items, total};
use crate::features::directory::activities::{paths, store};
use crate::kernel::clock::{fiscal_year, japan_day};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{self, thousands};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct TotalsWords {
        title: "{year}の活動状況" / "Activities of {year}",
        lead: "各セプターの事務局が記録した活動から、その都度計算しています。件数を選ぶと、根拠の記録を確かめられます。" / "Worked out from what the secretariats wrote down, whenever you look. Each number leads to the entries behind it.",
        lead_member: "セプターの事務局が記録した活動を読めます。" / "What the secretariat of your CEPTOAR wrote down.",
        totals: "集計" / "Totals",
        what: "活動" / "Activity",
        recorded: "記録あり" / "On record",
        sectors: "分野" / "Sectors",
        without: "記録なし" / "Not recorded",
        before: "前年度との差" / "Against the year before",
        of: "{count} / {all}セプター" / "{count} of {all}",
        sectors_of: "{count}分野" / "{count}",
        without_of: "{count}セプター" / "{count}",
        same: "増減なし({count})" / "No change ({count})",
        more: "{difference}増(前年度{count})" / "{difference} more (then {count})",
        fewer: "{difference}減(前年度{count})" / "{difference} fewer (then {count})",
        not_yet: "まだ記録なし(前年度{count})" / "Nothing on record yet (then {count})",
        not_before: "前年度は記録なし" / "Nothing on record then",
        note: "「記録なし」は、事務局がまだ記録していないことを示します。行わなかったという意味ではありません。" / "“Not recorded” means that no secretariat has written it down; not that it was not done.",
        items: "記録された情報の件数" / "Items, as recorded",
        received: "受け取り" / "Received",
        passed_on: "展開" / "Passed on",
        withheld: "見送り" / "Left out",
        by_ceptoar: "セプター別" / "By CEPTOAR",
        ceptoar: "セプター" / "CEPTOAR",
        sector: "分野" / "Sector",
        entries: "記録" / "Entries",
        kinds: "活動の種類" / "Kinds",
        count: "{count}件" / "{count}",
        none_title: "表示できるセプターがありません" / "There is no CEPTOAR to show",
        none_text: "担当するセプターが登録されると、ここに表示されます。" / "As soon as you have a duty at a CEPTOAR, it is shown here.",
    }
}

/// A line of the totals as shown.
#[derive(Debug)]
pub struct TotalRow {
    /// What it counts.
    pub what: &'static str,
    /// Of how many CEPTOARs, in words; `None` where nothing is on record.
    pub recorded: Option<String>,
    /// In how many sectors.
    pub sectors: String,
    /// How many have no entry.
    pub without: String,
    /// The difference to the year before.
    pub before: String,
    /// The evidence.
    pub href: String,
}

struct CeptoarRow {
    name: String,
    sector: String,
    href: String,
    entries: Option<String>,
    kinds: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "directory/activities/totals.html")]
struct TotalsPage {
    chrome: Chrome,
    w: &'static TotalsWords,
    c: &'static CommonWords,
    lead: &'static str,
    years: Vec<YearLink>,
    rows: Vec<TotalRow>,
    items: Vec<(&'static str, String)>,
    ceptoars: Vec<CeptoarRow>,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct TotalsQuery {
    year: String,
}

/// The CEPTOARs of a year to which the viewer may do that.
pub async fn reached(
    tx: &mut Tx,
    viewer: &Viewer,
    action: ActivityAction,
    (year, today): (i32, NaiveDate),
) -> Result<Vec<CeptoarYear>, WebError> {
    let mut found = store::years(tx, viewer, year, today).await?;
    found.retain(|ceptoar| can(viewer, action, &ceptoar.facts));
    Ok(found)
}

/// The totals of a year beside those of the year before.
#[must_use]
pub fn rows(year: i32, now: &[CeptoarYear], before: &[CeptoarYear], language: Language) -> Vec<TotalRow> {
    let w = TotalsWords::of(language);
    let row = |line: Line| {
        let (found, then) = (total(line, now), total(line, before));
        let count = |words, count: usize| fill(words, &[("count", &count.to_string())]);
        let of = [("count", &*found.ceptoars.to_string()), ("all", &*now.len().to_string())];
        TotalRow {
            what: line.label(language),
            recorded: (found.ceptoars > 0).then(|| fill(w.of, &of)),
            sectors: count(w.sectors_of, found.sectors),
            without: count(w.without_of, now.len() - found.ceptoars),
            before: difference(w, found, then),
            href: paths::evidence(year, line.code()),
        }
    };
    Line::ALL.into_iter().map(row).collect()
}

fn difference(w: &TotalsWords, now: Total, then: Total) -> String {
    let words = match now.ceptoars.cmp(&then.ceptoars) {
        _ if then.ceptoars == 0 => w.not_before,
        // What is not on record yet is not less than it was.
        _ if now.ceptoars == 0 => w.not_yet,
        std::cmp::Ordering::Equal => w.same,
        std::cmp::Ordering::Greater => w.more,
        std::cmp::Ordering::Less => w.fewer,
    };
    let difference = now.ceptoars.abs_diff(then.ceptoars).to_string();
    fill(words, &[("difference", &difference), ("count", &then.ceptoars.to_string())])
}

fn ceptoar_row(ceptoar: &CeptoarYear, year: i32, language: Language) -> CeptoarRow {
    let w = TotalsWords::of(language);
    let [name, sector] = [&ceptoar.name, &ceptoar.sector].map(|[ja, en]| language.pick(ja, en).clone());
    CeptoarRow {
        name,
        sector,
        href: paths::year(&ceptoar.facts.ceptoar_id, year),
        entries: (ceptoar.entries > 0).then(|| fill(w.count, &[("count", &thousands(ceptoar.entries))])),
        kinds: ceptoar.kinds.iter().map(|(kind, _)| kind.label(language)).collect(),
    }
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<TotalsQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let language = frame.language;
    let year = tally::year_of(&query.year, today);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let seen = reached(&mut tx, &viewer, ActivityAction::See, (year, today)).await?;
    let before = reached(&mut tx, &viewer, ActivityAction::LookOver, (year - 1, today)).await?;
    let ids: Vec<String> = seen.iter().map(|ceptoar| ceptoar.facts.ceptoar_id.clone()).collect();
    let recorded = store::recorded_years(&mut tx, &ids).await?;
    tx.commit().await?;
    let w = TotalsWords::of(language);
    let looks_over = could(&viewer, Action::Activity(ActivityAction::LookOver));
    let mut counted = seen.clone();
    counted.retain(|ceptoar| can(&viewer, ActivityAction::LookOver, &ceptoar.facts));
    let [received, passed_on, withheld] = items(&counted);
    let told = [(w.received, received), (w.passed_on, passed_on), (w.withheld, withheld)];
    let title = fill(w.title, &[("year", &period::fiscal_year(year, language))]);
    Ok(Page(TotalsPage {
        chrome: frame.chrome(title, &[frame.home()]),
        w,
        c: CommonWords::of(language),
        lead: if looks_over { w.lead } else { w.lead_member },
        years: links(years(recorded, year, fiscal_year(today)), year, language, paths::totals),
        rows: if counted.is_empty() { Vec::new() } else { rows(year, &counted, &before, language) },
        items: told.into_iter().filter_map(|(words, count)| Some((words, thousands(count?)))).collect(),
        ceptoars: seen.iter().map(|ceptoar| ceptoar_row(ceptoar, year, language)).collect(),
    })
    .into_response())
}
