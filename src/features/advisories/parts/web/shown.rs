//! Parts as pages show them: to those who may open them, and to no others.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::features::advisories::parts::part::{Content, Part, Reach, strictest};
use crate::features::advisories::parts::words::PartsWords;
use crate::features::advisories::parts::{paths, store};
use crate::features::advisories::reading::store::Found;
use crate::features::advisories::store::Unpublished;
use crate::features::advisories::versions::step::Step;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::thousands;
use crate::platform::files::store::FileState;
use crate::platform::web::markdown::{self, SafeHtml};

/// A file.
#[derive(Debug)]
pub struct FileRow {
    /// What it is called.
    pub name: String,
    /// What it is, in words of its author.
    pub heading: String,
    /// Kind and size, and what keeps it from being opened.
    pub about: String,
    /// Where it is; none while nobody may open it.
    pub href: Option<String>,
    /// How far it goes.
    pub reach: ReachView,
    /// Which one, and where it is taken out of a draft.
    pub part: Uuid,
    /// Where it is taken out of a draft.
    pub removal: String,
}

/// A limited section.
#[derive(Debug)]
pub struct SectionRow {
    /// Its heading.
    pub heading: String,
    /// Its text.
    pub text: SafeHtml,
    /// How far it goes.
    pub reach: ReachView,
    /// Which one.
    pub part: Uuid,
    /// Where it is taken out of a draft.
    pub removal: String,
}

/// How far a part goes, in words.
#[derive(Debug)]
pub struct ReachView {
    /// Code of the level, for the badge.
    pub code: &'static str,
    /// The badge.
    pub tlp: &'static str,
    /// Who may open it.
    pub who: &'static str,
    /// Fewer than may read the item.
    pub strict: bool,
}

impl ReachView {
    fn of(reach: Reach, strict: bool, language: Language) -> Self {
        let w = PartsWords::of(language);
        let (tlp, scope) = (reach.level.tlp(), reach.scope.label(language));
        let who = if strict { scope } else { w.same };
        Self { code: reach.level.code(), tlp, who, strict }
    }
}

/// The parts of an item that the viewer may open.
#[derive(Debug)]
pub struct PartsView {
    /// Words.
    pub w: &'static PartsWords,
    /// Files.
    pub files: Vec<FileRow>,
    /// Limited sections.
    pub sections: Vec<SectionRow>,
    /// The level that is printed on paper: a page with stricter parts is handled as these.
    pub print: &'static str,
}

impl PartsView {
    /// Of some parts.
    #[must_use]
    pub fn of(parts: &[Part], id: AdvisoryId, language: Language) -> Self {
        let w = PartsWords::of(language);
        let (mut files, mut sections) = (Vec::new(), Vec::new());
        for part in parts {
            let reach = ReachView::of(part.reach, part.strict, language);
            let removal = paths::removal(id, part.part_id);
            match &part.content {
                Content::File { name, length, state, .. } => {
                    let kind = name.rsplit_once('.').map(|(_, ending)| ending.to_uppercase()).unwrap_or_default();
                    let size = thousands((length + 999) / 1000);
                    let words = match state {
                        FileState::Released => w.about,
                        FileState::Held => w.held,
                        FileState::Refused => w.refused,
                        FileState::Unreadable => w.unreadable,
                        FileState::Purged => w.purged,
                    };
                    files.push(FileRow {
                        name: name.clone(),
                        heading: part.heading.clone(),
                        about: fill(words, &[("kind", &kind), ("size", &size)]),
                        href: (*state == FileState::Released).then(|| paths::file(id, part.part_id)),
                        reach,
                        part: part.part_id,
                        removal,
                    });
                }
                Content::Section(text) => sections.push(SectionRow {
                    heading: part.heading.clone(),
                    text: markdown::render(text),
                    reach,
                    part: part.part_id,
                    removal,
                }),
            }
        }
        Self { w, files, sections, print: "" }
    }

    /// Of an item that is read.
    #[must_use]
    pub fn on(found: &Found, language: Language) -> Self {
        let print = strictest(found.envelope.level, &found.parts).code();
        Self { print, ..Self::of(&found.parts, found.envelope.advisory_id, language) }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.sections.is_empty()
    }
}

/// The parts of a draft before they are submitted or approved.
#[derive(Debug)]
pub struct PartsPreview {
    /// What there is.
    pub view: PartsView,
    /// How many windows may open the parts of each stricter reach.
    pub windows: Vec<(ReachView, String)>,
}

impl PartsPreview {
    /// Of a draft, by what is or will be registered then.
    ///
    /// # Errors
    /// The database's own.
    pub async fn of(
        tx: &mut PgConnection,
        item: &Unpublished,
        at: DateTime<Utc>,
        language: Language,
    ) -> sqlx::Result<Self> {
        let id = item.envelope.advisory_id;
        let w = PartsWords::of(language);
        let asks = item.parts.iter().any(|part| part.strict);
        let preview = if asks { store::preview(tx, id, at).await? } else { Vec::new() };
        let line = |(reach, windows, organisations): (Reach, i64, i64)| {
            let numbers = [("windows", thousands(windows)), ("organisations", thousands(organisations))];
            let numbers: Vec<(&str, &str)> = numbers.iter().map(|(name, number)| (*name, number.as_str())).collect();
            (ReachView::of(reach, true, language), fill(w.windows_of, &numbers))
        };
        Ok(Self { windows: preview.into_iter().map(line).collect(), view: PartsView::of(&item.parts, id, language) })
    }
}

/// What the form of a draft says of its parts.
#[derive(Debug)]
pub struct DraftParts {
    /// Their pages, with how many there are.
    pub links: [(String, String); 2],
}

impl DraftParts {
    /// None of a withdrawal.
    #[must_use]
    pub fn of(item: &Unpublished, language: Language) -> Option<Self> {
        let (id, w) = (item.envelope.advisory_id, PartsWords::of(language));
        let files = item.parts.iter().filter(|part| part.is_file()).count();
        let link = |label: &str, number: usize, href| (format!("{label} ({number})"), href);
        (item.envelope.version.step != Step::Withdrawal).then(|| Self {
            links: [
                link(w.files, files, paths::files(id)),
                link(w.sections, item.parts.len() - files, paths::sections(id)),
            ],
        })
    }
}
