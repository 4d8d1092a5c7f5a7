//! The letter to everybody who has to know at once that the glass was broken. No number and no address is in it,
//! and not the reason either: somebody might have written one there.

use chrono::{DateTime, Utc};

use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_time;
use crate::platform::mail::letter::{Letter, LetterError};

/// What happened.
#[derive(Debug, Clone, Copy)]
pub struct Broken<'a> {
    /// Who did it.
    pub by: &'a str,
    /// Whose windows, in Japanese.
    pub organisation_ja: &'a str,
    /// And in English.
    pub organisation_en: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// Until when they are open.
    pub until: DateTime<Utc>,
    /// What links begin with.
    pub base_url: &'a str,
}

/// The letter in the language of its reader.
///
/// # Errors
/// When a name cannot stand in a letter.
pub fn letter(broken: &Broken<'_>, language: Language) -> Result<Letter, LetterError> {
    let subject = language
        .pick("【緊急閲覧】構成員の連絡先が閲覧されました", "[Break-glass] A member's contact details were opened");
    let text = language.pick(
        "センターの担当者が、緊急閲覧により構成員の連絡先を閲覧しました。\n\n\
         ・閲覧者: {by}\n・組織: {organisation}\n・日時: {at}\n・終了予定: {until}\n\n\
         理由は、ポータルの「緊急閲覧」でご覧になれます。\n{url}\n\n\
         心当たりのない閲覧と思われるときは、センターの当番にお電話ください。\n",
        "Somebody at the centre opened a member's contact details through break-glass.\n\n\
         \x20 By: {by}\n  Organisation: {organisation}\n  Time: {at}\n  Open until: {until}\n\n\
         The reason is in the portal under “Break-glass”.\n  {url}\n\n\
         If this seems wrong to you, telephone the centre's duty desk.\n",
    );
    let body = fill(
        text,
        &[
            ("by", broken.by),
            ("organisation", language.pick(broken.organisation_ja, broken.organisation_en)),
            ("at", &long_time(broken.at, language)),
            ("until", &long_time(broken.until, language)),
            ("url", &format!("{}{}", broken.base_url, super::paths::INDEX)),
        ],
    );
    Letter::new(language, subject, &body, false)
}
