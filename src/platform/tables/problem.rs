//! Why a file cannot be read as a table. Words of ours and a cell; never words of the file.

use serde::{Deserialize, Serialize};

use super::table::{LONGEST_CELL, MOST_COLUMNS, MOST_ROWS};
use crate::kernel::language::{Language, fill};

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Problem {
    /// Nothing is in it.
    Empty,
    /// Neither a table of text nor a workbook.
    OtherKind,
    /// A workbook of the kind before 2007, or one with a password.
    OldOrLocked,
    /// Text in UTF-16.
    Utf16,
    /// Text in none of the encodings.
    Encoding,
    /// The file breaks off or contradicts itself.
    Damaged,
    /// No sheet that people see.
    NoSheet,
    /// Another file or a program is in it.
    Within,
    /// More than the portal unpacks.
    TooMuch,
    /// More rows than the portal takes; the cell is the first beyond.
    TooManyRows(String),
    /// More columns than the portal takes.
    TooManyColumns(String),
    /// A cell with too much text.
    TooLong(String),
    /// A quotation mark that is not closed.
    OpenQuote(String),
    /// A character that no text has.
    Control(String),
    /// A formula whose value the file does not have.
    Formula(String),
    /// A formula that failed.
    ErrorValue(String),
}

/// The name of a cell: C12. Row and column from 0.
#[must_use]
pub fn cell_name(row: usize, column: usize) -> String {
    format!("{}{}", column_name(column), row + 1)
}

/// A, B, …, Z, AA, …
#[must_use]
pub fn column_name(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    letters.into_iter().rev().collect()
}

type At = (usize, usize);

impl Problem {
    pub(super) fn too_many_rows((row, column): At) -> Self {
        Self::TooManyRows(cell_name(row, column))
    }

    pub(super) fn too_many_columns((row, column): At) -> Self {
        Self::TooManyColumns(cell_name(row, column))
    }

    pub(super) fn too_long((row, column): At) -> Self {
        Self::TooLong(cell_name(row, column))
    }

    pub(super) fn control((row, column): At) -> Self {
        Self::Control(cell_name(row, column))
    }

    /// What is said about it: what is wrong, and what to do.
    #[must_use]
    pub fn said(&self, language: Language) -> String {
        let w = ProblemWords::of(language);
        let bound = |text: &str, bound: usize, cell: &str| {
            fill(text, &[("most", &crate::kernel::period::thousands(bound as i64)), ("cell", &plain(cell))])
        };
        match self {
            Self::Empty => w.empty.to_owned(),
            Self::OtherKind => w.other_kind.to_owned(),
            Self::OldOrLocked => w.old_or_locked.to_owned(),
            Self::Utf16 => w.utf16.to_owned(),
            Self::Encoding => w.encoding.to_owned(),
            Self::Damaged => w.damaged.to_owned(),
            Self::NoSheet => w.no_sheet.to_owned(),
            Self::Within => w.within.to_owned(),
            Self::TooMuch => w.too_much.to_owned(),
            Self::TooManyRows(cell) => bound(w.too_many_rows, MOST_ROWS, cell),
            Self::TooManyColumns(cell) => bound(w.too_many_columns, MOST_COLUMNS, cell),
            Self::TooLong(cell) => bound(w.too_long, LONGEST_CELL, cell),
            Self::OpenQuote(cell) => bound(w.open_quote, 0, cell),
            Self::Control(cell) => bound(w.control, 0, cell),
            Self::Formula(cell) => bound(w.formula, 0, cell),
            Self::ErrorValue(cell) => bound(w.error_value, 0, cell),
        }
    }
}

/// The answer of a box is not believed: of a cell's name, only letters and digits are shown.
fn plain(cell: &str) -> String {
    cell.chars().filter(char::is_ascii_alphanumeric).take(12).collect()
}

crate::words! {
    /// What is said about files that cannot be read.
    pub struct ProblemWords {
        empty: "ファイルに何も書かれていません。見出しの行と、1行以上の内容を入れてください。" / "The file is empty. It needs a row of headings and at least one row below it.",
        other_kind: "表のファイルではありません。Excelブック(.xlsx)か、CSV(.csv)を選んでください。" / "This is no table. Choose an Excel workbook (.xlsx) or a CSV file (.csv).",
        old_or_locked: "パスワードの付いたブックか、古い形式(.xls)のファイルです。パスワードを外し、「Excelブック(.xlsx)」として保存し直してください。" / "The workbook has a password, or is of the old kind (.xls). Remove the password and save it as an Excel workbook (.xlsx).",
        utf16: "文字コードがUTF-16です。「CSV UTF-8」か「Excelブック(.xlsx)」として保存し直してください。" / "The text is in UTF-16. Save it as “CSV UTF-8” or as an Excel workbook (.xlsx).",
        encoding: "文字コードを判別できません。「CSV UTF-8」か「Excelブック(.xlsx)」として保存し直してください。" / "The encoding of the text is not known. Save it as “CSV UTF-8” or as an Excel workbook (.xlsx).",
        damaged: "ファイルが壊れています。Excelで開いて保存し直してから、もう一度お試しください。" / "The file is damaged. Open it in Excel, save it again, and try once more.",
        no_sheet: "表示されているシートがありません。取り込むシートを表示して、保存し直してください。" / "No sheet is visible. Make the sheet visible and save the workbook again.",
        within: "ファイルの中に、マクロやほかのファイルが入っています。表だけを新しいブックに貼り付けて、保存してください。" / "There is a macro or another file inside. Paste the table into a new workbook and save that.",
        too_much: "ファイルの内容が大きすぎます。いくつかのファイルに分けてください。" / "There is too much in the file. Split it into several files.",
        too_many_rows: "取り込めるのは{most}行までです。{cell}に、それより先の内容があります。不要な行を削除するか、ファイルを分けてください。" / "At most {most} rows can be taken; {cell} is beyond. Delete what is not needed, or split the file.",
        too_many_columns: "取り込めるのは{most}列までです。{cell}に、それより先の内容があります。不要な列を削除してください。" / "At most {most} columns can be taken; {cell} is beyond. Delete the columns that are not needed.",
        too_long: "{cell}の文字が多すぎます({most}文字まで)。短くしてください。" / "There is too much text in {cell} (at most {most} characters). Shorten it.",
        open_quote: "{cell}の引用符(\")が閉じていません。閉じる引用符を入れるか、引用符を消してください。" / "The quotation mark in {cell} is not closed. Close it or remove it.",
        control: "{cell}に、文字として扱えない記号が入っています。入力し直してください。" / "{cell} holds a character that is no text. Type the cell again.",
        formula: "{cell}の数式には、計算の結果がありません。Excelで開いて保存し直すか、値として貼り付けてください。" / "The formula in {cell} has no result. Open and save the file in Excel, or paste the cell as a value.",
        error_value: "{cell}の数式がエラーになっています。正しい値に直してください。" / "The formula in {cell} has failed. Put the right value there.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_in_spreadsheets() {
        for (at, name) in
            [((0, 0), "A1"), ((11, 2), "C12"), ((0, 25), "Z1"), ((0, 26), "AA1"), ((1_048_575, 16_383), "XFD1048576")]
        {
            assert_eq!(cell_name(at.0, at.1), name);
        }
    }

    #[test]
    fn what_a_box_says_of_a_cell_is_not_believed() {
        let said = Problem::TooLong("<b>C12</b>".into()).said(Language::En);
        assert!(said.contains("bC12b") && !said.contains('<'));
    }
}
