//! Letters of this feature. They name no other organisation and no role: a mail may be read by others, and
//! the page behind the sign-in says the rest. Only the letter about the first person of a firm says all: nobody there
//! can sign in and look.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::steps::StepError;
use super::steps::store::Addressee;
use crate::features::access::Role;
use crate::features::accounts::{self, letters::LetterFault};
use crate::features::people::paths;
use crate::kernel::ids::{AccountId, GrantRequestId};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_date;
use crate::platform::config::Config;
use crate::platform::mail::letter::Letter;
use crate::platform::mail::outbox::{self, AccountAddressee};
use crate::platform::security::token::Token;

/// Whom a desk named, and for what, as the portal stores it.
#[derive(Debug, Clone, Copy)]
pub struct Naming<'a> {
    /// Their name.
    pub name: &'a str,
    /// Their address.
    pub address: &'a str,
    /// As what.
    pub role: Role,
    /// For which CEPTOAR, in Japanese and English.
    pub ceptoar: &'a [String; 2],
    /// For which window.
    pub window: &'a str,
}

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
    /// A secretariat proposed somebody for their firm.
    Proposed {
        /// What is to be decided.
        request: GrantRequestId,
    },
    /// A secretariat named somebody for their firm, which had nobody to ask; goes to the firm's windows.
    FirstNamed(Naming<'a>),
    /// Another keeper pulled the emergency brake on somebody whom they keep.
    Braked {
        /// On whom.
        name: &'a str,
    },
    /// They were suspended.
    Suspended,
    /// Their suspension was lifted.
    Lifted,
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
        given_subject: "【お知らせ】担当が追加されました" / "[Portal] You have a new duty",
        given: "新しい担当が登録されました。\n内容は、サインインしてご確認ください。" / "A new duty was registered for you.\nSign in to see what it is.",
        ended_subject: "【お知らせ】担当の終了日が登録されました" / "[Portal] One of your duties ends",
        ended: "担当の一つについて、終了日が登録されました。\n最終日: {day}" / "An end was registered for one of your duties.\nLast day: {day}",
        proposed_subject: "【確認のお願い】担当者の登録が提案されました" / "[Portal] Somebody is proposed for your firm",
        proposed: "セプター事務局が、貴組織の担当者の登録を提案しました。\nサインインして内容を確かめ、承認または却下してください。\n14日以内に承認されないときは、登録されません。" / "The secretariat of your CEPTOAR proposes somebody for\nyour firm. Sign in, look at it, and confirm or refuse.\nWithout an answer within 14 days nothing is registered.",
        first_subject: "【お知らせ】貴組織の担当者が登録されました" / "[Portal] Somebody was registered for your firm",
        first: "セプター事務局が、貴組織の最初の担当者を登録しました。\n登録された方: {name}\nメールアドレス: {address}\n役割: {role}\nセプター: {ceptoar}\n担当する窓口: {window}" / "The secretariat of your CEPTOAR registered the first\nperson for your firm. Registered: {name}\nMail address: {address}\nRole: {role}\nCEPTOAR: {ceptoar}\nWindow: {window}",
        braked_subject: "【お知らせ】利用者の利用が停止されました" / "[Portal] An account was suspended",
        braked: "あなたが管理する利用者の利用を、ほかの管理担当者が\n停止しました。詳しくは「利用者管理」をご覧ください。\n利用者: {name}" / "Another keeper suspended somebody whose duties you\nkeep as well. See the page People.\nWho: {name}",
        suspended_subject: "【お知らせ】あなたの利用が停止されました" / "[Portal] Your account was suspended",
        suspended: "管理担当者が、あなたのポータルの利用を停止しました。\n解除されるまで、サインインできません。" / "A keeper suspended your account. You cannot sign in\nuntil this is lifted.",
        lifted_subject: "【お知らせ】利用の停止が解除されました" / "[Portal] Your suspension was lifted",
        lifted: "停止されていたポータルの利用が、再開されました。\n停止の間に、貴組織の担当者に変わりがないか、ご確認ください。" / "Your account was suspended and is open again. Please\nlook whether your firm's people are still the same.",
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
    config: &Config,
    now: DateTime<Utc>,
) -> Result<bool, StepError> {
    let Some(address) = &to.address else { return Ok(false) };
    let letter = letter(to, occasion, config)?;
    let addressee = AccountAddressee { account_id: account, address, name: &to.name };
    outbox::enqueue_account_letter(tx, &addressee, &letter, now).await?;
    Ok(true)
}

fn letter(to: &Addressee, occasion: Occasion<'_>, config: &Config) -> Result<Letter, LetterFault> {
    let for_account = || accounts::letters::Occasion::new(config, &to.name, to.language);
    let w = LetterWords::of(to.language);
    match occasion {
        Occasion::Invitation { token } => accounts::letters::invitation(&for_account(), &to.sign_in_name, token),
        Occasion::Reset { token } => accounts::letters::reset(&for_account(), token),
        Occasion::Recovery { token } => accounts::letters::recovery(&for_account(), token),
        Occasion::DutyGiven => plain(to, w.given_subject, w.given),
        Occasion::Suspended => plain(to, w.suspended_subject, w.suspended),
        Occasion::Lifted => plain(to, w.lifted_subject, w.lifted),
        Occasion::DutyEnded { last_day } => {
            plain(to, w.ended_subject, &fill(w.ended, &[("day", &long_date(last_day, to.language))]))
        }
        Occasion::Proposed { request } => {
            let page = format!("{}{}", config.base_url(), paths::of_request(paths::REQUEST, request));
            plain(to, w.proposed_subject, &format!("{}\n{page}", w.proposed))
        }
        Occasion::FirstNamed(naming) => plain(to, w.first_subject, &first(to.language, &naming)),
        Occasion::Braked { name } => plain(to, w.braked_subject, &fill(w.braked, &[("name", name)])),
    }
}

fn first(language: Language, naming: &Naming<'_>) -> String {
    let [ja, en] = naming.ceptoar;
    let parts = [
        ("name", naming.name),
        ("address", naming.address),
        ("role", naming.role.label(language)),
        ("ceptoar", language.pick(ja.as_str(), en.as_str())),
        ("window", naming.window),
    ];
    fill(LetterWords::of(language).first, &parts)
}

/// A letter without a link that opens anything.
fn plain(to: &Addressee, subject: &str, text: &str) -> Result<Letter, LetterFault> {
    let w = LetterWords::of(to.language);
    let greeting = fill(w.greeting, &[("name", &to.name)]);
    let parts = [greeting.as_str(), w.from, text, w.unknown, w.end];
    Ok(Letter::new(to.language, subject, &parts.join("\n\n"), false)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text;

    #[test]
    fn letters_about_duties_keep_to_short_lines_and_carry_no_link() {
        let day = NaiveDate::from_ymd_opt(2027, 3, 31).expect("a day");
        for language in Language::ALL {
            let to = Addressee {
                sign_in_name: "yamada".into(),
                name: "山田".into(),
                address: None,
                language,
                suspended: false,
            };
            let w = LetterWords::of(language);
            let ended = fill(w.ended, &[("day", &long_date(day, language))]);
            for (subject, text) in [
                (w.given_subject, w.given),
                (w.ended_subject, ended.as_str()),
                (w.proposed_subject, w.proposed),
                (w.first_subject, w.first),
                (w.braked_subject, w.braked),
                (w.suspended_subject, w.suspended),
                (w.lifted_subject, w.lifted),
            ] {
                let letter = plain(&to, subject, text).expect("a letter");
                assert!(!letter.body().contains("http"));
                for line in letter.body().lines() {
                    assert!(text::width(line) <= 70, "{line}");
                }
            }
        }
    }
}
