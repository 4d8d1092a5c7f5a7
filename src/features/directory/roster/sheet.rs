//! A member as the directory knows it: every fact with its period, and what holds on a day.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::features::access::directory::Standing;
use crate::kernel::count_unit;
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::thousands;

/// From when until when; the end is the first day on which it no longer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Period {
    /// The first day; `None`: since before anybody knows.
    pub from: Option<NaiveDate>,
    /// The first day after; `None`: until something else is known.
    pub until: Option<NaiveDate>,
}

impl Period {
    /// Whether it holds on that day.
    #[must_use]
    pub fn holds_on(self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }

    /// Whether it begins after that day.
    #[must_use]
    pub fn is_ahead_of(self, day: NaiveDate) -> bool {
        self.from.is_some_and(|from| from > day)
    }
}

/// A fact with its period.
#[derive(Debug, Clone, Serialize)]
pub struct Dated<T> {
    /// The row.
    pub fact_id: Uuid,
    /// When it holds.
    pub valid: Period,
    /// What holds.
    pub value: T,
}

/// What a firm is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Name {
    /// In Japanese, with the legal form.
    pub ja: String,
    /// In English.
    pub en: String,
    /// How it is read, in hiragana: lists are sorted by it.
    pub reading: String,
}

/// As what a body belongs to a CEPTOAR (decision 0043). Both are members: they get what members get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// 正会員.
    #[default]
    Full,
    /// オブザーバー.
    Observer,
}

impl MemberKind {
    /// All kinds, in the order of the form.
    pub const ALL: [Self; 2] = [Self::Full, Self::Observer];

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Observer => "observer",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Label for MemberKind {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Full => language.pick("正会員", "Full member"),
            Self::Observer => language.pick("オブザーバー", "Observer"),
        }
    }
}

/// How many members there are of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The unit.
    pub unit: String,
    /// All of them.
    pub members: i64,
    /// How many of them are observers.
    pub observers: i64,
}

impl Tally {
    /// The number as it is printed: all, and how many of them are observers.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        let unit = count_unit::told(&self.unit, language);
        if self.observers == 0 {
            return unit.to_owned();
        }
        let words = language.pick("{unit}(うちオブザーバー{n}{unit})", "{unit} (of which observers: {n})");
        fill(words, &[("unit", unit), ("n", &thousands(self.observers))])
    }
}

/// As what it is a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// Of full right, or an observer.
    pub kind: MemberKind,
    /// The unit that it is counted in (社, 団体, …).
    pub unit: String,
    /// The subgroup's id.
    pub subgroup: Option<String>,
    /// Whether it passes items on to others.
    pub hub: bool,
}

/// How a window is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// E-mail.
    Mail,
    /// Telephone on a desk.
    Phone,
    /// Mobile telephone.
    Mobile,
    /// Satellite telephone.
    Satellite,
    /// Facsimile.
    Fax,
    /// A web page of theirs.
    Web,
}

impl ChannelKind {
    /// All kinds, in the order of the form.
    pub const ALL: [Self; 6] = [Self::Mail, Self::Phone, Self::Mobile, Self::Satellite, Self::Fax, Self::Web];

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Phone => "phone",
            Self::Mobile => "mobile",
            Self::Satellite => "satellite",
            Self::Fax => "fax",
            Self::Web => "web",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether it has a number that one calls, or sends a sheet to.
    #[must_use]
    pub fn is_called(self) -> bool {
        match self {
            Self::Phone | Self::Mobile | Self::Satellite | Self::Fax => true,
            Self::Mail | Self::Web => false,
        }
    }
}

impl Label for ChannelKind {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Mail => language.pick("メール", "E-mail"),
            Self::Phone => language.pick("電話", "Telephone"),
            Self::Mobile => language.pick("携帯電話", "Mobile telephone"),
            Self::Satellite => language.pick("衛星電話", "Satellite telephone"),
            Self::Fax => language.pick("FAX", "Fax"),
            Self::Web => language.pick("Web", "Web"),
        }
    }
}

/// When somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hours {
    /// At any time.
    Always,
    /// On working days, by day.
    Business,
    /// At night and on holidays.
    OffHours,
}

impl Hours {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Always, Self::Business, Self::OffHours];

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Business => "business",
            Self::OffHours => "off_hours",
        }
    }

    /// The hours of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hours| hours.code() == code)
    }

    /// Whether somebody is there; `off_hours` as mails have it (`sharing::store::hours`).
    #[must_use]
    pub fn holds(self, off_hours: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Business => !off_hours,
            Self::OffHours => off_hours,
        }
    }
}

impl Label for Hours {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Always => language.pick("常時", "At any time"),
            Self::Business => language.pick("平日日中", "Working hours"),
            Self::OffHours => language.pick("夜間・休日", "Nights and holidays"),
        }
    }
}

/// One way to reach a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Channel {
    /// By what.
    pub kind: ChannelKind,
    /// The address or number.
    pub value: String,
    /// When.
    pub hours: Hours,
    /// When it was last proven to work.
    pub verified_on: Option<NaiveDate>,
}

/// What a window is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WindowFacts {
    /// Its place in the order: 1 is asked first.
    pub position: i16,
    /// Department and position; never needs a person's name.
    pub label: String,
    /// 取扱担当者: may have items for designated handlers.
    pub handler: bool,
    /// In which language mails are written to it.
    pub language: Language,
}

/// A window through all its changes.
#[derive(Debug, Clone, Serialize)]
pub struct Window {
    /// Which.
    pub contact_id: ContactId,
    /// What it is like, by period.
    pub facts: Vec<Dated<WindowFacts>>,
    /// How it is reached, by period and in order.
    pub channels: Vec<Dated<Channel>>,
}

impl Window {
    /// What it is like on a day.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Option<&Dated<WindowFacts>> {
        self.facts.iter().find(|fact| fact.valid.holds_on(day))
    }

    /// From its opening to its closing.
    #[must_use]
    pub fn life(&self) -> Period {
        Period {
            from: self.facts.first().and_then(|fact| fact.valid.from),
            until: self.facts.last().and_then(|fact| fact.valid.until),
        }
    }

    /// How it is reached on a day.
    #[must_use]
    pub fn channels_on(&self, day: NaiveDate) -> Vec<&Channel> {
        self.channels.iter().filter(|channel| channel.valid.holds_on(day)).map(|channel| &channel.value).collect()
    }
}

/// Everything about one member in one CEPTOAR that the viewer may see.
#[derive(Debug, Clone, Serialize)]
pub struct Sheet {
    /// The firm.
    pub organisation_id: OrganisationId,
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// What it is called, by period.
    pub names: Vec<Dated<Name>>,
    /// As what it is a member, by period.
    pub memberships: Vec<Dated<Membership>>,
    /// As what it is there; of those that are no members `memberships` has the periods in which they are what they are.
    pub standing: Standing,
    /// Its windows for this CEPTOAR; empty where they are not for the viewer.
    pub windows: Vec<Window>,
}

impl Sheet {
    /// What holds of it on a day, or at last.
    #[must_use]
    pub fn name_on(&self, day: NaiveDate) -> Option<&Dated<Name>> {
        self.names.iter().find(|fact| fact.valid.holds_on(day)).or(self.names.last())
    }

    /// As what it is a member on a day.
    #[must_use]
    pub fn membership_on(&self, day: NaiveDate) -> Option<&Dated<Membership>> {
        self.memberships.iter().find(|fact| fact.valid.holds_on(day))
    }

    /// One of its windows.
    #[must_use]
    pub fn window(&self, id: ContactId) -> Option<&Window> {
        self.windows.iter().find(|window| window.contact_id == id)
    }

    /// A short word for all of this: differs as soon as anything of it is changed by somebody.
    #[must_use]
    pub fn digest(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        hex::encode(&Sha256::digest(&text)[..8])
    }
}

/// A row of the roster.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// The firm.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English on the day shown.
    pub name: [String; 2],
    /// A name that it had before, where the search found that.
    pub old_name: Option<String>,
    /// As what it belongs to the CEPTOAR.
    pub kind: MemberKind,
    /// The unit that it is counted in.
    pub unit: String,
    /// The code of its subgroup.
    pub subgroup: Option<String>,
    /// Whether it passes items on to others.
    pub hub: bool,
    /// Since when it is a member.
    pub valid: Period,
    /// How many windows it has on the day; `None` where that is not for the viewer.
    pub windows: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn office_hours_and_the_others_exclude_each_other() {
        assert!(Hours::Always.holds(true) && Hours::Always.holds(false));
        assert!(Hours::Business.holds(false) && !Hours::Business.holds(true));
        assert!(Hours::OffHours.holds(true) && !Hours::OffHours.holds(false));
    }

    #[test]
    fn a_period_holds_from_its_first_day_to_the_day_before_its_end() {
        let period = Period { from: Some(day("2026-04-01")), until: Some(day("2027-04-01")) };
        assert!(!period.holds_on(day("2026-03-31")));
        assert!(period.holds_on(day("2026-04-01")));
        assert!(period.holds_on(day("2027-03-31")));
        assert!(!period.holds_on(day("2027-04-01")));
        assert!(period.is_ahead_of(day("2026-03-31")) && !period.is_ahead_of(day("2026-04-01")));
        assert!(Period { from: None, until: None }.holds_on(day("1900-01-01")));
    }
}
