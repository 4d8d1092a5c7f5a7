//! Templates as answers.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// A page made from a template. A template that fails is our error, not the visitor's.
#[derive(Debug)]
pub struct Page<T>(pub T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                tracing::error!(cause = %error, "template failed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// A form page shown again because of its errors.
#[derive(Debug)]
pub struct Unprocessable<T>(pub T);

impl<T: Template> IntoResponse for Unprocessable<T> {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, Page(self.0)).into_response()
    }
}
