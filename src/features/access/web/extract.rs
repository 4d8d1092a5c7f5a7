//! Extractors: a handler that names one in its signature cannot be reached without that right.

use std::ops::Deref;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;

use super::identity::Identity;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::{Viewer, could};
use crate::platform::web::error::WebError;

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        if let Some(identity) = parts.extensions.get::<Identity>() {
            return Ok(identity.viewer.clone());
        }
        if !parts.method.is_safe() {
            // Sending somebody to the sign-in page would lose what they typed.
            return Err(WebError::SessionOver);
        }
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let path = uri.path_and_query().map(ToString::to_string);
        Err(WebError::SignInFirst { return_to: path.unwrap_or_else(|| "/".to_owned()) })
    }
}

/// The viewer, where there is one.
#[derive(Debug, Clone)]
pub struct MaybeViewer(pub Option<Viewer>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeViewer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<Identity>().map(|i| i.viewer.clone())))
    }
}

macro_rules! proofs {
    ($($(#[$doc:meta])* $name:ident: $action:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(Viewer);

        impl $name {
            /// The proof, if the viewer has the right.
            #[must_use]
            pub fn of(viewer: Viewer) -> Option<Self> {
                could(&viewer, $action.into()).then_some(Self(viewer))
            }
        }

        impl Deref for $name {
            type Target = Viewer;

            fn deref(&self) -> &Viewer {
                &self.0
            }
        }

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = WebError;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, WebError> {
                // Without the right the page does not exist.
                Self::of(Viewer::from_request_parts(parts, state).await?).ok_or(WebError::NotFound)
            }
        }
    )*};
}

proofs! {
    /// Proof that the viewer may draft advisories.
    Author: AdvisoryAction::Write;
    /// Proof that the viewer may approve what another drafted.
    Approver: AdvisoryAction::Approve;
}
