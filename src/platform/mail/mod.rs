//! Mail: letters, the outbox that is the queue, the worker that empties it, and the relay it talks to.
//!
//! The road of one copy: a feature renders a [`letter::Letter`] and stores it with
//! [`outbox::store_mail`] in its own transaction; a delivery row per recipient joins it there. The
//! [`worker`] claims rows under a lease, builds a [`sheet::AddressedCopy`] for each, hands it to a
//! [`relay`] outside any transaction, and writes down each copy's fate. What comes back of it is taken in by [`inbound`].

pub mod housekeeping;
pub mod inbound;
pub mod letter;
pub mod lettre_relay;
pub mod local_relay;
pub mod outbox;
pub mod pause;
pub mod pipelined;
pub mod reception;
pub mod relay;
pub mod reply;
pub mod return_path;
pub mod sender;
pub mod sheet;
pub mod smtp_relay;
pub mod smtp_server;
pub mod smtp_url;
pub mod tray;
pub mod watch;
pub mod worker;
