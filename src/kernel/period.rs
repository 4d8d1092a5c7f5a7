//! Dates as people write them here: western year first, era in brackets where asked, and only as
//! precise as the fact is known.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc, Weekday};

use super::clock::jst;
use super::language::Language;

/// How exactly a date is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// To the day.
    Day,
    /// To the month: 2007年3月.
    Month,
    /// To the fiscal year: 2010年度.
    FiscalYear,
    /// Seen in an edition; it began some time before.
    Edition,
}

impl Precision {
    /// All of them.
    const ALL: [Self; 4] = [Self::Day, Self::Month, Self::FiscalYear, Self::Edition];

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::FiscalYear => "fiscal_year",
            Self::Edition => "edition",
        }
    }

    /// The precision of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|precision| precision.code() == code)
    }
}

/// 2026年11月21日(土) / Sat 21 November 2026.
#[must_use]
pub fn long_date(day: NaiveDate, language: Language) -> String {
    match language {
        Language::Ja => {
            format!("{}年{}月{}日({})", day.year(), day.month(), day.day(), weekday_ja(day.weekday()))
        }
        Language::En => day.format("%a %-d %B %Y").to_string(),
    }
}

/// 2026年11月21日(土) 21:10 / Sat 21 November 2026 21:10 JST.
#[must_use]
pub fn long_time(at: DateTime<Utc>, language: Language) -> String {
    let at = at.with_timezone(&jst());
    let clock = format!("{:02}:{:02}", at.hour(), at.minute());
    let day = long_date(at.date_naive(), language);
    language.pick(format!("{day} {clock}"), format!("{day} {clock} JST"))
}

/// 2026/11/21 21:10, for tables.
#[must_use]
pub fn short_time(at: DateTime<Utc>) -> String {
    at.with_timezone(&jst()).format("%Y/%m/%d %H:%M").to_string()
}

/// 2007年3月 / March 2007.
#[must_use]
pub fn month(year: i32, month: u32, language: Language) -> String {
    match (language, NaiveDate::from_ymd_opt(year, month, 1)) {
        (Language::En, Some(day)) => day.format("%B %Y").to_string(),
        (Language::En, None) | (Language::Ja, _) => format!("{year}年{month}月"),
    }
}

/// 2019年度(令和元年度) / FY2019.
#[must_use]
pub fn fiscal_year(year: i32, language: Language) -> String {
    let era = |name: &str, base: i32| match year - base {
        1 => format!("{year}年度({name}元年度)"),
        n => format!("{year}年度({name}{n}年度)"),
    };
    match language {
        Language::En => format!("FY{year}"),
        Language::Ja if year >= 2019 => era("令和", 2018),
        Language::Ja => era("平成", 1988),
    }
}

fn weekday_ja(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "月",
        Weekday::Tue => "火",
        Weekday::Wed => "水",
        Weekday::Thu => "木",
        Weekday::Fri => "金",
        Weekday::Sat => "土",
        Weekday::Sun => "日",
    }
}

/// 12分, 3時間5分, 2日4時間: the two largest parts; no more exact than minutes.
#[must_use]
pub fn duration(long: TimeDelta, language: Language) -> String {
    let minutes = long.num_minutes().max(0);
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (language, days, hours, rest) {
        (Language::Ja, 0, 0, 0) => "1分未満".to_owned(),
        (Language::Ja, 0, 0, m) => format!("{m}分"),
        (Language::Ja, 0, h, 0) => format!("{h}時間"),
        (Language::Ja, 0, h, m) => format!("{h}時間{m}分"),
        (Language::Ja, d, 0, _) => format!("{d}日"),
        (Language::Ja, d, h, _) => format!("{d}日{h}時間"),
        (Language::En, 0, 0, 0) => "< 1 min".to_owned(),
        (Language::En, 0, 0, m) => format!("{m} min"),
        (Language::En, 0, h, 0) => format!("{h} h"),
        (Language::En, 0, h, m) => format!("{h} h {m} min"),
        (Language::En, d, 0, _) => format!("{d} d"),
        (Language::En, d, h, _) => format!("{d} d {h} h"),
    }
}

/// 12,345: digits in threes.
#[must_use]
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if number < 0 { format!("-{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_in_japanese_offices() {
        let at = "2026-11-21T12:10:00Z".parse().expect("an instant");
        assert_eq!(long_time(at, Language::Ja), "2026年11月21日(土) 21:10");
        assert_eq!(long_time(at, Language::En), "Sat 21 November 2026 21:10 JST");
        assert_eq!(short_time(at), "2026/11/21 21:10");
        assert_eq!(month(2007, 3, Language::Ja), "2007年3月");
        assert_eq!(fiscal_year(2019, Language::Ja), "2019年度(令和元年度)");
        assert_eq!(fiscal_year(2010, Language::Ja), "2010年度(平成22年度)");
    }

    #[test]
    fn durations_say_their_two_largest_parts() {
        let said = |seconds, language| duration(TimeDelta::seconds(seconds), language);
        for (seconds, ja, en) in [
            (-5, "1分未満", "< 1 min"),
            (59, "1分未満", "< 1 min"),
            (12 * 60 + 30, "12分", "12 min"),
            (3 * 3600, "3時間", "3 h"),
            (3 * 3600 + 300, "3時間5分", "3 h 5 min"),
            (48 * 3600 + 59, "2日", "2 d"),
            (52 * 3600 + 1800, "2日4時間", "2 d 4 h"),
        ] {
            assert_eq!([said(seconds, Language::Ja), said(seconds, Language::En)], [ja, en]);
        }
    }

    #[test]
    fn thousands_are_marked() {
        assert_eq!(thousands(1_602), "1,602");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(-1_234_567), "-1,234,567");
    }
}
