//! Addresses of the search.

/// The search box, and by POST what was found: words never become part of an address (decision 0012).
pub const SEARCH: &str = "/search";
