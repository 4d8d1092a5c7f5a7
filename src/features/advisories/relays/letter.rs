//! The letter to a desk past which the centre went: without content, and at once.

use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_time;
use crate::platform::mail::letter::{Letter, LetterError};
use chrono::{DateTime, Utc};

use super::paths;
use crate::kernel::stage::Desk;

crate::words! {
    /// Words of the letter. Lines of at most 35 full-width characters.
    pub struct LetterWords {
        drill: "【訓練】" / "[DRILL] ",
        subject: "【お知らせ】{number} センターから構成員へ届けました" / "[Portal] {number}: the centre went past the secretariat",
        greeting: "事務局 ご担当者 各位" / "To the secretariat,",
        to_ministry: "所管省庁 ご担当者 各位" / "To the ministry,",
        subject_ministry: "【お知らせ】{number} センターから先へ届けました" / "[Portal] {number}: the centre went past the ministry",
        what_ministry: "中継を見送った、または保留していた情報提供を、\n取決めにより、センターがこの先へ届けました。" / "As agreed, the centre has passed on an advisory that\nwas withheld or put off.",
        calls_ministry: "事務局などから、お問い合わせがあるかもしれません。\n理由と経緯は、ポータルでご確認ください。" / "Secretariats may call. Why, and by whom, stands in\nthe portal:",
        what: "中継を見送った、または保留していた情報提供を、\n取決めにより、センターが構成員へ直接届けました。" / "As agreed, the centre has brought an advisory to your\nmembers that was withheld or put off.",
        facts: "番号: {number}\n日時: {time}" / "Number: {number}\nTime: {time}",
        calls: "構成員から、お問い合わせがあるかもしれません。\n理由と経緯は、ポータルでご確認ください。" / "Your members may call. Why, and by whom, stands in\nthe portal:",
        end: "以上" / "--",
    }
}

/// What the letter tells.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The item.
    pub id: AdvisoryId,
    /// Its number.
    pub number: &'a str,
    /// Whose desk.
    pub ceptoar: &'a str,
    /// Which of its desks.
    pub desk: Desk,
    /// Whether it is a drill.
    pub drill: bool,
    /// When.
    pub at: DateTime<Utc>,
    /// What links start with.
    pub base_url: &'a str,
}

/// The letter itself.
///
/// # Errors
/// [`LetterError`], a fault of the program.
pub fn letter(past: &Past<'_>, language: Language) -> Result<Letter, LetterError> {
    let w = LetterWords::of(language);
    let facts = [("number", past.number), ("time", &*long_time(past.at, language))];
    let (subject, greeting, what, calls) = match past.desk {
        Desk::Ministry => (w.subject_ministry, w.to_ministry, w.what_ministry, w.calls_ministry),
        Desk::Secretariat => (w.subject, w.greeting, w.what, w.calls),
    };
    let subject = format!("{}{}", if past.drill { w.drill } else { "" }, fill(subject, &facts));
    let link = format!("{}{}", past.base_url, paths::relay(past.id, past.ceptoar));
    let body = [greeting, what, &fill(w.facts, &facts), calls, &link, w.end].join("\n\n");
    Letter::new(language, &subject, &body, past.drill)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text;
    use chrono::TimeZone;

    #[test]
    fn the_letter_says_where_to_look_and_keeps_to_short_lines() {
        for (language, desk) in Language::ALL.into_iter().flat_map(|language| Desk::ALL.map(|desk| (language, desk))) {
            let past = Past {
                id: "0197a0c5-0000-7000-8000-000000000001".parse().expect("an id"),
                number: "2026-0042",
                ceptoar: "banks",
                desk,
                drill: true,
                at: Utc.with_ymd_and_hms(2026, 11, 21, 13, 0, 0).single().expect("a time"),
                base_url: "https://portal.example",
            };
            let letter = letter(&past, language).expect("a letter");
            assert!(letter.subject().starts_with(LetterWords::of(language).drill));
            assert!(letter.subject().contains("2026-0042") && text::width(letter.subject()) <= 80);
            assert!(letter.body().contains("https://portal.example/advisories/0197a0c5"), "{}", letter.body());
            let words = letter.body().lines().filter(|line| !line.starts_with("https"));
            assert!(words.into_iter().all(|line| text::width(line) <= 70), "{}", letter.body());
        }
    }
}
