//! The map and its profiles for printing.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::files::{content_type, inline};
use super::map::{Asked, choose};
use super::shelf::{PublicPages, Published};
use crate::features::feature_map::edition::Edition;
use crate::features::feature_map::over_editions::Subject;
use crate::features::feature_map::paper::{map, profile};
use crate::features::feature_map::paths;
use crate::kernel::language::Language;
use crate::platform::pdf::{self, Template};
use crate::platform::web::error::WebError;

/// An edition on one sheet of A3; no id means the newest.
///
/// # Errors
/// When there is no such edition.
pub async fn answer_map(asked: Asked, id: Option<&str>) -> Result<Response, WebError> {
    let (State(pages), _, frame, Query(_), headers) = asked;
    let editions = pages.editions().await?;
    let edition = choose(&editions, id).ok_or(WebError::NotFound)?;
    let address = id.map_or_else(|| paths::NEWEST_PDF.to_owned(), paths::edition_pdf);
    let sheet = Sheet {
        template: map::TEMPLATE,
        name: format!("ceptoar-feature-map-{}.pdf", edition.id),
        values: || map::map(edition, frame.language),
    };
    Ok(printed(&pages, &editions, &address, frame.language, sheet).await?.answer(&headers))
}

/// A profile on A4.
///
/// # Errors
/// When it cannot be set.
pub async fn answer_profile(
    (pages, editions): (&PublicPages, &Arc<Vec<Edition>>),
    edition: &Edition,
    (subject, id): (Subject<'_>, &str),
    language: Language,
    headers: &HeaderMap,
) -> Result<Response, WebError> {
    let sheet = Sheet {
        template: profile::TEMPLATE,
        name: format!("ceptoar-{id}-{}.pdf", edition.id),
        values: || profile::profile(editions, edition, subject, id, language),
    };
    let address = paths::profile_pdf(id, &edition.id);
    Ok(printed(pages, editions, &address, language, sheet).await?.answer(headers))
}

/// What is to be printed, and what the file is called.
struct Sheet<F> {
    template: Template,
    name: String,
    values: F,
}

/// Paper from the shelf, or fresh from the press: that takes a while, so other requests go on meanwhile.
async fn printed<T: Serialize>(
    pages: &PublicPages,
    editions: &Arc<Vec<Edition>>,
    address: &str,
    language: Language,
    sheet: Sheet<impl FnOnce() -> T>,
) -> anyhow::Result<Arc<Published>> {
    if let Some(paper) = pages.kept(address, language) {
        return Ok(paper);
    }
    let bytes = pdf::print(sheet.template, &(sheet.values)()).await?.bytes;
    pages.page(editions, address, language, || {
        Published::packed(bytes, &[content_type("application/pdf"), inline(&sheet.name)?])
    })
}
