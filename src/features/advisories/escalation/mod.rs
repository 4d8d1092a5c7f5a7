//! エスカレーション: what happens by itself when a recipient stays silent (decision 0048): its windows are written to once more,
//! then its desk is told, then the ministry and the centre. When each step comes is the ladder of the item's urgency.

pub mod ladder;
pub mod letters;
pub mod errand;
pub mod paths;
pub mod reached;
pub mod store;
pub mod tick;
pub mod typed;
pub mod web;

pub use web::routes;
