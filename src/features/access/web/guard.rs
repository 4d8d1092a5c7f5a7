//! The guard: holds every request against the rule of its route before the handler runs.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::identity::Identity;
use super::refusal;
use crate::features::access::action::Action;
use crate::features::access::decision::could;
use crate::features::access::rule::Rule;
use crate::features::access::viewer::Viewer;
use crate::platform::web::error::WebError;
use crate::platform::web::routes::RouteTable;
use crate::platform::web::state::AppState;

/// Lets a request through to a route whose rule allows it. What has no rule does not exist.
///
/// # Errors
/// The answer for whom the route is not: to sign in first, or that there is no such page.
pub async fn guard(
    State((state, table)): State<(AppState, Arc<RouteTable<Rule>>)>,
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
    let route = path.as_str().to_owned();
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(table.clone());
    let fresh = match rule {
        Rule::Public => false,
        Rule::SignedIn => {
            Viewer::from_request_parts(&mut parts, &()).await?;
            false
        }
        Rule::SignedInFresh => {
            Viewer::from_request_parts(&mut parts, &()).await?;
            true
        }
        Rule::May(action) => {
            may(&state, &mut parts, &route, action).await?;
            false
        }
        Rule::Fresh(action) => {
            may(&state, &mut parts, &route, action).await?;
            true
        }
    };
    if fresh && !parts.extensions.get::<Identity>().is_some_and(|identity| identity.fresh) {
        return Ok(confirm_first(&parts));
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

async fn may(state: &AppState, parts: &mut Parts, route: &str, action: Action) -> Result<(), WebError> {
    let viewer = Viewer::from_request_parts(parts, &()).await?;
    if could(&viewer, action) {
        return Ok(());
    }
    refusal::note(state, parts, viewer.account_id, route);
    Err(WebError::NotFound)
}

/// Whether a form under this path is one that waits for a confirmation: declared, and with a fresh rule.
/// Nothing else is ever sent on by the page where one confirms.
#[must_use]
pub fn takes_fresh_form(table: &RouteTable<Rule>, path_and_query: &str) -> bool {
    let path = path_and_query.split_once('?').map_or(path_and_query, |(path, _)| path);
    table.declared().iter().any(|route| {
        let waits = match route.rule {
            Rule::SignedInFresh | Rule::Fresh(_) => true,
            Rule::Public | Rule::SignedIn | Rule::May(_) => false,
        };
        waits && route.method == "POST" && is_under(route.path, path)
    })
}

/// Whether a path is one of a declared path with its parameters.
fn is_under(declared: &str, path: &str) -> bool {
    let (mut declared, mut path) = (declared.split('/'), path.split('/'));
    loop {
        match (declared.next(), path.next()) {
            (None, None) => return true,
            (Some(segment), Some(there)) if segment == there || (segment.starts_with('{') && !there.is_empty()) => {}
            (Some(_) | None, Some(_)) | (Some(_), None) => return false,
        }
    }
}

/// Where somebody confirms that it is them.
pub const CONFIRM: &str = "/account/confirm";

/// Leads to the page where the person confirms. A form is sent on as it is (307), so that the page can keep
/// what was typed and hand it back afterwards.
fn confirm_first(parts: &Parts) -> Response {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", path).finish();
    let to = format!("{CONFIRM}?{query}");
    if parts.method.is_safe() { Redirect::to(&to).into_response() } else { Redirect::temporary(&to).into_response() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::Routes;

    #[test]
    fn only_forms_that_wait_for_a_confirmation_are_sent_on() {
        let routes: Routes = Routes::new()
            .get("/items/{id}/end", Rule::SignedInFresh, async || "")
            .post("/items/{id}/end", Rule::SignedInFresh, async || "")
            .get("/items/{id}", Rule::SignedInFresh, async || "")
            .post("/sign-out", Rule::SignedIn, async || "");
        let (_, table) = routes.into_parts();
        assert!(takes_fresh_form(&table, "/items/7/end") && takes_fresh_form(&table, "/items/7/end?a=/b"));
        for other in ["/items/7", "/items//end", "/items/7/end/", "/sign-out", "/", "", "//evil.example/7/end"] {
            assert!(!takes_fresh_form(&table, other), "{other}");
        }
    }
}
