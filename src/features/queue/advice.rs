//! What to do where the relay refuses the portal itself.

use crate::kernel::language::Language;
use crate::platform::mail::reply::{Reply, Stage};

/// What somebody who runs the portal does about trouble on our own side, by where it shows.
#[must_use]
pub fn advice(stored: &str, language: Language) -> &'static str {
    let Some(reply) = Reply::parse(stored) else { return general(language) };
    match reply.stage {
        Stage::SignIn => language.pick(
            "中継サーバーがポータルの利用者名かパスワードを受け付けていません。SMTP_URLの値を確かめ、直したあと再起動してください。",
            "The relay does not take the portal's user name or password. Check SMTP_URL, mend it and restart.",
        ),
        Stage::Tls => language.pick(
            "中継サーバーとの暗号化(TLS)を開始できません。サーバー証明書の名前と期限、ポータルが信頼する認証局(SSL_CERT_FILE)を確かめてください。暗号化できるまで、本文は送られません。",
            "Encryption (TLS) with the relay cannot be started. Check the name and the dates of its certificate, and the authorities that the portal trusts (SSL_CERT_FILE). Nothing is sent in clear.",
        ),
        Stage::Sender => language.pick(
            "中継サーバーが差出人を受け付けていません。PORTAL_MAIL_FROMと、中継サーバーでの送信の許可を確かめてください。",
            "The relay does not take the sender. Check PORTAL_MAIL_FROM, and whether the relay lets it send.",
        ),
        Stage::Recipient | Stage::Content => language.pick(
            "中継サーバーが続けて多くのメールを断っています。送信数の上限や迷惑メールの判定について、中継サーバーの管理者に確かめてください。",
            "The relay refuses one mail after the other. Ask those who run it about limits and about its judgement on unwanted mail.",
        ),
        Stage::Connection
        | Stage::Greeting
        | Stage::Data
        | Stage::Deadline
        | Stage::Address
        | Stage::Program
        | Stage::GivenUp
        | Stage::Bounced => general(language),
    }
}

fn general(language: Language) -> &'static str {
    language.pick(
        "SMTP_URLとPORTAL_MAIL_FROMを確かめ、中継サーバーの管理者に連絡してください。",
        "Check SMTP_URL and PORTAL_MAIL_FROM, and tell those who run the relay.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_names_the_setting() {
        for (stored, named) in
            [("535 5.7.8 sign-in", "SMTP_URL"), ("tls", "SSL_CERT_FILE"), ("550 5.7.1 sender", "PORTAL_MAIL_FROM")]
        {
            for language in Language::ALL {
                assert!(advice(stored, language).contains(named), "{stored}");
            }
        }
        assert_eq!(advice("x", Language::En), general(Language::En));
    }
}
