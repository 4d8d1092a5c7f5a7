//! What makes a password good enough: length, and that nobody would guess it. No rules about kinds of
//! characters, nothing trimmed or cut (OWASP ASVS 5.0, 6.2).

use zxcvbn::{Score, zxcvbn};

use super::demonstration;
use crate::kernel::language::Language;

/// Fewest characters.
pub const SHORTEST: usize = 15;
/// Most characters; far more than anybody types.
pub const LONGEST: usize = 256;

/// Long enough and still among the first that anybody tries here. Compared without case, spaces and signs.
const COMMON: [&str; 44] = [
    "passwordpassword",
    "password12345678",
    "123456789012345",
    "1234567890123456",
    "12345678901234567890",
    "qwertyuiopasdfg",
    "qwertyuiopasdfghjkl",
    "qwertyuiopasdfghjklzxcvbnm",
    "asdfghjklzxcvbnm",
    "zxcvbnmasdfghjkl",
    "1qaz2wsx3edc4rfv",
    "1qaz2wsx3edc4rfv5tgb",
    "1qazxsw23edcvfr4",
    "zaq12wsxcde34rfv",
    "correcthorsebatterystaple",
    "administrator123",
    "administratoradministrator",
    "thisismypassword",
    "ceptoarportalpassword",
    "ceptoarceptoarceptoar",
    "ceptoarinformationsharing",
    "jyouhoukyouyuuportal",
    "jouhoukyouyuuportal",
    "naikakusaibasekyuriti",
    "saibasekyuritisenta",
    "pasuwadopasuwado",
    "pasuwa-dopasuwa-do",
    "himitsunoaikotoba",
    "ohayougozaimasu",
    "arigatougozaimasu",
    "yoroshikuonegaishimasu",
    "yorosikuonegaisimasu",
    "osewaninatteorimasu",
    "otsukaresamadesu",
    "aiueokakikukekosashisuseso",
    "aiueokakikukekosasisuseso",
    "irohanihohetochirinuru",
    "irohanihohetotirinuru",
    "nihonnipponjapan",
    "あいうえおかきくけこさしすせそ",
    "いろはにほへとちりぬるを",
    "よろしくお願いいたします",
    "よろしくおねがいいたします",
    "いつもお世話になっております",
];

/// Why a password will not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Too few characters: so many there are.
    Short(usize),
    /// Too many.
    Long,
    /// Characters that no keyboard sends.
    Control,
    /// Little beside the person's own names.
    OwnName,
    /// Among the first that anybody would try.
    Common,
    /// Easily put together by a program.
    Guessable,
}

impl Weakness {
    /// What is said at the field: the fault and the remedy.
    #[must_use]
    pub fn said(self, language: Language) -> String {
        let pick = |ja: &str, en: &str| language.pick(ja, en).to_owned();
        match self {
            Self::Short(found) => language.pick(
                format!("パスワードは15文字以上にしてください(現在{found}文字)。短い言葉をいくつか並べると覚えやすくなります。"),
                format!("The password needs at least 15 characters (now {found}). A few unrelated words are easy to remember."),
            ),
            Self::Long => pick("256文字以内にしてください。", "Use at most 256 characters."),
            Self::Control => pick(
                "使えない文字(制御文字)が含まれています。消して入力し直してください。",
                "There is a control character in it. Please remove it.",
            ),
            Self::OwnName => pick(
                "利用者名・氏名・所属の名前がほとんどを占めています。別の言葉を加えてください。",
                "It is mostly your own name or your organisation's. Add other words.",
            ),
            Self::Common => pick(
                "よく使われるパスワードのため、すぐに破られます。関係のない言葉を組み合わせてください。",
                "It is among the first that anybody would try. Put unrelated words together.",
            ),
            Self::Guessable => pick(
                "同じ文字やキーの並び、日付などが多く、推測されやすいパスワードです。関係のない言葉を加えてください。",
                "Repeats, rows of keys or dates make it easy to guess. Add unrelated words.",
            ),
        }
    }

    /// The same for the command line and logs.
    #[must_use]
    pub fn is_length(self) -> bool {
        match self {
            Self::Short(_) | Self::Long => true,
            Self::Control | Self::OwnName | Self::Common | Self::Guessable => false,
        }
    }
}

/// Whether a password will do for somebody with these names (sign-in name, name, organisation).
///
/// # Errors
/// The first [`Weakness`].
pub fn check(password: &str, names: &[&str]) -> Result<(), Weakness> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Weakness::Short(length));
    }
    if length > LONGEST {
        return Err(Weakness::Long);
    }
    if password.chars().any(char::is_control) {
        return Err(Weakness::Control);
    }
    let plain = folded(password);
    let mut rest = plain.clone();
    for name in names.iter().map(|name| folded(name)).filter(|name| name.chars().count() >= 3) {
        rest = rest.replace(&name, "");
    }
    if rest.chars().count() < SHORTEST / 2 && rest != plain {
        return Err(Weakness::OwnName);
    }
    let distinct: std::collections::HashSet<char> = plain.chars().collect();
    let common = COMMON.iter().any(|known| {
        let known = folded(known);
        plain.starts_with(&known) && plain.chars().count() < known.chars().count() + SHORTEST / 2
    });
    if distinct.len() < 5 || common || password == demonstration::PASSWORD {
        return Err(Weakness::Common);
    }
    let mut known: Vec<&str> = names.to_vec();
    known.extend(["ceptoar", "portal", "nisc", "セプター", "ポータル"]);
    if zxcvbn(password, &known).score() < Score::Three {
        return Err(Weakness::Guessable);
    }
    Ok(())
}

fn folded(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_and_what_everybody_tries_does_not() {
        let names = ["sato-hanako", "佐藤 花子", "架空銀行"];
        for (password, expected) in [
            ("fourteen chars", Err(Weakness::Short(14))),
            ("fifteen letters", Ok(())),
            ("ながいながいあいことばをきめました", Ok(())),
            ("  spaces at both ends stay  ", Ok(())),
            ("a quiet pond in the evening", Ok(())),
            ("aaaaaaaaaaaaaaaaaaaa", Err(Weakness::Common)),
            ("Password-Password", Err(Weakness::Common)),
            ("correct horse battery staple", Err(Weakness::Common)),
            ("1qaz2wsx3edc4rfv", Err(Weakness::Common)),
            ("Yoroshiku Onegaishimasu", Err(Weakness::Common)),
            ("ceptoar-demonstration", Err(Weakness::Common)),
            ("sato-hanako-sato-hanako", Err(Weakness::OwnName)),
            ("架空銀行架空銀行架空銀行2026", Err(Weakness::OwnName)),
            ("abcabcabcabcabcabcdabc", Err(Weakness::Common)),
            ("20261121 20261122", Err(Weakness::Common)),
            ("line\nbreak in the middle", Err(Weakness::Control)),
        ] {
            assert_eq!(check(password, &names), expected, "{password:?}");
        }
        assert_eq!(check(&"longer than long ".repeat(20), &[]), Err(Weakness::Long));
        let longest = "九十九里浜の朝、海は静かで風もない。".repeat(8);
        assert!(longest.chars().count() >= 128 && check(&longest, &names).is_ok(), "128 and more are taken");
    }
}
