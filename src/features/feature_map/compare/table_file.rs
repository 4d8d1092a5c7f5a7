//! A comparison as a table file: one difference per line, one value per cell.

use super::difference::Fact;
use super::editions::Comparison;
use crate::kernel::language::{Label, Language};
use crate::platform::tables::{Encoding, TableFile, encode, harmless};

crate::words! {
    /// Heads of the columns.
    pub struct ComparisonHeads {
        from: "前の版" / "First edition",
        to: "後の版" / "Second edition",
        kind: "項目" / "Item",
        change: "変更の種類" / "Change",
        id: "ID" / "ID",
        name: "対象" / "Subject",
        part: "単位・内訳" / "Unit or part",
        before: "前の内容" / "Before",
        after: "後の内容" / "After",
        step: "数の差" / "Difference in number",
    }
}

/// The comparison as a table file; of whom it is, by their ids or in words.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn write(
    (from, to): (&str, &str),
    comparison: &Comparison,
    language: Language,
    encoding: Encoding,
) -> anyhow::Result<TableFile> {
    let w = ComparisonHeads::of(language);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record([w.from, w.to, w.kind, w.change, w.id, w.name, w.part, w.before, w.after, w.step])?;
    for d in &comparison.differences {
        let part = d.part.as_ref().map(|p| p.pick(language)).unwrap_or_default();
        let step = d.step().map(|s| s.to_string()).unwrap_or_default();
        let [before, after] = [&d.before, &d.after].map(|fact| harmless(&cell(fact, language)));
        let told = [from, to, d.kind.label(language), d.change.label(language), d.subject.id.as_str()];
        let mut line: Vec<String> = told.into_iter().map(harmless).collect();
        // A negative number is a number, not a formula: the guard is for foreign text only.
        line.extend([harmless(d.subject.pick(language)), harmless(part), before, after, step]);
        writer.write_record(line)?;
    }
    let text = String::from_utf8(writer.into_inner()?)?;
    Ok(encode(&text, encoding))
}

/// Numbers and months as programs read them; the rest in words.
fn cell(fact: &Fact, language: Language) -> String {
    match fact {
        Fact::Number(number) => number.to_string(),
        Fact::Month(month) => month.to_string(),
        Fact::NotThere
        | Fact::NotStated
        | Fact::NotInUnit
        | Fact::NotRegistered
        | Fact::Nothing
        | Fact::UnderStudy
        | Fact::Status(_)
        | Fact::Texts(_)
        | Fact::Channels(_) => fact.words(language),
    }
}
