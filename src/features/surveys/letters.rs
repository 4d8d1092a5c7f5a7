//! Letters about surveys, in both languages: to whom they go is known where the addresses are. What is asked and answered
//! stays in the portal.

use chrono::NaiveDate;
use uuid::Uuid;

use super::paths;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;
use crate::platform::mail::letter::{Letter, LetterError, Letters};

crate::words! {
    /// Words of the letters. Lines of at most 35 full-width characters.
    pub struct LetterWords {
        greeting: "構成員 ご担当者様" / "To our member",
        from: "セプター情報共有ポータルからのお知らせです。" / "This is the CEPTOAR information-sharing portal.",
        opened_subject: "【要回答】事務局からの調査のお願い" / "[Please answer] A survey of your secretariat",
        opened: "{ceptoar}の事務局が\n調査を始めました。次のページで内容を確認し、\n回答してください。" / "The secretariat of {ceptoar}\nhas begun a survey. Please read what is asked and\nanswer on this page.",
        again_subject: "【再送・要回答】事務局からの調査の回答期限" / "[Again: please answer] A survey is due",
        again: "{ceptoar}の事務局の調査に、\nまだ回答がありません。期限までに\n回答してください。" / "The secretariat of {ceptoar}\nhas no answer to its survey from you yet. Please\nanswer in time.",
        due: "回答期限: {day}" / "Please answer by {day}.",
        link: "調査(サインインが必要です)\n{link}" / "The survey (sign in to see it)\n{link}",
        end: "以上" / "--",
    }
}

/// What a letter is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Which survey.
    pub survey: Uuid,
    /// The CEPTOAR's name in Japanese and English.
    pub ceptoar: &'a [String; 2],
    /// Until when answers are wanted.
    pub due_on: NaiveDate,
    /// Where the portal is.
    pub base_url: &'a str,
}

/// The letter in both languages, the first one or a reminder.
///
/// # Errors
/// [`LetterError`] when a name cannot stand in a mail.
pub fn letters(about: About<'_>, again: bool) -> Result<Letters, LetterError> {
    Letters::of(|language| letter(about, again, language))
}

fn letter(about: About<'_>, again: bool, language: Language) -> Result<Letter, LetterError> {
    let w = LetterWords::of(language);
    let (subject, text) = if again { (w.again_subject, w.again) } else { (w.opened_subject, w.opened) };
    let link = format!("{}{}", about.base_url, paths::of_survey(paths::SURVEY, about.survey));
    let ceptoar = language.pick(&about.ceptoar[0], &about.ceptoar[1]);
    let parts = [
        w.greeting.to_owned(),
        w.from.to_owned(),
        fill(text, &[("ceptoar", ceptoar)]),
        fill(w.due, &[("day", &long_date(about.due_on, language))]),
        fill(w.link, &[("link", &link)]),
        w.end.to_owned(),
    ];
    Letter::new(language, subject, &parts.join("\n\n"), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text;

    #[test]
    fn every_letter_has_short_lines_and_one_link() {
        let ceptoar = ["損害保険CEPTOAR".to_owned(), "Non-Life Insurance CEPTOAR".to_owned()];
        let due_on = NaiveDate::from_ymd_opt(2027, 1, 29).unwrap();
        let about = About { survey: Uuid::nil(), ceptoar: &ceptoar, due_on, base_url: "https://portal.example" };
        for again in [false, true] {
            let letters = letters(about, again).unwrap();
            for (subject, body) in letters.subjects.iter().zip(&letters.bodies) {
                assert_eq!(body.matches("https://portal.example/surveys/").count(), 1);
                assert!(body.lines().all(|line| line.starts_with("https://") || text::width(line) <= 70), "{body}");
                assert!(text::width(subject) <= 60, "{subject}");
            }
        }
    }
}
