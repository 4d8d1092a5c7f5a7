//! The choice of a time on the approver's page.

use crate::features::advisories::release::when::{MINUTES, When, WhenForm, WhenWords};
use crate::kernel::language::{Language, fill};
use crate::platform::web::form::{Choice, FieldErrors};

crate::words! {
    /// Words around the choice.
    pub struct ChoiceWords {
        title: "いつ発出するか" / "When it is published",
        help: "今すぐでないときは、決めた時刻に自動で発出します。届く相手は、その時刻の名簿と時間帯で決まります。" / "Unless it is now, it is published by itself at the time you set. Who receives it follows from the directory and the hours of that time.",
        date: "発出の日時" / "Time of publication",
        look: "この時刻で確認する" / "Check for this time",
        looked: "下の届く相手は、{time}に発出するときのものです。" / "The recipients below are those of {time}.",
        who: "この表は、発出のときに実際に使う規則で、発出の時刻に有効な名簿から作っています。発出した瞬間の名簿で確定します。" / "Made by the very rules that send it, from what is registered for the time of publication. It is frozen when it is published.",
        approve: "承認する({time}に発出)" / "Approve for {time}",
        confirm: "{time}に、{n}件の窓口にメールを送ります。それまでは止められます。" / "At {time} mails go to {n} windows. Until then it can be stopped.",
    }
}

/// The choice, as it stands on the page.
#[derive(Debug)]
pub struct ChoiceView {
    /// Words.
    pub w: &'static ChoiceWords,
    /// What can be chosen.
    pub options: Vec<Choice>,
    /// What was typed.
    pub form: WhenForm,
    /// What is wrong with it.
    pub errors: FieldErrors,
    /// What the approval carries.
    pub code: String,
    /// For what time the recipients are shown; empty for now.
    pub looked: String,
    /// The words of the button; empty for now.
    pub approve: String,
    time: String,
}

impl ChoiceView {
    /// The choice with what was typed, and what came of it.
    #[must_use]
    pub fn of(form: WhenForm, when: Result<When, FieldErrors>, language: Language) -> (Self, When) {
        let (w, words) = (ChoiceWords::of(language), WhenWords::of(language));
        let typed = if form.release.is_empty() { When::Now.code() } else { form.release.clone() };
        let option =
            |value: String, label: String| Choice { chosen: value == typed, value, label, explanation: String::new() };
        let after =
            |minutes: u16| option(When::After(minutes).code(), fill(words.after, &[("n", &minutes.to_string())]));
        let mut options = vec![option(When::Now.code(), words.now.to_owned())];
        options.extend(MINUTES.map(after));
        options.push(option("at".to_owned(), words.at.to_owned()));
        let (when, errors) = match when {
            Ok(when) => (when, FieldErrors::default()),
            Err(errors) => (When::Now, errors),
        };
        let time = when.in_words(language);
        let said = |text| if time.is_empty() { String::new() } else { fill(text, &[("time", &time)]) };
        let view = Self {
            w,
            options,
            errors,
            code: when.code(),
            looked: said(w.looked),
            approve: said(w.approve),
            form,
            time,
        };
        (view, when)
    }

    /// What is asked before the approval; none for now.
    #[must_use]
    pub fn confirm(&self, windows: &str) -> Option<String> {
        let text = fill(self.w.confirm, &[("time", &self.time), ("n", windows)]);
        (!self.time.is_empty()).then_some(text)
    }

    /// The page's address with the choice, for what follows on it.
    #[must_use]
    pub fn address(&self, page: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.form.fields()).finish();
        if self.time.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
    }
}
