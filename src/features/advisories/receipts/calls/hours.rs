//! Which numbers hold at this hour.

use crate::features::directory::roster::sheet::Hours;

/// Whether somebody is there.
#[must_use]
pub fn holds(hours: Hours, off_hours: bool) -> bool {
    match hours {
        Hours::Always => true,
        Hours::Business => !off_hours,
        Hours::OffHours => off_hours,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_for_the_night_does_not_hold_by_day() {
        assert!(holds(Hours::Always, true) && holds(Hours::Business, false) && !holds(Hours::OffHours, false));
    }
}
