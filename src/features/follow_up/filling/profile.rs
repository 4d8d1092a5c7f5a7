//! 概要 on a sheet: the sections of the profile, and which activities of the year are printed with them.

use chrono::Datelike;

use super::{FillingWords, Reader, Typed};
use crate::features::directory::activities::activity::Activity as Entry;
use crate::features::feature_map::edition::{Activity, Bilingual, Month, Profile};
use crate::kernel::text;

/// The fields of the sections, each with its English, in the order of the profile.
pub const SECTIONS: [(&str, &str); 3] =
    [("purpose", "purpose_en"), ("structure", "structure_en"), ("traits", "traits_en")];
/// The field of the activities.
pub const ACTIVITY: &str = "activity";

/// The field that says that the form had these fields.
const SHOWN: &str = "profile";

/// Characters of a section; English takes more letters.
const LONGEST: usize = 1000;

/// The sections of a profile, in their order.
#[must_use]
pub fn sections(profile: &Profile) -> [&Option<Bilingual>; 3] {
    [&profile.purpose, &profile.structure, &profile.traits]
}

/// What an entry of the desk would say in print: its title and month, and nothing that stands beside them.
#[must_use]
pub fn printed(entry: &Entry) -> Activity {
    let content = &entry.content;
    let en = if content.title_en.is_empty() { &content.title } else { &content.title_en };
    Activity {
        code: entry.activity_id.to_string(),
        when: Some(Month { year: content.from_on.year(), month: content.from_on.month() }),
        text: Bilingual { ja: content.title.clone(), en: en.clone() },
    }
}

impl Typed {
    pub(super) fn set_profile(&mut self, profile: &Profile) {
        for ((field, _), text) in SECTIONS.into_iter().zip(sections(profile)) {
            self.set_text(field, text.as_ref());
        }
        self.set(SHOWN, "shown");
        for activity in &profile.activities {
            self.set(ACTIVITY, activity.code.clone());
        }
    }
}

impl Reader<'_> {
    /// The profile; of the activities those that are ticked and still on record.
    pub(super) fn profile(&mut self, offered: &[Activity]) -> Profile {
        // A form that was opened before there were such fields takes nothing away.
        if self.typed.at(SHOWN).is_empty() {
            return self.before.profile.clone();
        }
        let [purpose, structure, traits] = SECTIONS.map(|(field, field_en)| self.section(field, field_en));
        let ticked = offered.iter().filter(|activity| self.typed.has(ACTIVITY, &activity.code));
        Profile { purpose, structure, traits, activities: ticked.cloned().collect() }
    }

    fn section(&mut self, field: &'static str, field_en: &'static str) -> Option<Bilingual> {
        let ja = text::paragraph(self.typed.at(field), LONGEST);
        let ja = self.errors.take(field, ja, self.language);
        let en = text::paragraph(self.typed.at(field_en), LONGEST * 2);
        let en = self.errors.take(field_en, en, self.language);
        if ja.is_empty() && !en.is_empty() {
            self.errors.add(field, FillingWords::of(self.language).no_japanese);
        }
        (!ja.is_empty()).then(|| Bilingual { en: if en.is_empty() { ja.clone() } else { en }, ja })
    }
}
