//! Which numbers hold at this hour.

use crate::features::directory::roster::sheet::Hours;

/// Whether somebody is there; `off_hours` as mails have it (`sharing::store::hours`).
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
    fn office_hours_and_the_others_exclude_each_other() {
        assert!(holds(Hours::Always, true) && holds(Hours::Always, false));
        assert!(holds(Hours::Business, false) && !holds(Hours::Business, true));
        assert!(holds(Hours::OffHours, true) && !holds(Hours::OffHours, false));
    }
}
