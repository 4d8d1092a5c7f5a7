//! An edition as files: JSON for programs, tables for Excel.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::map::{Asked, choose};
use super::shelf::Published;
use crate::features::feature_map::edition::Edition;
use crate::features::feature_map::errata::Erratum;
use crate::features::feature_map::paper::workbook;
use crate::features::feature_map::table_file;
use crate::features::feature_map::{json, paths};
use crate::kernel::language::Language;
use crate::kernel::period::thousands;
use crate::platform::tables::{Encoding, Format, TableFile};
use crate::platform::web::error::WebError;

/// A form of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For programs.
    Json,
    /// Tables, for every spreadsheet program.
    Csv,
    /// For Excel.
    Xlsx,
}

impl Kind {
    /// Its address below that of the edition.
    #[must_use]
    pub fn address(self, base: &str, encoding: Encoding) -> String {
        match (self, encoding) {
            (Self::Json, _) => format!("{base}.json"),
            (Self::Csv, Encoding::Utf8) => format!("{base}.csv"),
            (Self::Csv, Encoding::Cp932) => format!("{base}.csv?encoding=cp932"),
            (Self::Xlsx, _) => format!("{base}.xlsx"),
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
    let page = pages.page(&editions, &address, frame.language, || {
        make(edition, &pages.errata(&edition.id), kind, encoding, frame.language)
    })?;
    Ok(page.answer(&headers))
}

/// Makes a file.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn make(
    edition: &Edition,
    errata: &[Erratum],
    kind: Kind,
    encoding: Encoding,
    language: Language,
) -> anyhow::Result<Published> {
    let name = format!("ceptoar-feature-map-{}", edition.id);
    match kind {
        Kind::Json => Published::new(json::edition(edition)?, &[content_type("application/json; charset=utf-8")]),
        Kind::Csv => table(table_file::edition(edition, language, encoding)?, &name, encoding),
        Kind::Xlsx => {
            let file = workbook::write(edition, errata, language)?;
            Published::packed(
                file.into(),
                &[content_type(Format::Xlsx.media_type()), download(&format!("{name}.xlsx"))?],
            )
        }
    }
}

/// A table file with its headers; `name` without its ending.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn table(file: TableFile, name: &str, encoding: Encoding) -> anyhow::Result<Published> {
    let headers = table_headers(&file, name, encoding)?;
    Published::new(file.bytes, &headers)
}

fn table_headers(file: &TableFile, name: &str, encoding: Encoding) -> anyhow::Result<Vec<(HeaderName, HeaderValue)>> {
    let (charset, mark) = match encoding {
        Encoding::Utf8 => ("text/csv; charset=utf-8", ""),
        Encoding::Cp932 => ("text/csv; charset=windows-31j", "-cp932"),
    };
    let mut headers = vec![content_type(charset), download(&format!("{name}{mark}.csv"))?];
    if !file.replaced.is_empty() {
        let list: Vec<String> = file.replaced.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
        let replaced = HeaderName::from_static("x-replaced-characters");
        headers.push((replaced, HeaderValue::from_str(&list.join(" "))?));
    }
    Ok(headers)
}

/// A table file of the viewer's own, which is not kept; `name` without its ending.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn own_table(file: TableFile, name: &str, encoding: Encoding) -> anyhow::Result<Response> {
    let headers: HeaderMap = table_headers(&file, name, encoding)?.into_iter().collect();
    Ok((headers, file.bytes).into_response())
}

/// The size of a file as links name it.
///
/// # Errors
/// Never in practice.
pub fn size(file: &Published) -> anyhow::Result<String> {
    Ok(format!("{}KB", thousands(i64::try_from(file.size().div_ceil(1000))?)))
}

fn download(name: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    Ok((header::CONTENT_DISPOSITION, HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))?))
}

/// The header by which a file opens in the browser, and is called so when it is saved.
///
/// # Errors
/// When the name cannot stand in a header.
pub fn inline(name: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    Ok((header::CONTENT_DISPOSITION, HeaderValue::from_str(&format!("inline; filename=\"{name}\""))?))
}

/// The header for a kind of content.
#[must_use]
pub fn content_type(kind: &'static str) -> (HeaderName, HeaderValue) {
    (header::CONTENT_TYPE, HeaderValue::from_static(kind))
}
