//! Extractors that refuse in the portal's own way.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::error::WebError;

/// The id in the address. What is no id names nothing, like an id that nothing has.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, WebError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| WebError::NotFound)?;
        text.parse().map(Self).map_err(|_| WebError::NotFound)
    }
}
