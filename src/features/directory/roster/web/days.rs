//! The two days of a page: whose directory it shows (基準日), and by which record (記録日).

use askama::Template;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};

use super::as_of::AsOf;
use super::record::{self, Record};
use crate::kernel::language::Language;
use crate::platform::web::page::{Page, Unprocessable};

/// What may follow an address: the day to show, by which record, and the step that led here.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct DayQuery {
    pub(super) on_year: String,
    pub(super) on_month: String,
    pub(super) on_day: String,
    pub(super) rec_year: String,
    pub(super) rec_month: String,
    pub(super) rec_day: String,
    /// The step that led here.
    pub done: String,
    /// Which page of a long list.
    pub page: String,
}

/// The day that a page shows, and the record by which it does.
#[derive(Debug, Clone)]
pub struct Days {
    /// The day.
    pub as_of: AsOf,
    /// The record; none for whoever may not look back, who is not asked for one and gets what is recorded now.
    pub record: Option<Record>,
}

impl DayQuery {
    /// The days asked for.
    #[must_use]
    pub fn days(&self, looks_back: bool, today: NaiveDate, language: Language) -> Days {
        let typed = [&*self.rec_year, &*self.rec_month, &*self.rec_day];
        Days {
            as_of: AsOf::read([&self.on_year, &self.on_month, &self.on_day], today, language),
            record: looks_back.then(|| Record::read(typed, today, language)),
        }
    }
}

impl Days {
    /// The day that is shown.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        self.as_of.day
    }

    /// What was recorded before counts; `None` where everything does.
    #[must_use]
    pub fn until(&self) -> Option<DateTime<Utc>> {
        self.record.as_ref().and_then(Record::until)
    }

    /// Whether the page shows an earlier record.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.record.as_ref().is_some_and(Record::is_old)
    }

    /// Whether it shows today as it is recorded now: what can be changed.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.as_of.is_today() && !self.is_old()
    }

    /// An address of the same day by the same record.
    #[must_use]
    pub fn href(&self, path: &str) -> String {
        record::keep(self.record.as_ref(), self.as_of.href(path))
    }

    /// Says that nothing is on record, if that is so and the record is an earlier one.
    #[must_use]
    pub fn with_nothing(mut self, is_nothing: bool) -> Self {
        if let Some(record) = self.record.as_mut().filter(|record| record.is_old()) {
            record.nothing = is_nothing;
        }
        self
    }

    /// The page, or the page that says what is wrong with the days typed.
    #[must_use]
    pub fn answer(&self, page: impl Template) -> Response {
        let is_wrong = |record: &Record| !record.errors.is_empty();
        match !self.as_of.errors.is_empty() || self.record.as_ref().is_some_and(is_wrong) {
            true => Unprocessable(page).into_response(),
            false => Page(page).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_not_look_back_is_shown_what_is_recorded_now() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
        let [rec_year, rec_month, rec_day] = ["2026", "11", "20"].map(str::to_owned);
        let query = DayQuery { rec_year, rec_month, rec_day, ..DayQuery::default() };
        let back = query.days(true, today, Language::Ja);
        assert!(back.is_old() && !back.is_present() && back.until().is_some());
        assert_eq!(back.href("/a"), "/a?rec_year=2026&rec_month=11&rec_day=20");
        let now = query.days(false, today, Language::Ja);
        assert!(now.record.is_none() && now.is_present() && now.until().is_none());
        assert_eq!(now.href("/a"), "/a");
        let nothing = |days: Days| days.with_nothing(true).record.is_some_and(|record| record.nothing);
        assert!(nothing(back) && !nothing(DayQuery::default().days(true, today, Language::Ja)));
    }
}
