//! Long texts on the page of an item, and the one place that prints HTML.

use crate::support::sources::files;

#[test]
fn nothing_but_rendered_markdown_is_printed_as_html() {
    let templates = files("templates", "html");
    let escape_off = ["|safe", "| safe", "escape(\"none\")", "escape(\"txt\")", "filter safe"];
    for (path, text) in &templates {
        assert!(!escape_off.iter().any(|mark| text.contains(mark)), "{path} prints HTML");
    }
    let sources = files("src", "rs");
    // Plain texts, such as mails, are not escaped; no page may be made that way.
    let unescaped = |code: &str| code.lines().any(|l| l.contains("escape = \"none\"") && !l.contains(".txt\""));
    let mut makers: Vec<_> = sources
        .iter()
        .filter(|(_, code)| {
            unescaped(code) || ["HtmlSafe", "filters::Safe", "MaybeSafe"].iter().any(|m| code.contains(m))
        })
        .map(|(path, _)| path.rsplit("src/").next().unwrap())
        .collect();
    // A token is hexadecimal and its field is made in one place.
    makers.sort_unstable();
    assert_eq!(makers, ["platform/security/form_token.rs", "platform/web/markdown.rs"]);
}
