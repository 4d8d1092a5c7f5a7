//! Letters to the desks about their sheets, in both languages: which one is sent is known where the addresses are.

use chrono::NaiveDate;

use super::occasion::Occasion;
use super::paths;
use crate::features::feature_map::edition::Bilingual;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{fiscal_year, long_date};
use crate::platform::mail::letter::{Letter, LetterError, Letters};

crate::words! {
    /// Words of the letters. Lines of at most 35 full-width characters.
    pub struct LetterWords {
        greeting: "{ceptoar}事務局 ご担当者様" / "To the secretariat of {ceptoar}",
        from: "セプター情報共有ポータルからのお知らせです。" / "This is the CEPTOAR information-sharing portal.",
        opened_subject: "【依頼】特性把握マップのフォローアップ {year}" / "[Please answer] Follow-up of the feature map {year}",
        opened: "特性把握マップの年1回のフォローアップを\n始めました。前回の版と名簿の内容を\n記入済みの調査票をご確認ください。" / "The yearly follow-up of the feature map has begun.\nYour sheet is filled in from the last edition and\nthe directory. Please go through it.",
        early_subject: "【要回答】フォローアップの提出期限 {day}" / "[Please answer] Follow-up due on {day}",
        early: "フォローアップの調査票が\nまだ提出されていません。" / "Your sheet of the follow-up was not sent yet.",
        late_subject: "【期限超過】フォローアップの提出のお願い" / "[Overdue] Please send your sheet",
        late: "フォローアップの調査票の提出期限が過ぎました。\nできるだけ早く提出してください。" / "Your sheet of the follow-up is overdue.\nPlease send it as soon as you can.",
        returned_subject: "【差戻し】フォローアップの調査票の確認のお願い" / "[Sent back] Your sheet of the follow-up",
        returned: "調査票が差し戻されました。\n次のコメントを確認し、直して再提出してください。" / "Your sheet was sent back. Please read the comment,\nmend it and send it again.",
        comment: "■コメント\n{comment}" / "Comment\n{comment}",
        due: "提出期限: {day}" / "Due on {day}",
        link: "調査票(サインインが必要です)\n{link}" / "The sheet (sign in to see it)\n{link}",
        end: "以上" / "--",
    }
}

/// Why a letter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason<'a> {
    /// The follow-up was opened, or an answer is missing.
    Occasion(Occasion),
    /// The sheet was sent back with this comment.
    Returned(&'a str),
}

/// Which sheet a letter is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The fiscal year of the follow-up.
    pub year: i32,
    /// The CEPTOAR.
    pub ceptoar_id: &'a str,
    /// Its name.
    pub name: &'a Bilingual,
    /// When the sheet is due.
    pub due_on: NaiveDate,
    /// Where the portal is.
    pub base_url: &'a str,
}

/// The letter in both languages.
///
/// # Errors
/// [`LetterError`] when a name or comment cannot stand in a mail.
pub fn letters(about: About<'_>, reason: Reason<'_>) -> Result<Letters, LetterError> {
    Letters::of(|language| letter(about, reason, language))
}

fn letter(about: About<'_>, reason: Reason<'_>, language: Language) -> Result<Letter, LetterError> {
    let w = LetterWords::of(language);
    let (subject, text) = match reason {
        Reason::Occasion(Occasion::Opened) => (w.opened_subject, w.opened),
        Reason::Occasion(Occasion::Before5 | Occasion::Before1 | Occasion::ByHand) => (w.early_subject, w.early),
        Reason::Occasion(Occasion::After3) => (w.late_subject, w.late),
        Reason::Returned(_) => (w.returned_subject, w.returned),
    };
    let due = long_date(about.due_on, language);
    let subject = fill(subject, &[("year", &fiscal_year(about.year, language)), ("day", &due)]);
    let link = format!("{}{}", about.base_url, paths::of_sheet(paths::SHEET, about.year, about.ceptoar_id));
    let mut parts =
        vec![fill(w.greeting, &[("ceptoar", about.name.pick(language))]), w.from.to_owned(), text.to_owned()];
    match reason {
        Reason::Returned(comment) => parts.push(fill(w.comment, &[("comment", comment)])),
        Reason::Occasion(_) => parts.push(fill(w.due, &[("day", &due)])),
    }
    parts.extend([fill(w.link, &[("link", &link)]), w.end.to_owned()]);
    Letter::new(language, &subject, &parts.join("\n\n"), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text;

    #[test]
    fn every_letter_has_short_lines_one_link_and_its_comment() {
        let name = Bilingual { ja: "損害保険CEPTOAR".into(), en: "Non-Life Insurance CEPTOAR".into() };
        let due_on = NaiveDate::from_ymd_opt(2027, 1, 29).unwrap();
        let about =
            About { year: 2026, ceptoar_id: "nonlife", name: &name, due_on, base_url: "https://portal.example" };
        let reasons =
            Occasion::ALL.map(Reason::Occasion).into_iter().chain([Reason::Returned("単位を確認してください。")]);
        for reason in reasons {
            let letters = letters(about, reason).unwrap();
            assert_eq!(letters.bodies.len(), 2);
            for body in &letters.bodies {
                assert_eq!(body.matches("https://portal.example/follow-up/2026/sheets/nonlife").count(), 1);
                assert!(body.lines().all(|line| text::width(line) <= 70), "{body}");
                assert_eq!(body.contains("単位を確認してください。"), matches!(reason, Reason::Returned(_)));
            }
            assert!(letters.subjects.iter().all(|subject| text::width(subject) <= 80), "{:?}", letters.subjects);
        }
    }
}
