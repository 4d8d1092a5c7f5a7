//! ほかの事業者への伝達: a hub passes an item on to businesses that stand in no roster, and says how many it told, or
//! tells its desk (decision 0046). Their number is counted apart from the members'.

pub mod paths;
pub mod report;
pub mod store;
pub mod typed;
pub mod web;

pub use web::routes;
