//! As what a record leaves the portal.

use crate::platform::tables::{Encoding, Format};

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One page to print.
    Paper,
    /// A workbook with a sheet for each part.
    Workbook,
    /// The recipients as text.
    Table(Encoding),
}

impl Kind {
    /// All of them, in the order of their buttons.
    pub const ALL: [Self; 4] = [Self::Paper, Self::Workbook, Self::Table(Encoding::Utf8), Self::Table(Encoding::Cp932)];

    /// The value in forms and in the trail.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Paper => "pdf",
            Self::Workbook => "xlsx",
            Self::Table(Encoding::Utf8) => "csv",
            Self::Table(Encoding::Cp932) => "csv_cp932",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The ending of the file.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Paper => "pdf",
            Self::Workbook => Format::Xlsx.code(),
            Self::Table(_) => Format::Csv.code(),
        }
    }

    /// What a browser is told.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Paper => "application/pdf",
            Self::Workbook => Format::Xlsx.media_type(),
            Self::Table(Encoding::Utf8) => Format::Csv.media_type(),
            Self::Table(Encoding::Cp932) => "text/csv; charset=windows-31j",
        }
    }

    /// Whether it is of nothing but recipients, whom not everybody sees who sees numbers.
    #[must_use]
    pub fn is_of_recipients(self) -> bool {
        match self {
            Self::Paper | Self::Workbook => false,
            Self::Table(_) => true,
        }
    }
}
