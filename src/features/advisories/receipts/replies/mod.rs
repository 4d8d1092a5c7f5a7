//! 返信による受領: replies to the mail of an item (docs/decisions/0057). A person's reply that quotes the item's number is a
//! receipt; of every other reply it is kept why it is none, and never what it says.

pub mod reply;
pub mod store;
pub mod intake;
