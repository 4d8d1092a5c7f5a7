//! The house rules that a compiler does not check (docs/architecture.md): floors, the order of
//! platform modules and features, SQL in one kind of file, short files.

use std::fs;
use std::path::Path;

use crate::support::sources::files;

const FLOORS: [&str; 4] = ["kernel", "platform", "features", "app"];

struct Source {
    path: String,
    code: String,
}

fn all() -> Vec<Source> {
    let sources: Vec<Source> = files("src", "rs").into_iter().map(|(path, code)| Source { path, code }).collect();
    assert!(sources.len() > 50, "the scan finds the code");
    sources
}

/// The modules that a `mod.rs` names, in its order.
fn order(floor: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(floor).join("mod.rs");
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect()
}

/// Every `crate::a::b` in the code, as (a, b).
fn imports(code: &str) -> Vec<(String, String)> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for part in code.split("crate::").skip(1) {
        let first = word(part);
        let rest = part[first.len()..].strip_prefix("::").unwrap_or_default();
        match rest.strip_prefix('{') {
            Some(group) => {
                let group = group.split('}').next().unwrap_or_default();
                found.extend(group.split(',').map(|item| (first.clone(), word(item.trim()))));
            }
            None => found.push((first, word(rest))),
        }
    }
    found
}

fn rank(order: &[String], name: &str) -> Option<usize> {
    order.iter().position(|known| known == name)
}

#[test]
fn imports_point_down() {
    let (platform, features) = (order("platform"), order("features"));
    assert!(platform.len() > 5 && features.len() > 4);
    let mut wrong = Vec::new();
    for source in all() {
        let mut parts = source.path.split('/');
        let (floor, module) = (parts.next().unwrap(), parts.next().unwrap_or_default().trim_end_matches(".rs"));
        let Some(own_floor) = FLOORS.iter().position(|f| *f == floor) else { continue };
        for (to_floor, to_module) in imports(&source.code) {
            let Some(to) = FLOORS.iter().position(|f| *f == to_floor) else { continue };
            let order = match to_floor.as_str() {
                "platform" => &platform,
                "features" => &features,
                _ => &Vec::new(),
            };
            let upwards = to > own_floor
                || (to == own_floor && rank(order, &to_module) > rank(order, module) && rank(order, module).is_some());
            if upwards {
                wrong.push(format!("{} imports {to_floor}::{to_module}", source.path));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn sql_lives_in_stores_and_pages_in_web() {
    let mut wrong = Vec::new();
    for Source { path, code } in all() {
        let file = path.rsplit('/').next().unwrap();
        let code = code.split("#[cfg(test)]").next().unwrap();
        let sql = ["sqlx::query", "sqlx::raw_sql"].iter().any(|call| code.contains(call));
        if path.starts_with("features/") && sql && file != "store.rs" {
            wrong.push(format!("{path}: SQL outside store.rs"));
        }
        let web = path.contains("/web/") || file == "web.rs" || file == "mod.rs" || file == "routes.rs";
        if path.starts_with("features/") && code.contains("axum::") && !web {
            wrong.push(format!("{path}: axum outside web"));
        }
        if path.starts_with("kernel/") && (code.contains("axum") || sql) {
            wrong.push(format!("{path}: the kernel knows neither web nor SQL"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn files_stay_short_and_mod_files_define_nothing() {
    let mut wrong = Vec::new();
    for Source { path, code } in all() {
        let lines = code.lines().count();
        if lines > 500 {
            wrong.push(format!("{path}: {lines} lines"));
        }
        let defines = code.lines().any(|l| l.starts_with("fn ") || l.starts_with("impl ") || l.starts_with("struct "));
        if path.starts_with("features/") && path.ends_with("/mod.rs") && path.matches('/').count() == 2 && defines {
            wrong.push(format!("{path}: a feature's mod.rs only names its parts"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
