//! What is typed about an item under review.

use super::comment::Step;
use crate::kernel::language::Language;
use crate::kernel::text;
use crate::platform::web::form::FieldErrors;

/// The longest comment, answer and remark.
const LONGEST: usize = 1000;

crate::words! {
    /// Messages at fields.
    pub struct TypedWords {
        body: "コメントを入力してください。" / "Please write the comment.",
        answer: "返信を入力してください。" / "Please write the answer.",
        step: "「返信する」「対応済みにする」「未対応に戻す」のどれかを押してください。" / "Please press one of the buttons.",
        again: "すでにその状態です。画面を開き直して確かめてください。" / "It stands like that already. Please open the page again.",
    }
}

/// A comment as it was typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct CommentForm {
    /// The code of the field.
    pub field: String,
    /// The line; empty for the field as a whole.
    pub line: String,
    /// The save that was on the page.
    pub seen: String,
    /// What is said.
    pub body: String,
}

impl CommentForm {
    /// What is said.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, language: Language) -> Result<String, FieldErrors> {
        let mut errors = FieldErrors::default();
        let body = errors.take("body", text::paragraph(&self.body, LONGEST), language);
        if body.is_empty() && errors.is_empty() {
            errors.add("body", TypedWords::of(language).body);
        }
        if errors.is_empty() { Ok(body) } else { Err(errors) }
    }
}

/// An answer as it was typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct StepForm {
    /// The button that was pressed.
    pub step: String,
    /// What is said with it.
    pub answer: String,
}

impl StepForm {
    /// The step to take at a comment, and what is said with it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, open: bool, language: Language) -> Result<(Step, String), FieldErrors> {
        let w = TypedWords::of(language);
        let mut errors = FieldErrors::default();
        let body = errors.take("answer", text::paragraph(&self.answer, LONGEST), language);
        let step = Step::from_code(&self.step);
        match step {
            Some(Step::Answer) if body.is_empty() => errors.add("answer", w.answer),
            Some(Step::Done) if !open => errors.add("answer", w.again),
            Some(Step::Reopened) if open => errors.add("answer", w.again),
            Some(Step::Answer | Step::Done | Step::Reopened) => {}
            None => errors.add("answer", w.step),
        }
        match step {
            Some(step) if errors.is_empty() => Ok((step, body)),
            Some(_) | None => Err(errors),
        }
    }
}

/// What is said when an item is sent back.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct ReturnForm {
    /// The remark.
    pub remark: String,
}

impl ReturnForm {
    /// The remark; may be empty.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, language: Language) -> Result<String, FieldErrors> {
        let mut errors = FieldErrors::default();
        let remark = errors.take("remark", text::paragraph(&self.remark, LONGEST), language);
        if errors.is_empty() { Ok(remark) } else { Err(errors) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_says_what_happens() {
        let typed = |step: &str, answer: &str| StepForm { step: step.into(), answer: answer.into() };
        let fine = |form: StepForm, open| form.read(open, Language::Ja).is_ok();
        assert!(fine(typed("answer", "直しました。"), true) && fine(typed("answer", "直しました。"), false));
        assert!(fine(typed("done", ""), true) && fine(typed("reopened", "まだです。"), false));
        assert!(!fine(typed("answer", " "), true));
        assert!(!fine(typed("done", ""), false) && !fine(typed("reopened", ""), true));
        assert!(!fine(typed("", "x"), true) && !fine(typed("answer", "a\u{202E}"), true));
        assert!(!fine(typed("answer", &"あ".repeat(1001)), true));
    }
}
