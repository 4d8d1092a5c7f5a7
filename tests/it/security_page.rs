//! docs/security.md names a test or a file for every claim. This holds it to that: what is gone from the code may
//! not stay on the page.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const STATUSES: [&str; 4] = ["met", "in part", "not met", "not yet"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// Every link of the page as (text, target), without those to chapters and other sites.
fn links(page: &str) -> Vec<(String, String)> {
    page.split("](")
        .zip(page.split("](").skip(1))
        .filter_map(|(before, after)| {
            let (target, _) = after.split_once(')')?;
            let (_, text) = before.rsplit_once('[')?;
            let target = target.split('#').next().unwrap_or_default();
            (!target.is_empty() && !target.contains("://")).then(|| (text.to_owned(), target.to_owned()))
        })
        .collect()
}

/// The rows of the checklist, as (ids, status).
fn rows(page: &str) -> Vec<(String, String)> {
    let table = page.split("<!-- asvs -->").nth(1).and_then(|rest| rest.split("<!-- /asvs -->").next());
    table
        .expect("a checklist")
        .lines()
        .filter(|line| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit()))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 8, "{line}");
            (cells[1].to_owned(), cells[4].to_owned())
        })
        .collect()
}

#[test]
fn what_the_page_names_is_there() {
    let page = fs::read_to_string(root().join("docs/security.md")).expect("the page");
    let mut wrong = Vec::new();
    let mut tests = 0;
    for (text, target) in links(&page) {
        let file = root().join("docs").join(&target);
        let name = text.trim_matches('`');
        if !file.exists() {
            wrong.push(format!("{target} is gone"));
        } else if let Some(function) = name.rsplit_once("::").map(|(_, function)| function) {
            tests += 1;
            if !fs::read_to_string(&file).expect("a source file").contains(&format!("fn {function}(")) {
                wrong.push(format!("{name} is no longer in {target}"));
            }
        }
    }
    assert!(tests > 80, "{tests}: the links are not read right");

    let rows = rows(&page);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (ids, status) in &rows {
        match STATUSES.iter().find(|known| *known == status) {
            Some(known) => *counts.entry(known).or_default() += 1,
            None => wrong.push(format!("{ids}: {status:?} is no status")),
        }
    }
    for status in STATUSES {
        let line = format!("| {status} | {} |", counts.get(status).copied().unwrap_or_default());
        if !page.contains(&line) {
            wrong.push(format!("the count says otherwise than the table: {line}"));
        }
    }
    if !page.contains(&format!("| all | {} |", rows.len())) {
        wrong.push(format!("there are {} rows", rows.len()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
