//! Workbooks, written part by part: no library would write these.

use std::io::{Cursor, Write};

use ceptoar_portal::platform::tables::Problem;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::case::Fate::{Read, Refused, RefusedSomehow};
use super::case::{Case, case};

type Writer = ZipWriter<Cursor<Vec<u8>>>;

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;
const RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const NS: &str = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;

fn part(writer: &mut Writer, name: &str, content: &[u8]) {
    writer.start_file(name, SimpleFileOptions::default()).expect("a part");
    writer.write_all(content).expect("content");
}

/// Sheets as (state, content of the sheet's data), and further parts.
#[derive(Default)]
struct Book<'a> {
    sheets: &'a [(&'a str, &'a str)],
    shared: &'a str,
    styles: &'a str,
    more: &'a [(&'a str, &'a [u8])],
}

fn frame(sheets: &[(&str, &str)]) -> (String, String) {
    let mut list = String::new();
    let mut relations = String::new();
    for (n, (state, _)) in (1..).zip(sheets) {
        list += &format!(r#"<sheet name="S{n}" sheetId="{n}" state="{state}" r:id="rId{n}"/>"#);
        relations += &format!(
            r#"<Relationship Id="rId{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{n}.xml"/>"#
        );
    }
    relations += r#"<Relationship Id="rId901" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId902" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>"#;
    (
        format!(r#"<?xml version="1.0"?><workbook {NS}><sheets>{list}</sheets></workbook>"#),
        format!(
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>"#
        ),
    )
}

fn begin(book: &Book<'_>) -> Writer {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let (workbook, relations) = frame(book.sheets);
    part(&mut writer, "[Content_Types].xml", TYPES.as_bytes());
    part(&mut writer, "_rels/.rels", RELS.as_bytes());
    part(&mut writer, "xl/workbook.xml", workbook.as_bytes());
    part(&mut writer, "xl/_rels/workbook.xml.rels", relations.as_bytes());
    if !book.shared.is_empty() {
        part(&mut writer, "xl/sharedStrings.xml", format!("<sst {NS}>{}</sst>", book.shared).as_bytes());
    }
    if !book.styles.is_empty() {
        part(&mut writer, "xl/styles.xml", format!("<styleSheet {NS}>{}</styleSheet>", book.styles).as_bytes());
    }
    writer
}

fn sheet(data: &str) -> String {
    format!("<worksheet {NS}><sheetData>{data}</sheetData></worksheet>")
}

fn end(writer: Writer) -> Vec<u8> {
    writer.finish().expect("an archive").into_inner()
}

fn book(book: &Book<'_>) -> Vec<u8> {
    let mut writer = begin(book);
    for (n, (_, data)) in (1..).zip(book.sheets) {
        part(&mut writer, &format!("xl/worksheets/sheet{n}.xml"), sheet(data).as_bytes());
    }
    for (name, content) in book.more {
        part(&mut writer, name, content);
    }
    end(writer)
}

/// A book of one sheet with this data.
fn one(data: &str) -> Vec<u8> {
    book(&Book { sheets: &[("visible", data)], ..Book::default() })
}

/// A cell with text of its own.
fn text(at: &str, text: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

const DATES: &str = r#"<numFmts count="1"><numFmt numFmtId="170" formatCode="yyyy/mm/dd"/></numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs>"#;

/// Odd, and readable.
pub fn ordinary() -> Vec<Case> {
    let row = |cells: &str| format!(r#"<row r="1">{cells}</row>"#);
    let dated = |style: u8, value: &str| {
        let data = row(&format!(r#"<c r="A1" s="{style}"><v>{value}</v></c>"#));
        book(&Book { sheets: &[("visible", &data)], styles: DATES, ..Book::default() })
    };
    let seen = row(&text("A1", "seen"));
    let hidden = row(&text("A1", "hidden"));
    let merged = sheet(&format!(r#"{}<row r="2">{}</row>"#, row(&text("A1", "both")), text("A2", "next")))
        .replace("</worksheet>", r#"<mergeCells count="1"><mergeCell ref="A1:C1"/></mergeCells></worksheet>"#);
    let mut merging = begin(&Book { sheets: &[("visible", "")], ..Book::default() });
    part(&mut merging, "xl/worksheets/sheet1.xml", merged.as_bytes());
    let shared = row(r#"<c r="A1" t="s"><v>1</v></c>"#);
    vec![
        case("text with zeros in front", one(&row(&text("A1", "0312345678"))), Read(1, "0312345678")),
        case("a whole number", one(&row(r#"<c r="A1"><v>312345678</v></c>"#)), Read(1, "312345678")),
        case("a long number", one(&row(r#"<c r="A1"><v>9.0312345678E10</v></c>"#)), Read(1, "90312345678")),
        case("a day", dated(1, "46347"), Read(1, "2026-11-21")),
        case("a day in another form", dated(2, "46347"), Read(1, "2026-11-21")),
        case("truth", one(&row(r#"<c r="A1" t="b"><v>1</v></c>"#)), Read(1, "TRUE")),
        case(
            "a formula with its result",
            one(&row(r#"<c r="A1" t="str"><f>A2&amp;"x"</f><v>done</v></c>"#)),
            Read(1, "done"),
        ),
        case("a formula as text", one(&row(&text("A1", "=1+1"))), Read(1, "=1+1")),
        case("merged cells", end(merging), Read(2, "both")),
        case(
            "hidden sheets before",
            book(&Book {
                sheets: &[("hidden", &hidden), ("veryHidden", &hidden), ("visible", &seen)],
                ..Book::default()
            }),
            Read(1, "seen"),
        ),
        case(
            "shared strings",
            book(&Book {
                sheets: &[("visible", &shared)],
                shared: "<si><t>a</t></si><si><t>b</t></si>",
                ..Book::default()
            }),
            Read(1, "b"),
        ),
        case(
            "a cell far down, with nothing in it",
            one(&format!(r#"{}<row r="1048576"><c r="XFD1048576" s="0"/></row>"#, row(&text("A1", "a")))),
            Read(1, "a"),
        ),
    ]
}

/// Refused.
pub fn strange() -> Vec<Case> {
    let good = one(&format!(r#"<row r="1">{}</row>"#, text("A1", "a")));
    let with = |name: &str, content: &[u8]| {
        book(&Book { sheets: &[("visible", "<row/>")], more: &[(name, content)], ..Book::default() })
    };
    let entity = r#"<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>"#;
    let mut outside = begin(&Book { sheets: &[("visible", "")], ..Book::default() });
    part(
        &mut outside,
        "xl/worksheets/sheet1.xml",
        format!("{entity}{}", sheet(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row>"#)).as_bytes(),
    );
    let laughs = format!("<!DOCTYPE x [<!ENTITY a \"{}\"><!ENTITY b \"{}\">]>", "ha".repeat(1000), "&a;".repeat(1000));
    let mut laughing = begin(&Book { sheets: &[("visible", "")], ..Book::default() });
    part(
        &mut laughing,
        "xl/worksheets/sheet1.xml",
        format!("{laughs}{}", sheet(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>"#)).as_bytes(),
    );
    let mut document = ZipWriter::new(Cursor::new(Vec::new()));
    part(&mut document, "[Content_Types].xml", b"<Types/>");
    part(&mut document, "word/document.xml", b"<w/>");
    let mut plain = ZipWriter::new(Cursor::new(Vec::new()));
    part(&mut plain, "members.csv", b"a,b");
    let twice = format!(r#"<row r="1">{}{}</row>"#, text("A1", "a"), text("A1", "b"));
    let backwards = format!(r#"<row r="2">{}</row><row r="1">{}</row>"#, text("A2", "a"), text("A1", "b"));
    vec![
        case(
            "a cell at the last corner",
            one(&format!(r#"<row r="1048576">{}</row>"#, text("XFD1048576", "a"))),
            Refused(Problem::TooManyRows("XFD1048576".into())),
        ),
        case(
            "a cell in the last column",
            one(&format!(r#"<row r="1">{}</row>"#, text("XFD1", "a"))),
            Refused(Problem::TooManyColumns("XFD1".into())),
        ),
        case(
            "a cell beyond the last corner",
            one(&format!(r#"<row r="9">{}</row>"#, text("ZZZZZZZ99999999999", "a"))),
            RefusedSomehow,
        ),
        case(
            "a formula without its result",
            one(r#"<row r="1"><c r="C1"><f>1+1</f></c></row>"#),
            Refused(Problem::Formula("C1".into())),
        ),
        case(
            "a formula that failed",
            one(r##"<row r="1"><c r="B1" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>"##),
            Refused(Problem::ErrorValue("B1".into())),
        ),
        case(
            "a shared string that is not there",
            one(r#"<row r="1"><c r="A1" t="s"><v>7</v></c></row>"#),
            Refused(Problem::Damaged),
        ),
        case("a cell twice", one(&twice), Refused(Problem::Damaged)),
        case("rows backwards", one(&backwards), Refused(Problem::Damaged)),
        case(
            "no sheet that is seen",
            book(&Book { sheets: &[("hidden", "<row/>")], ..Book::default() }),
            Refused(Problem::NoSheet),
        ),
        case("no sheet at all", book(&Book::default()), Refused(Problem::NoSheet)),
        case("an empty sheet", one(""), Refused(Problem::Empty)),
        case("a truncated archive", &good[..good.len() / 2], Refused(Problem::Damaged)),
        case("an archive without its end", &good[..good.len() - 10], Refused(Problem::Damaged)),
        case("only the beginning of an archive", "PK\u{3}\u{4}", Refused(Problem::Damaged)),
        case("a file of the system by an entity", end(outside), Refused(Problem::Damaged)),
        case("entities of entities", end(laughing), Refused(Problem::Damaged)),
        case(
            "no XML",
            book(&Book { sheets: &[("visible", "</sheetData><<<>>>&&&")], ..Book::default() }),
            RefusedSomehow,
        ),
        case("an archive within", with("xl/embeddings/a.zip", &good), Refused(Problem::Within)),
        case("a macro", with("xl/vbaProject.bin", b"x"), Refused(Problem::Within)),
        case("a part that leads out", with("../../etc/cron.d/x", b"x"), Refused(Problem::Damaged)),
        case("a text document", end(document), Refused(Problem::OtherKind)),
        case("an archive of a table", end(plain), Refused(Problem::OtherKind)),
    ]
}

/// What unpacks to far more than it is.
pub fn bombs() -> Vec<Case> {
    vec![
        case(
            "10 million cells",
            repeated(&format!("<row>{}</row>", "<c><v>1</v></c>".repeat(90)), 111_112),
            RefusedSomehow,
        ),
        case("10 million empty cells", repeated(&format!("<row>{}</row>", "<c/>".repeat(90)), 111_112), RefusedSomehow),
        case("a string of 300 MB", long_string(), Refused(Problem::TooMuch)),
        case("90 MB of shared strings", many_strings(), RefusedSomehow),
        case("a book of 3,000 parts", many_parts(), Refused(Problem::TooMuch)),
        case("deep elements", one(&format!("<row><c>{}", "<a>".repeat(200_000))), RefusedSomehow),
    ]
}

fn repeated(row: &str, times: usize) -> Vec<u8> {
    let mut writer = begin(&Book { sheets: &[("visible", "")], ..Book::default() });
    writer.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default()).expect("a part");
    writer.write_all(format!("<worksheet {NS}><sheetData>").as_bytes()).expect("content");
    for _ in 0..times {
        writer.write_all(row.as_bytes()).expect("content");
    }
    writer.write_all(b"</sheetData></worksheet>").expect("content");
    end(writer)
}

fn long_string() -> Vec<u8> {
    let mut writer = begin(&Book { sheets: &[("visible", "")], ..Book::default() });
    part(&mut writer, "xl/worksheets/sheet1.xml", sheet(r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#).as_bytes());
    writer.start_file("xl/sharedStrings.xml", SimpleFileOptions::default()).expect("a part");
    writer.write_all(format!("<sst {NS}><si><t>").as_bytes()).expect("content");
    let piece = vec![b'a'; 1024 * 1024];
    for _ in 0..300 {
        writer.write_all(&piece).expect("content");
    }
    writer.write_all(b"</t></si></sst>").expect("content");
    end(writer)
}

fn many_strings() -> Vec<u8> {
    let mut writer = begin(&Book { sheets: &[("visible", "")], ..Book::default() });
    part(&mut writer, "xl/worksheets/sheet1.xml", sheet(r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#).as_bytes());
    writer.start_file("xl/sharedStrings.xml", SimpleFileOptions::default()).expect("a part");
    writer.write_all(format!("<sst {NS}>").as_bytes()).expect("content");
    let piece = "<si><t>a</t></si>".repeat(1000);
    for _ in 0..5_500 {
        writer.write_all(piece.as_bytes()).expect("content");
    }
    writer.write_all(b"</sst>").expect("content");
    end(writer)
}

fn many_parts() -> Vec<u8> {
    let mut writer = begin(&Book { sheets: &[("visible", "<row/>")], ..Book::default() });
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for n in 0..3_000 {
        writer.start_file(format!("xl/media/{n}"), stored).expect("a part");
    }
    end(writer)
}
