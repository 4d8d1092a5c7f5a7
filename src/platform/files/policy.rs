//! Which files may be attached, and how it is told whether one is what its name says.
//!
//! Written down for people in docs/operations.md. No archive of its own kind (ZIP and the like) is taken:
//! scanners and mail gateways cannot look into one that is locked, and a person can attach what is in it.

use super::package::{self, Package};

/// The largest file: 20 MiB.
pub const LARGEST: usize = 20 * 1024 * 1024;

/// A kind of file that may be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileType {
    /// A document for reading.
    Pdf,
    /// A text of a word processor.
    Docx,
    /// A spreadsheet.
    Xlsx,
    /// A presentation.
    Pptx,
    /// A table as text.
    Csv,
    /// Plain text.
    Txt,
    /// A picture.
    Png,
    /// A photograph.
    Jpeg,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is nothing in it.
    #[error("empty")]
    Empty,
    /// It is larger than [`LARGEST`].
    #[error("too large")]
    TooLarge,
    /// Its ending is none of ours.
    #[error("kind not taken")]
    Kind,
    /// It is something else than its ending says.
    #[error("content and ending differ")]
    Mismatch,
    /// It is a package that hides something: too much, too many, another archive, a program.
    #[error("package: {0}")]
    Package(#[from] package::Bad),
    /// It could not be looked into.
    #[error("cannot be checked")]
    Unchecked,
    /// It is known to be harmful.
    #[error("harmful")]
    Harmful,
}

impl FileType {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Pdf, Self::Docx, Self::Xlsx, Self::Pptx, Self::Csv, Self::Txt, Self::Png, Self::Jpeg];

    /// Its code, which is the ending that it is written with.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Pptx => "pptx",
            Self::Csv => "csv",
            Self::Txt => "txt",
            Self::Png => "png",
            Self::Jpeg => "jpg",
        }
    }

    /// The kind of a code as stored.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The kind that a file's ending claims.
    #[must_use]
    pub fn claimed(name: &str) -> Option<Self> {
        let (stem, ending) = name.rsplit_once('.')?;
        if stem.is_empty() {
            return None;
        }
        match ending.to_ascii_lowercase().as_str() {
            "jpeg" => Some(Self::Jpeg),
            ending => Self::from_code(ending),
        }
    }

    /// What the answer calls it.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            // The encoding of a text is not known (CP932 is common), so none is claimed.
            Self::Csv => "text/csv",
            Self::Txt => "text/plain",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// Where a package of this kind keeps its main part.
    #[must_use]
    pub fn package_part(self) -> Option<&'static str> {
        match self {
            Self::Docx => Some("word/document.xml"),
            Self::Xlsx => Some("xl/workbook.xml"),
            Self::Pptx => Some("ppt/presentation.xml"),
            Self::Pdf | Self::Csv | Self::Txt | Self::Png | Self::Jpeg => None,
        }
    }
}

/// What can be told from the name, the length and the first bytes. A package has to be looked into as well
/// ([`package_is`]), which is done in a box.
///
/// # Errors
/// Why the file is not taken.
pub fn recognise(name: &str, content: &[u8]) -> Result<FileType, Refused> {
    if content.is_empty() {
        return Err(Refused::Empty);
    }
    if content.len() > LARGEST {
        return Err(Refused::TooLarge);
    }
    let claimed = FileType::claimed(name).ok_or(Refused::Kind)?;
    let fits = match claimed {
        FileType::Pdf => content.starts_with(b"%PDF-"),
        FileType::Png => found(content) == Some("image/png"),
        FileType::Jpeg => found(content) == Some("image/jpeg"),
        FileType::Docx | FileType::Xlsx | FileType::Pptx => content.starts_with(b"PK\x03\x04"),
        FileType::Csv | FileType::Txt => is_text(content),
    };
    if fits { Ok(claimed) } else { Err(Refused::Mismatch) }
}

/// Whether a package is of the kind that its name claims.
///
/// # Errors
/// When it is another kind.
pub fn package_is(claimed: FileType, package: &Package) -> Result<(), Refused> {
    match claimed.package_part() {
        None => Ok(()),
        Some(part) if package.main_part == part => Ok(()),
        Some(_) => Err(Refused::Mismatch),
    }
}

fn found(content: &[u8]) -> Option<&'static str> {
    infer::get(content).map(|kind| kind.mime_type())
}

/// Text has no control characters but line ends, tabs and page breaks, and does not begin like a program,
/// a page or an archive. Its encoding stays open: UTF-8 and CP932 are both common.
fn is_text(content: &[u8]) -> bool {
    let calm = |byte: &u8| *byte >= 0x20 && *byte != 0x7F || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C);
    content.iter().all(calm)
        && !content.starts_with(b"#!")
        && !content.starts_with(b"%PDF-")
        && found(content).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\0\x10JFIF";

    #[test]
    fn name_and_content_have_to_agree() {
        let files: [(&str, &[u8], FileType); 6] = [
            ("a.pdf", b"%PDF-1.7", FileType::Pdf),
            ("a.b.PDF", b"%PDF-1.7", FileType::Pdf),
            ("図.png", PNG, FileType::Png),
            ("a.jpeg", JPEG, FileType::Jpeg),
            ("a.csv", "連番,名称\r\n".as_bytes(), FileType::Csv),
            ("a.txt", b"\x93\xfa\x96\x7b\r\n", FileType::Txt),
        ];
        for (name, content, kind) in files {
            assert_eq!(recognise(name, content), Ok(kind), "{name}");
        }
        let renamed: [(&str, &[u8]); 10] = [
            ("a.pdf", PNG),
            ("a.pdf", b" %PDF-1.7"),
            ("a.png", JPEG),
            ("a.jpg", b"GIF89a"),
            ("a.txt", b"%PDF-1.7"),
            ("a.txt", b"MZ\x90\0"),
            ("a.csv", b"#!/bin/sh\n"),
            ("a.txt", b"<!DOCTYPE html><script>"),
            ("a.docx", b"%PDF-1.7"),
            ("a.xlsx", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
        ];
        for (name, content) in renamed {
            assert_eq!(recognise(name, content), Err(Refused::Mismatch), "{name}");
        }
        for name in ["a.exe", "a.html", "a.svg", "a.zip", "a.docm", "a.xls", "pdf", ".pdf", "a.pdf.js", "a.pdf ", ""] {
            assert_eq!(recognise(name, b"%PDF-1.7"), Err(Refused::Kind), "{name}");
        }
    }

    #[test]
    fn the_largest_file_is_taken_and_one_more_byte_is_not() {
        assert_eq!(recognise("a.txt", b""), Err(Refused::Empty));
        assert_eq!(recognise("a.txt", b"a"), Ok(FileType::Txt));
        let mut content = vec![b'a'; LARGEST];
        assert_eq!(recognise("a.txt", &content), Ok(FileType::Txt));
        content.push(b'a');
        assert_eq!(recognise("a.txt", &content), Err(Refused::TooLarge));
    }

    #[test]
    fn codes_are_read_back() {
        for kind in FileType::ALL {
            assert_eq!(FileType::from_code(kind.code()), Some(kind));
        }
    }
}
