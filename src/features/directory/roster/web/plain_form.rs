//! Form, confirmation, done: for changes of bodies that are no members, with the pages that members' changes have.

use std::collections::HashMap;

use axum::response::{IntoResponse, Response};

use super::fields::{Control, Field, Typed};
use super::sheet_form::{ConfirmPage, EditPage, EditWords};
use super::shown::ChangeRow;
use crate::features::directory::roster::line::{self, Line};
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
    /// From when, in words.
    pub when: String,
    /// Why.
    pub reason: &'a str,
    /// What is said before.
    pub before: &'a [Line],
    /// What is said after.
    pub after: &'a [Line],
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

    /// Before and after, and nothing is written yet.
    #[must_use]
    pub fn confirmation(&self, fields: &[Field], typed: &Typed, asked: &ToConfirm<'_>) -> Response {
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
            when: asked.when.clone(),
            reason: asked.reason.to_owned(),
            rows: rows.collect(),
            with_before: !asked.before.is_empty(),
            ending: self.ending,
            hidden,
        };
        Page(page).into_response()
    }
}
