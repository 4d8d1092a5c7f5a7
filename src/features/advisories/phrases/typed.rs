//! Templates and phrases as they were typed: checked as the draft's own fields are.

use super::kept::{Phrase, PhraseField, Template};
use crate::features::advisories::content::{self, Form};
use crate::kernel::language::Language;
use crate::kernel::text::{self, half_width};
use crate::platform::web::form::FieldErrors;

/// The longest name.
const LONGEST_NAME: usize = 60;
/// The longest phrase: as long as the field that it goes into.
const LONGEST: usize = 4000;
/// Ninety days.
const LONGEST_DUE: i16 = 2160;

crate::words! {
    /// Messages at fields.
    pub struct TypedWords {
        due: "回答期限までの時間は、1から2160までの数字(時間)で入力するか、空にしてください。" / "Please give the hours until an answer is due as a number from 1 to 2160, or leave it empty.",
        field: "どの項目の定型文かを選択してください。" / "Please choose for which field it is.",
    }
}

/// The template that was meant.
///
/// # Errors
/// What is wrong, field by field.
pub fn template(form: &Form, language: Language) -> Result<Template, FieldErrors> {
    let mut errors = FieldErrors::default();
    let name = errors.take("name", text::filled_line(form.value("name"), LONGEST_NAME), language);
    let hours = half_width(form.value("due_hours"));
    let due_hours = hours.parse::<i16>().ok().filter(|hours| (1..=LONGEST_DUE).contains(hours));
    if !hours.is_empty() && due_hours.is_none() {
        errors.add("due_hours", TypedWords::of(language).due);
    }
    match content::parse(form, language) {
        Ok(draft) if errors.is_empty() => Ok(Template {
            name,
            kind: draft.text.kind,
            title: draft.text.title,
            summary: draft.text.summary,
            impact: draft.text.impact,
            countermeasure: draft.text.countermeasure,
            purpose: draft.text.purpose,
            level: draft.level,
            handler_scope: draft.handler_scope,
            due_hours,
        }),
        Ok(_) => Err(errors),
        Err(others) => {
            for (field, message) in others.iter() {
                errors.add(field, message);
            }
            Err(errors)
        }
    }
}

/// The form that shows a template.
#[must_use]
pub fn form_of(template: &Template) -> Form {
    let mut form = Form::default();
    form.push("name", template.name.as_str());
    form.push("kind", template.kind.code());
    form.push("title", template.title.as_str());
    form.push("summary", template.summary.as_str());
    form.push("impact", template.impact.as_str());
    form.push("countermeasure", template.countermeasure.as_str());
    form.push("purpose", template.purpose.code());
    form.push("level", template.level.code());
    form.push("handler_scope", template.handler_scope.code());
    form.push("due_hours", template.due_hours.map_or_else(String::new, |hours| hours.to_string()));
    form
}

/// The phrase that was meant.
///
/// # Errors
/// What is wrong, field by field.
pub fn phrase(form: &Form, language: Language) -> Result<Phrase, FieldErrors> {
    let mut errors = FieldErrors::default();
    let field = PhraseField::from_code(form.value("for_field"));
    if field.is_none() {
        errors.add("for_field", TypedWords::of(language).field);
    }
    let name = errors.take("name", text::filled_line(form.value("name"), LONGEST_NAME), language);
    let body = errors.take("body", text::filled_paragraph(form.value("body"), LONGEST), language);
    match field.filter(|_| errors.is_empty()) {
        Some(field) => Ok(Phrase { field, name, body }),
        None => Err(errors),
    }
}

/// The form that shows a phrase.
#[must_use]
pub fn form_of_phrase(phrase: &Phrase) -> Form {
    let mut form = Form::default();
    form.push("for_field", phrase.field.code());
    form.push("name", phrase.name.as_str());
    form.push("body", phrase.body.as_str());
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(changed: &[(&str, &str)]) -> Form {
        let mut form = Form::default();
        changed.iter().for_each(|(name, value)| form.push(name, *value));
        for (name, value) in [
            ("name", "長期休暇"),
            ("kind", "alert"),
            ("title", "〔休暇〕の対策"),
            ("purpose", "prevention"),
            ("level", "GREEN"),
            ("handler_scope", "organisation"),
            ("due_hours", "２４"),
        ] {
            form.push(name, value);
        }
        form
    }

    fn wrong(changed: &[(&str, &str)]) -> Vec<&'static str> {
        template(&form(changed), Language::Ja).unwrap_err().iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn a_template_is_held_to_what_a_draft_is_held_to() {
        let read = template(&form(&[]), Language::Ja).expect("a template");
        assert_eq!(read.due_hours, Some(24));
        assert_eq!(template(&form_of(&read), Language::En), Ok(read));
        assert_eq!(wrong(&[("name", ""), ("due_hours", "0")]), ["name", "due_hours"]);
        assert_eq!(wrong(&[("title", &"あ".repeat(31))]), ["title"]);
        assert_eq!(wrong(&[("level", "RED")]), ["handler_scope"]);
        assert_eq!(wrong(&[("summary", &"あ".repeat(4001)), ("due_hours", "x")]), ["due_hours", "summary"]);
    }

    #[test]
    fn a_phrase_has_a_field_a_name_and_words() {
        let typed = |pairs: &[(&str, &str)]| {
            Form::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let fine = typed(&[("for_field", "impact"), ("name", "影響なし"), ("body", "ありません。")]);
        assert!(phrase(&fine, Language::Ja).is_ok());
        let errors = phrase(&typed(&[("for_field", "title")]), Language::Ja).unwrap_err();
        assert_eq!(errors.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["for_field", "name", "body"]);
    }
}
