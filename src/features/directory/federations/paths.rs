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

/// Route of its end.
pub const DISSOLUTION: &str = "/directory/federations/{federation}/dissolution";
/// Route of taking its newest plan back.
pub const WITHDRAWAL: &str = "/directory/federations/{federation}/withdrawal";
/// Route of correcting one of its names, parts or secretariats.
pub const CORRECTION: &str = "/directory/federations/{federation}/facts/{fact}/correction";

/// Correcting a fact of a federation.
#[must_use]
pub fn correction(federation: &str, fact: uuid::Uuid) -> String {
    of(CORRECTION, federation).replace("{fact}", &fact.to_string())
}

/// Something of a federation.
#[must_use]
pub fn of(route: &str, federation: &str) -> String {
    route.replace("{federation}", federation)
}
