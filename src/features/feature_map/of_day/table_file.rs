//! The map of a day as a table file: as an edition, and beside it where the cells come from.

use super::overlay::{DayMap, Source};
use crate::features::feature_map::compare::difference::Kind;
use crate::features::feature_map::table_file::{heads, lines};
use crate::features::feature_map::vocabulary::list_joint;
use crate::kernel::language::{Label, Language};
use crate::platform::tables::writing::Delimited;
use crate::platform::tables::{Encoding, TableFile};

crate::words! {
    /// Heads of the columns that editions do not have.
    pub struct DayHeads {
        day: "基準日" / "As of",
        rule: "施行中の取扱いルールの版" / "Edition of the handling rule in force",
        rule_from: "施行日" / "In force since",
        from_directory: "登録による項目" / "Items from the directory",
        from_editions: "版による項目" / "Items from editions",
    }
}

/// The map as a table file.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn write(map: &DayMap, language: Language, encoding: Encoding) -> anyhow::Result<TableFile> {
    let w = DayHeads::of(language);
    let mut writer = Delimited::default();
    let mut head: Vec<String> = heads(language).into_iter().map(|head| head.text).collect();
    if let Some(first) = head.first_mut() {
        w.day.clone_into(first);
    }
    head.extend([w.rule, w.rule_from, w.from_directory, w.from_editions].map(str::to_owned));
    writer.push(&head)?;
    // An edition's table has the id of the CEPTOAR in its fifth column.
    for mut line in lines(&map.edition, language) {
        let id = line.get(4).cloned().unwrap_or_default();
        let rule = map.rules.get(&id);
        line.push(rule.map(super::facts::RuleInForce::name).unwrap_or_default());
        line.push(rule.map(|rule| rule.from.to_string()).unwrap_or_default());
        let items = |wanted: fn(&Source) -> Option<&str>| {
            let found = Kind::ALL.into_iter().filter_map(|kind| Some((kind, wanted(map.source(&id, kind)?)?)));
            let told = found.map(|(kind, from)| match from {
                "" => kind.label(language).to_owned(),
                edition => format!("{}({edition})", kind.label(language)),
            });
            told.collect::<Vec<_>>().join(list_joint(language))
        };
        line.push(items(|source| matches!(source, Source::Directory(_)).then_some("")));
        line.push(items(|source| match source {
            Source::Edition(edition) => Some(edition),
            Source::Directory(_) => None,
        }));
        writer.push(&line)?;
    }
    writer.finish(encoding)
}
