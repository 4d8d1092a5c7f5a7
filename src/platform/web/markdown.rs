//! Long texts of people as HTML: plain writing looks as it was typed; lists, tables and links gain a form.
//!
//! A small part of Markdown (CommonMark with tables). What office staff write without thinking of any markup is
//! left alone: paths with backslashes, names with underscores, angle brackets, references such as `1)`. There
//! is no raw HTML, no picture, no link but https and mailto, and what the renderer made passes a narrow list
//! of elements once more. The result is the only text that templates print as HTML.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::LazyLock;

use ammonia::UrlRelative;
use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, format_html, parse_document};

/// The longest text that is rendered, in bytes; a longer one is shown as it is.
const LONGEST: usize = 32 * 1024;

/// Lists in quotations in lists: deeper than this nobody writes.
const DEEPEST: usize = 24;

/// How far headings stand below those of the page, whose texts are under an `h2`.
const BELOW: u8 = 2;

/// HTML that is safe to print unescaped, because only this module makes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SafeHtml(String);

impl fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for SafeHtml {}

impl SafeHtml {
    /// Whether there is nothing to print.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The HTML.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text of people as HTML.
#[must_use]
pub fn render(text: &str) -> SafeHtml {
    let text = text.replace("\r\n", "\n").replace('\0', "\u{FFFD}");
    if text.trim().is_empty() {
        return SafeHtml::default();
    }
    let html = if text.len() <= LONGEST { formed(&text) } else { None };
    SafeHtml(CLEANER.clean(&html.unwrap_or_else(|| as_typed(&text))).to_string())
}

/// Paragraphs and lines, nothing else: for texts that are too long or too deep.
fn as_typed(text: &str) -> String {
    format!("<p>{}</p>", escaped(text.trim()).replace('\n', "<br>"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn formed(text: &str) -> Option<String> {
    // Looked at before parsing: a thousand marks of quotation cost time already there.
    if text
        .lines()
        .any(|line| line.chars().take_while(|c| matches!(c, ' ' | '\t' | '>')).filter(|c| *c == '>').count() > DEEPEST)
    {
        return None;
    }
    let arena = Arena::new();
    let options = options();
    let root = parse_document(&arena, &disarm(text), &options);
    if root.descendants().any(|node| node.ancestors().take(DEEPEST + 1).count() > DEEPEST) {
        return None;
    }
    let nodes: Vec<_> = root.descendants().collect();
    for node in nodes {
        settle(&arena, node);
    }
    let mut html = String::new();
    format_html(root, &options, &mut html).ok()?;
    Some(html)
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    // Without it `**強調**です` next to Japanese letters is not recognised.
    options.extension.cjk_friendly_emphasis = true;
    options.parse.ignore_setext = true;
    options.render.hardbreaks = true;
    options.render.escape = true;
    options
}

const AMPERSAND: &str = "&amp;";
const LESS: &str = "&lt;";
const BACKSLASH: &str = "&#92;";
const STAR: &str = "&#42;";
const UNDERSCORE: &str = "&#95;";
const BRACKET: &str = "&#91;";
const PARENTHESIS: &str = "&#41;";

/// Writes as entities what is markup by accident; entities are letters to the parser and nothing else.
fn disarm(text: &str) -> String {
    text.split('\n').map(disarm_line).collect::<Vec<_>>().join("\n")
}

fn disarm_line(line: &str) -> String {
    let body = line.trim_start();
    let indent = &line[..line.len() - body.len()];
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let mut out = String::from(indent);
    // `[1]: https://…` would define a link and vanish; `1)` would turn into `1.`.
    let defines = body.starts_with('[') && body.contains("]:");
    let numbered = digits > 0 && body[digits..].starts_with(')');
    let mut before = '\n';
    let mut letters = body.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        match letter {
            '&' => out.push_str(AMPERSAND),
            '<' => out.push_str(LESS),
            '\\' => out.push_str(BACKSLASH),
            '_' => out.push_str(UNDERSCORE),
            // Two are emphasis and one before a space begins a list; any other star is a star.
            '*' if before == '*' || next == Some('*') || (at == 0 && next == Some(' ')) => out.push('*'),
            '*' => out.push_str(STAR),
            '[' if before == '!' || (at == 0 && defines) => out.push_str(BRACKET),
            ')' if at == digits && numbered => out.push_str(PARENTHESIS),
            other => out.push(other),
        }
        before = letter;
    }
    out
}

/// Gives code its letters back: within it entities are not read.
fn rearm(literal: &str) -> String {
    let mut letters = literal.to_owned();
    for (entity, letter) in
        [(LESS, "<"), (BACKSLASH, "\\"), (STAR, "*"), (UNDERSCORE, "_"), (BRACKET, "["), (PARENTHESIS, ")")]
    {
        letters = letters.replace(entity, letter);
    }
    letters.replace(AMPERSAND, "&")
}

/// What a node becomes.
enum Change<'a> {
    Nothing,
    Unwrap { after: String },
    Lines(Vec<String>),
    Note { host: String, node: &'a AstNode<'a> },
}

fn settle<'a>(arena: &'a Arena<'a>, node: &'a AstNode<'a>) {
    let text = |text: String| &*arena.alloc(NodeValue::Text(text.into()).into());
    match change(node) {
        Change::Nothing => {}
        Change::Unwrap { after } => {
            let inner: Vec<_> = node.children().collect();
            for child in inner {
                node.insert_before(child);
            }
            node.insert_before(text(after));
            node.detach();
        }
        Change::Lines(lines) => {
            let paragraph = &*arena.alloc(NodeValue::Paragraph.into());
            for (number, line) in lines.into_iter().enumerate() {
                if number > 0 {
                    paragraph.append(arena.alloc(NodeValue::LineBreak.into()));
                }
                paragraph.append(text(line));
            }
            node.insert_before(paragraph);
            node.detach();
        }
        Change::Note { host, node } => node.insert_after(text(format!(" ({host})"))),
    }
}

fn change<'a>(node: &'a AstNode<'a>) -> Change<'a> {
    let mut shown = String::new();
    let is_link = matches!(node.data().value, NodeValue::Link(_));
    if is_link {
        node.collect_text_append(&mut shown);
    }
    match &mut node.data_mut().value {
        NodeValue::Heading(heading) => heading.level = heading.level.saturating_add(BELOW).min(6),
        NodeValue::Code(code) => code.literal = rearm(&code.literal),
        NodeValue::CodeBlock(block) if block.fenced => {
            block.literal = rearm(&block.literal);
            block.info.clear();
        }
        // Indented lines are indented lines.
        NodeValue::CodeBlock(block) => {
            return Change::Lines(rearm(&block.literal).lines().map(|line| line.trim_start().to_owned()).collect());
        }
        NodeValue::Link(link) => match target(&link.url) {
            Some((url, host)) => {
                link.url = url;
                link.title.clear();
                // Where a link leads is seen before it is followed.
                if !host.is_empty() && !shown.contains(&host) {
                    return Change::Note { host, node };
                }
            }
            None => return Change::Unwrap { after: format!(" ({})", link.url) },
        },
        // The list that follows would leave out anything else; nothing else is parsed.
        _ => {}
    }
    Change::Nothing
}

/// A link that may be followed, with the site that it leads to.
fn target(link: &str) -> Option<(String, String)> {
    let url = url::Url::parse(link).ok()?;
    if link.contains(|c: char| c.is_control() || matches!(c, '<' | '>' | '"')) {
        return None;
    }
    match url.scheme() {
        // A name before an @ in the address is there to deceive.
        "https" if url.username().is_empty() && url.password().is_none() => {
            Some((url.to_string(), url.domain()?.to_owned()))
        }
        "mailto" => Some((url.to_string(), String::new())),
        _ => None,
    }
}

static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let tags = [
        "a",
        "blockquote",
        "br",
        "code",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ];
    let sides = || HashMap::from([("align", HashSet::from(["left", "center", "right"]))]);
    let mut cleaner = ammonia::Builder::empty();
    cleaner
        .tags(HashSet::from(tags))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))]))
        .tag_attribute_values(HashMap::from([("td", sides()), ("th", sides())]))
        .url_schemes(HashSet::from(["https", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"));
    cleaner
});

#[cfg(test)]
mod tests;
