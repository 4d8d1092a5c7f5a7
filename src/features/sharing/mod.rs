//! 共有範囲: who receives an item, and by which rule.
//!
//! The rule itself is the SQL function `sharing_windows` (migrations, `…_sharing.sql`): the preview
//! shows its rows and the publication stores them, so what is shown is what is sent.

pub mod store;
pub mod verdict;
