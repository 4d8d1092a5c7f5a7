//! Addresses of this feature.

/// The sign-in page.
pub const SIGN_IN: &str = "/sign-in";
/// One-click sign-in of the demonstration.
pub const DEMONSTRATION_SIGN_IN: &str = "/sign-in/demonstration";
/// Ends the session.
pub const SIGN_OUT: &str = "/sign-out";
