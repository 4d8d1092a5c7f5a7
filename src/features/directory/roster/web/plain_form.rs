//! Form, confirmation, done: for changes of bodies that are no members and of groups, with the pages that members'
//! changes have.

use std::collections::HashMap;

use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;

use super::fields::{Control, Field, Typed};
use super::sheet_form::{ConfirmPage, EditPage, EditWords};
use super::shown::ChangeRow;
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::roster::changes::{Change, ChangeError};
use crate::features::directory::roster::line::{self, Line};
use crate::features::directory::roster::store;
use crate::kernel::language::fill;
use crate::kernel::period::long_date;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};

/// A form in its place.
pub struct PlainForm<'a> {
    /// The page's frame.
    pub frame: &'a Frame,
    /// What is done.
    pub title: &'static str,
    /// What that means.
    pub lead: &'static str,
    /// Whom it is about.
    pub subject: String,
    /// Where it is sent.
    pub action: String,
    /// Where one gets by giving it up.
    pub back: String,
    /// The way to the page.
    pub way: Vec<(String, String)>,
    /// What was registered when the form was opened.
    pub seen: String,
    /// What is registered now, for whoever was overtaken.
    pub current: Vec<(String, String)>,
    /// Whether something ends.
    pub ending: bool,
}

/// What is to be confirmed.
pub struct ToConfirm<'a> {
    /// The first day on which it is so; of an end the first without it.
    pub on: NaiveDate,
    /// Whether it was so all along.
    pub correction: bool,
    /// Why.
    pub reason: &'a str,
    /// What is said before.
    pub before: &'a [Line],
    /// What is said after.
    pub after: &'a [Line],
}

impl<'a> From<&'a Change> for ToConfirm<'a> {
    fn from(change: &'a Change) -> Self {
        let Change { on, correction, reason, before, after, proposal: _ } = change;
        Self { on: *on, correction: *correction, reason, before, after }
    }
}

/// The name of a CEPTOAR whose desk the viewer keeps; otherwise there is none.
///
/// # Errors
/// 404 for everybody else.
pub async fn kept(tx: &mut Tx, viewer: &Viewer, frame: &Frame, ceptoar_id: &str) -> Result<String, WebError> {
    if !can(viewer, DirectoryAction::KeepMember, &RosterFacts::whole(ceptoar_id)) {
        return Err(WebError::NotFound);
    }
    let ceptoar = store::ceptoar(tx, ceptoar_id).await?.ok_or(WebError::NotFound)?;
    Ok(frame.language.pick(&ceptoar.name[0], &ceptoar.name[1]).clone())
}

/// What no form could have said, and is nobody's mistake.
#[must_use]
pub fn fault(error: ChangeError) -> WebError {
    match error {
        ChangeError::Fault(fault) => fault.into(),
        other => anyhow::Error::from(other).into(),
    }
}

/// What was typed, if it is of these fields alone.
///
/// # Errors
/// 400 for anything else.
pub fn known(typed: HashMap<String, String>, fields: &[Field]) -> Result<Typed, WebError> {
    let mut names: Vec<String> = fields.iter().flat_map(Field::sends).collect();
    names.extend(["seen", "confirmed", "again", crate::platform::security::form_token::FIELD].map(str::to_owned));
    if typed.keys().all(|name| names.contains(name)) { Ok(Typed(typed)) } else { Err(WebError::BadRequest) }
}

impl PlainForm<'_> {
    fn chrome(&self) -> Chrome {
        let way: Vec<_> = self.way.iter().map(|(href, label)| (href.as_str(), label.as_str())).collect();
        self.frame.chrome(self.title, &way)
    }

    fn edit(&self, fields: Vec<Field>, seen: &str, errors: FieldErrors) -> EditPage {
        EditPage {
            chrome: self.chrome(),
            w: EditWords::of(self.frame.language),
            title: self.title,
            lead: self.lead,
            subject: self.subject.clone(),
            action: self.action.clone(),
            back: self.back.clone(),
            // Who goes back to the form still works on what they saw when they began.
            seen: if seen.is_empty() { self.seen.clone() } else { seen.to_owned() },
            meanwhile: None,
            current: Vec::new(),
            fields,
            errors: errors.lines(),
            at: errors,
            remedy: None,
        }
    }

    /// The form.
    #[must_use]
    pub fn page(&self, fields: Vec<Field>, typed: &Typed) -> Response {
        Page(self.edit(fields, typed.get("seen"), FieldErrors::default())).into_response()
    }

    /// The form with what is wrong with it.
    #[must_use]
    pub fn wrong(&self, fields: Vec<Field>, typed: &Typed, errors: FieldErrors) -> Response {
        Unprocessable(self.edit(fields, typed.get("seen"), errors)).into_response()
    }

    /// The form for whoever was overtaken: with their text, what is registered now, and what was changed at last.
    #[must_use]
    pub fn overtaken(&self, fields: Vec<Field>, message: &'static str, last: Option<ChangeRow>) -> Response {
        let mut errors = FieldErrors::default();
        errors.add(fields.first().map_or("reason", |field| field.name), message);
        let page = EditPage { meanwhile: last, current: self.current.clone(), ..self.edit(fields, "", errors) };
        Unprocessable(page).into_response()
    }

    /// The form with a message at one of its fields.
    #[must_use]
    pub fn said_at(&self, fields: Vec<Field>, typed: &Typed, field: &'static str, message: &str) -> Response {
        let mut errors = FieldErrors::default();
        errors.add(field, message);
        self.wrong(fields, typed, errors)
    }

    /// The form with a message at one of its fields, and the place where what stands in the way is put right.
    #[must_use]
    pub fn sent_on(
        &self,
        fields: Vec<Field>,
        typed: &Typed,
        (field, message): (&'static str, String),
        remedy: (String, String),
    ) -> Response {
        let mut errors = FieldErrors::default();
        errors.add(field, message);
        let page = EditPage { remedy: Some(remedy), ..self.edit(fields, typed.get("seen"), errors) };
        Unprocessable(page).into_response()
    }

    /// The page that comes before anything is written: the form again, or the confirmation.
    #[must_use]
    pub fn not_yet(&self, fields: Vec<Field>, typed: &Typed, asked: &ToConfirm<'_>) -> Option<Response> {
        if typed.get("again") == "true" {
            return Some(self.page(fields, typed));
        }
        (typed.get("confirmed") != "true").then(|| self.confirmation(&fields, typed, asked))
    }

    /// Back to where it began, with what was done.
    #[must_use]
    pub fn done(&self, step: &str) -> Response {
        Redirect::to(&format!("{}?done={step}", self.back)).into_response()
    }

    fn when(&self, asked: &ToConfirm<'_>) -> String {
        let w = EditWords::of(self.frame.language);
        let (words, day) = if asked.correction {
            (w.correction, asked.on)
        } else if self.ending {
            (w.until, asked.on.pred_opt().unwrap_or(asked.on))
        } else {
            (w.on, asked.on)
        };
        fill(words, &[("day", &long_date(day, self.frame.language))])
    }

    /// Before and after, and nothing is written yet.
    fn confirmation(&self, fields: &[Field], typed: &Typed, asked: &ToConfirm<'_>) -> Response {
        let language = self.frame.language;
        let w = EditWords::of(language);
        let value = |line: &Option<Line>| line.as_ref().map_or(w.nothing, |line| line.value(language)).to_owned();
        let rows = line::differences(asked.before, asked.after).into_iter().map(|d| {
            let name = d.after.as_ref().or(d.before.as_ref()).map(|line| line.name(language)).unwrap_or_default();
            (name, value(&d.before), value(&d.after))
        });
        let mut hidden: Vec<(String, String)> = fields
            .iter()
            .filter(|field| field.control != Control::Check || !field.value.is_empty())
            .flat_map(Field::sends)
            .map(|name| (name.clone(), typed.get(&name).to_owned()))
            .collect();
        hidden.push(("seen".into(), self.seen.clone()));
        let page = ConfirmPage {
            chrome: self.chrome(),
            w,
            title: self.title,
            subject: self.subject.clone(),
            action: self.action.clone(),
            back: self.back.clone(),
            when: self.when(asked),
            reason: asked.reason.to_owned(),
            rows: rows.collect(),
            with_before: !asked.before.is_empty(),
            ending: self.ending,
            hidden,
        };
        Page(page).into_response()
    }
}
