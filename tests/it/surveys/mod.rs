//! 調査: what a desk asks, what firms answer, what is read of it, and by whom.

mod answering;
mod making;
mod numbers;
mod walls;
pub mod world;
