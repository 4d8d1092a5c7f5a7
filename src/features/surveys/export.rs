//! Results as a table that leaves the portal: numbers, and with names also each firm's answers. The writers of the platform
//! make every cell text, and harmless.

use super::question::{Question, QuestionKind};
use super::results::{Count, Line, Results};
use crate::kernel::language::{Label, Language};
use crate::platform::tables::writing::{Delimited, Sheet, Workbook};
use crate::platform::tables::{Encoding, Format};

crate::words! {
    /// Words of the file.
    pub struct ExportWords {
        numbers: "集計" / "Numbers",
        answers: "会社ごとの回答" / "Answers",
        number: "番号" / "No.",
        question: "質問" / "Question",
        kind: "回答のしかた" / "How it is answered",
        item: "選択肢・項目" / "Choice or item",
        count: "{year} 会社数" / "{year} firms",
        mean: "{year} 平均" / "{year} mean",
        firm: "会社名" / "Firm",
        answer: "回答" / "Answer",
        withheld: "3社未満のため表示しません" / "Not shown: fewer than three firms",
    }
}

/// A firm's answer to a question as a row.
#[must_use]
pub fn named(firm: &str, question: &Question, values: &[String]) -> Vec<String> {
    vec![firm.to_owned(), question.position.to_string(), question.content.wording.clone(), values.join("\n")]
}

/// The rows of the numbers.
#[must_use]
pub fn rows(results: &Results, years: usize, language: Language, label: impl Fn(&Line) -> String) -> Vec<Vec<String>> {
    let w = ExportWords::of(language);
    let count = |count: &Count| match count {
        Count::Firms(firms) => firms.to_string(),
        Count::Withheld => w.withheld.to_owned(),
        Count::NotAsked => String::new(),
    };
    let mut rows = Vec::new();
    for result in &results.questions {
        let content = &result.question.content;
        for line in &result.lines {
            let mut row = vec![
                result.question.position.to_string(),
                content.wording.clone(),
                content.kind.label(language).to_owned(),
                label(line),
            ];
            for at in 0..years {
                row.push(line.counts.get(at).map(count).unwrap_or_default());
                let mean = line.means.get(at).cloned().flatten().filter(|_| content.kind == QuestionKind::Number);
                row.push(mean.unwrap_or_default());
            }
            rows.push(row);
        }
    }
    rows
}

/// The file.
///
/// # Errors
/// When there is more than a sheet takes.
pub fn write(
    format: Format,
    years: &[String],
    rows: Vec<Vec<String>>,
    answers: Option<Vec<Vec<String>>>,
    language: Language,
) -> anyhow::Result<Vec<u8>> {
    let w = ExportWords::of(language);
    let mut heads: Vec<String> = [w.number, w.question, w.kind, w.item].map(str::to_owned).into();
    for year in years {
        heads.extend([w.count, w.mean].map(|head| crate::kernel::language::fill(head, &[("year", year)])));
    }
    match format {
        Format::Csv => {
            let mut file = Delimited::default();
            file.push(&heads)?;
            for row in &rows {
                file.push(row)?;
            }
            Ok(file.finish(Encoding::Utf8)?.bytes)
        }
        Format::Xlsx => {
            let mut book = Workbook::default();
            let mut widths = vec![6, 48, 20, 32];
            widths.extend(years.iter().flat_map(|_| [18, 12]));
            let numbers = Sheet { name: w.numbers.to_owned(), title: String::new(), heads, widths };
            book.sheet(&numbers, rows.into_iter())?;
            if let Some(answers) = answers {
                let heads = [w.firm, w.number, w.question, w.answer].map(str::to_owned).into();
                let sheet =
                    Sheet { name: w.answers.to_owned(), title: String::new(), heads, widths: vec![32, 6, 48, 48] };
                book.sheet(&sheet, answers.into_iter())?;
            }
            book.finish()
        }
    }
}
