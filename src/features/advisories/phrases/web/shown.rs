//! How templates and phrases look in lists and histories.

use super::words::PhraseWords;
use crate::features::advisories::phrases::kept::{Kept, Phrase, Saved, Template};
use crate::features::advisories::words::DraftWords;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;

/// Who saved it and when, or that it came with the portal.
#[must_use]
pub fn by(saved: &Saved, language: Language) -> String {
    let w = PhraseWords::of(language);
    match (&saved.by, saved.at) {
        (Some(name), Some(at)) => fill(w.by, &[("name", name), ("time", &long_time(at, language))]),
        (Some(_) | None, _) => w.portal.to_owned(),
    }
}

/// A version in a history: 第2版, who and when, and what it says.
#[derive(Debug)]
pub struct VersionView {
    /// 第2版.
    pub name: String,
    /// Who and when.
    pub by: String,
    /// It took it out of use.
    pub archived: bool,
    /// Field and words.
    pub lines: Vec<(&'static str, String)>,
}

fn version(saved: &Saved, lines: Vec<(&'static str, String)>, language: Language) -> VersionView {
    let w = PhraseWords::of(language);
    VersionView {
        name: fill(w.version, &[("version", &saved.version.to_string())]),
        by: by(saved, language),
        archived: saved.archived,
        lines: lines.into_iter().filter(|(_, words)| !words.is_empty()).collect(),
    }
}

/// A version of a template.
#[must_use]
pub fn template(kept: &Kept<Template>, language: Language) -> VersionView {
    let (w, d, what) = (PhraseWords::of(language), DraftWords::of(language), &kept.what);
    let due = what.due_hours.map_or_else(String::new, |hours| fill(w.due_in, &[("hours", &hours.to_string())]));
    let lines = vec![
        (w.name, what.name.clone()),
        (w.kind, what.kind.label(language).to_owned()),
        (w.subject, what.title.clone()),
        (d.summary, what.summary.clone()),
        (d.impact, what.impact.clone()),
        (d.countermeasure, what.countermeasure.clone()),
        (d.purpose, what.purpose.label(language).to_owned()),
        (d.level, what.level.tlp().to_owned()),
        (d.handler_scope, what.handler_scope.label(language).to_owned()),
        (d.answer_due, due),
    ];
    version(&kept.saved, lines, language)
}

/// A version of a phrase.
#[must_use]
pub fn phrase(kept: &Kept<Phrase>, language: Language) -> VersionView {
    let (w, what) = (PhraseWords::of(language), &kept.what);
    let lines = vec![
        (w.name, what.name.clone()),
        (w.for_field, what.field.label(language).to_owned()),
        (w.body, what.body.clone()),
    ];
    version(&kept.saved, lines, language)
}
