//! From what was typed about a part to what can be stored. Pure.

use super::part::{BODY_LIMIT, HEADING_LIMIT, Reach};
use super::words::PartsWords;
use crate::kernel::language::Language;
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::kernel::text;
use crate::platform::web::form::FieldErrors;

/// The form as typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct Typed {
    /// Caption of a file, heading of a section.
    pub heading: String,
    /// Text of a section.
    pub body: String,
    /// Which level.
    pub part_level: String,
    /// Which handler scope.
    pub part_scope: String,
}

impl Typed {
    /// The caption and the reach of a file.
    ///
    /// # Errors
    /// What is wrong, at the fields.
    pub fn file(&self, item: Reach, language: Language) -> Result<(String, Reach), FieldErrors> {
        let mut errors = FieldErrors::default();
        let heading = errors.take("heading", text::line(&self.heading, HEADING_LIMIT), language);
        let reach = self.reach(item, &mut errors, language);
        if errors.is_empty() { Ok((heading, reach)) } else { Err(errors) }
    }

    /// The heading, the text and the reach of a section, which goes less far than the item.
    ///
    /// # Errors
    /// What is wrong, at the fields.
    pub fn section(&self, item: Reach, language: Language) -> Result<(String, String, Reach), FieldErrors> {
        let mut errors = FieldErrors::default();
        let heading = errors.take("heading", text::filled_line(&self.heading, HEADING_LIMIT), language);
        let body = errors.take("body", text::filled_paragraph(&self.body, BODY_LIMIT), language);
        let reach = self.reach(item, &mut errors, language);
        if reach == item {
            errors.add("part_level", PartsWords::of(language).section_as_wide);
        }
        if errors.is_empty() { Ok((heading, body, reach)) } else { Err(errors) }
    }

    /// What was chosen, never wider than the item.
    fn reach(&self, item: Reach, errors: &mut FieldErrors, language: Language) -> Reach {
        let w = PartsWords::of(language);
        let level = SharingLevel::from_code(&self.part_level).filter(|level| item.levels().contains(level));
        let scope = HandlerScope::from_code(&self.part_scope).filter(|scope| item.scopes().contains(scope));
        if level.is_none() {
            errors.add("part_level", w.level_wrong);
        }
        if scope.is_none() {
            errors.add("part_scope", w.scope_wrong);
        }
        Reach { level: level.unwrap_or(item.level), scope: scope.unwrap_or(item.scope) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_wider_than_the_item_is_read() {
        let item = Reach { level: SharingLevel::Green, scope: HandlerScope::Handlers };
        let typed = |level: &str, scope: &str| Typed {
            heading: "見出し".into(),
            body: "内容".into(),
            part_level: level.into(),
            part_scope: scope.into(),
        };
        let file = |level, scope| typed(level, scope).file(item, Language::Ja).map(|(_, reach)| reach);
        let strict = Reach { level: SharingLevel::Amber, scope: HandlerScope::Handlers };
        assert_eq!(file("AMBER", "handlers"), Ok(strict));
        assert_eq!(file("GREEN", "handlers"), Ok(item));
        for (level, scope) in [
            ("CLEAR", "handlers"),
            ("RED", "named"),
            ("AMBER", "organisation"),
            ("AMBER", "named"),
            ("", ""),
            ("x", "y"),
        ] {
            assert!(file(level, scope).is_err(), "{level} {scope}");
        }
        assert!(typed("GREEN", "handlers").section(item, Language::Ja).is_err(), "as wide as the text");
        assert!(typed("AMBER", "handlers").section(item, Language::Ja).is_ok());
    }
}
