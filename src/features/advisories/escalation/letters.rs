//! Letters about silence, in both languages. They tell of an item what its envelope tells, at every level; those to desks,
//! ministries and the centre name CEPTOARs and numbers, and no firm.

use uuid::Uuid;

use super::errand::{Errand, Line, Reader};
use crate::features::advisories::{paths, receipts};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{long_time, thousands};
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::mail::letter::{Letter, LetterError, Letters};

crate::words! {
    /// Words of the letters. Lines of at most 35 full-width characters.
    pub struct LetterWords {
        drill_tag: "【訓練】" / "[DRILL] ",
        drill: "これは訓練です。" / "THIS IS A DRILL.",
        greeting: "ご担当者各位" / "To whom it may concern",
        from: "セプター情報共有ポータルからのお知らせです。" / "This is the CEPTOAR information-sharing portal.",
        again_subject: "【再送】[{tlp}] 情報提供の受領をご確認ください {number}" / "[AGAIN] [{tlp}] Please acknowledge an advisory {number}",
        again: "次の情報提供の受領が、まだ確認できていません。\nサインインして内容をご確認のうえ、\n「受領を確認する」を押してください。" / "Nobody of you has acknowledged this advisory yet.\nPlease sign in, read it,\nand press \"Acknowledge receipt\".",
        red_subject: "【再送】【要確認】[{tlp}] お電話でご確認ください {number}" / "[AGAIN] [ACTION] [{tlp}] Please telephone {number}",
        red: "重要なご連絡の受領が、まだ確認できていません。\nこのメールには内容を記載していません。\n先に電話でご連絡ください。" / "We have something important to tell you, and nobody has\nacknowledged it yet. This mail does not say what it is about.\nPlease telephone first.",
        telephone: "電話: {telephone}" / "Telephone: {telephone}",
        red_then: "電話のあと、次のページを開いてサインインし、\n「受領を確認する」を押してください。" / "Then open this page, sign in, and press\n\"Acknowledge receipt\".",
        crossed: "すでにご確認いただいている場合は、行き違いですので\nご容赦ください。" / "If you have just acknowledged it, this has crossed with it.",
        desk_subject: "【要対応】[{tlp}] 受領を確認できない構成員があります {number}" / "[ACTION] [{tlp}] Members have not acknowledged {number}",
        desk: "{ceptoar}の構成員のうち\n{count}組織の受領が、確認できていません。" / "{ceptoar}:\n{count} members have not acknowledged this advisory.",
        desk_unreachable: "このうち{count}組織には、メールを届けられる窓口がありません。" / "No mail reaches {count} of them.",
        desk_then: "連絡一覧から電話などでお知らせいただき、\n聞き取った受領を記録してください。" / "Please call them by the call list, and enter what\nthey tell you.",
        up_subject: "【要確認】[{tlp}] 受領の確認が進んでいません {number}" / "[ACTION] [{tlp}] Silence about an advisory {number}",
        up: "次のセプターで、受領が確認できていません。\n事務局の状況をご確認ください。" / "In these CEPTOARs an advisory has not been acknowledged.\nPlease see how their secretariats stand.",
        members: "構成員{count}組織" / "{count} members",
        the_desk: "事務局" / "the secretariat",
        the_ministry: "所管省庁" / "the ministry",
        number: "番号: {number}" / "Number: {number}",
        published: "発出: {time}" / "Published: {time}",
        due: "回答期限: {time}" / "Answer due: {time}",
        link: "次のページ(サインインが必要です)\n{link}" / "The page (sign in to see it)\n{link}",
        end: "以上" / "--",
    }
}

/// Letters as columns: which errand each is, and in which language.
#[derive(Debug, Default)]
pub struct LetterColumns {
    /// Errands.
    pub errands: Vec<Uuid>,
    /// Languages.
    pub languages: Vec<String>,
    /// Subjects.
    pub subjects: Vec<String>,
    /// Texts.
    pub bodies: Vec<String>,
    /// SHA-256 of the texts.
    pub hashes: Vec<Vec<u8>>,
    /// Whether they belong to drills.
    pub drills: Vec<bool>,
}

impl LetterColumns {
    /// Writes the letter of a errand in every language of the portal.
    ///
    /// # Errors
    /// [`LetterError`] when one of them cannot stand in a mail; then none of it is there.
    pub fn write(&mut self, errand: &Errand, sender: &Sender) -> Result<(), LetterError> {
        let letters = Letters::of(|language| letter(errand, sender, language))?;
        for language in Language::ALL {
            self.errands.push(errand.errand_id);
            self.languages.push(language.code().to_owned());
            self.drills.push(errand.drill);
        }
        self.subjects.extend(letters.subjects);
        self.bodies.extend(letters.bodies);
        self.hashes.extend(letters.hashes);
        Ok(())
    }
}

/// Where the portal is, and who answers the telephone.
#[derive(Debug, Clone)]
pub struct Sender {
    /// What links start with.
    pub base_url: String,
    /// Telephone of the duty desk.
    pub telephone: Option<String>,
}

/// The letter in a language.
///
/// # Errors
/// [`LetterError`] when a name cannot stand in a mail.
pub fn letter(errand: &Errand, sender: &Sender, language: Language) -> Result<Letter, LetterError> {
    let w = LetterWords::of(language);
    let mut parts = vec![errand.level.tlp().to_owned(), w.greeting.to_owned(), w.from.to_owned()];
    parts.extend(said(errand, sender, language));
    parts.push(envelope(errand, language));
    let link = format!("{}{}", sender.base_url, page(errand));
    parts.push(fill(w.link, &[("link", &link)]));
    if errand.reader == Reader::Silent {
        parts.push(w.crossed.to_owned());
    }
    parts.push(w.end.to_owned());
    let mut subject = fill(subject(errand, w), &[("tlp", errand.level.tlp()), ("number", &errand.number)]);
    if errand.drill {
        subject = format!("{}{subject}", w.drill_tag);
        parts.insert(0, w.drill.to_owned());
        parts.push(w.drill.to_owned());
    }
    Letter::new(language, &subject, &parts.join("\n\n"), errand.drill)
}

fn subject(errand: &Errand, w: &'static LetterWords) -> &'static str {
    match errand.reader {
        Reader::Silent if errand.level == SharingLevel::Red => w.red_subject,
        Reader::Silent => w.again_subject,
        Reader::Desk => w.desk_subject,
        Reader::Ministry | Reader::Centre => w.up_subject,
    }
}

/// What it is about, in paragraphs.
fn said(errand: &Errand, sender: &Sender, language: Language) -> Vec<String> {
    let w = LetterWords::of(language);
    let telephone = sender.telephone.as_ref().map(|number| fill(w.telephone, &[("telephone", number)]));
    match errand.reader {
        Reader::Silent if errand.level == SharingLevel::Red => {
            [Some(w.red.to_owned()), telephone, Some(w.red_then.to_owned())].into_iter().flatten().collect()
        }
        Reader::Silent => vec![w.again.to_owned()],
        Reader::Desk => errand.lines.iter().flat_map(|line| to_desk(line, language)).collect(),
        Reader::Ministry | Reader::Centre => {
            let line = |line: &Line| in_ceptoar(line, errand.reader == Reader::Centre, language);
            let lines: Vec<String> = errand.lines.iter().filter_map(line).collect();
            vec![w.up.to_owned(), lines.join("\n")]
        }
    }
}

fn to_desk(line: &Line, language: Language) -> Vec<String> {
    let w = LetterWords::of(language);
    let ceptoar = language.pick(&line.ceptoar[0], &line.ceptoar[1]);
    let mut said = vec![fill(w.desk, &[("ceptoar", ceptoar), ("count", &thousands(line.members))])];
    if line.unreachable > 0 {
        said.push(fill(w.desk_unreachable, &[("count", &thousands(line.unreachable))]));
    }
    said.push(w.desk_then.to_owned());
    said
}

/// ・銀行等CEPTOAR: 構成員3組織、事務局; none where nobody is named.
fn in_ceptoar(line: &Line, to_centre: bool, language: Language) -> Option<String> {
    let w = LetterWords::of(language);
    let members = fill(w.members, &[("count", &thousands(line.members))]);
    let who = [
        (line.members > 0, members.as_str()),
        (line.desk, w.the_desk),
        // A ministry knows whether it has answered.
        (line.ministry && to_centre, w.the_ministry),
    ];
    let who: Vec<&str> = who.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect();
    let ceptoar = language.pick(&line.ceptoar[0], &line.ceptoar[1]);
    let who = who.join(language.pick("、", ", "));
    (!who.is_empty()).then(|| format!("{}{ceptoar}: {who}", language.pick("・", "- ")))
}

/// Number and times: what an envelope tells.
fn envelope(errand: &Errand, language: Language) -> String {
    let w = LetterWords::of(language);
    let time = |words, at| fill(words, &[("time", &long_time(at, language))]);
    let lines = [
        Some(fill(w.number, &[("number", &errand.number)])),
        errand.published_at.map(|at| time(w.published, at)),
        errand.answer_due.map(|at| time(w.due, at)),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Where the reader does something about it.
fn page(errand: &Errand) -> String {
    match (errand.reader, errand.lines.first()) {
        (Reader::Silent, _) => paths::show(errand.advisory_id),
        (Reader::Desk, Some(line)) => receipts::paths::calls(errand.advisory_id, &line.ceptoar_id),
        (Reader::Desk, None) | (Reader::Ministry | Reader::Centre, _) => paths::deliveries(errand.advisory_id),
    }
}
