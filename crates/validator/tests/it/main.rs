//! The validator on real files, through its public API.

#![expect(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "small numbers, and what a test sets up must work or the test fails"
)]

mod columns;
mod constraints;
mod cookbook;
mod documents;
mod files;
mod laws;
mod rule_files;
mod rule_schema;
mod scale;
mod schemas;
mod tables;
mod torture;
mod trees;
mod verdicts;
