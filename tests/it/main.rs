//! Tests through the door: the whole router over a real PostgreSQL, one file per feature.
#![allow(clippy::disallowed_methods, reason = "tests look behind the pages with plain queries")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop where it stands")]

mod judgements;
mod support;

mod accounts;
mod activities;
mod advisories;
mod architecture;
mod authenticators;
mod break_glass;
mod consent;
mod deliveries;
mod demonstration;
mod directory;
mod edge;
mod enrolment;
mod escalation;
mod feature_map;
mod federations;
mod follow_up;
mod files;
mod glossary;
mod groups;
mod guesses;
mod guide;
mod holidays;
mod home;
mod hostile_input;
mod leak_matrix;
mod log_canary;
mod mailbox;
mod markdown;
mod offices;
mod onward;
mod outbox;
mod partners;
mod people;
mod outgoing;
mod overview;
mod permissions;
mod reading;
mod receipts;
mod record;
mod relays;
mod routes;
mod row_security;
mod scanner;
mod search;
mod security_page;
mod setup;
mod statistics;
mod surveys;
mod trail;
mod trouble;
mod versions;
