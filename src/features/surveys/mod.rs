//! 調査: a desk asks its members something; each firm answers by whoever keeps it; what comes of it is read with the firms'
//! names or as numbers alone, as was said before anybody answered (decision 0044).

pub mod answer;
pub mod demonstration;
pub mod export;
pub mod letters;
pub mod paths;
pub mod question;
pub mod reminding;
pub mod replies;
pub mod results;
pub mod store;
pub mod survey;
pub mod tasks;
pub mod web;

pub use web::routes;
