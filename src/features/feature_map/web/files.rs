//! An edition as files: JSON for programs, tables for Excel.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

use super::map::{Asked, choose};
use super::shelf::Published;
use crate::features::feature_map::edition::Edition;
use crate::features::feature_map::table_file;
use crate::features::feature_map::{json, paths};
use crate::kernel::language::Language;
use crate::platform::tables::Encoding;
use crate::platform::web::error::WebError;

/// A form of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For programs.
    Json,
    /// For Excel.
    Csv,
}

impl Kind {
    /// Its address below that of the edition.
    #[must_use]
    pub fn address(self, base: &str, encoding: Encoding) -> String {
        match (self, encoding) {
            (Self::Json, _) => format!("{base}.json"),
            (Self::Csv, Encoding::Utf8) => format!("{base}.csv"),
            (Self::Csv, Encoding::Cp932) => format!("{base}.csv?encoding=cp932"),
        }
    }
}

/// An edition as a file; no id means the newest.
///
/// # Errors
/// When there is no such edition.
pub async fn answer(asked: Asked, id: Option<&str>, kind: Kind) -> Result<Response, WebError> {
    let (State(pages), _, frame, axum::extract::Query(query), headers) = asked;
    let editions = pages.editions().await?;
    let edition = choose(&editions, id).ok_or(WebError::NotFound)?;
    let encoding = query.encoding();
    let address = kind.address(&id.map_or_else(|| paths::NEWEST.to_owned(), paths::edition), encoding);
    let page = pages.page(&editions, &address, frame.language, || make(edition, kind, encoding, frame.language))?;
    Ok(page.answer(&headers))
}

/// Makes a file.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn make(edition: &Edition, kind: Kind, encoding: Encoding, language: Language) -> anyhow::Result<Published> {
    match kind {
        Kind::Json => Published::new(json::edition(edition)?, &[content_type("application/json; charset=utf-8")]),
        Kind::Csv => {
            let file = table_file::edition(edition, language, encoding)?;
            let (charset, mark) = match encoding {
                Encoding::Utf8 => ("text/csv; charset=utf-8", ""),
                Encoding::Cp932 => ("text/csv; charset=windows-31j", "-cp932"),
            };
            let name = format!("ceptoar-feature-map-{}{mark}.csv", edition.id);
            let mut headers = vec![
                content_type(charset),
                (header::CONTENT_DISPOSITION, HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))?),
            ];
            if !file.replaced.is_empty() {
                let list: Vec<String> = file.replaced.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
                let replaced = HeaderName::from_static("x-replaced-characters");
                headers.push((replaced, HeaderValue::from_str(&list.join(" "))?));
            }
            Published::new(file.bytes, &headers)
        }
    }
}

/// The header for a kind of content.
#[must_use]
pub fn content_type(kind: &'static str) -> (HeaderName, HeaderValue) {
    (header::CONTENT_TYPE, HeaderValue::from_static(kind))
}
