//! What explains the sheet: marks with their evidence, and numbered notes on what is odd in print.

use super::edition::{Cell, Ceptoar, Confidence, Edition};
use super::vocabulary::list_joint;
use crate::kernel::language::{Label, Language, fill};

crate::words! {
    /// Words of marks and evidence.
    pub struct LegendWords {
        mark_hint: "確度: {word}。根拠を見る" / "Confidence: {word}. See the evidence",
        cell_name: "名称" / "Name",
        cell_secretariats: "事務局" / "Secretariat",
        cell_members: "構成員" / "Members",
        cell_members_of: "構成員の割り振り" / "Who the counts are made up of",
        cell_reach: "構成員を通じて届く先" / "Reached through members",
        cell_channels: "情報と連絡手段" / "Information and means of contact",
        cell_operation: "緊急窓口" / "Emergency point of contact",
        cell_rule: "情報の取扱いルール" / "Rules on handling information",
    }
}

/// How sure a reconstructed cell is, and where its evidence stands.
#[derive(Debug, Clone)]
pub struct Mark {
    /// How sure.
    pub sure: Confidence,
    /// The word for it.
    pub word: &'static str,
    /// Where the evidence stands on the map page.
    pub href: String,
    /// The same in a sentence, for those who do not see the mark.
    pub hint: String,
}

/// A reference to a numbered note.
#[derive(Debug, Clone)]
pub struct NoteLink {
    /// Its number.
    pub number: usize,
    /// Its anchor.
    pub href: String,
}

/// A numbered note.
#[derive(Debug)]
pub struct NumberedNote {
    /// Its number.
    pub number: usize,
    /// Its anchor.
    pub id: String,
    /// Whom it is about.
    pub about: String,
    /// What it says.
    pub text: String,
}

/// A piece of evidence.
#[derive(Debug)]
pub struct EvidenceRow {
    /// Its anchor.
    pub id: String,
    /// `certain`, `likely` or `unsure`.
    pub code: &'static str,
    /// The word for it.
    pub word: &'static str,
    /// Which row of the sheet.
    pub cell: &'static str,
    /// Of which CEPTOARs.
    pub ceptoars: String,
    /// The methods.
    pub codes: String,
    /// Why.
    pub text: String,
    /// The best other reading.
    pub alternative: Option<String>,
}

/// The evidence of an edition, least sure first.
#[must_use]
pub fn evidence(edition: &Edition, language: Language) -> Vec<EvidenceRow> {
    let mut rows: Vec<_> = edition.evidence.iter().collect();
    rows.sort_by_key(|e| std::cmp::Reverse(e.confidence));
    let row = |e: &super::edition::Evidence| EvidenceRow {
        id: format!("evidence-{}", e.id),
        code: e.confidence.code(),
        word: e.confidence.label(language),
        cell: cell_word(e.cell, LegendWords::of(language)),
        ceptoars: names(edition, &e.ceptoars, language),
        codes: e.codes.join(list_joint(language)),
        text: e.text.pick(language).to_owned(),
        alternative: e.alternative.as_ref().map(|a| a.pick(language).to_owned()),
    };
    rows.into_iter().map(row).collect()
}

/// The notes of an edition, numbered.
#[must_use]
pub fn notes(edition: &Edition, language: Language) -> Vec<NumberedNote> {
    let numbered = edition.notes.iter().enumerate().map(|(i, note)| NumberedNote {
        number: i + 1,
        id: format!("note-{}", note.id),
        about: names(edition, std::slice::from_ref(&note.ceptoar), language),
        text: note.text.pick(language).to_owned(),
    });
    numbered.collect()
}

/// The mark of a reconstructed cell; its evidence stands on the map page, which `map` leads to.
#[must_use]
pub fn evidence_mark(edition: &Edition, c: &Ceptoar, cell: Cell, map: &str, language: Language) -> Option<Mark> {
    let evidence = edition.evidence_of(&c.id, cell)?;
    Some(mark(evidence.confidence, format!("{map}#evidence-{}", evidence.id), language))
}

/// A mark that leads to `href`.
#[must_use]
pub fn mark(confidence: Confidence, href: String, language: Language) -> Mark {
    let word = confidence.label(language);
    let hint = fill(LegendWords::of(language).mark_hint, &[("word", word)]);
    Mark { sure: confidence, word, href, hint }
}

/// References to the notes on a cell.
#[must_use]
pub fn note_links(edition: &Edition, ceptoar: &str, cell: Cell, map: &str) -> Vec<NoteLink> {
    let notes = edition.notes.iter().enumerate().filter(|(_, n)| n.ceptoar == ceptoar && n.cell == cell);
    notes.map(|(i, note)| NoteLink { number: i + 1, href: format!("{map}#note-{}", note.id) }).collect()
}

fn names(edition: &Edition, ids: &[String], language: Language) -> String {
    let named = ids.iter().map(|id| {
        let ceptoar = edition.ceptoar(id).and_then(|c| c.name.as_ref());
        ceptoar.or(edition.council(id).map(|c| &c.name)).map_or(id.as_str(), |n| n.pick(language))
    });
    named.collect::<Vec<_>>().join(list_joint(language))
}

fn cell_word(cell: Cell, w: &LegendWords) -> &'static str {
    match cell {
        Cell::Name => w.cell_name,
        Cell::Secretariats => w.cell_secretariats,
        Cell::MemberCounts => w.cell_members,
        Cell::MemberCountsOf => w.cell_members_of,
        Cell::Reach => w.cell_reach,
        Cell::Channels => w.cell_channels,
        Cell::ContactOperationStart => w.cell_operation,
        Cell::RuleEstablished => w.cell_rule,
    }
}
