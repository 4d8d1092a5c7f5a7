//! The letter to an address that was added to a window or taken away from it.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::ChangeError;
use crate::features::directory::roster::sheet::WindowFacts;
use crate::kernel::email_address::EmailAddress;
use crate::kernel::ids::{AccountId, ContactId};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;
use crate::platform::mail::letter::Letter;
use crate::platform::mail::outbox::{self, AccountAddressee};

crate::words! {
    /// Words of the letter. Lines of at most 35 full-width characters.
    pub struct LetterWords {
        greeting: "ご担当者 各位" / "To whom it may concern,",
        from: "セプター情報共有ポータルからのお知らせです。" / "This is the CEPTOAR information-sharing portal.",
        subject: "【お知らせ】緊急窓口の連絡先が変更されました" / "[Portal] The address of a window was changed",
        added: "このアドレスが、緊急窓口の連絡先として登録されました。\n窓口: {window}\n適用日: {day}\n\nこの日から、情報提供のメールがここに届きます。" / "This address was registered for a window.\nWindow: {window}\nFrom: {day}\n\nFrom that day on its mails come here.",
        removed: "このアドレスは、緊急窓口の連絡先から外れました。\n窓口: {window}\n適用日: {day}\n\nこの日から、情報提供のメールは届きません。" / "This address was taken away from a window.\nWindow: {window}\nFrom: {day}\n\nFrom that day on no mails come here.",
        unknown: "お心当たりがないときは、所属セプターの事務局に\nお電話でお知らせください。" / "If this is a surprise, telephone the secretariat of\nyour CEPTOAR.",
        end: "以上" / "--",
    }
}

/// Queues the letter. It belongs to the window and not to whoever made the change, and names no other address.
pub(super) async fn send(
    tx: &mut PgConnection,
    window: ContactId,
    address: &EmailAddress,
    facts: &WindowFacts,
    on: NaiveDate,
    gone: bool,
    now: DateTime<Utc>,
) -> Result<(), ChangeError> {
    let letter = letter(facts, on, gone).map_err(anyhow::Error::from)?;
    let to = AccountAddressee { account_id: AccountId(window.0), address, name: &facts.label };
    Ok(outbox::enqueue_account_letter(tx, &to, &letter, now).await?)
}

/// The letter itself.
pub(super) fn letter(
    facts: &WindowFacts,
    on: NaiveDate,
    gone: bool,
) -> Result<Letter, crate::platform::mail::letter::LetterError> {
    let language: Language = facts.language;
    let w = LetterWords::of(language);
    let text = if gone { w.removed } else { w.added };
    let text = fill(text, &[("window", &facts.label), ("day", &long_date(on, language))]);
    Letter::new(language, w.subject, &[w.greeting, w.from, &text, w.unknown, w.end].join("\n\n"), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text;

    #[test]
    fn the_letter_keeps_to_short_lines_and_names_no_address() {
        for language in Language::ALL {
            let facts =
                WindowFacts { position: 1, label: "情報システム部 当直".into(), handler: true, language };
            for gone in [true, false] {
                let day = NaiveDate::from_ymd_opt(2027, 4, 1).expect("a day");
                let letter = letter(&facts, day, gone).expect("a letter");
                assert!(letter.body().contains(&facts.label) && !letter.body().contains('@'));
                assert!(letter.body().lines().all(|line| text::width(line) <= 70));
            }
        }
    }
}
