//! The guide of the secretariats says what stands on the screens, and its pictures are there.

use std::path::Path;

use crate::support::sources::files;

const GUIDE: &str = include_str!("../../docs/guide/secretariat.md");
const WRITING: &str = include_str!("../../docs/guide/writing.md");

#[test]
fn what_the_guide_quotes_stands_on_a_screen() {
    let screens = [files("src", "rs"), files("templates", "html")].concat();
    let guides = [GUIDE, WRITING].concat();
    let quotes = guides.split('「').skip(1).filter_map(|rest| rest.split('」').next());
    let missing: Vec<&str> = quotes.filter(|quote| !screens.iter().any(|(_, text)| text.contains(quote))).collect();
    assert_eq!(missing, Vec::<&str>::new(), "docs/guide quotes labels that no page has");
}

#[test]
fn every_picture_is_there_and_used() {
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/pictures");
    let mut there: Vec<String> = std::fs::read_dir(pictures)
        .expect("the pictures")
        .map(|entry| entry.expect("a picture").file_name().to_string_lossy().into_owned())
        .collect();
    let mut shown: Vec<String> =
        GUIDE.split("](pictures/").skip(1).filter_map(|rest| rest.split(')').next()).map(ToOwned::to_owned).collect();
    there.sort();
    shown.sort();
    assert_eq!(there, shown);
}
