//! Tables of text: comma, semicolon or tab between the cells, in the encodings that offices have.

use std::borrow::Cow;

use csv::ReaderBuilder;

use super::encoding::unguarded;
use super::problem::{Problem, cell_name};
use super::table::{Builder, Table};

/// Set behind the last row: it comes out alone where every quotation mark is closed.
const END: &str = "\u{FDEF}";

/// Reads a table of text.
///
/// # Errors
/// Why it cannot be read.
pub fn read(content: &[u8]) -> Result<Table, Problem> {
    let text = decode(content)?;
    if text.trim().is_empty() {
        return Err(Problem::Empty);
    }
    let separator = separator(&text);
    // One kind of line end, so that lines can be counted.
    let whole = format!("{}\n{END}\n", text.replace("\r\n", "\n").replace('\r', "\n"));
    drop(text);
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(whole.as_bytes());
    let mut builder = Builder::default();
    let mut record = csv::StringRecord::new();
    let (mut row, mut line) = (0_usize, 1_u64);
    let mut closed = false;
    while reader.read_record(&mut record).map_err(|_| Problem::Damaged)? {
        closed = record.len() == 1 && record.get(0) == Some(END);
        if closed {
            break;
        }
        // Empty lines are no records, and rows all the same.
        let after = reader.position().line();
        let own = 1 + record.iter().flat_map(str::bytes).filter(|byte| *byte == b'\n').count() as u64;
        let skipped = after.saturating_sub(own).saturating_sub(line);
        row = row.saturating_add(usize::try_from(skipped).unwrap_or(usize::MAX));
        line = after;
        let last = record.len().saturating_sub(1);
        for (column, cell) in record.iter().enumerate() {
            if column == last && cell.contains(END) {
                return Err(Problem::OpenQuote(cell_name(row, column)));
            }
            builder.push(row, column, unguarded(cell))?;
        }
        row = row.saturating_add(1);
    }
    if !closed {
        return Err(Problem::OpenQuote(cell_name(row, 0)));
    }
    builder.finish(None)
}

fn decode(content: &[u8]) -> Result<Cow<'_, str>, Problem> {
    if content.starts_with(&[0xFF, 0xFE]) || content.starts_with(&[0xFE, 0xFF]) {
        return Err(Problem::Utf16);
    }
    if let Some(marked) = content.strip_prefix("\u{FEFF}".as_bytes()) {
        return std::str::from_utf8(marked).map(Cow::Borrowed).map_err(|_| Problem::Encoding);
    }
    if let Ok(text) = std::str::from_utf8(content) {
        return Ok(Cow::Borrowed(text));
    }
    let (text, broken) = encoding_rs::SHIFT_JIS.decode_without_bom_handling(content);
    if broken { Err(Problem::Encoding) } else { Ok(text) }
}

/// The separator that the first line with anything in it has most of, outside quotation marks.
fn separator(text: &str) -> u8 {
    let first = text.split(['\r', '\n']).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut counts = [(b',', 0_usize), (b'\t', 0), (b';', 0)];
    let mut quoted = false;
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        for (separator, count) in &mut counts {
            *count += usize::from(!quoted && byte == *separator);
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(content: &[u8]) -> Result<Vec<(u32, Vec<String>)>, Problem> {
        let table = read(content)?;
        Ok(table.rows().map(|row| (row.number, row.cells().map(str::to_owned).collect())).collect())
    }

    fn row(number: u32, cells: &[&str]) -> (u32, Vec<String>) {
        (number, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn every_encoding_separator_and_line_end_is_read() {
        let expected = vec![row(1, &["名称", "電話"]), row(2, &["架空銀行", "0312345678"])];
        for separator in [",", ";", "\t"] {
            for line in ["\r\n", "\n", "\r"] {
                let text = format!("名称{separator}電話{line}架空銀行{separator}0312345678");
                let marked = format!("\u{FEFF}{text}");
                let (older, ..) = encoding_rs::SHIFT_JIS.encode(&text);
                for content in [text.as_bytes(), marked.as_bytes(), &older] {
                    assert_eq!(rows(content).as_ref(), Ok(&expected), "{separator:?} {line:?}");
                }
            }
        }
    }

    #[test]
    fn rows_keep_their_numbers() {
        let read = rows(b"a,b\r\n\r\n,\r\n\"x\ny\",1\r\n\r\nz,2\r\n").expect("a table");
        assert_eq!(read, [row(1, &["a", "b"]), row(4, &["x\ny", "1"]), row(6, &["z", "2"])]);
    }

    #[test]
    fn guards_are_taken_off_again() {
        assert_eq!(rows(b"a\n'=1+1\n'quoted\n").expect("a table")[1..], [row(2, &["=1+1"]), row(3, &["'quoted"])]);
    }

    #[test]
    fn a_quotation_mark_has_to_be_closed() {
        assert_eq!(rows(b"a,b\n1,\"2\n3,4\n"), Err(Problem::OpenQuote("B2".into())));
        assert_eq!(rows(b"a,b\n1,\"2\n\"\n").expect("a table").len(), 2);
    }
}
