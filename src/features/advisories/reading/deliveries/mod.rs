//! 配信状況: who may watch what of an item's deliveries, and the numbers as people read them.

pub mod board;
pub mod failure;
pub mod recipient;
pub mod road;
pub mod shared;
pub mod store;
pub mod watch;
