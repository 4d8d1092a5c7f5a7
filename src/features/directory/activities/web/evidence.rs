//! The evidence for one of the totals: which CEPTOARs count, by which entries, and which have nothing on record.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};

use super::shown::{CommonWords, PageOf, Row};
use super::totals::reached;
use crate::features::access::Viewer;
use crate::features::access::action::ActivityAction;
use crate::features::directory::activities::activity::Activity;
use crate::features::directory::activities::kind::Kind;
use crate::features::directory::activities::paths;
use crate::features::directory::activities::store::{self, Asked};
use crate::features::directory::activities::tally::{CeptoarYear, FIRST_YEAR, Line, total};
use crate::kernel::clock::{fiscal_year, japan_day};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{self, thousands};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct EvidenceWords {
        title: "{year}の記録: {line}" / "{line}: on record for {year}",
        totals: "{year}の活動状況" / "Activities of {year}",
        summary: "記録のあるセプター: {count} / {all}({sectors}分野)" / "CEPTOARs with an entry: {count} of {all}, in {sectors} sectors",
        with: "記録のあるセプター" / "With an entry",
        without: "記録のないセプター" / "Without an entry",
        without_text: "「記録なし」は、事務局がまだ記録していないことを示します。行わなかったという意味ではありません。" / "“Not recorded” means that no secretariat has written it down; not that it was not done.",
        other: "訓練の記録あり" / "Has an entry of the drill",
        none: "記録のあるセプターは、まだありません。" / "No CEPTOAR has an entry yet.",
        count: "{count}件" / "{count}",
    }
}

struct Group {
    name: String,
    href: String,
    /// How many entries it has.
    count: String,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/activities/evidence.html")]
struct EvidencePage {
    chrome: Chrome,
    w: &'static EvidenceWords,
    c: &'static CommonWords,
    summary: String,
    groups: Vec<Group>,
    /// Those without: name, address, what is said of them.
    without: Vec<(String, String, &'static str)>,
}

/// A line of a year in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct LinePlace {
    year: i32,
    line: String,
}

/// What may follow the address: a page of one CEPTOAR's entries.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct EvidenceQuery {
    ceptoar: String,
    page: String,
}

/// The page: the first entries of every CEPTOAR that counts, or a page of one's.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<LinePlace>,
    Query(query): Query<EvidenceQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let line = Line::from_code(&place.line).ok_or(WebError::NotFound)?;
    let year = place.year;
    if !(FIRST_YEAR..=fiscal_year(today)).contains(&year) {
        return Err(WebError::NotFound);
    }
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let all = reached(&mut tx, &viewer, ActivityAction::LookOver, (year, today)).await?;
    let (mut counted, mut others): (Vec<_>, Vec<_>) = all.iter().partition(|ceptoar| line.counts(ceptoar));
    let one = query.ceptoar.as_str();
    if !one.is_empty() {
        counted.retain(|ceptoar| ceptoar.facts.ceptoar_id == one);
        others.clear();
    }
    if counted.is_empty() && !one.is_empty() {
        return Err(WebError::NotFound);
    }
    let page = PageOf::read(if one.is_empty() { "" } else { &query.page });
    let ids: Vec<String> = counted.iter().map(|ceptoar| ceptoar.facts.ceptoar_id.clone()).collect();
    let asked = Asked {
        ceptoars: &ids,
        year: Some(year),
        activity: None,
        kinds: line.kinds(),
        taken_back: false,
        page: Some(page.number),
    };
    let entries = store::entries(&mut tx, asked).await?;
    let counts = store::counts(&mut tx, &ids, year, line.kinds()).await?;
    tx.commit().await?;
    let w = EvidenceWords::of(language);
    let year_name = period::fiscal_year(year, language);
    let found = total(line, &all);
    let numbers = [
        ("count", &*found.ceptoars.to_string()),
        ("all", &*all.len().to_string()),
        ("sectors", &*found.sectors.to_string()),
    ];
    let back = paths::totals(year);
    let of = fill(w.totals, &[("year", &year_name)]);
    let title = fill(w.title, &[("line", line.label(language)), ("year", &year_name)]);
    let group = |ceptoar: &&CeptoarYear| {
        let id = &ceptoar.facts.ceptoar_id;
        let mut own: Vec<&Activity> = entries.iter().filter(|(of, _)| of == id).map(|(_, entry)| entry).collect();
        let mut page = page;
        page.cut(&mut own);
        let [first, next] = page.links(|page| paths::evidence_of(year, line.code(), id, page));
        let count = thousands(counts.get(id).copied().unwrap_or(0));
        Group {
            name: name(ceptoar, language),
            href: paths::year(id, year),
            count: fill(w.count, &[("count", &count)]),
            rows: own.into_iter().map(|entry| Row::of(id, entry, language)).collect(),
            first,
            next,
        }
    };
    let whole = (paths::evidence(year, line.code()), title.clone());
    let mut way = vec![frame.home(), (back.as_str(), of.as_str())];
    if !one.is_empty() {
        way.push((whole.0.as_str(), whole.1.as_str()));
    }
    Ok(Page(EvidencePage {
        chrome: frame.chrome(title, &way),
        w,
        c: CommonWords::of(language),
        summary: fill(w.summary, &numbers),
        groups: counted.iter().map(group).collect(),
        without: others.iter().map(|ceptoar| without(line, ceptoar, year, language)).collect(),
    })
    .into_response())
}

fn without(line: Line, ceptoar: &CeptoarYear, year: i32, language: Language) -> (String, String, &'static str) {
    // Who drilled is left out of those who confirmed otherwise; that is something else than silence.
    let drilled = line == Line::ConfirmedOtherwise && Line::Of(Kind::Drill).counts(ceptoar);
    let why = if drilled { EvidenceWords::of(language).other } else { CommonWords::of(language).not_recorded };
    (name(ceptoar, language), paths::year(&ceptoar.facts.ceptoar_id, year), why)
}

fn name(ceptoar: &CeptoarYear, language: Language) -> String {
    language.pick(&ceptoar.name[0], &ceptoar.name[1]).clone()
}
