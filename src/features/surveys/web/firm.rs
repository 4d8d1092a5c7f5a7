//! What one firm answered, for a desk with names.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::answer::answered;
use super::{CommonWords, FirmPlace, chrome, note, pick, read};
use crate::features::access::Viewer;
use crate::features::access::action::SurveyAction;
use crate::features::surveys::replies::store as replies;
use crate::features::surveys::store;
use crate::features::surveys::survey::Visibility;
use crate::kernel::language::fill;
use crate::kernel::period::short_time;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct FirmWords {
        title: "{firm}の回答" / "Answers of {firm}",
        sent: "{at}に送信" / "Sent {at}",
    }
}

#[derive(Template)]
#[template(path = "surveys/firm.html")]
struct FirmPage {
    chrome: Chrome,
    c: &'static CommonWords,
    sent: String,
    lines: Vec<(i16, String, Vec<String>)>,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<FirmPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let survey = read(&mut tx, &viewer, place.survey, SurveyAction::Keep).await?;
    // Of numbers alone there are no answers of anybody.
    if survey.content.visibility != Visibility::Named || !survey.has_results() {
        return Err(WebError::NotFound);
    }
    let firms = store::standing(&mut tx, survey.survey_id).await?;
    let firm = firms.into_iter().find(|firm| firm.organisation_id == place.organisation);
    let (firm, at) = firm.and_then(|firm| firm.sent_at.map(|at| (firm, at))).ok_or(WebError::NotFound)?;
    let questions = store::questions(&mut tx, survey.survey_id).await?;
    let found = replies::answers(&mut tx, survey.survey_id, Some(place.organisation), &questions).await?;
    let answers: Vec<_> = found.into_iter().map(|(_, answer)| answer).collect();
    let more = serde_json::json!({ "organisation": place.organisation });
    note(&mut tx, (&viewer, &frame, now), "survey.read", (survey.survey_id, &survey.ceptoar_id), more).await?;
    tx.commit().await?;
    let w = FirmWords::of(language);
    let title = fill(w.title, &[("firm", pick(&firm.name, language))]);
    Ok(Page(FirmPage {
        chrome: chrome(&frame, &survey, Some(&title)),
        c: CommonWords::of(language),
        sent: fill(w.sent, &[("at", &short_time(at))]),
        lines: answered(&questions, &answers),
    })
    .into_response())
}
