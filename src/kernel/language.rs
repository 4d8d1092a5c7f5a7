//! The two languages of the portal: Japanese first, English second.

/// A language of pages and mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, sqlx::Type, serde::Serialize, serde::Deserialize)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Japanese, the default everywhere.
    #[default]
    Ja,
    /// English.
    En,
}

impl Language {
    /// Every language there is.
    pub const ALL: [Self; 2] = [Self::Ja, Self::En];

    /// The BCP 47 tag: `ja` or `en`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// The language of a tag; anything unknown is Japanese.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        if code == "en" { Self::En } else { Self::Ja }
    }

    /// The one of two texts that is in this language.
    #[must_use]
    pub fn pick<T>(self, ja: T, en: T) -> T {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }
}

/// Declares a set of fixed texts, each in both languages. A missing translation does not compile.
///
/// ```
/// ceptoar_portal::words! {
///     /// Words of a page.
///     pub struct PageWords {
///         greeting: "こんにちは" / "Hello",
///     }
/// }
/// use ceptoar_portal::kernel::language::Language;
/// assert_eq!(PageWords::of(Language::En).greeting, "Hello");
/// ```
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($field:ident: $ja:literal / $en:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug)]
        $vis struct $name { $(#[doc = concat!("“", $en, "”")] pub $field: &'static str,)* }

        impl $name {
            /// The texts in one language.
            #[must_use]
            pub fn of(language: $crate::kernel::language::Language) -> &'static Self {
                static JA: $name = $name { $($field: $ja,)* };
                static EN: $name = $name { $($field: $en,)* };
                language.pick(&JA, &EN)
            }
        }
    };
}

/// A code value (state, level, kind …) that has a name in each language.
pub trait Label {
    /// The word shown to people.
    fn label(self, language: Language) -> &'static str;
}

/// Puts values into the `{name}` places of a text.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}
