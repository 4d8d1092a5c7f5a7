//! 〔 〕: what a template leaves to be filled in. The brackets are kept for that; a text that still has them is not finished.

use crate::features::advisories::advisory::Text;
use crate::kernel::language::{Language, fill};

crate::words! {
    /// What is said at a field.
    pub struct PlaceholderWords {
        left: "{found} がまだ残っています。実際の内容に置き換えるか、消してください。" / "{found} is still there. Please put in what is meant, or remove it.",
    }
}

/// The first thing in a text that is to be filled in.
#[must_use]
pub fn first(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let from = line.find('〔')?;
        let rest = &line[from..];
        Some(rest.find('〕').map_or(rest, |to| &rest[..to + '〕'.len_utf8()]))
    })
}

/// What is still to be filled in, with the message at its field.
#[must_use]
pub fn left(text: &Text, language: Language) -> Vec<(&'static str, String)> {
    let products = text.products.join("\n");
    let fields = [
        ("title", text.title.as_str()),
        ("summary", text.summary.as_str()),
        ("impact", text.impact.as_str()),
        ("countermeasure", text.countermeasure.as_str()),
        ("products", products.as_str()),
    ];
    let words = PlaceholderWords::of(language).left;
    let found = fields.into_iter().filter_map(|(field, text)| Some((field, first(text)?)));
    found.map(|(field, found)| (field, fill(words, &[("found", found)]))).collect()
}

#[cfg(test)]
mod tests {
    use super::first;

    #[test]
    fn what_is_left_is_found() {
        assert_eq!(first("〔製品名〕の脆弱性〔番号〕"), Some("〔製品名〕"));
        assert_eq!(first("一行目\n- 版: 〔バージョン"), Some("〔バージョン"));
        assert_eq!(first("製品〕は[参考]「例」"), None);
        assert_eq!(first(""), None);
    }
}
