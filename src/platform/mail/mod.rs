//! Mail: letters, the outbox, the worker, the relay.
pub mod letter;
pub mod outbox;
