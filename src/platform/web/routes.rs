//! Routes that cannot be added without saying who may use them.
//!
//! A feature declares each method of each path together with its rule. What the rules mean is not known
//! down here; the features' guard looks them up for every request, and a route that nobody declared is
//! refused like one that does not exist.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::state::AppState;

/// A declared route: who may do what under this address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared<R> {
    /// `GET` (answers HEAD as well) or `POST`; the portal has no other methods.
    pub method: &'static str,
    /// The path with its parameters, for example `/advisories/{id}`.
    pub path: &'static str,
    /// Who may use it.
    pub rule: R,
}

/// Handlers, each with its rule.
#[derive(Debug)]
pub struct Routes<R, S = AppState> {
    router: Router<S>,
    declared: Vec<Declared<R>>,
}

impl<R: Copy, S: Clone + Send + Sync + 'static> Default for Routes<R, S> {
    fn default() -> Self {
        Self { router: Router::new(), declared: Vec::new() }
    }
}

impl<R: Copy, S: Clone + Send + Sync + 'static> Routes<R, S> {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A page or file. GET never changes anything but the trail.
    #[must_use]
    pub fn get<H, T>(self, path: &'static str, rule: R, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.add("GET", path, rule, on(MethodFilter::GET, handler))
    }

    /// A form, or anything else that changes something.
    #[must_use]
    pub fn post<H, T>(self, path: &'static str, rule: R, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.add("POST", path, rule, on(MethodFilter::POST, handler))
    }

    fn add(mut self, method: &'static str, path: &'static str, rule: R, handler: MethodRouter<S, Infallible>) -> Self {
        self.router = self.router.route(path, handler);
        self.declared.push(Declared { method, path, rule });
        self
    }

    /// These routes and others.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.declared.extend(other.declared);
        self
    }

    /// Gives the handlers what they share.
    pub fn with_state<S2: Clone + Send + Sync + 'static>(self, state: S) -> Routes<R, S2> {
        Routes { router: self.router.with_state(state), declared: self.declared }
    }

    /// The handlers, and the table of rules.
    pub fn into_parts(self) -> (Router<S>, RouteTable<R>) {
        let rules = self.declared.iter().map(|d| ((d.path, d.method), d.rule)).collect();
        (self.router, RouteTable { declared: self.declared, rules })
    }
}

/// Every declared route with its rule.
#[derive(Debug, Clone)]
pub struct RouteTable<R> {
    declared: Vec<Declared<R>>,
    rules: BTreeMap<(&'static str, &'static str), R>,
}

impl<R: Copy> RouteTable<R> {
    /// All of them, in the order of declaration.
    #[must_use]
    pub fn declared(&self) -> &[Declared<R>] {
        &self.declared
    }

    /// The rule of a path as declared; HEAD is a GET without its body. `None` is to be refused.
    #[must_use]
    pub fn rule(&self, method: &Method, path: &str) -> Option<R> {
        let method = match method.as_str() {
            "GET" | "HEAD" => "GET",
            "POST" => "POST",
            _ => return None,
        };
        self.rules.get(&(path, method)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_declared_has_a_rule() {
        let routes: Routes<u8> = Routes::new().get("/a", 1, async || "a").post("/a", 2, async || "a");
        let (_, table) = routes.into_parts();
        assert_eq!(table.rule(&Method::GET, "/a"), Some(1));
        assert_eq!(table.rule(&Method::HEAD, "/a"), Some(1));
        assert_eq!(table.rule(&Method::POST, "/a"), Some(2));
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
            assert_eq!(table.rule(&method, "/a"), None, "{method}");
        }
        assert_eq!(table.rule(&Method::GET, "/b"), None);
    }
}
