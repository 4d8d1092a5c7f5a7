//! Addresses of this feature.

/// All federations.
pub const INDEX: &str = "/directory/federations";
/// Route of registering a new one.
pub const FOUNDING: &str = "/directory/federations/founding";
/// Route of one federation.
pub const SHOW: &str = "/directory/federations/{federation}";
/// Route of calling it something else.
pub const NAME: &str = "/directory/federations/{federation}/name";
/// Route of somebody's joining.
pub const JOINING: &str = "/directory/federations/{federation}/joining";
/// Route of somebody's leaving.
pub const LEAVING: &str = "/directory/federations/{federation}/leaving";
/// Route of another secretariat.
pub const SECRETARIAT: &str = "/directory/federations/{federation}/secretariat";

/// Something of a federation.
#[must_use]
pub fn of(route: &str, federation: &str) -> String {
    route.replace("{federation}", federation)
}
