//! Drives the `reenact` binary as a user does: real processes, a real S3 server over HTTP, real exit codes.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what a test sets up must work, or the test fails"
)]

mod commands;
mod conduct;
mod doctor;
mod exits;
mod failures;
mod fetching;
mod forms;
mod guide;
mod mistakes;
mod modes;
mod needs;
mod production;
mod profiles;
mod reaching;
mod reference;
mod settings;
mod terminal;
mod upkeep;
