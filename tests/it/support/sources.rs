//! The project's own files, for rules about how it is written.

use std::path::{Path, PathBuf};

/// Files of one ending in a folder and all folders below it: path from the folder, and text.
pub fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    let mut ahead: Vec<PathBuf> = vec![root.clone()];
    while let Some(path) = ahead.pop() {
        if path.is_dir() {
            ahead.extend(std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|e| e == ending) {
            let name = path.strip_prefix(&root).expect("below the folder").to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path).expect("a text")));
        }
    }
    assert!(found.len() > 10, "the scan finds the files of {folder}");
    found.sort();
    found
}
