//! Where a page of the road stands.

use super::index::IndexWords;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::routes::paths;
use crate::kernel::language::fill;
use crate::platform::web::frame::Frame;

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
