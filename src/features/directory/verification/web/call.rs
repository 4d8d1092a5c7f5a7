//! A call to a window: the desk notes which number was answered, and by whom.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::over_all;
use crate::features::access::Viewer;
use crate::features::access::action::DirectoryAction;
use crate::features::directory::roster::web::note_reading;
use crate::features::directory::verification::answering::store::{self, Call, Called, Way};
use crate::features::directory::verification::paths;
use crate::kernel::ids::ContactId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_date;
use crate::kernel::text::{self, TextProblem};
use crate::platform::audit::{self, Event};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// Longer names are refused.
const LONGEST_NAME: usize = 100;

crate::words! {
    /// Words of the page.
    pub struct CallWords {
        title: "電話などで確認した結果の記録" / "Note a call",
        lead: "下の番号に連絡し、通じた番号と、話した相手を記録してください。" / "Call one of the numbers below and note which one was answered, and by whom.",
        board: "連絡先の確認" / "Proof of life",
        way: "通じた連絡先" / "What was answered",
        spoke_with: "話した相手" / "Who answered",
        spoke_with_help: "部署名や役職でかまいません。" / "A section or a role will do.",
        proven: "最終確認 {day}" / "Proven on {day}",
        proven_by: "最終確認 {day}({who})" / "Proven on {day} ({who})",
        never: "確認の記録なし" / "Not proven yet",
        choose: "通じた連絡先を選んでください。" / "Please choose what was answered.",
        submit: "確認したことを記録する" / "Note the call",
        cancel: "やめる" / "Cancel",
        nothing: "電話やFAXの番号が登録されていません。" / "No number is registered.",
        nothing_text: "名簿で、この窓口に電話番号を登録してください。" / "Please register one in the directory.",
    }
}

#[derive(Template)]
#[template(path = "directory/verification/call.html")]
struct CallPage {
    chrome: Chrome,
    w: &'static CallWords,
    organisation: String,
    label: String,
    ways: Vec<Choice>,
    spoke_with: String,
    errors: FieldErrors,
    here: String,
    back: String,
}

/// A window of a CEPTOAR in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct CallPlace {
    ceptoar: String,
    window: ContactId,
}

/// What is typed.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct CallForm {
    way: String,
    spoke_with: String,
}

fn callable(called: &Called) -> Vec<&Way> {
    called.ways.iter().filter(|way| way.kind.is_called()).collect()
}

fn page(frame: &Frame, place: &CallPlace, called: &Called, form: CallForm, errors: FieldErrors) -> CallPage {
    let language = frame.language;
    let w = CallWords::of(language);
    let board = paths::board(&place.ceptoar);
    let chrome = frame.chrome(w.title, &[frame.home(), (board.as_str(), w.board)]);
    CallPage {
        chrome,
        w,
        organisation: language.pick(&called.organisation[0], &called.organisation[1]).clone(),
        label: called.label.clone(),
        ways: callable(called).into_iter().enumerate().map(|(i, way)| choice(i, way, &form.way, language)).collect(),
        spoke_with: form.spoke_with,
        errors,
        here: paths::call(&place.ceptoar, place.window),
        back: board,
    }
}

fn choice(i: usize, way: &Way, chosen: &str, language: Language) -> Choice {
    let w = CallWords::of(language);
    let value = i.to_string();
    let day = way.proven_on.map(|day| long_date(day, language));
    let explanation = match (day, &way.spoke_with) {
        (Some(day), Some(who)) if !who.is_empty() => fill(w.proven_by, &[("day", &day), ("who", who)]),
        (Some(day), _) => fill(w.proven, &[("day", &day)]),
        (None, _) => w.never.to_owned(),
    };
    Choice { chosen: value == chosen, label: format!("{} {}", way.kind.label(language), way.value), explanation, value }
}

fn not_empty(text: String) -> Result<String, TextProblem> {
    if text.is_empty() { Err(TextProblem::Empty) } else { Ok(text) }
}

/// The form with the window's numbers.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<CallPlace>,
) -> Result<Response, WebError> {
    over_all(&viewer, DirectoryAction::KeepWindow, &place.ceptoar)?;
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let called = store::called(&mut tx, &place.ceptoar, place.window).await?.ok_or(WebError::NotFound)?;
    let shown = callable(&called).len();
    let tx = note_reading(tx, &state, &viewer, &frame, (&place.ceptoar, called.organisation_id), shown).await?;
    tx.commit().await?;
    Ok(Page(page(&frame, &place, &called, CallForm::default(), FieldErrors::default())).into_response())
}

/// Notes the call.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<CallPlace>,
    Form(form): Form<CallForm>,
) -> Result<Response, WebError> {
    over_all(&viewer, DirectoryAction::KeepWindow, &place.ceptoar)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let called = store::called(&mut tx, &place.ceptoar, place.window).await?.ok_or(WebError::NotFound)?;
    let mut errors = FieldErrors::default();
    let ways = callable(&called);
    let way = form.way.parse::<usize>().ok().and_then(|i| ways.get(i).copied());
    if way.is_none() {
        errors.add("way", CallWords::of(frame.language).choose);
    }
    let spoke_with =
        errors.take("spoke_with", text::line(&form.spoke_with, LONGEST_NAME).and_then(not_empty), frame.language);
    let Some(way) = way.filter(|_| errors.is_empty()) else {
        let shown = ways.len();
        let tx = note_reading(tx, &state, &viewer, &frame, (&place.ceptoar, called.organisation_id), shown).await?;
        tx.commit().await?;
        return Ok(Unprocessable(page(&frame, &place, &called, form, errors)).into_response());
    };
    let call = Call { window: place.window, way, spoke_with: &spoke_with, by: viewer.account_id };
    store::note_call(&mut tx, &place.ceptoar, call, now).await?;
    let subject = place.window.to_string();
    let event = Event::done(now, "verification.call", "window", &subject)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "ceptoar": place.ceptoar, "kind": way.kind.code() }));
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=called", paths::board(&place.ceptoar))).into_response())
}
