//! The rows of a dry run, as the page shows them.

use crate::features::directory::exchange::column::Column;
use crate::features::directory::exchange::imports::StoredRow;
use crate::features::directory::exchange::plan::{CellChange, Fate};
use crate::features::directory::roster;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language};

crate::words! {
    /// Words of the rows.
    pub struct RowWords {
        new: "新規" / "New",
        changed: "変更" / "Changed",
        unchanged: "変更なし" / "Unchanged",
        refused: "取り込めない" / "Refused",
        joins: "新しい構成員" / "New member",
        nothing: "(空欄)" / "(empty)",
        nobody: "(構成員不明)" / "(no member)",
    }
}

impl Label for Fate {
    fn label(self, language: Language) -> &'static str {
        let w = RowWords::of(language);
        match self {
            Self::New => w.new,
            Self::Changed => w.changed,
            Self::Unchanged => w.unchanged,
            Self::Refused => w.refused,
        }
    }
}

/// A cell that changes.
pub struct ShownCell {
    /// The column.
    pub name: String,
    /// What stands there now; empty where nothing does.
    pub before: String,
    /// What is to stand there.
    pub after: String,
}

/// A row.
pub struct ShownRow {
    /// As spreadsheets number it.
    pub place: u32,
    /// Its fate, for the look.
    pub mark: &'static str,
    /// Its fate in words.
    pub fate: &'static str,
    /// The member.
    pub member: String,
    /// The member's page, where there is one.
    pub href: Option<String>,
    /// Beside its name, for one that joins.
    pub joins: &'static str,
    /// The window.
    pub window: String,
    /// What changes.
    pub cells: Vec<ShownCell>,
    /// What is wrong.
    pub refusals: Vec<String>,
}

/// A row as the page shows it.
#[must_use]
pub fn shown(row: &StoredRow, ceptoar_id: &str, language: Language) -> ShownRow {
    let w = RowWords::of(language);
    let is_new = row.fate == Fate::New;
    let href =
        row.organisation.map(|id| roster::paths::of_member(roster::paths::MEMBER, ceptoar_id, OrganisationId(id)));
    ShownRow {
        place: row.place,
        mark: mark(row.fate),
        fate: row.fate.label(language),
        member: if row.subject.member.is_empty() { w.nobody.to_owned() } else { row.subject.member.clone() },
        href,
        joins: if row.subject.joins && is_new { w.joins } else { "" },
        window: row.subject.window.clone(),
        cells: row.cells.iter().map(|cell| shown_cell(cell, is_new, language)).collect(),
        refusals: row.refusals.iter().map(|refusal| refusal.said(language)).collect(),
    }
}

fn mark(fate: Fate) -> &'static str {
    match fate {
        Fate::New => "added",
        Fate::Changed => "changed",
        Fate::Unchanged => "",
        Fate::Refused => "removed",
    }
}

fn shown_cell(cell: &CellChange, is_new: bool, language: Language) -> ShownCell {
    let nothing = |text: String| if text.is_empty() { RowWords::of(language).nothing.to_owned() } else { text };
    let before = value(cell, &cell.before, language);
    ShownCell {
        name: cell.column.head(language),
        before: if is_new && before.is_empty() { before } else { nothing(before) },
        after: nothing(value(cell, &cell.after, language)),
    }
}

/// What a cell says, in the language of the page where it is a word of ours.
fn value(cell: &CellChange, text: &str, language: Language) -> String {
    let ours = match (cell.column, text) {
        (Column::Hub | Column::Handler, "はい") => language.pick("はい", "Yes"),
        (Column::Hub | Column::Handler, "いいえ") => language.pick("いいえ", "No"),
        (Column::Language, "日本語") => language.pick("日本語", "Japanese"),
        (Column::Language, "英語") => language.pick("英語", "English"),
        (_, text) => text,
    };
    ours.to_owned()
}
