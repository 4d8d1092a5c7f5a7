//! The profile of a CEPTOAR.

use axum::extract::{Path, State};
use axum::response::Response;

use super::shelf::PublicPages;
use crate::platform::web::error::WebError;

/// The profile.
pub async fn get(State(_pages): State<PublicPages>, Path(_id): Path<String>) -> Result<Response, WebError> {
    Err(WebError::NotFound)
}
