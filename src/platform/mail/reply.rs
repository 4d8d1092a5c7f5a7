//! What a relay answered, kept as status codes and our own words: a relay's words may hold an address.

use crate::kernel::language::{Label, Language};

/// Where in the conversation something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding and reaching the relay.
    Connection,
    /// The relay's first words, and EHLO.
    Greeting,
    /// Turning to TLS.
    Tls,
    /// AUTH.
    SignIn,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA, before the text.
    Data,
    /// After the dot.
    Content,
    /// The time for one attempt was over.
    Deadline,
    /// On our side: the stored address cannot be used.
    Address,
    /// On our side: the program failed with this copy alone.
    Program,
    /// On our side: not delivered before it had to be given up.
    GivenUp,
    /// Behind the relay: it was taken, and came back as undeliverable.
    Bounced,
}

/// A reply: a stage, and the relay's codes where it gave some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// Where it happened.
    pub stage: Stage,
    /// SMTP status code, 0 without one.
    pub code: u16,
    /// Enhanced status code (RFC 3463), as in 5.1.1.
    pub enhanced: Option<[u16; 3]>,
}

impl Stage {
    const ALL: [Self; 13] = [
        Self::Connection,
        Self::Greeting,
        Self::Tls,
        Self::SignIn,
        Self::Sender,
        Self::Recipient,
        Self::Data,
        Self::Content,
        Self::Deadline,
        Self::Address,
        Self::Program,
        Self::GivenUp,
        Self::Bounced,
    ];

    /// The word that is stored.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Greeting => "greeting",
            Self::Tls => "tls",
            Self::SignIn => "sign-in",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Data => "data",
            Self::Content => "content",
            Self::Deadline => "deadline",
            Self::Address => "address",
            Self::Program => "program",
            Self::GivenUp => "given-up",
            Self::Bounced => "bounced",
        }
    }
}

impl Label for Stage {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Connection => language.pick("中継サーバーに接続できません", "the relay cannot be reached"),
            Self::Greeting => language.pick("中継サーバーの応答開始時", "at the relay's greeting"),
            Self::Tls => language.pick("暗号化(TLS)を開始できません", "encryption (TLS) cannot be started"),
            Self::SignIn => language.pick("中継サーバーの認証", "signing in to the relay"),
            Self::Sender => language.pick("差出人の確認", "checking the sender"),
            Self::Recipient => language.pick("宛先の確認", "checking the recipient"),
            Self::Data => language.pick("本文の送信前", "before the text"),
            Self::Content => language.pick("本文の受け渡し", "handing over the text"),
            Self::Deadline => language.pick("時間内に応答がありません", "no answer in time"),
            Self::Address => language.pick("登録されたアドレスが使えません", "the stored address cannot be used"),
            Self::Program => language.pick("この1通の処理に失敗しました", "processing this copy failed"),
            Self::GivenUp => language.pick("期限までに届けられませんでした", "not delivered in time"),
            Self::Bounced => language.pick(
                "不達: 相手のサーバーが受け取りませんでした",
                "came back: the recipient's server did not take it",
            ),
        }
    }
}

impl Reply {
    /// A reply without a status code.
    #[must_use]
    pub fn at(stage: Stage) -> Self {
        Self { stage, code: 0, enhanced: None }
    }

    /// A relay's answer; of its text only an enhanced status code is kept.
    #[must_use]
    pub fn answered(stage: Stage, code: u16, text: &str) -> Self {
        Self { stage, code, enhanced: enhanced_code(text) }
    }

    /// Reads a stored reply.
    #[must_use]
    pub fn parse(stored: &str) -> Option<Self> {
        let mut words = stored.split(' ').peekable();
        let code = words.next_if(|w| w.len() == 3 && w.bytes().all(|b| b.is_ascii_digit()));
        let enhanced = words.next_if(|w| w.contains('.')).and_then(enhanced_code);
        let word = words.next()?;
        let stage = Stage::ALL.into_iter().find(|s| s.code() == word)?;
        Some(Self { stage, code: code.and_then(|c| c.parse().ok()).unwrap_or(0), enhanced })
    }

    /// A stored reply in words for people; what cannot be read is shown as it is.
    #[must_use]
    pub fn explain(stored: &str, language: Language) -> String {
        let Some(reply) = Self::parse(stored) else { return stored.to_owned() };
        let codes = reply.codes();
        let words = reply.stage.label(language);
        if codes.is_empty() {
            return words.to_owned();
        }
        language.pick(format!("{words}({codes})"), format!("{words} ({codes})"))
    }

    fn codes(&self) -> String {
        match (self.code, self.enhanced) {
            (0, None) => String::new(),
            (0, Some([a, b, c])) => format!("{a}.{b}.{c}"),
            (code, None) => code.to_string(),
            (code, Some([a, b, c])) => format!("{code} {a}.{b}.{c}"),
        }
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let codes = self.codes();
        if !codes.is_empty() {
            write!(f, "{codes} ")?;
        }
        f.write_str(self.stage.code())
    }
}

/// The enhanced code that a reply's text begins with.
fn enhanced_code(text: &str) -> Option<[u16; 3]> {
    let word = text.split([' ', '\r', '\n']).next()?;
    let mut parts = word.splitn(3, '.').map(|p| if p.len() <= 3 { p.parse().ok() } else { None });
    let code = [parts.next()??, parts.next()??, parts.next()??];
    matches!(code[0], 2 | 4 | 5).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_reply_reads_back_and_keeps_no_address() {
        let reply = Reply::answered(Stage::Recipient, 550, "5.1.1 <poc@bank.example>: unknown");
        assert_eq!(reply.to_string(), "550 5.1.1 recipient");
        assert_eq!(Reply::parse("550 5.1.1 recipient"), Some(reply));
        assert_eq!(Reply::explain("550 5.1.1 recipient", Language::Ja), "宛先の確認(550 5.1.1)");
        assert_eq!(Reply::parse("451 content").map(|r| r.code), Some(451));
        for stage in Stage::ALL {
            assert_eq!(Reply::parse(&Reply::at(stage).to_string()), Some(Reply::at(stage)));
        }
        assert_eq!(Reply::explain("漢字", Language::En), "漢字");
    }

    #[test]
    fn what_came_back_reads_back_with_and_without_the_server_s_answer() {
        for stored in ["550 5.1.1 bounced", "5.1.2 bounced", "4.2.2 bounced", "550 bounced", "bounced"] {
            assert_eq!(
                Reply::parse(stored).map(|r| (r.to_string(), r.stage)),
                Some((stored.to_owned(), Stage::Bounced))
            );
        }
    }

    #[test]
    fn only_real_enhanced_codes_count() {
        for text in ["", "5.1", "9.1.1 x", "5.1.a x", "mail.bank.example", "5.1234.1"] {
            assert_eq!(enhanced_code(text), None, "{text}");
        }
        assert_eq!(enhanced_code("4.7.1\r\nmore"), Some([4, 7, 1]));
    }
}
