//! Writing an activity down.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{EntryForm, Typed};
use super::shown::{CommonWords, Place, note};
use crate::features::access::Viewer;
use crate::features::access::action::ActivityAction;
use crate::features::directory::activities::{paths, store};
use crate::kernel::clock::{fiscal_year, japan_day};
use crate::kernel::language::fill;
use crate::platform::web::error::WebError;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct NewWords {
        title: "活動を記録する" / "Record an activity",
        of: "{ceptoar}の活動状況" / "Activities of {ceptoar}",
        lead: "行った活動を1件ずつ記録します。あとから訂正や取り消しができ、前の内容も残ります。" / "One entry for each thing that was done. It can be corrected and taken back; what it said before is kept.",
        submit: "記録する" / "Record",
    }
}

#[derive(Template)]
#[template(path = "directory/activities/new.html")]
struct NewPage {
    chrome: Chrome,
    w: &'static NewWords,
    here: String,
    entry: EntryForm,
}

fn page(frame: &Frame, place: &Place, typed: Typed, errors: FieldErrors) -> NewPage {
    let language = frame.language;
    let w = NewWords::of(language);
    let ceptoar = &place.facts.ceptoar_id;
    let back = paths::of_ceptoar(paths::YEAR, ceptoar);
    let of = fill(w.of, &[("ceptoar", &place.name)]);
    let way = [frame.home(), (paths::TOTALS, CommonWords::of(language).title), (back.as_str(), of.as_str())];
    NewPage {
        chrome: frame.chrome(w.title, &way),
        w,
        here: paths::of_ceptoar(paths::NEW, ceptoar),
        entry: EntryForm::new(typed, errors, language),
    }
}

/// The form.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let place = Place::read(&mut tx, &viewer, (&ceptoar, ActivityAction::Record), frame.language).await?;
    tx.commit().await?;
    Ok(Page(page(&frame, &place, Typed::default(), FieldErrors::default())).into_response())
}

/// Writes it down.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let typed = Typed::new(pairs);
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let place = Place::read(&mut tx, &viewer, (&ceptoar, ActivityAction::Record), frame.language).await?;
    let content = match typed.read(japan_day(now), frame.language) {
        Ok(content) => content,
        Err(errors) => return Ok(Unprocessable(page(&frame, &place, typed, errors)).into_response()),
    };
    let ceptoar = &place.facts.ceptoar_id;
    let activity = store::record(&mut tx, ceptoar, &content).await?;
    note(&mut tx, &viewer, &frame, "activity.record", (ceptoar, activity, 1), now).await?;
    tx.commit().await?;
    let year = paths::year(ceptoar, fiscal_year(content.from_on));
    Ok(Redirect::to(&format!("{year}&done=recorded")).into_response())
}
