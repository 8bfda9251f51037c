//! The validator on real files, through its public API.

#![expect(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "small numbers, and what a test sets up must work or the test fails"
)]

mod columns;
mod files;
mod laws;
mod trees;
mod verdicts;
