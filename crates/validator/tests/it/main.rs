//! The validator on real files, through its public API.

#![expect(clippy::unwrap_used, reason = "what a test sets up must work, or the test fails")]

mod columns;
mod files;
mod trees;
