//! Correcting a name, a part or a secretariat of a federation: form, confirmation with before and after, done.

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use uuid::Uuid;

use super::edit::{actor, read};
use super::forms::{Choices, FormWords, optional};
use super::index::IndexWords;
use super::show::change_row;
use crate::features::access::Viewer;
use crate::features::directory::federations::changing::Change;
use crate::features::directory::federations::federation::{Desk, Federation, Known, Membership, Part, Who};
use crate::features::directory::federations::rewriting::{self, Said};
use crate::features::directory::federations::{paths, store};
use crate::features::directory::roster::line;
use crate::features::directory::roster::spelling::LONGEST_NAME;
use crate::features::directory::roster::web::correcting::forms::{
    CorrectingWords, day_fields, message, period, prefill_days,
};
use crate::features::directory::roster::web::fields::{Control, Field, Typed};
use crate::features::directory::roster::web::plain_form::{self, PlainForm, ToConfirm};
use crate::features::directory::roster::web::reading::Reader;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language};
use crate::kernel::text;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct CorrectionWords {
        title: "登録を訂正する" / "Correct what is registered",
        lead: "登録が誤っていた内容や日付を直します。これまで示していた内容は、訂正の前の記録として残ります。" / "Puts right what was registered wrongly, or its days. What was said until now stays on record.",
    }
}

/// A fact in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct FactPlace {
    federation: String,
    fact: Uuid,
}

/// What both steps need.
struct Scene<'a> {
    federation: &'a Federation,
    known: &'a Known<Said>,
    choices: &'a Choices,
    language: Language,
}

impl Scene<'_> {
    fn prefilled(&self) -> Typed {
        let mut typed = Typed::default();
        match &self.known.value {
            Said::Name(name) => {
                typed.set("ja", &name.ja);
                typed.set("reading", &name.reading);
                typed.set("en", &name.en);
            }
            Said::Member(membership) => {
                typed.set("part", membership.part.code());
                if let Who::Body(_) = membership.who {
                    typed.set("body_ja", &membership.name[0]);
                    typed.set("body_en", &membership.name[1]);
                }
            }
            Said::Desk(desk) => {
                typed.set("organisation", desk.organisation_id.to_string());
                typed.set("unit", &desk.unit[0]);
                typed.set("unit_en", &desk.unit[1]);
            }
        }
        prefill_days(&mut typed, self.known.valid);
        typed
    }

    fn fields(&self, typed: &Typed) -> Vec<Field> {
        let w = FormWords::of(self.language);
        let c = CorrectingWords::of(self.language);
        let line = |name, label| Field::new(Control::Line, name, label, typed);
        let mut void = Some(c.never);
        let mut fields = match &self.known.value {
            Said::Name(_) => {
                let from = self.known.valid.from;
                let follows = self.federation.names.iter().any(|name| from.is_some() && name.valid.until == from);
                void = follows.then_some(c.void);
                vec![line("ja", w.ja), line("reading", w.reading), line("en", w.en).optional()]
            }
            Said::Member(membership) => match membership.who {
                Who::Body(_) => vec![line("body_ja", w.body_ja), line("body_en", w.body_en).optional()],
                Who::Ceptoar(_) => {
                    let parts = Part::ALL.map(|part| (part.code().to_owned(), part.label(self.language).to_owned()));
                    vec![Field::new(Control::Radios, "part", w.part, typed).of(parts)]
                }
            },
            Said::Desk(desk) => {
                let mut keepers: Vec<(String, String)> = self
                    .choices
                    .keepers
                    .iter()
                    .map(|(id, name)| (id.to_string(), self.language.pick(&name[0], &name[1]).clone()))
                    .collect();
                // One of the past may keep nothing any more.
                if keepers.iter().all(|(id, _)| *id != desk.organisation_id.to_string()) {
                    let name = self.language.pick(&desk.name[0], &desk.name[1]).clone();
                    keepers.insert(0, (desk.organisation_id.to_string(), name));
                }
                vec![
                    Field::new(Control::Select, "organisation", w.organisation, typed).of(keepers),
                    line("unit", w.unit).optional(),
                    line("unit_en", w.unit_en).optional(),
                ]
            }
        };
        fields.extend(day_fields(typed, self.language, self.known.valid, void));
        fields
    }

    fn said(&self, typed: &Typed, reader: &mut Reader<'_>) -> Option<Said> {
        let w = FormWords::of(self.language);
        match &self.known.value {
            Said::Name(_) => Some(Said::Name(reader.name())),
            Said::Member(membership) => {
                let Who::Body(_) = membership.who else {
                    let part = Part::from_code(typed.get("part"));
                    if part.is_none() {
                        reader.errors.add("part", w.choose);
                    }
                    return Some(Said::Member(Membership { part: part?, ..membership.clone() }));
                };
                let ja = text::filled_line(typed.get("body_ja"), LONGEST_NAME);
                let ja = reader.errors.take("body_ja", ja, self.language);
                let en = optional(typed, "body_en", &mut reader.errors, self.language);
                let en = if en.is_empty() { ja.clone() } else { en };
                Some(Said::Member(Membership { who: Who::Body(ja.clone()), name: [ja, en], part: membership.part }))
            }
            Said::Desk(desk) => {
                let chosen = typed.get("organisation");
                let mut known = self.choices.keepers.iter().map(|(id, name)| (*id, name));
                let found = known.find(|(id, _)| id.to_string() == chosen).or_else(|| {
                    (desk.organisation_id.to_string() == chosen).then_some((desk.organisation_id, &desk.name))
                });
                if found.is_none() {
                    reader.errors.add("organisation", w.choose);
                }
                let unit = optional(typed, "unit", &mut reader.errors, self.language);
                let en = optional(typed, "unit_en", &mut reader.errors, self.language);
                let en = if en.is_empty() { unit.clone() } else { en };
                let (organisation_id, name) = found?;
                Some(Said::Desk(Desk { organisation_id, name: name.clone(), unit: [unit, en] }))
            }
        }
    }

    fn form<'a>(&self, frame: &'a Frame, today: chrono::NaiveDate) -> PlainForm<'a> {
        let w = CorrectionWords::of(self.language);
        let index = IndexWords::of(self.language);
        let (home, home_label) = frame.home();
        let id = &self.federation.federation_id;
        let (back, subject) = (paths::of(paths::SHOW, id), self.federation.title(today, self.language));
        let lines = [self.known.value.lines(), vec![line::of_period(self.known.valid)]].concat();
        PlainForm {
            frame,
            title: w.title,
            lead: w.lead,
            subject: subject.clone(),
            action: paths::correction(id, self.known.fact_id),
            back: back.clone(),
            way: vec![
                (home.to_owned(), home_label.to_owned()),
                (paths::INDEX.to_owned(), index.title.to_owned()),
                (back, subject),
            ],
            seen: self.federation.version.to_string(),
            current: lines.iter().map(|l| (l.name(self.language), l.value(self.language).to_owned())).collect(),
            ending: false,
        }
    }
}

/// The form.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(FactPlace { federation: id, fact }): Place<FactPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (federation, choices) = read(&mut tx, &viewer, &id, japan_day(now)).await?;
    tx.commit().await?;
    let known = rewriting::fact(&federation, fact).ok_or(WebError::NotFound)?;
    let scene = Scene { federation: &federation, known: &known, choices: &choices, language: frame.language };
    let typed = scene.prefilled();
    Ok(scene.form(&frame, japan_day(now)).page(scene.fields(&typed), &typed))
}

/// Confirms or makes the correction.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(FactPlace { federation: id, fact }): Place<FactPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let (now, language) = (state.clock.now(), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (federation, choices) = read(&mut tx, &viewer, &id, japan_day(now)).await?;
    let known = rewriting::fact(&federation, fact).ok_or(WebError::NotFound)?;
    let scene = Scene { federation: &federation, known: &known, choices: &choices, language };
    let form = scene.form(&frame, japan_day(now));
    let typed = plain_form::known(typed, &scene.fields(&Typed::default()))?;
    let fields = scene.fields(&typed);
    let last = store::history(&mut tx, &id, None).await?.first().map(|change| change_row(change, language));
    if typed.get("seen") != federation.version.to_string() {
        return Ok(form.overtaken(fields, FormWords::of(language).overtaken, last));
    }
    let first_field = fields.first().map_or("reason", |field| field.name);
    let mut reader = Reader::new(&typed, language, japan_day(now));
    let is_void = typed.get("void") == "true" && fields.iter().any(|field| field.name == "void");
    let to = if is_void {
        None
    } else {
        let said = scene.said(&typed, &mut reader);
        let valid = period(&typed, &mut reader, known.valid);
        said.map(|said| (said, valid))
    };
    let reason = reader.needed_reason();
    if !reader.errors.is_empty() || to.is_none() && !is_void {
        return Ok(form.wrong(fields, &typed, reader.errors));
    }
    let corrected = match rewriting::corrected(&federation, &known, to) {
        Ok(corrected) => corrected,
        Err(obstacle) => {
            let (field, message) = message(&obstacle, first_field, language);
            return Ok(form.said_at(fields, &typed, field, &message));
        }
    };
    let (before, after) = rewriting::lines(&known, &corrected);
    if before == after {
        return Ok(form.said_at(fields, &typed, first_field, CorrectingWords::of(language).same));
    }
    let on = known.valid.from.or(known.valid.until).unwrap_or_else(|| japan_day(now));
    let change = Change { on, reason, before, after };
    let Change { on, reason, before, after } = &change;
    let asked = ToConfirm { on: *on, correction: true, reason, before, after };
    if let Some(answer) = form.not_yet(fields.clone(), &typed, &asked) {
        return Ok(answer);
    }
    let actor = actor(&viewer, &federation, &frame, now)?;
    if !rewriting::correct(&mut tx, actor, (&federation, &known), &change, &corrected).await? {
        return Ok(form.overtaken(fields, FormWords::of(language).overtaken, last));
    }
    tx.commit().await?;
    Ok(form.done("corrected"))
}
