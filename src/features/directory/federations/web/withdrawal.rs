//! Taking the newest plan of a federation back: form, confirmation, done.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::edit::{actor, read};
use super::forms::FormWords;
use super::index::IndexWords;
use crate::features::access::Viewer;
use crate::features::directory::federations::federation::{Federation, PastChange};
use crate::features::directory::federations::rewriting;
use crate::features::directory::federations::{paths, store};
use crate::features::directory::roster::web::fields::{Control, Field, Typed};
use crate::features::directory::roster::web::plain_form::{self, PlainForm, ToConfirm};
use crate::features::directory::roster::web::reading::Reader;
use crate::kernel::clock::japan_day;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct WithdrawalWords {
        title: "予定を取り消す" / "Take the plan back",
        lead: "いちばん新しい予定を取り消し、その前の登録を続けます。取り消したことは登録の履歴に残ります。" / "Takes the newest plan back; what was registered before goes on. That it was taken back stays in the history.",
    }
}

async fn found(
    tx: &mut Tx,
    viewer: &Viewer,
    id: &str,
    today: chrono::NaiveDate,
) -> Result<(Federation, PastChange), WebError> {
    let (federation, _) = read(tx, viewer, id, today).await?;
    let past = store::history(tx, id, None).await?;
    let plan = rewriting::open_plan(&federation, &past, today).cloned().ok_or(WebError::NotFound)?;
    Ok((federation, plan))
}

fn fields(typed: &Typed, frame: &Frame) -> Vec<Field> {
    let w = FormWords::of(frame.language);
    vec![Field::new(Control::Line, "reason", w.reason, typed).help(w.reason_help)]
}

fn form<'a>(federation: &Federation, plan: &PastChange, frame: &'a Frame, today: chrono::NaiveDate) -> PlainForm<'a> {
    let w = WithdrawalWords::of(frame.language);
    let index = IndexWords::of(frame.language);
    let (home, home_label) = frame.home();
    let id = &federation.federation_id;
    let (back, subject) = (paths::of(paths::SHOW, id), federation.title(today, frame.language));
    let lines = plan.after.iter().chain(&plan.before);
    PlainForm {
        frame,
        title: w.title,
        lead: w.lead,
        subject: subject.clone(),
        action: paths::of(paths::WITHDRAWAL, id),
        back: back.clone(),
        way: vec![
            (home.to_owned(), home_label.to_owned()),
            (paths::INDEX.to_owned(), index.title.to_owned()),
            (back, subject),
        ],
        seen: federation.version.to_string(),
        current: lines.map(|l| (l.name(frame.language), l.value(frame.language).to_owned())).collect(),
        ending: false,
    }
}

/// The question.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (federation, plan) = found(&mut tx, &viewer, &id, japan_day(now)).await?;
    tx.commit().await?;
    let typed = Typed::default();
    Ok(form(&federation, &plan, &frame, japan_day(now)).page(fields(&typed, &frame), &typed))
}

/// Takes it back.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(id): Path<String>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    // A second click: nothing is left to take back, and what was seen is another state.
    let (federation, _) = read(&mut tx, &viewer, &id, japan_day(now)).await?;
    let past = store::history(&mut tx, &id, None).await?;
    let seen = typed.get("seen").is_some_and(|seen| *seen != federation.version.to_string());
    if seen && rewriting::open_plan(&federation, &past, japan_day(now)).is_none() {
        return Ok(Redirect::to(&format!("{}?done=already", paths::of(paths::SHOW, &id))).into_response());
    }
    let (federation, plan) = found(&mut tx, &viewer, &id, japan_day(now)).await?;
    let form = form(&federation, &plan, &frame, japan_day(now));
    let typed = plain_form::known(typed, &fields(&Typed::default(), &frame))?;
    let fields = fields(&typed, &frame);
    if typed.get("seen") != federation.version.to_string() {
        return Ok(form.overtaken(fields, FormWords::of(frame.language).overtaken, None));
    }
    let mut reader = Reader::new(&typed, frame.language, japan_day(now));
    let reason = reader.needed_reason();
    if !reader.errors.is_empty() {
        return Ok(form.wrong(fields, &typed, reader.errors));
    }
    let (before, after) = (&plan.after, &plan.before);
    let asked = ToConfirm { on: plan.effective_on, correction: false, reason: &reason, before, after };
    if let Some(answer) = form.not_yet(fields.clone(), &typed, &asked) {
        return Ok(answer);
    }
    let actor = actor(&viewer, &federation, &frame, now)?;
    if !rewriting::withdraw(&mut tx, actor, &federation, &plan, reason.clone()).await? {
        return Ok(form.overtaken(fields, FormWords::of(frame.language).overtaken, None));
    }
    tx.commit().await?;
    Ok(form.done("withdrawn"))
}
