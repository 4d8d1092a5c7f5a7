//! 見込み: what an author and an approver may expect of a draft by what became of earlier items (part of the preview).

pub mod shown;
pub mod store;
