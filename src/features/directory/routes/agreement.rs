//! What a desk on the road of a CEPTOAR has agreed about passing items on.

use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::sheet::Dated;
use crate::kernel::language::{Language, fill};
use crate::kernel::stage::Desk;

/// The shortest time for a decision, in minutes; also what the database allows.
pub const SHORTEST: i16 = 10;
/// The longest time for a decision, in minutes.
pub const LONGEST: i16 = 1440;

/// How an item goes on from a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Way {
    /// At once.
    Automatic,
    /// As soon as the desk has decided.
    Decided,
}

impl Way {
    /// Both, in the order of the form.
    pub const ALL: [Self; 2] = [Self::Automatic, Self::Decided];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Decided => "decided",
        }
    }

    /// The way of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.code() == code)
    }

    /// In words, at one of the desks.
    #[must_use]
    pub fn told(self, desk: Desk, language: Language) -> &'static str {
        match (desk, self) {
            (Desk::Secretariat, Self::Automatic) => language.pick("すぐに構成員へ届ける", "To the members at once"),
            (Desk::Secretariat, Self::Decided) => {
                language.pick("事務局が判断してから届ける", "After the secretariat has decided")
            }
            (Desk::Ministry, Self::Automatic) => language.pick("すぐに先へ届ける", "It goes on at once"),
            (Desk::Ministry, Self::Decided) => {
                language.pick("所管省庁が判断してから先へ届ける", "After the ministry has decided")
            }
        }
    }
}

/// What was agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Between 9 and 18 o'clock on working days.
    pub office_hours: Way,
    /// At night, at weekends and on holidays.
    pub off_hours: Way,
    /// Early warnings go on at once, whatever the hour.
    pub urgent_at_once: bool,
    /// How many minutes the desk has; then the item goes on by itself.
    pub minutes: i16,
    /// The centre may bring to the members what the desk withholds or puts off (decision 0051).
    pub bypass: bool,
}

impl Default for Agreement {
    fn default() -> Self {
        Self {
            office_hours: Way::Automatic,
            off_hours: Way::Automatic,
            urgent_at_once: true,
            minutes: 60,
            bypass: false,
        }
    }
}

impl Agreement {
    /// What holds on a day.
    #[must_use]
    pub fn on(all: &[Dated<Self>], day: NaiveDate) -> Self {
        all.iter().find(|dated| dated.valid.holds_on(day)).map(|dated| dated.value).unwrap_or_default()
    }

    /// Whether the desk ever decides.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.office_hours == Way::Decided || self.off_hours == Way::Decided
    }

    /// Whether the desk decides on a day or on a later one, by what is agreed and planned.
    #[must_use]
    pub fn asks_from(all: &[Dated<Self>], day: NaiveDate) -> bool {
        all.iter().any(|dated| dated.value.asks() && dated.valid.until.is_none_or(|until| until > day))
    }

    /// In lines.
    #[must_use]
    pub fn lines(&self, desk: Desk) -> Vec<Line> {
        let mut lines = vec![
            Line::told("relay_office", |language| self.office_hours.told(desk, language).to_owned()),
            Line::told("relay_off", |language| self.off_hours.told(desk, language).to_owned()),
        ];
        if self.asks() {
            lines.push(Line::told("relay_urgent", |language| self.urgent(desk, language).to_owned()));
            lines.push(Line::told("relay_minutes", |language| time(self.minutes, language)));
            lines.push(Line::told("relay_bypass", |language| past(self.bypass, language).to_owned()));
        }
        lines
    }

    fn urgent(&self, desk: Desk, language: Language) -> &'static str {
        match self.urgent_at_once {
            true => Way::Automatic.told(desk, language),
            false => language.pick("ほかの情報と同じ", "As all others"),
        }
    }
}

/// Something of each desk on a road.
#[derive(Debug, Clone, Default)]
pub struct Agreements<T> {
    /// The ministry's.
    pub ministry: T,
    /// The secretariat's.
    pub secretariat: T,
}

impl<T> Agreements<T> {
    /// That of a desk.
    pub fn of(&self, desk: Desk) -> &T {
        match desk {
            Desk::Ministry => &self.ministry,
            Desk::Secretariat => &self.secretariat,
        }
    }
}

/// Whether the centre may go past the desk, in words.
#[must_use]
pub fn past(allowed: bool, language: Language) -> &'static str {
    match allowed {
        true => language.pick("認める(センターの2人が確認)", "Yes, by two persons of the centre"),
        false => language.pick("認めない", "No"),
    }
}

/// So many minutes, in words.
#[must_use]
pub fn time(minutes: i16, language: Language) -> String {
    let (hours, rest) = (minutes / 60, minutes % 60);
    let [hours_text, rest_text, all] = [hours, rest, minutes].map(|n| n.to_string());
    let words = match (hours, rest) {
        (0, _) => language.pick("{all}分", "{all} minutes"),
        (1, 0) => language.pick("1時間", "1 hour"),
        (_, 0) => language.pick("{hours}時間", "{hours} hours"),
        (_, _) => language.pick("{hours}時間{rest}分", "{hours} h {rest} min"),
    };
    fill(words, &[("hours", &hours_text), ("rest", &rest_text), ("all", &all)])
}

/// A short word for all of it: differs as soon as somebody changes it.
#[must_use]
pub fn digest(all: &[Dated<Agreement>]) -> String {
    let said: Vec<_> = all.iter().map(|dated| (dated.valid, dated.value)).collect();
    hex::encode(&Sha256::digest(serde_json::to_vec(&said).unwrap_or_default())[..8])
}
