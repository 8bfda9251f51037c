//! The downloader against real files and a real server, over HTTP.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what tests share fails as they do"
)]

mod answers;
mod conformance;
mod discover;
mod faults;
mod faults_matrix;
mod fixture;
mod local;
mod login;
mod preflight;
mod refusals;
mod tidy;
mod transfer;
mod transfer_named;
mod transfer_observed;
mod transfer_policies;
mod transfer_resume;
