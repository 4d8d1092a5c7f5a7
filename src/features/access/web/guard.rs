//! The guard: holds every request against the rule of its route before the handler runs.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::features::access::decision::could;
use crate::features::access::rule::Rule;
use crate::features::access::viewer::Viewer;
use crate::platform::web::error::WebError;
use crate::platform::web::routes::RouteTable;

/// Lets a request through to a route whose rule allows it. What has no rule does not exist.
///
/// # Errors
/// The answer for whom the route is not: to sign in first, or that there is no such page.
pub async fn guard(
    State(table): State<Arc<RouteTable<Rule>>>,
    request: Request,
    next: Next,
) -> Result<Response, WebError> {
    // No route matched: the fallback answers, and knows nothing of anybody.
    let Some(path) = request.extensions().get::<MatchedPath>() else { return Ok(next.run(request).await) };
    let Some(rule) = table.rule(request.method(), path.as_str()) else {
        // Another method of a known path: the router says so by itself.
        return if table.declared().iter().any(|d| d.path == path.as_str()) {
            Ok(next.run(request).await)
        } else {
            tracing::error!(route = path.as_str(), "a route without a rule was asked for and refused");
            Err(WebError::NotFound)
        };
    };
    let (mut parts, body) = request.into_parts();
    match rule {
        Rule::Public => {}
        Rule::SignedIn => {
            Viewer::from_request_parts(&mut parts, &()).await?;
        }
        Rule::May(action) => {
            let viewer = Viewer::from_request_parts(&mut parts, &()).await?;
            if !could(&viewer, action) {
                return Err(WebError::NotFound);
            }
        }
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}
