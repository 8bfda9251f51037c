//! The downloader against real files and a real server, over HTTP.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "what tests share fails as they do"
)]

mod answers;
mod conformance;
mod discover;
mod disk_full;
mod durable;
mod faults;
mod faults_listing;
mod faults_matrix;
mod faults_run;
mod fixture;
mod local;
mod login;
mod memory;
mod open_files;
mod preflight;
mod refusals;
mod tidy;
mod transfer;
mod transfer_named;
mod transfer_observed;
mod transfer_policies;
mod transfer_resume;
mod wire;
