//! The numbers on the page of a link: each is said to be right, or wrong with a remark; one that is left alone stays
//! unproven.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::features::directory::verification::answering::store::{AskedNumber, NumberAnswer};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::text;
use crate::platform::web::form::text_problem;

/// Longer remarks are refused.
const LONGEST_NOTE: usize = 100;
/// More fields than any window has numbers are a stranger's program.
const MOST_PLACES: usize = 50;

crate::words! {
    /// Words of the numbers.
    pub struct NumberWords {
        heading: "電話・FAX番号" / "Telephone and FAX numbers",
        lead: "登録されている番号です。一つずつ、合っているかを選んでください。番号は、末尾だけを表示しています。" / "These numbers are registered. Please say of each whether it is right. Only their ends are shown.",
        ends: "{kind}(末尾 {ends})" / "{kind} (ends in {ends})",
        right: "この番号で連絡がつきます" / "We are reached at this number",
        wrong: "この番号は違います" / "This number is wrong",
        note: "違うときに伝えること" / "What to know if it is wrong",
        note_help: "例: 4月に廃止した。(新しい番号は、事務局か自社の管理担当者が登録します)" / "For example: given up in April. (The secretariat or your own keeper registers the new one.)",
        note_alone: "この番号で連絡がつくか、違うかを選んでください。" / "Please choose whether you are reached at this number or it is wrong.",
        note_with_right: "伝えることがあるときは「この番号は違います」を選ぶか、書いた内容を消してください。" / "If there is something to know choose “wrong”, or remove what you wrote.",
        said_right: "合っていることを記録しました" / "Noted as right",
        said_wrong: "違うことを事務局に伝えました" / "The secretariat was told that it is wrong",
        submit: "番号の回答を送る" / "Send what you say of the numbers",
        choose: "番号ごとに、合っているか違うかを選んでください。" / "Please say of a number whether it is right or wrong.",
        changed: "番号の登録が、この画面を開いたあとに変わりました。もう一度確かめてください。" / "The registered numbers have changed since this page was opened. Please look again.",
        done: "番号の回答を受け取りました。" / "What you said of the numbers was taken.",
    }
}

/// A number on the page.
#[derive(Debug, Clone, Default)]
pub struct NumberRow {
    /// Its place in the names of the fields.
    pub place: usize,
    /// What it is and how it ends.
    pub label: String,
    /// Which one, sent back with the answer.
    pub which: String,
    /// What was said of it in this round already.
    pub said: Option<&'static str>,
    /// Whether it was just chosen to be right, or wrong.
    pub chosen: Option<bool>,
    /// What was typed.
    pub note: String,
    /// What is wrong with that.
    pub error: String,
}

/// What a form says of one number.
#[derive(Debug, Clone, Default)]
struct Typed {
    which: String,
    chosen: Option<bool>,
    note: String,
}

/// What a form says of numbers, by their places.
#[derive(Debug, Clone, Default)]
pub struct TypedNumbers(Vec<(usize, Typed)>);

impl TypedNumbers {
    /// Takes one field, if it is about a number.
    pub fn take(&mut self, name: &str, value: &str) {
        let Some((what, place)) = name.split_once('_') else { return };
        let Some(place) = place.parse::<usize>().ok().filter(|place| *place <= MOST_PLACES) else { return };
        let at = self.0.iter().position(|(known, _)| *known == place).unwrap_or_else(|| {
            self.0.push((place, Typed::default()));
            self.0.len() - 1
        });
        let Some((_, typed)) = self.0.get_mut(at) else { return };
        match what {
            "which" => value.clone_into(&mut typed.which),
            "note" => value.clone_into(&mut typed.note),
            "number" if value == "right" => typed.chosen = Some(true),
            "number" if value == "wrong" => typed.chosen = Some(false),
            _ => {}
        }
    }

    /// Whether anything is said of a number.
    #[must_use]
    pub fn says_something(&self) -> bool {
        self.0.iter().any(|(_, typed)| typed.says_something())
    }

    fn of(&self, which: &str) -> Option<&Typed> {
        self.0.iter().map(|(_, typed)| typed).find(|typed| typed.which == which)
    }

    /// The answers; `None` where something is wrong with one of them: nobody's words are dropped. What is said of a row
    /// that the page does not show any more is among them: the database knows that it is gone.
    #[must_use]
    pub fn answers(&self, language: Language) -> Option<Vec<NumberAnswer>> {
        let said = self.0.iter().map(|(_, typed)| typed).filter(|typed| typed.says_something());
        said.map(|typed| {
            let right = typed.chosen.filter(|_| typed.error(language).is_empty())?;
            let remark = if right { String::new() } else { note(typed, language).ok()? };
            let (fact_id, recorded_at) = parse(&typed.which).unwrap_or_default();
            Some(NumberAnswer { fact_id, recorded_at, right, remark })
        })
        .collect()
    }
}

impl Typed {
    fn says_something(&self) -> bool {
        self.chosen.is_some() || !self.note.trim().is_empty()
    }

    /// What is wrong with it; empty where it can be taken.
    fn error(&self, language: Language) -> String {
        match self.chosen {
            Some(true) if !self.note.trim().is_empty() => NumberWords::of(language).note_with_right.to_owned(),
            Some(true) => String::new(),
            Some(false) => note(self, language).err().unwrap_or_default(),
            None if self.says_something() => NumberWords::of(language).note_alone.to_owned(),
            None => String::new(),
        }
    }
}

fn note(typed: &Typed, language: Language) -> Result<String, String> {
    text::line(&typed.note, LONGEST_NOTE).map_err(|problem| text_problem(problem, language))
}

fn which(number: &AskedNumber) -> String {
    format!("{}.{}", number.fact_id, number.recorded_at.timestamp_micros())
}

fn parse(which: &str) -> Option<(Uuid, DateTime<Utc>)> {
    let (fact, at) = which.split_once('.')?;
    Some((fact.parse().ok()?, DateTime::from_timestamp_micros(at.parse().ok()?)?))
}

/// The numbers as the page shows them, with what was typed.
#[must_use]
pub fn rows(numbers: &[AskedNumber], typed: &TypedNumbers, language: Language) -> Vec<NumberRow> {
    let w = NumberWords::of(language);
    let rows = numbers.iter().enumerate().map(|(i, number)| {
        let which = which(number);
        let given = typed.of(&which).cloned().unwrap_or_default();
        NumberRow {
            place: i + 1,
            label: fill(w.ends, &[("kind", number.kind.label(language)), ("ends", &number.ends)]),
            said: number.said.map(|right| if right { w.said_right } else { w.said_wrong }),
            chosen: given.chosen,
            error: given.error(language),
            note: given.note,
            which,
        }
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::directory::roster::sheet::ChannelKind;

    fn number(ends: &str) -> AskedNumber {
        AskedNumber {
            fact_id: Uuid::from_u128(7),
            recorded_at: DateTime::from_timestamp_micros(1_795_000_000_000_001).expect("a time"),
            kind: ChannelKind::Phone,
            ends: ends.to_owned(),
            said: None,
        }
    }

    #[test]
    fn what_is_said_belongs_to_the_row_that_was_shown() {
        let shown = rows(&[number("1234")], &TypedNumbers::default(), Language::Ja);
        assert_eq!(shown[0].label, "電話(末尾 1234)");
        let mut typed = TypedNumbers::default();
        for (name, value) in
            [("which_9", shown[0].which.as_str()), ("number_9", "wrong"), ("note_9", "廃止"), ("other_9", "")]
        {
            typed.take(name, value);
        }
        typed.take("number_x", "right");
        let answers = typed.answers(Language::Ja).expect("answers");
        assert_eq!(answers.len(), 1);
        assert_eq!((answers[0].fact_id, answers[0].right), (Uuid::from_u128(7), false));
        assert_eq!(answers[0].recorded_at, number("").recorded_at);
        assert_eq!(rows(&[number("1234")], &typed, Language::Ja)[0].note, "廃止");
        // Written again since, it is another one.
        let other = AskedNumber { recorded_at: DateTime::UNIX_EPOCH, ..number("1234") };
        assert_eq!(rows(&[other], &typed, Language::Ja)[0].chosen, None);
    }

    #[test]
    fn a_remark_that_cannot_be_kept_is_said_at_its_number() {
        let which = which(&number("1234"));
        let mut typed = TypedNumbers::default();
        let long = "長".repeat(101);
        for (name, value) in [("which_1", which.as_str()), ("number_1", "wrong"), ("note_1", &long)] {
            typed.take(name, value);
        }
        assert!(typed.answers(Language::Ja).is_none());
        assert!(rows(&[number("1234")], &typed, Language::Ja)[0].error.contains("100文字以内"));
        typed.take("number_1", "right");
        assert!(typed.answers(Language::Ja).is_none(), "nobody's words are dropped");
        assert!(rows(&[number("1234")], &typed, Language::Ja)[0].error.contains("書いた内容を消してください"));
        typed.take("note_1", " ");
        assert_eq!(typed.answers(Language::Ja).expect("answers")[0].remark, "");
    }
}
