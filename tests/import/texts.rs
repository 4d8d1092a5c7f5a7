//! Files of text, and what only calls itself so.

use ceptoar_portal::platform::tables::Problem;

use super::case::Fate::{Read, Refused};
use super::case::{Case, case};

fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

fn cp932(text: &str) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}

/// Odd, and readable.
pub fn ordinary() -> Vec<Case> {
    vec![
        case("with a mark", "\u{FEFF}名称,電話\r\n架空銀行,0312345678\r\n", Read(2, "0312345678")),
        case("CP932", cp932("名称,電話\r\n架空銀行髙﨑①支店,03\r\n"), Read(2, "架空銀行髙﨑①支店")),
        case("half-width kana in CP932", cp932("ﾒｲｼｮｳ\r\nｶｸｳ\r\n"), Read(2, "ｶｸｳ")),
        case("tabs", "a\tb\n1,5\t2\n", Read(2, "1,5")),
        case("semicolons", "a;b\n1,5;2\n", Read(2, "1,5")),
        case("mixed line ends", "a,b\r\n1,2\n3,4\r5,6", Read(4, "6")),
        case("no line end at the end", "a,b\n1,2", Read(2, "2")),
        case("rows of different lengths", "a,b,c\n1\n1,2,3,4\n", Read(3, "4")),
        case("empty lines between", "a\n\n\n\nb\n", Read(2, "b")),
        case("line ends within quotes", "a,b\n\"x\r\ny\",2\n", Read(2, "x\ny")),
        case("quotes within quotes", "a\n\"x \"\"y\"\" z\"\n", Read(2, "x \"y\" z")),
        case("the same head twice", "名称,名称\na,b\n", Read(2, "b")),
        case("a formula", "a\n=cmd|'/c calc'!A0\n", Read(2, "=cmd|'/c calc'!A0")),
        case("a guarded formula", "a\n'=1+1\n", Read(2, "=1+1")),
        case("text that turns round", "a\nx\u{202E}y\n", Read(2, "x\u{202E}y")),
        case("a bell", "a\nx\u{7}y\n", Read(2, "x\u{7}y")),
        case("our own separators", "a,b\nx\u{FDD0}y,\u{FDD1}\n", Read(2, "x\u{FFFD}y")),
        case("one cell", "a", Read(1, "a")),
        case("59,999 rows of one column", "x\n".repeat(59_999), Read(59_999, "x")),
        case("a cell of 2,000", format!("a\n{}", "あ".repeat(2_000)), Read(2, "a")),
    ]
}

/// Refused.
pub fn strange() -> Vec<Case> {
    vec![
        case("0 bytes", "", Refused(Problem::Empty)),
        case("only a mark", "\u{FEFF}", Refused(Problem::Empty)),
        case("only white space", " \r\n\t\r\n", Refused(Problem::Empty)),
        case("only separators", ",,,\n,,,\n", Refused(Problem::Empty)),
        case("UTF-16", utf16("名称,電話\r\n"), Refused(Problem::Utf16)),
        case("bytes of no encoding", [b'a', 0x80, 0xFF, 0xFE, b',', 0xA0], Refused(Problem::Encoding)),
        case("a broken mark", [0xEF, 0xBB, 0xBF, 0xFF, b'a'], Refused(Problem::Encoding)),
        case("NUL", "a,b\nx,y\0z\n", Refused(Problem::Control("B2".into()))),
        case("an open quote", "a,b\n1,\"2\n3,4\n", Refused(Problem::OpenQuote("B2".into()))),
        case(
            "an open quote before much",
            format!("a\n\"{}", "b\n".repeat(500_000)),
            Refused(Problem::OpenQuote("A2".into())),
        ),
        case("60,001 rows", "x\n".repeat(60_001), Refused(Problem::TooManyRows("A60001".into()))),
        case(
            "a million empty lines",
            format!("a\n{}b\n", "\n".repeat(1_000_000)),
            Refused(Problem::TooManyRows("A1000002".into())),
        ),
        case("101 columns", format!("a\n{}z\n", ",".repeat(100)), Refused(Problem::TooManyColumns("CW2".into()))),
        case(
            "a million columns",
            format!("{}z\n", ",".repeat(1_000_000)),
            Refused(Problem::TooManyColumns(String::new())),
        ),
        case("a cell of 2,001", format!("a\n{}", "あ".repeat(2_001)), Refused(Problem::TooLong("A2".into()))),
        case("one cell of 15 MB", "x".repeat(15_000_000), Refused(Problem::TooLong("A1".into()))),
        case(
            "a page for browsers",
            "<!DOCTYPE html><html><table><tr><td>a</td></tr></table></html>",
            Refused(Problem::OtherKind),
        ),
        case("a PDF", "%PDF-1.7\n%âãÏÓ\n", Refused(Problem::OtherKind)),
        case("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), Refused(Problem::OtherKind)),
        case("a program", [&b"\x7fELF\x02\x01\x01"[..], &[0; 60]].concat(), Refused(Problem::OtherKind)),
        case(
            "a spreadsheet in XML",
            "<?xml version=\"1.0\"?><Workbook><Worksheet/></Workbook>",
            Refused(Problem::OtherKind),
        ),
        case(
            "a locked or old workbook",
            [&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1][..], &[0; 4096]].concat(),
            Refused(Problem::OldOrLocked),
        ),
    ]
}
