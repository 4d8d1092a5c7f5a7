//! The typesetter: from a template and its values to a PDF file.

use anyhow::anyhow;
use axum::body::Bytes;
use typst::comemo;
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use super::press::{Paper, Template};
use super::values;
use super::world::Desk;

/// Sets a paper.
///
/// # Errors
/// When the template does not fit the values.
pub(super) fn press(template: Template, json: serde_json::Value) -> anyhow::Result<Paper> {
    let desk = Desk::new(&template, values::inputs(json))?;
    let document = typst::compile::<PagedDocument>(&desk).output;
    let document = document.map_err(|errors| complaint(template, errors.first().map(|e| e.message.as_str())))?;
    let bytes = typst_pdf::pdf(&document, &PdfOptions::default());
    let bytes = bytes.map_err(|errors| complaint(template, errors.first().map(|e| e.message.as_str())))?;
    let sheets = document.pages().iter().map(|page| page.frame.size()).map(|s| (s.x.to_mm(), s.y.to_mm())).collect();
    // What the typesetter remembers of this paper is of no use for the next one.
    comemo::evict(0);
    Ok(Paper { bytes: Bytes::from(bytes), sheets })
}

fn complaint(template: Template, first: Option<&str>) -> anyhow::Error {
    anyhow!("{}: {}", template.name, first.unwrap_or("no reason given"))
}
