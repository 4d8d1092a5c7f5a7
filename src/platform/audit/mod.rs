//! 操作履歴: every change, every refusal and every reading that matters, written in the transaction that it
//! belongs to (`event`), sealed into a chain (`sealer`), anchored outside the database (`anchor`) and checked
//! again from outside (`verify`). docs/decisions/0018-audit-chain.md says what that proves.

pub mod anchor;
pub mod chain;
pub mod event;
pub mod sealer;
pub mod verify;

pub use event::{Event, Outcome, record, record_once_an_hour};
