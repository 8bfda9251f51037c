//! The validator on real files, through its public API.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::format_push_string,
    clippy::unwrap_used,
    reason = "small numbers, and what a test sets up must work or the test fails"
)]

mod baselines;
mod collections;
mod columns;
mod constraints;
mod cookbook;
mod documents;
mod files;
mod laws;
mod profiles;
mod rule_files;
mod rule_schema;
mod scale;
mod schemas;
mod sql;
mod statistics_guide;
mod suggestions;
mod tables;
mod torture;
mod trees;
mod verdicts;
