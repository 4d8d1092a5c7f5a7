//! Tests through the door: the whole router over a real PostgreSQL, one file per feature.
#![allow(clippy::disallowed_methods, reason = "tests look behind the pages with plain queries")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop where it stands")]

mod support;

mod accounts;
mod advisories;
mod architecture;
mod deliveries;
mod demonstration;
mod directory;
mod enrolment;
mod feature_map;
mod glossary;
mod home;
mod leak_matrix;
mod mailbox;
mod outbox;
mod permissions;
mod reading;
mod row_security;
mod security_page;
