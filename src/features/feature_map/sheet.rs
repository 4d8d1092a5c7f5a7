//! The map as it is laid out: columns of CEPTOARs under their sectors, in one language.

use super::edition::{Cell, Ceptoar, Channel, Count, Edition, LiaisonCouncil, Secretariat, Status};
use super::legend::{self, EvidenceRow, Mark, NoteLink, NumberedNote, evidence_mark, note_links};
use super::paths;
use super::vocabulary::list_joint;
use super::words::MapWords;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::thousands;

crate::words! {
    /// Words inside the cells.
    pub struct CellWords {
        not_told: "資料に記載なし" / "Not stated in the source",
        under_study: "検討中" / "Under study",
        planned_for: "{year}年度に検討" / "To be studied in FY{year}",
        council_secretariat: "事務局: {name}" / "Secretariat: {name}",
        no_secretariat: "事務局なし" / "No secretariat",
        hubs_reach: "連絡拠点 {hubs} → {of} {reach}" / "{hubs} hubs → {reach} ({of})",
        count_of: "{count}: {of}" / "{count}: {of}",
        named_members: "名前の挙がっている構成員: {names}" / "Members named: {names}",
        planned_members: "予定: {names}" / "Planned: {names}",
    }
}

/// The whole sheet.
#[derive(Debug)]
pub struct Sheet {
    /// Sectors over their columns.
    pub sectors: Vec<SectorHead>,
    /// The box over some columns, if the edition has one.
    pub council: Option<CouncilBox>,
    /// Whether any column has a scope.
    pub has_scope: bool,
    /// Whether any column tells what is dealt with and by which means.
    pub has_channels: bool,
    /// Whether any column tells since when its emergency contact is in operation.
    pub has_operation_start: bool,
    /// Whether any column tells when its rules were established.
    pub has_rule: bool,
    /// The mark of the row 緊急窓口, if the row itself is not certain.
    pub operation_start_mark: Option<Mark>,
    /// What is odd in print, numbered.
    pub notes: Vec<NumberedNote>,
    /// The evidence of cells, least sure first.
    pub evidence: Vec<EvidenceRow>,
    /// What is said of a row that no column has.
    pub not_there: &'static str,
}

/// A sector over its columns.
#[derive(Debug)]
pub struct SectorHead {
    /// Its name.
    pub name: String,
    /// A remark of the source.
    pub note: Option<String>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its liaison council, if it has one.
    pub council: Option<CouncilBox>,
}

/// A liaison council as a box over its CEPTOARs.
#[derive(Debug, Clone)]
pub struct CouncilBox {
    /// Columns before it.
    pub before: usize,
    /// Columns under it.
    pub span: usize,
    /// Columns after it.
    pub after: usize,
    /// Its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// Its secretariats in words, or that there is none.
    pub secretariat: String,
    /// Numbers of the notes on it.
    pub notes: Vec<NoteLink>,
}

/// A CEPTOAR's cells.
#[derive(Debug)]
pub struct Column {
    /// Its id.
    pub id: String,
    /// Its page.
    pub href: String,
    /// Whether it is still under study.
    pub planned: bool,
    /// 事業の範囲
    pub scope: Option<String>,
    /// Its name; what is said instead while it is open.
    pub name: String,
    /// Notes on the name.
    pub name_notes: Vec<NoteLink>,
    /// 事務局
    pub secretariats: Vec<SecretariatLines>,
    /// Its mark.
    pub secretariats_mark: Option<Mark>,
    /// Notes on it.
    pub secretariats_notes: Vec<NoteLink>,
    /// The numbers, or what is said instead.
    pub count: String,
    /// Whether there are numbers.
    pub counted: bool,
    /// Their mark.
    pub count_mark: Option<Mark>,
    /// Notes on them.
    pub count_notes: Vec<NoteLink>,
    /// Breakdown and other lines under the numbers.
    pub details: Vec<String>,
    /// Who the single counts are made up of, where that itself is doubtful.
    pub details_of: Vec<String>,
    /// The mark of those.
    pub details_of_mark: Option<Mark>,
    /// Who is reached through the members.
    pub reach: Option<String>,
    /// The mark of that.
    pub reach_mark: Option<Mark>,
    /// What kind of information is dealt with.
    pub handled: Option<String>,
    /// 連絡手段
    pub channels: Vec<ChannelLine>,
    /// The mark of both.
    pub channels_mark: Option<Mark>,
    /// 緊急窓口
    pub operation_start: Option<String>,
    /// Its mark.
    pub operation_start_mark: Option<Mark>,
    /// The mark of the row itself, where it is not certain what the months belong to.
    pub operation_start_row_mark: Option<Mark>,
    /// 情報の取扱いルール
    pub rule: Option<String>,
    /// Its mark.
    pub rule_mark: Option<Mark>,
    /// The edition of it that is in force; on the map of a day alone.
    pub rule_in_force: Option<String>,
    /// Where the cells come from; on the map of a day alone.
    pub sources: CellSources,
}

/// Where the cells of a column come from.
#[derive(Debug, Default)]
pub struct CellSources {
    /// Of the scope.
    pub scope: Option<SourceMark>,
    /// Of the name.
    pub name: Option<SourceMark>,
    /// Of the secretariats.
    pub secretariats: Option<SourceMark>,
    /// Of the numbers.
    pub members: Option<SourceMark>,
    /// Of what is dealt with.
    pub channels: Option<SourceMark>,
    /// Of the emergency contact.
    pub operation: Option<SourceMark>,
    /// Of the rules.
    pub rule: Option<SourceMark>,
}

/// Where a cell comes from.
#[derive(Debug)]
pub struct SourceMark {
    /// `directory` or `edition`.
    pub code: &'static str,
    /// In words.
    pub word: String,
    /// The edition; nothing for the directory.
    pub href: String,
}

/// A secretariat in two lines.
#[derive(Debug, Clone)]
pub struct SecretariatLines {
    /// The organisation.
    pub organisation: String,
    /// Its department.
    pub unit: Option<String>,
}

/// A channel: icon and word.
#[derive(Debug)]
pub struct ChannelLine {
    /// The icon's name.
    pub icon: &'static str,
    /// The word.
    pub word: &'static str,
}

/// Lays out an edition.
#[must_use]
pub fn sheet(edition: &Edition, language: Language) -> Sheet {
    let councils = edition.liaison_councils.iter().filter_map(|c| council_box(edition, c, language));
    let councils: Vec<(String, CouncilBox)> = councils.collect();
    let sectors = edition.sectors.iter().map(|sector| SectorHead {
        name: sector.name.pick(language).to_owned(),
        note: sector.note.as_ref().map(|n| n.pick(language).to_owned()),
        columns: edition
            .ceptoars
            .iter()
            .filter(|c| c.sector == sector.id)
            .map(|c| column(edition, c, "", language))
            .collect(),
        council: councils.iter().find(|(id, _)| *id == sector.id).map(|(_, council)| council.clone()),
    });
    Sheet {
        sectors: sectors.collect(),
        council: councils.first().map(|(_, council)| council.clone()),
        has_scope: edition.ceptoars.iter().any(|c| c.scope.is_some()),
        has_channels: edition.ceptoars.iter().any(|c| c.handled.is_some()),
        has_operation_start: edition.ceptoars.iter().any(|c| c.operation_start.is_some()),
        has_rule: edition.ceptoars.iter().any(|c| c.rule_established.is_some()),
        operation_start_mark: row_mark(edition, "", language),
        notes: legend::notes(edition, language),
        evidence: legend::evidence(edition, language),
        not_there: MapWords::of(language).not_in_edition,
    }
}

fn row_mark(edition: &Edition, map: &str, language: Language) -> Option<Mark> {
    edition.row_evidence.first().map(|row| legend::mark(row.confidence, format!("{map}#evidence-rows"), language))
}

/// A CEPTOAR's cells; evidence and notes stand on the map page, which `map` leads to (nothing: this very page).
#[must_use]
pub fn column(edition: &Edition, c: &Ceptoar, map: &str, language: Language) -> Column {
    let w = CellWords::of(language);
    let planned = c.status == Status::Planned;
    let open = || match (planned, c.planned_for_fiscal_year) {
        (true, Some(year)) => {
            let when = fill(w.planned_for, &[("year", &year.to_string())]);
            language.pick(format!("{}({when})", w.under_study), format!("{} ({when})", w.under_study))
        }
        (true, None) => w.under_study.to_owned(),
        (false, _) => w.not_told.to_owned(),
    };
    let mark_of = |cell| evidence_mark(edition, c, cell, map, language);
    let notes = |cell| note_links(edition, &c.id, cell, map);
    let mut secretariats: Vec<SecretariatLines> = c.secretariats.iter().map(|s| lines(s, language)).collect();
    if secretariats.is_empty() {
        secretariats.push(SecretariatLines { organisation: open(), unit: None });
    }
    let of = c.counts.iter().filter_map(|count| {
        let of = count.of.as_ref()?.pick(language);
        Some(fill(w.count_of, &[("count", &count_words(count, language)), ("of", of)]))
    });
    Column {
        id: c.id.clone(),
        href: paths::profile(&c.id, &edition.id),
        planned,
        scope: c.scope.as_ref().map(|s| s.pick(language).to_owned()),
        name: c.name.as_ref().map_or_else(open, |n| n.pick(language).to_owned()),
        name_notes: notes(Cell::Name),
        secretariats,
        secretariats_mark: mark_of(Cell::Secretariats),
        secretariats_notes: notes(Cell::Secretariats),
        count: counts_display(c, language).unwrap_or_else(open),
        counted: !c.counts.is_empty(),
        count_mark: mark_of(Cell::MemberCounts),
        count_notes: notes(Cell::MemberCounts),
        details: details(c, language),
        details_of: of.collect(),
        details_of_mark: mark_of(Cell::MemberCountsOf),
        reach: reach(c, language),
        reach_mark: mark_of(Cell::Reach),
        handled: c.handled.as_ref().map(|h| h.pick(language).to_owned()),
        channels: channel_lines(&c.channels, language),
        channels_mark: mark_of(Cell::Channels),
        operation_start: c.operation_start.map(|m| m.label(language)),
        operation_start_mark: mark_of(Cell::ContactOperationStart),
        operation_start_row_mark: c.operation_start.and_then(|_| row_mark(edition, map, language)),
        rule: c.rule_established.map(|m| m.label(language)),
        rule_mark: mark_of(Cell::RuleEstablished),
        rule_in_force: None,
        sources: CellSources::default(),
    }
}

/// Channels with their icons.
#[must_use]
pub fn channel_lines(channels: &[Channel], language: Language) -> Vec<ChannelLine> {
    channels.iter().map(|c| ChannelLine { icon: c.icon(), word: c.label(language) }).collect()
}

/// A secretariat in two lines.
#[must_use]
pub fn lines(s: &Secretariat, language: Language) -> SecretariatLines {
    SecretariatLines {
        organisation: s.organisation.pick(language).to_owned(),
        unit: s.unit.as_ref().map(|u| u.pick(language).to_owned()),
    }
}

/// The numbers as printed, or put together from the counts; `None` where the source tells none.
#[must_use]
pub fn counts_display(c: &Ceptoar, language: Language) -> Option<String> {
    if let Some(display) = &c.count_display {
        return Some(display.pick(language).to_owned());
    }
    let counts: Vec<String> = c.counts.iter().map(|count| with_observers(count, language)).collect();
    (!counts.is_empty()).then(|| counts.join(language.pick("", ", ")))
}

/// 29社(うちオブザーバー3社) / 29 companies (3 of them observers).
fn with_observers(count: &Count, language: Language) -> String {
    let words = count_words(count, language);
    let Some(observers) = count.includes_observers.filter(|observers| *observers > 0) else { return words };
    let observers = thousands(i64::from(observers));
    let unit = count.unit.pick(language);
    language
        .pick(format!("{words}(うちオブザーバー{observers}{unit})"), format!("{words} ({observers} of them observers)"))
}

/// 1,350水道事業体 / 1,350 water utilities.
#[must_use]
pub fn count_words(count: &Count, language: Language) -> String {
    let number = thousands(i64::from(count.value));
    let unit = count.unit.pick(language);
    language.pick(format!("{number}{unit}"), format!("{number} {unit}"))
}

fn details(c: &Ceptoar, language: Language) -> Vec<String> {
    let w = CellWords::of(language);
    let mut details: Vec<String> = c.breakdown.iter().map(|b| b.pick(language).to_owned()).collect();
    // The kind of members says the same as the breakdown, in other words: one of them is enough.
    if details.is_empty() {
        let words = if c.status == Status::Planned { w.planned_members } else { "{names}" };
        details.extend(c.member_category.iter().map(|m| fill(words, &[("names", m.pick(language))])));
    }
    if !c.named_members.is_empty() {
        let names: Vec<&str> = c.named_members.iter().map(|m| m.pick(language)).collect();
        details.push(fill(w.named_members, &[("names", &names.join(list_joint(language)))]));
    }
    details
}

fn reach(c: &Ceptoar, language: Language) -> Option<String> {
    let (reach, hubs) = (c.reach.first()?, c.counts.iter().find(|count| count.hub)?);
    let of = reach.of.as_ref().map_or(reach.unit.pick(language), |of| of.pick(language));
    let w = CellWords::of(language);
    let numbers = [("hubs", thousands(i64::from(hubs.value))), ("reach", thousands(i64::from(reach.value)))];
    Some(fill(w.hubs_reach, &[("hubs", &numbers[0].1), ("reach", &numbers[1].1), ("of", of)]))
}

fn council_box(edition: &Edition, c: &LiaisonCouncil, language: Language) -> Option<(String, CouncilBox)> {
    let w = CellWords::of(language);
    let before = edition.ceptoars.iter().position(|ceptoar| c.members.contains(&ceptoar.id))?;
    let names: Vec<&str> = c.secretariats.iter().map(|s| s.organisation.pick(language)).collect();
    let secretariat = match names.as_slice() {
        [] => w.no_secretariat.to_owned(),
        names => fill(w.council_secretariat, &[("name", &names.join(list_joint(language)))]),
    };
    let span = c.members.len();
    let placed = CouncilBox {
        before,
        span,
        after: edition.ceptoars.len().saturating_sub(before + span),
        href: paths::profile(&c.id, &edition.id),
        name: c.name.pick(language).to_owned(),
        secretariat,
        notes: note_links(edition, &c.id, Cell::Secretariats, ""),
    };
    Some((c.sector.clone(), placed))
}
