//! The words that every floor speaks: ids, time, language, sharing levels, parsed text.

pub mod clock;
pub mod count_unit;
pub mod email_address;
pub mod ids;
pub mod language;
pub mod period;
pub mod sharing_level;
pub mod stage;
pub mod text;
