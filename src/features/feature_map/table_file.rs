//! An edition as a table file: one value per cell, one line per count, for Excel and for programs.

use super::edition::{Cell, Ceptoar, Channel, Count, Edition, Status};
use crate::kernel::language::{Label, Language};
use crate::platform::tables::writing::Delimited;
use crate::platform::tables::{Encoding, TableFile};

crate::words! {
    /// Heads of the columns.
    pub struct CsvWords {
        edition: "版" / "Edition",
        sector_id: "分野ID" / "Sector ID",
        sector: "重要インフラ分野" / "Sector",
        scope: "事業の範囲" / "Scope",
        id: "セプターID" / "CEPTOAR ID",
        name: "名称" / "Name",
        name_other: "名称(英語)" / "Name (Japanese)",
        status: "状態" / "Status",
        established: "整備済" / "Established",
        planned: "検討中" / "Under study",
        secretariat: "事務局" / "Secretariat",
        secretariat_unit: "事務局の部署" / "Department of the secretariat",
        second_secretariat: "事務局(2)" / "Secretariat (2)",
        second_unit: "事務局(2)の部署" / "Department of the secretariat (2)",
        secretariat_confidence: "事務局の確度" / "Confidence: secretariat",
        count_unit: "構成員の単位" / "Unit of members",
        count: "構成員の数" / "Number of members",
        observers: "うちオブザーバー" / "Of which observers",
        count_display: "構成員(資料の表記)" / "Members as printed",
        breakdown: "構成員の内訳" / "Breakdown of members",
        count_confidence: "構成員の確度" / "Confidence: members",
        reach_unit: "構成員を通じて届く先の単位" / "Unit reached through members",
        reach: "構成員を通じて届く先の数" / "Number reached through members",
        handled: "取り扱う情報" / "Information handled",
        by: "連絡手段:" / "Contact by: ",
        channels_confidence: "情報と連絡手段の確度" / "Confidence: information and means of contact",
        operation_start: "緊急窓口の運用開始" / "Emergency contact in operation since",
        operation_confidence: "緊急窓口の確度" / "Confidence: emergency contact",
        rule: "情報の取扱いルールの制定" / "Rules established",
        rule_confidence: "情報の取扱いルールの確度" / "Confidence: rules",
    }
}

/// An edition as a table file.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn edition(edition: &Edition, language: Language, encoding: Encoding) -> anyhow::Result<TableFile> {
    let mut writer = Delimited::default();
    writer.push(&heads(language).iter().map(|head| head.text.as_str()).collect::<Vec<_>>())?;
    for line in lines(edition, language) {
        writer.push(&line)?;
    }
    writer.finish(encoding)
}

/// The head of a column.
#[derive(Debug)]
pub struct Head {
    /// What it is called.
    pub text: String,
    /// Whether its cells are numbers.
    pub number: bool,
}

/// The lines below the heads: one for each count, and one for a CEPTOAR without counts.
#[must_use]
pub fn lines(edition: &Edition, language: Language) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for ceptoar in &edition.ceptoars {
        // A CEPTOAR without numbers has its line too: the numbers stay empty, which is not zero.
        let counts: Vec<Option<&Count>> =
            if ceptoar.counts.is_empty() { vec![None] } else { ceptoar.counts.iter().map(Some).collect() };
        lines.extend(counts.into_iter().map(|count| line(edition, ceptoar, count, language)));
    }
    lines
}

/// The heads of the columns.
#[must_use]
pub fn heads(language: Language) -> Vec<Head> {
    let w = CsvWords::of(language);
    let before = [
        w.edition,
        w.sector_id,
        w.sector,
        w.scope,
        w.id,
        w.name,
        w.name_other,
        w.status,
        w.secretariat,
        w.secretariat_unit,
        w.second_secretariat,
        w.second_unit,
        w.secretariat_confidence,
        w.count_unit,
        w.count,
        w.observers,
        w.count_display,
        w.breakdown,
        w.count_confidence,
        w.reach_unit,
        w.reach,
        w.handled,
    ];
    let channels = Channel::OF_MAPS.iter().map(|channel| format!("{}{}", w.by, channel.label(language)));
    let after = [w.channels_confidence, w.operation_start, w.operation_confidence, w.rule, w.rule_confidence];
    let numbers = [w.count, w.observers, w.reach];
    let head = |text: &str| Head { text: text.to_owned(), number: numbers.contains(&text) };
    let channels = channels.map(|text| Head { text, number: true });
    before.into_iter().map(head).chain(channels).chain(after.into_iter().map(head)).collect()
}

fn line(edition: &Edition, c: &Ceptoar, count: Option<&Count>, language: Language) -> Vec<String> {
    let w = CsvWords::of(language);
    let pick = |text: &Option<super::edition::Bilingual>| {
        text.as_ref().map(|t| t.pick(language).to_owned()).unwrap_or_default()
    };
    let sure = |cell| c.confidence.get(&cell).map(|sure| sure.label(language).to_owned()).unwrap_or_default();
    let secretariat = |i: usize| match c.secretariats.get(i) {
        Some(s) => [s.organisation.pick(language).to_owned(), pick(&s.unit)],
        None => Default::default(),
    };
    let [organisation, unit] = secretariat(0);
    let [second, second_unit] = secretariat(1);
    let reach = c.reach.first();
    let mut cells = vec![
        edition.id.clone(),
        c.sector.clone(),
        edition.sector(&c.sector).map(|s| s.name.pick(language).to_owned()).unwrap_or_default(),
        pick(&c.scope),
        c.id.clone(),
        pick(&c.name),
        c.name.as_ref().map(|n| language.pick(&n.en, &n.ja).clone()).unwrap_or_default(),
        match c.status {
            Status::Established => w.established.to_owned(),
            Status::Planned => w.planned.to_owned(),
        },
        organisation,
        unit,
        second,
        second_unit,
        sure(Cell::Secretariats),
        count.map(|n| n.unit.pick(language).to_owned()).unwrap_or_default(),
        count.map(|n| n.value.to_string()).unwrap_or_default(),
        count.and_then(|n| n.includes_observers).map(|n| n.to_string()).unwrap_or_default(),
        pick(&c.count_display),
        pick(if c.breakdown.is_some() { &c.breakdown } else { &c.member_category }),
        sure(Cell::MemberCounts),
        reach.map(|r| r.unit.pick(language).to_owned()).unwrap_or_default(),
        reach.map(|r| r.value.to_string()).unwrap_or_default(),
        pick(&c.handled),
    ];
    // 1 and 0 where the edition tells the means; empty where it does not.
    cells.extend(Channel::OF_MAPS.iter().map(|channel| match (c.handled.is_some(), c.channels.contains(channel)) {
        (true, true) => "1".to_owned(),
        (true, false) => "0".to_owned(),
        (false, _) => String::new(),
    }));
    cells.extend([
        sure(Cell::Channels),
        c.operation_start.map(|m| m.to_string()).unwrap_or_default(),
        sure(Cell::ContactOperationStart),
        c.rule_established.map(|m| m.to_string()).unwrap_or_default(),
        sure(Cell::RuleEstablished),
    ]);
    cells
}
