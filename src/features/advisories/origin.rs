//! Whose information an item is (出所), and on whose conditions it is passed on. Pure.
//!
//! The centre tells what others have told it: JPCERT/CC's early warnings, a ministry's, what one CEPTOAR has for the others
//! (`domain.md` 2.3; docs/decisions/0064-whose-information.md).

use super::content::Form;
use super::words::ContentWords;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::text;
use crate::platform::web::form::FieldErrors;

const NAME_WIDTH: usize = 100;
const CONDITIONS_LIMIT: usize = 1000;

crate::words! {
    /// Words about where information comes from.
    pub struct OriginWords {
        named: "{source}({name})" / "{source} ({name})",
        among: "セプターどうしの情報です。所管省庁に共有するときは、先に提供元の了解を得てください。" / "Information among CEPTOARs. Before you share it with a ministry, ask whoever it comes from.",
    }
}

/// Where it comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Source {
    /// The centre itself.
    #[default]
    Centre,
    /// 所管省庁.
    Ministry,
    /// A security body: JPCERT/CC, IPA, NICT and others (関係機関).
    SecurityBody,
    /// A CEPTOAR, for others.
    Ceptoar,
    /// The CEPTOAR-Council.
    Council,
}

impl Source {
    /// All of them; the usual one first.
    pub const ALL: [Self; 5] = [Self::Centre, Self::Ministry, Self::SecurityBody, Self::Ceptoar, Self::Council];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Centre => "centre",
            Self::Ministry => "ministry",
            Self::SecurityBody => "security_body",
            Self::Ceptoar => "ceptoar",
            Self::Council => "council",
        }
    }

    /// The source of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.code() == code)
    }

    /// Whether its items go past ministries and their offices, from desk to desk of the CEPTOARs
    /// (`goes_past_ministries` in the database).
    #[must_use]
    pub fn goes_past_ministries(self) -> bool {
        match self {
            Self::Ceptoar | Self::Council => true,
            Self::Centre | Self::Ministry | Self::SecurityBody => false,
        }
    }

    /// Whether an item must say who precisely. A CEPTOAR may stay unnamed: its name can point to one of its members.
    #[must_use]
    pub fn must_be_named(self) -> bool {
        match self {
            Self::Ministry | Self::SecurityBody => true,
            Self::Centre | Self::Ceptoar | Self::Council => false,
        }
    }
}

impl Label for Source {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Centre => language.pick("センターの情報", "The centre itself"),
            Self::Ministry => language.pick("所管省庁", "A ministry"),
            Self::SecurityBody => language.pick("関係機関", "A security body"),
            Self::Ceptoar => language.pick("他のセプター", "Another CEPTOAR"),
            Self::Council => language.pick("セプターカウンシル", "The CEPTOAR-Council"),
        }
    }
}

/// Whose information it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Where it comes from.
    pub source: Source,
    /// Who precisely, as far as it may be said.
    pub name: String,
    /// What they allow, in words for every reader.
    pub conditions: String,
}

impl Origin {
    /// In words: 関係機関(JPCERT/CC).
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        let source = self.source.label(language);
        if self.name.is_empty() {
            return source.to_owned();
        }
        fill(OriginWords::of(language).named, &[("source", source), ("name", &self.name)])
    }

    /// What its readers have to keep to, beside the sharing level: what the road says, and what the originator says.
    #[must_use]
    pub fn terms(&self, language: Language) -> String {
        let among = if self.source.goes_past_ministries() { OriginWords::of(language).among } else { "" };
        let said = [among, &self.conditions];
        said.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// In words, where somebody else is meant than who sends it anyway.
    #[must_use]
    pub fn foreign(&self, language: Language) -> Option<String> {
        (self.source != Source::Centre || !self.name.is_empty()).then(|| self.words(language))
    }
}

/// What was chosen and typed; the centre where nothing was chosen.
pub(super) fn parse(form: &Form, errors: &mut FieldErrors, language: Language) -> Option<Origin> {
    let chosen = form.value("origin");
    let source = if chosen.is_empty() { Some(Source::default()) } else { Source::from_code(chosen) };
    if source.is_none() {
        errors.add("origin", ContentWords::of(language).choose);
    }
    let name = errors.take("origin_name", text::line(form.value("origin_name"), NAME_WIDTH), language);
    let conditions = text::paragraph(form.value("origin_conditions"), CONDITIONS_LIMIT);
    let conditions = errors.take("origin_conditions", conditions, language);
    Some(Origin { source: source?, name, conditions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        assert!(Source::ALL.into_iter().all(|source| Source::from_code(source.code()) == Some(source)));
    }

    #[test]
    fn the_centres_own_needs_no_words() {
        assert_eq!(
            (Origin::default().foreign(Language::Ja), Origin::default().terms(Language::Ja)),
            (None, String::new())
        );
        let origin = Origin { source: Source::SecurityBody, name: "JPCERT/CC".to_owned(), ..Origin::default() };
        assert_eq!(origin.foreign(Language::Ja).as_deref(), Some("関係機関(JPCERT/CC)"));
        assert_eq!(origin.words(Language::En), "A security body (JPCERT/CC)");
    }
}
