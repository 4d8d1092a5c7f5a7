//! The surveys of a desk, and those that ask a firm.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::{CommonWords, pick};
use crate::features::access::action::SurveyAction;
use crate::features::access::survey::SurveyFacts;
use crate::features::access::{Viewer, can};
use crate::features::surveys::survey::{State as SurveyState, Survey};
use crate::features::surveys::{paths, store};
use crate::kernel::language::{Label, fill};
use crate::kernel::period::{fiscal_year, long_date};
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct IndexWords {
        lead: "事務局が構成員にお尋ねする調査です。" / "What secretariats ask their members.",
        of_desk: "{ceptoar}の調査" / "Surveys of {ceptoar}",
        add: "調査を作る" / "Make a survey",
        products: "製品を挙げた構成員を探す" / "Find who uses a product",
        mine: "回答する調査" / "Surveys that ask you",
        none_desk: "調査はまだありません" / "There is no survey yet",
        none_desk_text: "「調査を作る」から、質問を用意して構成員に尋ねられます。" / "Use “Make a survey” to ask your members.",
        none_mine: "調査はありません" / "There is no survey",
        none_mine_text: "事務局が調査を始めると、ここに表示されます。" / "A survey appears here when your secretariat opens it.",
        name: "調査" / "Survey",
        year: "年度" / "Fiscal year",
        answered: "回答した会社" / "Answered",
        of: "{answered} / {asked}社" / "{answered} of {asked}",
    }
}

struct Row {
    href: String,
    title: String,
    kind: &'static str,
    year: String,
    due: String,
    state: (&'static str, &'static str),
    answered: String,
}

struct Desk {
    heading: String,
    add: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "surveys/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    c: &'static CommonWords,
    desks: Vec<Desk>,
    mine: Option<Vec<Row>>,
    products: Option<&'static str>,
}

/// The page.
pub async fn get(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let language = frame.language;
    let w = IndexWords::of(language);
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let surveys = store::list(&mut tx, &viewer).await?;
    let keeps = |ceptoar: &str| can(&viewer, SurveyAction::Keep, &SurveyFacts::of_ceptoar(ceptoar));
    let kept: Vec<_> = surveys.iter().filter(|s| keeps(&s.ceptoar_id)).map(|s| s.survey_id).collect();
    let progress = store::progress(&mut tx, &kept).await?;
    let mut desks = Vec::new();
    for ceptoar in viewer.desks().into_iter().filter(|ceptoar| keeps(ceptoar)) {
        // Nobody keeps more than a few desks.
        if let Some(name) = store::ceptoar(&mut tx, ceptoar).await? {
            desks.push((ceptoar.to_owned(), pick(&name, language).to_owned()));
        }
    }
    tx.commit().await?;
    desks.dedup();
    let row = |survey: &Survey| {
        let counts = progress.iter().find(|(id, _)| *id == survey.survey_id).map(|(_, counts)| *counts);
        let answered = counts
            .map(|[asked, answered]| fill(w.of, &[("answered", &answered.to_string()), ("asked", &asked.to_string())]));
        Row {
            href: paths::of_survey(paths::SURVEY, survey.survey_id),
            title: survey.title(language).to_owned(),
            kind: survey.content.kind.label(language),
            year: fiscal_year(survey.fiscal_year(), language),
            due: long_date(survey.content.due_on, language),
            state: (survey.state.colour(), survey.state.label(language)),
            answered: answered.unwrap_or_default(),
        }
    };
    let of_desk = |ceptoar: &str| surveys.iter().filter(|s| s.ceptoar_id == ceptoar).map(row).collect();
    let desks: Vec<Desk> = desks
        .iter()
        .map(|(ceptoar, name)| Desk {
            heading: fill(w.of_desk, &[("ceptoar", name)]),
            add: paths::new(ceptoar),
            rows: of_desk(ceptoar),
        })
        .collect();
    let is_asked = |survey: &&Survey| {
        survey.state != SurveyState::Draft
            && !keeps(&survey.ceptoar_id)
            && can(&viewer, SurveyAction::See, &survey.facts(None))
    };
    let member = viewer.affiliations.iter().any(|a| a.role.is_members());
    let products = (!desks.is_empty()).then_some(paths::PRODUCTS);
    Ok(Page(IndexPage {
        chrome: frame.chrome(CommonWords::of(language).title, &[frame.home()]),
        w,
        c: CommonWords::of(language),
        mine: member.then(|| surveys.iter().filter(is_asked).map(row).collect()),
        desks,
        products,
    })
    .into_response())
}
