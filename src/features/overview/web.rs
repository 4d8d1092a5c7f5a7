//! The page: a line for each CEPTOAR, in the government's order.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};

use super::standing::{Standing, met};
use crate::features::access::action::{ActivityAction, FollowUpAction};
use crate::features::access::{Action, Routes, Rule, Viewer, could};
use crate::features::directory::activities::paths as activities;
use crate::features::directory::activities::web::totals::reached;
use crate::features::directory::roster::web::as_of::{AsOf, OnQuery};
use crate::features::directory::rules::light::Light;
use crate::features::directory::rules::paths as requirements;
use crate::features::directory::rules::store;
use crate::features::follow_up::paths as follow_up;
use crate::features::follow_up::sheets::store::{self as sheets, Open};
use crate::features::follow_up::web::shown::badge;
use crate::kernel::clock::{self, japan_day};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{fiscal_year, long_date, thousands};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct OverviewWords {
        title: "セプターの状況" / "How the CEPTOARs stand",
        lead: "担当するセプターの具備要件と機能の状況、窓口の確認、フォローアップを一覧にしています。ポータルに記録された事実から、その都度計算しています。" / "Requirements, functions, windows and follow-up of the CEPTOARs that you look over, worked out from what the portal has on record.",
        as_of: "{day}現在、活動は{year}" / "As of {day}; activities of {year}",
        summary: "満たしているセプターの数" / "How many meet it",
        of: "{count} / {all}" / "{count} of {all}",
        ceptoar: "セプター" / "CEPTOAR",
        members: "構成員" / "Members",
        rule: "①ルール" / "① Rule",
        windows: "②窓口" / "② Windows",
        sharing: "情報共有" / "Sharing",
        drill: "訓練" / "Drill",
        analysis: "分析" / "Analysis",
        fresh: "窓口確認(90日)" / "Windows, 90 days",
        fresh_none: "窓口の登録なし" / "No window registered",
        fresh_of: "{fresh} / {windows}か所" / "{fresh} of {windows}",
        entries: "活動" / "Activities",
        entries_count: "{count}件" / "{count}",
        entries_none: "記録なし" / "Not recorded",
        sheet: "調査票" / "Sheet",
        all: "一覧" / "One by one",
        note: "「窓口確認(90日)」は、90日以内に連絡が取れると確認できた窓口の割合です。「記録なし」「不足」は、ポータルに記録がないことを示します。行わなかったという意味ではありません。セプターの名前を選ぶと、理由と足りないものを確かめられます。" / "“Windows, 90 days” is the share of windows proven within 90 days. “Not recorded” and “Missing” say that the portal has nothing on record, not that nothing was done. Choose a CEPTOAR to see why, and what is missing.",
        none_title: "担当するセプターがありません" / "You look over no CEPTOAR",
        none_text: "所管する分野にセプターが登録されると、ここに表示されます。" / "As soon as a sector of yours has one, it is shown here.",
    }
}

struct Row {
    name: String,
    sector: String,
    href: String,
    members: String,
    lights: Vec<(&'static str, Light, &'static str)>,
    /// Percent and words.
    fresh: Option<(i64, String)>,
    entries: Option<String>,
    entries_href: String,
    /// Class of the badge, state and address.
    sheet: Option<(&'static str, &'static str, String)>,
}

#[derive(Template)]
#[template(path = "overview/overview.html")]
struct OverviewPage {
    chrome: Chrome,
    w: &'static OverviewWords,
    as_of: AsOf,
    as_of_title: String,
    here: &'static str,
    summary: Vec<(&'static str, String)>,
    follows_up: bool,
    rows: Vec<Row>,
}

/// The routes of this feature.
pub fn routes() -> Routes {
    Routes::new().get(requirements::OVERVIEW, Rule::May(Action::Activity(ActivityAction::LookOver)), get)
}

/// The CEPTOARs that the viewer looks over as of a day; for today with the follow-up that is open.
async fn read(tx: &mut Tx, viewer: &Viewer, as_of: &AsOf) -> Result<(Vec<Standing>, Vec<Open>), WebError> {
    let year = clock::fiscal_year(as_of.day);
    let overseen = reached(tx, viewer, ActivityAction::LookOver, (year, as_of.day)).await?;
    let ids: Vec<String> = overseen.iter().map(|c| c.facts.ceptoar_id.clone()).collect();
    let evidence = store::evidence(tx, &ids, as_of.day).await?;
    let open = match as_of.is_today() && could(viewer, FollowUpAction::See.into()) {
        true => sheets::open(tx).await?,
        false => Vec::new(),
    };
    let standing = overseen.into_iter().filter_map(|ceptoar| {
        let id = &ceptoar.facts.ceptoar_id;
        let (_, evidence) = evidence.iter().find(|(known, _)| known == id)?;
        let sheet = open.iter().find(|sheet| sheet.facts.ceptoar_id == *id).map(|sheet| sheet.state);
        Some(Standing { evidence: *evidence, sheet, ceptoar })
    });
    Ok((standing.collect(), open))
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<OnQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let as_of = query.read(japan_day(now), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (standing, open) = read(&mut tx, &viewer, &as_of).await?;
    tx.commit().await?;
    let language = frame.language;
    let w = OverviewWords::of(language);
    let year = clock::fiscal_year(as_of.day);
    let heads = [w.rule, w.windows, w.sharing, w.drill, w.analysis];
    let of = |count: usize| fill(w.of, &[("count", &count.to_string()), ("all", &standing.len().to_string())]);
    let sheets_of = open.first().map(|sheet| sheet.fiscal_year);
    let page = OverviewPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        here: requirements::OVERVIEW,
        as_of_title: fill(w.as_of, &[("day", &long_date(as_of.day, language)), ("year", &fiscal_year(year, language))]),
        summary: heads.into_iter().zip(met(&standing).map(of)).collect(),
        follows_up: sheets_of.is_some(),
        rows: standing.iter().map(|standing| row(standing, &heads, (year, sheets_of), &as_of, language)).collect(),
        as_of,
    };
    Ok(if page.as_of.errors.is_empty() { Page(page).into_response() } else { Unprocessable(page).into_response() })
}

fn row(
    standing: &Standing,
    heads: &[&'static str; 5],
    (year, sheets_of): (i32, Option<i32>),
    as_of: &AsOf,
    language: Language,
) -> Row {
    let w = OverviewWords::of(language);
    let Standing { ceptoar, evidence, sheet } = standing;
    let id = &ceptoar.facts.ceptoar_id;
    let [name, sector] = [&ceptoar.name, &ceptoar.sector].map(|[ja, en]| language.pick(ja, en).clone());
    let windows = [("fresh", &*thousands(evidence.fresh)), ("windows", &*thousands(evidence.windows))];
    let count = fill(w.entries_count, &[("count", &thousands(evidence.entries))]);
    let lights = heads.iter().zip(standing.lights()).map(|(head, light)| (*head, light, light.label(language)));
    let sheet = sheet
        .zip(sheets_of)
        .map(|(state, of)| (badge(state), state.label(language), follow_up::of_sheet(follow_up::SHEET, of, id)));
    Row {
        name,
        sector,
        href: as_of.href(&requirements::of_ceptoar(requirements::REQUIREMENTS, id)),
        members: thousands(evidence.members),
        lights: lights.collect(),
        fresh: standing.fresh_percent().map(|percent| (percent, fill(w.fresh_of, &windows))),
        entries: (evidence.entries > 0).then_some(count),
        entries_href: activities::year(id, year),
        sheet,
    }
}
