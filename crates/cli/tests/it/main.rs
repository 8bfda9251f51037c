//! Drives the `reenact` binary as a user does: real processes, a real S3 server over HTTP, real exit codes.

mod commands;
mod failures;
mod production;
