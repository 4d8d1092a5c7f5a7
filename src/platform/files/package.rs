//! The inside of an office document, which is an archive: counted and measured before anybody opens it.
//! Runs in a box; the numbers that the archive states about itself are not believed.

use std::io::{Cursor, Read};

use serde::{Deserialize, Serialize};
use zip::{CompressionMethod, ZipArchive};

use crate::platform::sandbox::parser::answer;
use crate::platform::sandbox::{Kind, Parser};

/// Parts of a document.
pub const MOST_PARTS: usize = 2_000;

/// Bytes of all parts, unpacked.
pub const MOST_UNPACKED: u64 = 200 * 1024 * 1024;

/// How much larger than packed a document may be, beyond the first [`ALWAYS_FINE`] bytes.
pub const MOST_RATIO: u64 = 100;

/// Small documents may consist of repetition.
pub const ALWAYS_FINE: u64 = 8 * 1024 * 1024;

/// Looks into a package.
pub const LOOK: Kind<Result<Package, Bad>> = Kind::new("package");

/// What [`LOOK`] runs.
pub const PARSER: Parser = Parser { kind: LOOK.name, parse: |input| answer(&look(input, Bounds::default())) };

/// What a package is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// The part that says what kind of document it is; one of ours.
    pub main_part: String,
    /// How many parts.
    pub parts: usize,
    /// Bytes of all parts, as really unpacked.
    pub unpacked: u64,
}

/// What is wrong with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Bad {
    /// It is no archive, or a damaged one.
    #[error("unreadable")]
    Unreadable,
    /// It is locked with a password.
    #[error("locked")]
    Locked,
    /// Too many parts.
    #[error("too many parts")]
    TooMany,
    /// Too much when unpacked.
    #[error("too much when unpacked")]
    TooMuch,
    /// A part leads out of the package, or two have one name.
    #[error("a part with a wrong name")]
    Name,
    /// Another archive is in it.
    #[error("an archive within")]
    Nested,
    /// A macro or another program is in it.
    #[error("a program within")]
    Program,
    /// It is no office document.
    #[error("no office document")]
    Kind,
}

/// How much is taken.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Parts.
    pub parts: usize,
    /// Bytes, unpacked.
    pub unpacked: u64,
    /// Unpacked by packed.
    pub ratio: u64,
    /// Below this many bytes the ratio does not count.
    pub always_fine: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { parts: MOST_PARTS, unpacked: MOST_UNPACKED, ratio: MOST_RATIO, always_fine: ALWAYS_FINE }
    }
}

/// Looks at every part.
///
/// # Errors
/// The first thing that is wrong.
pub fn look(content: &[u8], bounds: Bounds) -> Result<Package, Bad> {
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|_| Bad::Unreadable)?;
    if archive.len() > bounds.parts {
        return Err(Bad::TooMany);
    }
    if archive.has_duplicate_names() {
        return Err(Bad::Name);
    }
    let packed = content.len() as u64;
    let most = bounds.unpacked.min(packed.saturating_mul(bounds.ratio).max(bounds.always_fine));
    let mut unpacked = 0;
    let mut main_part = None;
    let mut described = false;
    for index in 0..archive.len() {
        let name = check_part(&mut archive, index)?;
        described |= name == "[Content_Types].xml";
        main_part = main_part.or(MAIN_PARTS.into_iter().find(|part| *part == name));
        unpacked += measure(&mut archive, index, most - unpacked)?;
    }
    match main_part {
        Some(part) if described => Ok(Package { main_part: part.to_owned(), parts: archive.len(), unpacked }),
        Some(_) | None => Err(Bad::Kind),
    }
}

const MAIN_PARTS: [&str; 3] = ["word/document.xml", "xl/workbook.xml", "ppt/presentation.xml"];

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// The name of a part, once it is known to be harmless.
fn check_part(archive: &mut Archive<'_>, index: usize) -> Result<String, Bad> {
    let part = archive.by_index_raw(index).map_err(|_| Bad::Unreadable)?;
    if part.encrypted() {
        return Err(Bad::Locked);
    }
    if !matches!(part.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) || part.is_symlink() {
        return Err(Bad::Unreadable);
    }
    let name = std::str::from_utf8(part.name_raw()).map_err(|_| Bad::Name)?.to_owned();
    let leads_out = name.starts_with('/') || name.contains(['\\', ':', '\0']) || name.split('/').any(|p| p == "..");
    if name.is_empty() || leads_out {
        return Err(Bad::Name);
    }
    let lower = name.to_lowercase();
    if lower.ends_with("vbaproject.bin") || lower.contains("/activex/") || PROGRAMS.iter().any(|e| lower.ends_with(e)) {
        return Err(Bad::Program);
    }
    Ok(name)
}

const PROGRAMS: [&str; 10] = [".exe", ".dll", ".js", ".vbs", ".ps1", ".bat", ".cmd", ".scr", ".jar", ".hta"];

/// Unpacks a part into nowhere; gives its true length.
fn measure(archive: &mut Archive<'_>, index: usize, most: u64) -> Result<u64, Bad> {
    let part = archive.by_index(index).map_err(|_| Bad::Unreadable)?;
    let mut part = part.take(most + 1);
    let mut buffer = vec![0; 64 * 1024];
    let (mut length, mut start) = (0_u64, Vec::new());
    loop {
        let read = part.read(&mut buffer).map_err(|_| Bad::Unreadable)?;
        if read == 0 {
            break;
        }
        if start.len() < 512 {
            start.extend_from_slice(&buffer[..read.min(512)]);
        }
        length += read as u64;
        if length > most {
            return Err(Bad::TooMuch);
        }
    }
    if infer::is_archive(&start) || infer::is_app(&start) { nested_or_program(&start) } else { Ok(length) }
}

fn nested_or_program(start: &[u8]) -> Result<u64, Bad> {
    Err(if infer::is_app(start) { Bad::Program } else { Bad::Nested })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            writer.start_file(*name, SimpleFileOptions::default()).expect("a part");
            writer.write_all(content).expect("content");
        }
        writer.finish().expect("an archive").into_inner()
    }

    const DOCUMENT: [(&str, &[u8]); 2] = [("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>")];

    fn with(part: (&str, &[u8])) -> Result<Package, Bad> {
        look(&archive(&[DOCUMENT[0], DOCUMENT[1], part]), Bounds::default())
    }

    #[test]
    fn a_document_is_known_by_its_main_part() {
        let package = look(&archive(&DOCUMENT), Bounds::default()).expect("a document");
        assert_eq!((package.main_part.as_str(), package.parts, package.unpacked), ("word/document.xml", 2, 12));
        assert_eq!(look(&archive(&DOCUMENT[..1]), Bounds::default()), Err(Bad::Kind));
        assert_eq!(look(&archive(&DOCUMENT[1..]), Bounds::default()), Err(Bad::Kind));
        assert_eq!(look(b"PK\x03\x04nonsense", Bounds::default()), Err(Bad::Unreadable));
        let whole = archive(&DOCUMENT);
        for length in 0..whole.len() {
            assert!(look(&whole[..length], Bounds::default()).is_err(), "cut after {length}");
        }
    }

    #[test]
    fn wrong_parts_are_refused() {
        assert!(with(("word/media/image1.png", b"\x89PNG\r\n\x1a\n")).is_ok());
        for name in ["../../etc/passwd", "/etc/passwd", "a/../../b", "C:evil", "a\\..\\b"] {
            assert_eq!(with((name, b"x")), Err(Bad::Name), "{name}");
        }
        assert_eq!(with(("word/vbaProject.bin", b"x")), Err(Bad::Program));
        assert_eq!(with(("word/embeddings/a.EXE", b"x")), Err(Bad::Program));
        assert_eq!(with(("word/embeddings/a.bin", &archive(&DOCUMENT))), Err(Bad::Nested));
        assert_eq!(with(("word/embeddings/a.bin", b"\x1f\x8b\x08\0\0\0\0\0")), Err(Bad::Nested));
        let program = [&b"\x7fELF\x02\x01\x01"[..], &[0; 100]].concat();
        assert_eq!(with(("word/embeddings/a.bin", &program)), Err(Bad::Program));
    }

    #[test]
    fn bounds_hold_to_the_byte() {
        let content = archive(&DOCUMENT);
        let bounds = Bounds { parts: 2, unpacked: 12, ratio: 100, always_fine: 12 };
        assert!(look(&content, bounds).is_ok());
        assert_eq!(look(&content, Bounds { parts: 1, ..bounds }), Err(Bad::TooMany));
        assert_eq!(look(&content, Bounds { unpacked: 11, ..bounds }), Err(Bad::TooMuch));
        let bomb = archive(&[DOCUMENT[0], DOCUMENT[1], ("word/a.xml", &vec![0; 16 * 1024 * 1024])]);
        assert!(bomb.len() < 64 * 1024);
        assert_eq!(look(&bomb, Bounds::default()), Err(Bad::TooMuch));
    }

    #[test]
    fn an_archive_that_lies_about_a_length_is_measured_all_the_same() {
        let mut bomb = archive(&[DOCUMENT[0], DOCUMENT[1], ("word/a.xml", &vec![0; 16 * 1024 * 1024])]);
        let told = (16_u32 * 1024 * 1024).to_le_bytes();
        while let Some(at) = bomb.windows(4).position(|w| w == told) {
            bomb[at..at + 4].copy_from_slice(&8_u32.to_le_bytes());
        }
        assert!(look(&bomb, Bounds::default()).is_err());
    }
}
