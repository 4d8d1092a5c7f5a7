//! The rule that each route carries.

use super::action::Action;
use crate::platform::web::routes;
use crate::platform::web::state::AppState;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Everybody; nothing of a person or an item is there.
    Public,
    /// Everybody signed in.
    SignedIn,
    /// Those who could do this to something; the handler asks again for the very thing.
    May(Action),
    /// As [`Rule::May`], for those who proved within the last minutes that it is them.
    Fresh(Action),
    /// Everybody signed in who proved so within the last minutes: one's own keys and addresses.
    SignedInFresh,
}

/// Routes with rules.
pub type Routes<S = AppState> = routes::Routes<Rule, S>;
