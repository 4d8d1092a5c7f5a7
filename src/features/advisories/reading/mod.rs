//! Reading and watching: what reaches a viewer, what the viewer's organisations still owe, and how far
//! an item has got. Every read starts from the viewer; row security stands behind it as the second wall.

pub mod regional;
pub mod deliveries;
pub mod filter;
pub mod standing;
pub mod store;
