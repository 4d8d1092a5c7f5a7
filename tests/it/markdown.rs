//! Long texts on the page of an item, and the one place that prints HTML.

use std::fs;
use std::path::Path;

fn files(directory: &Path, ending: &str, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push((path.to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn nothing_but_rendered_markdown_is_printed_as_html() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut templates = Vec::new();
    files(&root.join("templates"), "html", &mut templates);
    assert!(templates.len() > 10, "the scan finds the templates");
    let escape_off = ["|safe", "| safe", "escape(\"none\")", "escape(\"txt\")", "filter safe"];
    for (path, text) in &templates {
        assert!(!escape_off.iter().any(|mark| text.contains(mark)), "{path} prints HTML");
    }
    let mut sources = Vec::new();
    files(&root.join("src"), "rs", &mut sources);
    // Plain texts, such as mails, are not escaped; no page may be made that way.
    let unescaped = |code: &str| code.lines().any(|l| l.contains("escape = \"none\"") && !l.contains(".txt\""));
    let makers: Vec<_> = sources
        .iter()
        .filter(|(_, code)| {
            unescaped(code) || ["HtmlSafe", "filters::Safe", "MaybeSafe"].iter().any(|m| code.contains(m))
        })
        .map(|(path, _)| path.rsplit("src/").next().unwrap())
        .collect();
    assert_eq!(makers, ["platform/web/markdown.rs"]);
}
