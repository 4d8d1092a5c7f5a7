//! Letters of this feature. They name no other organisation and no role: a mail may be read by others, and
//! the page behind the sign-in says the rest.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::steps::StepError;
use super::steps::store::Addressee;
use crate::kernel::ids::AccountId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;
use crate::platform::mail::letter::{Letter, LetterError};
use crate::platform::mail::outbox::{self, AccountAddressee};
use crate::platform::security::token::Token;

/// Why somebody gets a letter.
#[derive(Debug, Clone, Copy)]
pub enum Occasion<'a> {
    /// They are to enrol.
    Invitation {
        /// Of the link.
        token: &'a Token,
    },
    /// They are to set a new password.
    Reset {
        /// Of the link.
        token: &'a Token,
    },
    /// They are to enrol a new authenticator.
    Recovery {
        /// Of the link.
        token: &'a Token,
    },
    /// They were given a duty.
    DutyGiven,
    /// One of their duties ends.
    DutyEnded {
        /// Its last day.
        last_day: NaiveDate,
    },
}

crate::words! {
    /// Words of the letters. Lines of at most 35 full-width characters.
    pub struct LetterWords {
        greeting: "{name} 様" / "Dear {name},",
        from: "セプター情報共有ポータルからのお知らせです。" / "This is the CEPTOAR information-sharing portal.",
        invitation_subject: "【ご招待】利用開始の手続きをお願いします" / "[Invitation] Please set up your account",
        invitation: "ポータルの利用者として登録されました。\n次のアドレスを開き、パスワードと認証手段を\n登録してください。72時間有効です。" / "You have been registered with the portal.\nPlease open this address within 72 hours and set\nup your password and authenticator.",
        reset_subject: "【手続き】パスワードの再設定" / "[Action] Set a new password",
        reset: "管理担当者がパスワードの再設定を始めました。\n次のアドレスを開き、新しいパスワードを\n設定してください。30分間有効です。" / "A new password was asked for on your behalf.\nPlease open this address within 30 minutes and\nset it yourself.",
        recovery_subject: "【手続き】認証手段の再登録" / "[Action] Enrol a new authenticator",
        recovery: "管理担当者が認証手段の再登録を始めました。\n次のアドレスを開き、新しい認証手段を\n登録してください。30分間有効です。" / "A new authenticator was asked for on your behalf.\nPlease open this address within 30 minutes and\nenrol it yourself.",
        given_subject: "【お知らせ】担当が追加されました" / "[Portal] You have a new duty",
        given: "新しい担当が登録されました。\n内容は、サインインしてご確認ください。" / "A new duty was registered for you.\nSign in to see what it is.",
        ended_subject: "【お知らせ】担当の終了日が登録されました" / "[Portal] One of your duties ends",
        ended: "担当の一つについて、終了日が登録されました。\n最終日: {day}" / "An end was registered for one of your duties.\nLast day: {day}",
        unknown: "お心当たりがないときは、所属セプターの事務局に\nお電話でお知らせください。" / "If this is a surprise, telephone the secretariat of\nyour CEPTOAR.",
        end: "以上" / "--",
    }
}

/// Queues the letter; `false` when there is no address to send it to.
///
/// # Errors
/// When the letter cannot be made or queued.
pub async fn send(
    tx: &mut PgConnection,
    account: AccountId,
    to: &Addressee,
    occasion: Occasion<'_>,
    base_url: &str,
    now: DateTime<Utc>,
) -> Result<bool, StepError> {
    let Some(address) = &to.address else { return Ok(false) };
    let letter = letter(&to.name, occasion, base_url, to.language)?;
    let addressee = AccountAddressee { account_id: account, address, name: &to.name };
    outbox::enqueue_account_letter(tx, &addressee, &letter, now).await?;
    Ok(true)
}

fn letter(name: &str, occasion: Occasion<'_>, base_url: &str, language: Language) -> Result<Letter, LetterError> {
    let w = LetterWords::of(language);
    let link = |token: &Token| format!("{base_url}/ticket/{}", token.reveal());
    let (subject, text, link) = match occasion {
        Occasion::Invitation { token } => (w.invitation_subject, w.invitation.to_owned(), Some(link(token))),
        Occasion::Reset { token } => (w.reset_subject, w.reset.to_owned(), Some(link(token))),
        Occasion::Recovery { token } => (w.recovery_subject, w.recovery.to_owned(), Some(link(token))),
        Occasion::DutyGiven => (w.given_subject, w.given.to_owned(), None),
        Occasion::DutyEnded { last_day } => {
            (w.ended_subject, fill(w.ended, &[("day", &long_date(last_day, language))]), None)
        }
    };
    let greeting = fill(w.greeting, &[("name", name)]);
    let mut parts = vec![greeting, w.from.to_owned(), text];
    parts.extend(link);
    parts.extend([w.unknown.to_owned(), w.end.to_owned()]);
    Letter::new(language, subject, &parts.join("\n\n"), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text;

    #[test]
    fn letters_keep_to_short_lines_and_carry_a_link_only_where_it_is_needed() {
        let token = Token::random().expect("a token");
        let day = NaiveDate::from_ymd_opt(2027, 3, 31).expect("a day");
        for language in Language::ALL {
            for (occasion, links) in [
                (Occasion::Invitation { token: &token }, 1),
                (Occasion::Reset { token: &token }, 1),
                (Occasion::Recovery { token: &token }, 1),
                (Occasion::DutyGiven, 0),
                (Occasion::DutyEnded { last_day: day }, 0),
            ] {
                let letter = letter("山田", occasion, "https://portal.example", language).expect("a letter");
                assert_eq!(letter.body().matches("https://").count(), links);
                for line in letter.body().lines().filter(|line| !line.starts_with("https://")) {
                    assert!(text::width(line) <= 70, "{line}");
                }
            }
        }
    }
}
