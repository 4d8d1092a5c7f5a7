//! The mail of a published advisory, in the order that Japanese offices expect (宛名, 差出人, 要旨,
//! ■概要 … 以上, 署名). What it may carry depends on the level alone.

use askama::Template;

use super::advisory::Kind;
use super::content::Draft;
use super::paths;
use super::versions::step::{Step, Version, nth};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language};
use crate::kernel::period::{long_date, long_time};
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::mail::letter::{Letter, LetterError};

/// 35 full-width characters a line: what old mail programs and telephones show unbroken.
const LINE_WIDTH: usize = 70;

/// Who it comes from, as the signature shows it.
#[derive(Debug, Clone)]
pub struct Sender {
    /// Name of the centre on that day, by language: Japanese, English.
    pub centre: [String; 2],
    /// Telephone of the duty desk.
    pub telephone: Option<String>,
    /// What links start with.
    pub base_url: String,
    /// Whether a reply is a receipt.
    pub takes_replies: bool,
}

/// Who reads it, as far as it says something else to them.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Partner bodies are among its readers.
    pub partners: bool,
    /// Its readers have to decide whether the item goes on to their members.
    pub decides: bool,
    /// Which version it is, for those who know an earlier one; none for everybody else.
    pub version: Option<Version>,
    /// Files that every reader may open; what fewer may open is not spoken of.
    pub files: usize,
}

#[derive(Template)]
#[template(path = "advisories/mail/published.txt", escape = "none")]
struct PublishedMail<'a> {
    ja: bool,
    drill: bool,
    tlp: &'static str,
    kind: &'static str,
    number: &'a str,
    carries_text: bool,
    red: bool,
    partners: bool,
    replies: bool,
    decides: bool,
    /// 第2報; empty where nothing came before.
    nth: String,
    correction: bool,
    withdrawal: bool,
    lowering: bool,
    title: &'a str,
    summary: String,
    impact: String,
    countermeasure: String,
    products: &'a [String],
    cves: String,
    links: &'a [String],
    /// Whose information it is; none where it is the centre's own.
    origin: Option<String>,
    /// What its readers keep to beside the level.
    terms: String,
    files: usize,
    handling: String,
    answer_due: Option<String>,
    measures_due: Option<String>,
    valid_until: Option<String>,
    link: String,
    centre: &'a str,
    telephone: Option<&'a str>,
    base_url: &'a str,
}

/// Why a mail could not be made: a fault of the program, found before anything is published.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The template failed.
    #[error(transparent)]
    Template(#[from] askama::Error),
    /// The text could be read as something else on its way.
    #[error(transparent)]
    Letter(#[from] LetterError),
}

/// The letter in one language.
///
/// # Errors
/// [`MailError`].
pub fn published(
    id: AdvisoryId,
    number: &str,
    draft: &Draft,
    sender: &Sender,
    about: About,
    language: Language,
) -> Result<Letter, MailError> {
    let (text, level) = (&draft.text, draft.level);
    let wrap = |text: &str| wrapped(text);
    let does = |step| about.version.is_some_and(|version| version.step == step);
    let mail = PublishedMail {
        ja: language == Language::Ja,
        drill: draft.drill,
        tlp: level.tlp(),
        kind: text.kind.label(language),
        number,
        carries_text: level.mail_carries_text(),
        red: level == SharingLevel::Red,
        partners: about.partners,
        replies: sender.takes_replies && level != SharingLevel::Red,
        decides: about.decides,
        nth: about.version.map_or_else(String::new, |v| nth(v.number, language)),
        correction: does(Step::Correction),
        withdrawal: does(Step::Withdrawal),
        lowering: does(Step::Lowering),
        title: &text.title,
        summary: wrap(&text.summary),
        impact: wrap(&text.impact),
        countermeasure: wrap(&text.countermeasure),
        products: &text.products,
        cves: wrap(&text.cves.join(", ")),
        links: &text.links,
        origin: text.origin.foreign(language),
        terms: wrap(&text.origin.terms(language)),
        files: about.files,
        handling: wrap(level.handling(language)),
        answer_due: draft.answer_due.map(|at| long_time(at, language)),
        measures_due: draft.measures_due.map(|at| long_time(at, language)),
        valid_until: draft.valid_until.map(|day| long_date(day, language)),
        link: format!("{}{}", sender.base_url, paths::show(id)),
        centre: language.pick(&sender.centre[0], &sender.centre[1]),
        telephone: sender.telephone.as_deref(),
        base_url: &sender.base_url,
    };
    let step = about.version.map_or("", |version| version.step.tag(language));
    let tags = format!("{}{step}", tags(draft.drill, about.decides, language));
    let which = about.version.map_or_else(String::new, |v| {
        language.pick(format!("({})", nth(v.number, language)), format!(" ({})", nth(v.number, language)))
    });
    let subject = subject(text.kind, number, &text.title, level, (&tags, &which), language);
    Ok(Letter::new(language, &subject, &mail.render()?, draft.drill)?)
}

/// Tag first, then the TLP label. From AMBER upward the title is content, and stays out
/// (docs/decisions/0008).
fn subject(
    kind: Kind,
    number: &str,
    title: &str,
    level: SharingLevel,
    (tags, which): (&str, &str),
    language: Language,
) -> String {
    let tlp = level.tlp();
    let kind = kind.label(language);
    if level == SharingLevel::Red {
        let (tag, text) = language.pick(("【要確認】", "お電話でご確認ください"), ("[ACTION] ", "Please telephone"));
        return format!("{tags}{tag}[{tlp}] {text}{which} {number}");
    }
    let tag = language.pick(format!("【{kind}】"), format!("[{kind}] "));
    let text = if level.mail_carries_text() {
        title
    } else {
        language.pick("新しい情報提供があります", "A new advisory for you")
    };
    format!("{tags}{tag}[{tlp}] {text}{which} {number}")
}

/// What stands before everything else: that nothing of it has happened, and that somebody has to decide.
fn tags(drill: bool, decides: bool, language: Language) -> String {
    let tags = [(drill, language.pick("【訓練】", "[DRILL] ")), (decides, language.pick("【要判断】", "[DECIDE] "))];
    tags.into_iter().filter(|(holds, _)| *holds).map(|(_, tag)| tag).collect()
}

/// Breaks lines as Japanese typesetting allows; web addresses stay whole.
fn wrapped(text: &str) -> String {
    let options = textwrap::Options::new(LINE_WIDTH)
        .word_separator(textwrap::WordSeparator::UnicodeBreakProperties)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    text.lines()
        .map(|line| if line.contains("://") { line.to_owned() } else { textwrap::fill(line, &options) })
        .collect::<Vec<_>>()
        .join("\n")
}
