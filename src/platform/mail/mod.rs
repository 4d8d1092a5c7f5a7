//! Mail: letters, the outbox, the worker, the relay.
