//! 操作履歴: the chain that cannot be quietly rewritten, and who sees what of it.

mod chain;
mod pages;
