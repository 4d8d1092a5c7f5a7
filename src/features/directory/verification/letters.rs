//! The letter that asks a window whether it is still reached.

use chrono::NaiveDate;

use super::occasion::Occasion;
use super::store::ToAsk;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;
use crate::platform::mail::letter::{Letter, LetterError};

crate::words! {
    /// Words of the letter. Lines of at most 35 full-width characters.
    pub struct LetterWords {
        subject: "【要確認】緊急窓口の連絡先の確認" / "[Please confirm] Contact of your window",
        greeting: "{organisation}\n{window} ご担当者様" / "To {window}\n{organisation}",
        lead: "セプター情報共有ポータルです。\n緊急の情報提供がこのアドレスに届くことを\n確認しています。" / "This is the CEPTOAR information-sharing portal.\nWe make sure that urgent advisories reach you here.",
        act: "次のページを開き、ボタンを一つ押してください。\nサインインは不要です。" / "Please open this page and press one button.\nYou need not sign in.",
        again_subject: "【再送・要確認】緊急窓口の連絡先の確認" / "[Again: please confirm] Contact of your window",
        late_subject: "【期限超過】緊急窓口の連絡先の確認" / "[Overdue] Please confirm the contact of your window",
        again: "まだ確認をいただいていません。" / "You have not confirmed yet.",
        late: "回答期限を過ぎましたが、まだ確認を\nいただいていません。できるだけ早くお願いします。" / "The due day has passed and you have not confirmed\nyet. Please do so as soon as you can.",
        numbers: "ご回答ありがとうございました。\n電話・FAX番号の確認が、まだ済んでいません。" / "Thank you for your answer. One or more of your\ntelephone or FAX numbers are not confirmed yet.",
        due: "回答期限: {day}" / "Please answer by {day}.",
        moved: "担当が変わったときや、この窓口を使わないときも、\n同じページからお知らせください。" / "If somebody else is responsible now, please say so\non the same page.",
        care: "このメールを転送しないでください。\nお心当たりがないときは、所属セプターの事務局に\nお電話でお知らせください。" / "Please do not forward this mail. If it surprises you,\ntelephone the secretariat of your CEPTOAR.",
        end: "以上" / "--",
    }
}

/// The letter with its link.
///
/// # Errors
/// [`LetterError`] when a name cannot stand in a mail.
pub fn asking(window: &ToAsk, link: &str, due: NaiveDate, again: Option<Occasion>) -> Result<Letter, LetterError> {
    let language: Language = window.language;
    let w = LetterWords::of(language);
    let organisation = language.pick(&window.organisation[0], &window.organisation[1]);
    let (subject, silent) = match again {
        None => (w.subject, None),
        Some(Occasion::Before3) => (w.again_subject, Some(w.again)),
        Some(Occasion::After1) => (w.late_subject, Some(w.late)),
    };
    let silent = if window.numbers_alone { Some(w.numbers) } else { silent };
    let parts = [
        Some(fill(w.greeting, &[("organisation", organisation), ("window", &window.label)])),
        Some(w.lead.to_owned()),
        silent.map(str::to_owned),
        Some(w.act.to_owned()),
        Some(link.to_owned()),
        Some(fill(w.due, &[("day", &long_date(due, language))])),
        Some(w.moved.to_owned()),
        Some(w.care.to_owned()),
        Some(w.end.to_owned()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Letter::new(language, subject, &parts.join("\n\n"), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::{ContactId, OrganisationId};
    use crate::kernel::text;

    #[test]
    fn the_letter_has_short_lines_one_link_and_no_address() {
        for language in Language::ALL {
            let window = ToAsk {
                contact_id: ContactId::random(),
                organisation_id: OrganisationId::random(),
                organisation: ["架空銀行".into(), "Invented Bank".into()],
                label: "情報システム部 当直".into(),
                language,
                address: Some("soc@bank.example".into()),
                asked_lately: None,
                numbers_alone: false,
            };
            let day = NaiveDate::from_ymd_opt(2027, 4, 30).expect("a day");
            for again in [None, Some(Occasion::Before3), Some(Occasion::After1)] {
                let link = "https://portal.example/verification/0123";
                let letter = asking(&window, link, day, again).expect("a letter");
                assert!(letter.body().contains(&window.label) && !letter.body().contains("soc@"));
                assert_eq!(letter.body().matches("https://").count(), 1);
                assert!(letter.body().lines().all(|line| text::width(line) <= 70));
                assert!(text::width(letter.subject()) <= 60, "{}", letter.subject());
            }
            let window = ToAsk { numbers_alone: true, ..window };
            let letter = asking(&window, "https://portal.example/verification/0123", day, Some(Occasion::After1));
            let letter = letter.expect("a letter");
            let said = LetterWords::of(language).numbers;
            assert!(said.lines().all(|line| letter.body().contains(line)), "{}", letter.body());
            assert!(!letter.body().contains(LetterWords::of(language).late), "it has answered");
            assert!(letter.body().lines().all(|line| text::width(line) <= 70));
        }
    }
}
