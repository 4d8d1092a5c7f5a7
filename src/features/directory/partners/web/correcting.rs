//! Correcting a role of a partner body: form, confirmation with before and after, done.

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::response::Response;

use super::edit::{RolePlace, found, role_of};
use super::forms::{self, FormWords};
use super::index::IndexWords;
use crate::features::access::Viewer;
use crate::features::directory::partners::changing;
use crate::features::directory::partners::partner::{self, Partner, Partnership};
use crate::features::directory::partners::paths;
use crate::features::directory::roster::changes::{self, Change};
use crate::features::directory::roster::line;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::periods::Obstacle;
use crate::features::directory::roster::sheet::Dated;
use crate::features::directory::roster::web::correcting::forms::{
    CorrectingWords, day_fields, message, period, prefill_days,
};
use crate::features::directory::roster::web::edit::actor;
use crate::features::directory::roster::web::fields::{Field, Typed};
use crate::features::directory::roster::web::plain_form::{self, PlainForm, fault, kept};
use crate::features::directory::roster::web::reading::Reader;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct CorrectionWords {
        title: "役割の登録を訂正する" / "Correct a role",
        lead: "登録が誤っていた役割・根拠・日付を直します。これまで示していた内容は、訂正の前の記録として残ります。" / "Puts right a role, its basis or its days that were registered wrongly. What was said until now stays on record.",
    }
}

fn prefilled(known: &Dated<Partnership>) -> Typed {
    let mut typed = Typed::default();
    typed.set("role", known.value.role.code());
    typed.set("basis", &known.value.basis);
    prefill_days(&mut typed, known.valid);
    typed
}

fn fields(typed: &Typed, known: &Dated<Partnership>, language: Language) -> Vec<Field> {
    let mut fields = forms::role(typed, language).to_vec();
    fields.extend(day_fields(typed, language, known.valid, Some(CorrectingWords::of(language).never)));
    fields
}

fn form<'a>(
    frame: &'a Frame,
    (ceptoar_id, ceptoar): (&str, &str),
    partner: &Partner,
    known: &Dated<Partnership>,
) -> PlainForm<'a> {
    let language = frame.language;
    let (w, i) = (CorrectionWords::of(language), IndexWords::of(language));
    let index = paths::of_ceptoar(paths::INDEX, ceptoar_id);
    let (home, home_label) = frame.home();
    let name = language.pick(&partner.name[0], &partner.name[1]);
    let lines = [partner::of_partnership(&known.value), vec![line::of_period(known.valid)]].concat();
    PlainForm {
        frame,
        title: w.title,
        lead: w.lead,
        subject: format!("{name} / {ceptoar}"),
        action: paths::correction(ceptoar_id, partner.organisation_id, known.fact_id),
        way: vec![
            (home.to_owned(), home_label.to_owned()),
            (roster::INDEX.to_owned(), i.directory.to_owned()),
            (index.clone(), fill(i.title, &[("ceptoar", ceptoar)])),
        ],
        back: index,
        seen: partner.digest(),
        current: lines.iter().map(|l| (l.name(language), l.value(language).to_owned())).collect(),
        ending: false,
    }
}

/// The form.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(RolePlace { ceptoar: ceptoar_id, organisation, partnership }): Place<RolePlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &ceptoar_id).await?;
    let partner = found(&mut tx, &ceptoar_id, organisation, japan_day(now)).await?;
    tx.commit().await?;
    let known = role_of(&partner, partnership)?;
    let typed = prefilled(known);
    Ok(form(&frame, (&ceptoar_id, &ceptoar), &partner, known).page(fields(&typed, known, frame.language), &typed))
}

/// Confirms or makes the correction.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(RolePlace { ceptoar: ceptoar_id, organisation, partnership }): Place<RolePlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let (now, language) = (state.clock.now(), frame.language);
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    changes::wait_for_turn(&mut tx, &ceptoar_id, organisation).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &ceptoar_id).await?;
    let partner = found(&mut tx, &ceptoar_id, organisation, today).await?;
    let known = role_of(&partner, partnership)?;
    let form = form(&frame, (&ceptoar_id, &ceptoar), &partner, known);
    let typed = plain_form::known(typed, &fields(&Typed::default(), known, language))?;
    let fields = fields(&typed, known, language);
    if typed.get("seen") != partner.digest() {
        return Ok(form.overtaken(fields, FormWords::of(language).overtaken, None));
    }
    let mut reader = Reader::new(&typed, language, today);
    let is_void = typed.get("void") == "true";
    let to = if is_void {
        None
    } else {
        let role = forms::partnership(&typed, &mut reader.errors, language);
        let valid = period(&typed, &mut reader, known.valid);
        role.map(|role| (role, valid))
    };
    let reason = reader.needed_reason();
    if !reader.errors.is_empty() || to.is_none() && !is_void {
        return Ok(form.wrong(fields, &typed, reader.errors));
    }
    if let Err((obstacle, other)) = changing::look(&partner, known, to.as_ref()) {
        let obstacle = match (obstacle, other) {
            (Obstacle::After(_, valid), Some(other)) => {
                Obstacle::After(other.value.role.label(language).to_owned(), valid)
            }
            (obstacle, _) => obstacle,
        };
        let (field, message) = message(&obstacle, "role", language);
        return Ok(form.said_at(fields, &typed, field, &message));
    }
    let lines = |role: &Partnership, valid| [partner::of_partnership(role), vec![line::of_period(valid)]].concat();
    let before = lines(&known.value, known.valid);
    let after = to.as_ref().map(|(role, valid)| lines(role, *valid)).unwrap_or_default();
    if before == after {
        return Ok(form.said_at(fields, &typed, "role", CorrectingWords::of(language).same));
    }
    let on = known.valid.from.unwrap_or(today);
    let change = Change { on, correction: true, reason, before, after, proposal: None };
    if let Some(answer) = form.not_yet(fields.clone(), &typed, &(&change).into()) {
        return Ok(answer);
    }
    let actor = actor(&viewer, &ceptoar_id, organisation, &frame, now);
    changing::correct(&mut tx, actor, (&ceptoar_id, &partner), &change, known, to.as_ref()).await.map_err(fault)?;
    tx.commit().await?;
    Ok(form.done("corrected"))
}
