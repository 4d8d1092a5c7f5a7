//! Letters to a person about their own account. None of them carries a password or a code; a link opens
//! a page that asks further.

use askama::Template;

use crate::kernel::language::Language;
use crate::platform::config::Config;
use crate::platform::mail::letter::{Letter, LetterError};
use crate::platform::security::token::Token;

/// 35 full-width characters a line, as in all mails of the portal.
const LINE_WIDTH: usize = 70;

/// Whom a letter speaks to, and from where.
#[derive(Debug, Clone)]
pub struct Occasion<'a> {
    /// The person's name.
    pub name: &'a str,
    /// Their language.
    pub language: Language,
    /// What links start with.
    pub base_url: String,
    /// The duty desk.
    pub telephone: Option<String>,
}

impl<'a> Occasion<'a> {
    /// A letter of this portal to a person.
    #[must_use]
    pub fn new(config: &Config, name: &'a str, language: Language) -> Self {
        Self { name, language, base_url: config.base_url(), telephone: config.duty_telephone().map(str::to_owned) }
    }
}

/// What about a person's means of signing in was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A password was chosen.
    Password,
    /// A passkey was added.
    PasskeyAdded,
    /// An app was added.
    AppAdded,
    /// A passkey or an app was removed.
    AuthenticatorRemoved,
    /// All were replaced, after a loss.
    Recovered,
    /// New recovery codes were made.
    NewCodes,
    /// Somebody signed in with a recovery code; so many are left.
    CodeUsed(u32),
    /// Nothing yet: somebody typed the right password, and failed at the second proof again and again.
    PasswordKnown,
    /// The app was closed, after too many wrong codes within a week.
    AppClosed,
}

/// Why a letter could not be made: a fault of the program.
#[derive(Debug, thiserror::Error)]
pub enum LetterFault {
    /// The template failed.
    #[error(transparent)]
    Template(#[from] askama::Error),
    /// The text could be read as something else on its way.
    #[error(transparent)]
    Letter(#[from] LetterError),
}

#[derive(Template)]
#[template(path = "accounts/letters/letter.txt", escape = "none")]
struct Text<'a> {
    ja: bool,
    name: &'a str,
    body: String,
    link: Option<String>,
    warning: String,
    telephone: Option<&'a str>,
    base_url: &'a str,
}

/// The first letter: how to choose a password and an authenticator.
///
/// # Errors
/// [`LetterFault`].
pub fn invitation(to: &Occasion<'_>, sign_in_name: &str, token: &Token) -> Result<Letter, LetterFault> {
    let subject = to.language.pick("【セプター情報共有ポータル】利用開始の手続き", "[CEPTOAR Portal] Your account");
    let body = to.language.pick(
        format!("セプター情報共有ポータルの利用者として登録されました。\n利用者名は「{sign_in_name}」です。\n\n次のアドレスを開き、\nパスワードとサインインの方法を設定してください。\n有効期間は72時間、使えるのは1回だけです。"),
        format!("You have been registered with the CEPTOAR portal. Your user name is \"{sign_in_name}\".\nOpen the address below to choose a password and a way to sign in. It works once, for 72 hours."),
    );
    let warning = to.language.pick(
        "お心当たりがないときは、アドレスを開かずに、\n下の連絡先へお知らせください。",
        "If you did not expect this, do not open the address, and tell us.",
    );
    written(to, subject, &body, Some(token), warning)
}

/// The way to another password.
///
/// # Errors
/// [`LetterFault`].
pub fn reset(to: &Occasion<'_>, token: &Token) -> Result<Letter, LetterFault> {
    let subject = to.language.pick("【セプター情報共有ポータル】パスワードの再設定", "[CEPTOAR Portal] A new password");
    let body = to.language.pick(
        "パスワードの再設定が申し込まれました。\n次のアドレスを開き、新しいパスワードを設定してください。\n有効期間は30分、使えるのは1回だけです。\nパスキーや認証アプリはそのまま使えます。",
        "Somebody asked for a new password for your account.\nOpen the address below to choose one. It works once, for 30 minutes. Passkeys and app stay as they are.",
    );
    let warning = to.language.pick(
        "お申し込みでないときは、このメールを捨ててください。\n今のパスワードはそのまま使えます。",
        "If it was not you, throw this mail away. Your present password goes on working.",
    );
    written(to, subject, body, Some(token), warning)
}

/// The way back in after the loss of an authenticator.
///
/// # Errors
/// [`LetterFault`].
pub fn recovery(to: &Occasion<'_>, token: &Token) -> Result<Letter, LetterFault> {
    let subject = to
        .language
        .pick("【セプター情報共有ポータル】サインインの方法の再登録", "[CEPTOAR Portal] Register a new way to sign in");
    let body = to.language.pick(
        "管理担当者が、サインインの方法の再登録を受け付けました。\n次のアドレスを開き、今のパスワードを入力して、\n新しいパスキーまたは認証アプリを登録してください。\n以前のものは使えなくなります。\n有効期間は30分、使えるのは1回だけです。",
        "An administrator has opened the way to register a new passkey or app.\nOpen the address below and type your present password. What was registered before stops working. It works once, for 30 minutes.",
    );
    let warning = to.language.pick(
        "再登録を頼んでいないときは、アドレスを開かずに、\nすぐに下の連絡先へお知らせください。",
        "If you did not ask for this, do not open the address, and tell us at once.",
    );
    written(to, subject, body, Some(token), warning)
}

/// Something about the person's means of signing in was changed.
///
/// # Errors
/// [`LetterFault`].
pub fn factor_changed(to: &Occasion<'_>, change: Change) -> Result<Letter, LetterFault> {
    let subject = match change {
        Change::PasswordKnown | Change::AppClosed => {
            to.language.pick("【セプター情報共有ポータル】サインインの失敗", "[CEPTOAR Portal] Failed sign-ins")
        }
        Change::Password
        | Change::PasskeyAdded
        | Change::AppAdded
        | Change::AuthenticatorRemoved
        | Change::Recovered
        | Change::NewCodes
        | Change::CodeUsed(_) => to
            .language
            .pick("【セプター情報共有ポータル】サインインの方法の変更", "[CEPTOAR Portal] Your sign-in changed"),
    };
    let pick = |ja: &str, en: &str| to.language.pick(ja, en).to_owned();
    let body = match change {
        Change::Password => pick("パスワードが変更されました。", "Your password was changed."),
        Change::PasskeyAdded => pick("パスキーが追加されました。", "A passkey was added."),
        Change::AppAdded => pick("認証アプリが登録されました。", "An authenticator app was registered."),
        Change::AuthenticatorRemoved => {
            pick("パスキーまたは認証アプリが削除されました。", "A passkey or an app was removed.")
        }
        Change::Recovered => pick(
            "サインインの方法が再登録されました。\n以前のパスキーや認証アプリは使えなくなりました。",
            "Your way to sign in was registered anew. Earlier passkeys and apps no longer work.",
        ),
        Change::NewCodes => pick(
            "予備コードが新しくなりました。以前の予備コードは使えません。",
            "New recovery codes were made. The earlier ones no longer work.",
        ),
        Change::CodeUsed(left) => to.language.pick(
            format!("予備コードを使ってサインインがありました。残りは{left}個です。"),
            format!("Somebody signed in with one of your recovery codes. {left} are left."),
        ),
        Change::PasswordKnown => pick(
            "正しいパスワードが入力された後、\n確認コードまたはパスキーでの確認に5回続けて失敗しました。\nパスワードをほかの人に知られているおそれがあります。\nご自分の操作でないときは、すぐにパスワードを変更してください。",
            "Somebody typed your right password and then failed five times at the code or the passkey. They may know your password.\nIf it was not you, change your password at once.",
        ),
        Change::AppClosed => pick(
            "正しいパスワードの後に、確認コードの間違いが1週間に20回ありました。パスワードをほかの人に知られているおそれがあるため、認証アプリでのサインインを止めました。\nパスワードを変更してください。予備コードまたはパスキーでサインインすると、認証アプリは再び使えます。どちらもないときは、管理担当者に再登録のリンクを依頼してください。",
            "After your right password, twenty wrong codes were typed within a week. Somebody may know your password, so your app no longer opens your account.\nChange your password. Signing in with a recovery code or a passkey opens the app again; without either, ask your administrator for a link.",
        ),
    };
    let warning = to.language.pick(
        "ご自分の操作でないときは、\nすぐに下の連絡先へお知らせください。",
        "If it was not you, tell us at once.",
    );
    written(to, subject, &body, None, warning)
}

/// Confirms a new mail address; goes to the new one.
///
/// # Errors
/// [`LetterFault`].
pub fn address_check(to: &Occasion<'_>, token: &Token) -> Result<Letter, LetterFault> {
    let subject =
        to.language.pick("【セプター情報共有ポータル】メールアドレスの確認", "[CEPTOAR Portal] Confirm your address");
    let body = to.language.pick(
        "このアドレスへの変更が申し込まれました。\n次のアドレスを開き、「変更する」を押すと変更されます。\n有効期間は30分です。",
        "This address is to become yours in the portal.\nOpen the address below and press \"Change\". It works for 30 minutes.",
    );
    let warning = to
        .language
        .pick("お心当たりがないときは、このメールを捨ててください。", "If it was not you, throw this mail away.");
    written(to, subject, body, Some(token), warning)
}

/// The mail address was changed, or is about to be; goes to the old one.
///
/// # Errors
/// [`LetterFault`].
pub fn address_changed(to: &Occasion<'_>, done: bool) -> Result<Letter, LetterFault> {
    let subject =
        to.language.pick("【セプター情報共有ポータル】メールアドレスの変更", "[CEPTOAR Portal] Your address changes");
    let body = if done {
        to.language
            .pick("利用者としてのメールアドレスが変更されました。", "Your mail address in the portal was changed.")
    } else {
        to.language.pick(
            "メールアドレスの変更が申し込まれました。\n新しいアドレスで確認されると変更されます。",
            "A new mail address was asked for. It is changed once it is confirmed there.",
        )
    };
    let warning = to.language.pick(
        "ご自分の操作でないときは、\nすぐに下の連絡先へお知らせください。",
        "If it was not you, tell us at once.",
    );
    written(to, subject, body, None, warning)
}

fn written(
    to: &Occasion<'_>,
    subject: &str,
    body: &str,
    token: Option<&Token>,
    warning: &str,
) -> Result<Letter, LetterFault> {
    let text = Text {
        ja: to.language == Language::Ja,
        name: to.name,
        body: wrapped(body),
        link: token.map(|token| format!("{}{}", to.base_url, super::tickets::path(token))),
        warning: wrapped(warning),
        telephone: to.telephone.as_deref(),
        base_url: &to.base_url,
    };
    Ok(Letter::new(to.language, subject, &text.render()?, false)?)
}

fn wrapped(text: &str) -> String {
    let options = textwrap::Options::new(LINE_WIDTH)
        .word_separator(textwrap::WordSeparator::UnicodeBreakProperties)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    text.lines().map(|line| textwrap::fill(line, &options)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text::width;

    #[test]
    fn every_letter_fits_its_lines_and_names_a_remedy() {
        let token = Token::random().expect("a token");
        for language in Language::ALL {
            let to = Occasion {
                name: "担当 一号",
                language,
                base_url: "https://portal.example".into(),
                telephone: Some("03-0000-0000".into()),
            };
            let changes = [Change::Password, Change::PasskeyAdded, Change::AppAdded, Change::AuthenticatorRemoved];
            let changes = changes.into_iter().chain([
                Change::Recovered,
                Change::NewCodes,
                Change::CodeUsed(3),
                Change::PasswordKnown,
                Change::AppClosed,
            ]);
            let mut letters: Vec<Letter> = changes.map(|c| factor_changed(&to, c).expect("a letter")).collect();
            assert!(letters.iter().all(|l| !l.body().contains("/ticket/")));
            letters.push(address_changed(&to, true).expect("a letter"));
            for letter in [
                invitation(&to, "tanto-1", &token),
                reset(&to, &token),
                recovery(&to, &token),
                address_check(&to, &token),
            ] {
                let letter = letter.expect("a letter");
                assert!(letter.body().contains(&format!("https://portal.example/ticket/{}", token.reveal())));
                letters.push(letter);
            }
            for letter in letters {
                for line in letter.body().lines().filter(|l| !l.contains("://")) {
                    assert!(width(line) <= LINE_WIDTH, "{line}");
                }
                assert!(letter.body().contains("03-0000-0000"));
            }
        }
    }
}
