//! The rows that changes find.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::features::directory::roster::changes::ChangeError;

/// The row that holds on the day of a change.
pub(super) struct Holding {
    pub(super) place: usize,
    pub(super) fact: Uuid,
    pub(super) until: Option<NaiveDate>,
    pub(super) whole: bool,
}

/// Those that change on their very first day, and those that end there so that another one begins.
pub(super) fn apart(found: Vec<Holding>, asked: usize) -> Result<(Vec<Holding>, Vec<Holding>), ChangeError> {
    if found.len() == asked { Ok(found.into_iter().partition(|h| h.whole)) } else { Err(ChangeError::NotOnThatDay) }
}

/// The place of an ordinal of the database, from 0.
pub(super) fn place(ordinal: i64) -> usize {
    usize::try_from(ordinal - 1).unwrap_or(usize::MAX)
}

/// What was asked for these rows.
pub(super) fn picked<T: Copy>(held: &[Holding], all: &[T]) -> Vec<T> {
    held.iter().filter_map(|h| all.get(h.place).copied()).collect()
}

/// Which rows they are.
pub(super) fn facts_of(held: &[Holding]) -> Vec<Uuid> {
    held.iter().map(|h| h.fact).collect()
}

/// When they end.
pub(super) fn ends_of(held: &[Holding]) -> Vec<Option<NaiveDate>> {
    held.iter().map(|h| h.until).collect()
}
