//! Where a page of the road stands, and in whose name the road is changed.

use chrono::{DateTime, Utc};

use super::index::IndexWords;
use crate::features::access::{Role, Viewer};
use crate::features::directory::roster::changes::Actor;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::routes::paths;
use crate::kernel::language::fill;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::Frame;

/// The centre's approver, who changes over whom the road goes.
///
/// # Errors
/// 404 for everybody else.
pub fn centre<'a>(viewer: &'a Viewer, frame: &'a Frame, now: DateTime<Utc>) -> Result<Actor<'a>, WebError> {
    let duty = viewer.affiliations.iter().find(|a| a.role == Role::NiscApprover).ok_or(WebError::NotFound)?;
    Ok(Actor { viewer, organisation: duty.organisation_id, now, request_id: &frame.request_id })
}

/// The way to a page below the road of a CEPTOAR.
pub fn way(frame: &Frame, ceptoar_id: &str, ceptoar: &str) -> Vec<(String, String)> {
    let w = IndexWords::of(frame.language);
    let (home, home_label) = frame.home();
    vec![
        (home.to_owned(), home_label.to_owned()),
        (roster::INDEX.to_owned(), w.directory.to_owned()),
        (paths::of_ceptoar(paths::INDEX, ceptoar_id), fill(w.title, &[("ceptoar", ceptoar)])),
    ]
}
