//! The integration tests: the public surface of the facade over real HTTP, and what must stay true of the workspace.

#![expect(clippy::unwrap_used, reason = "what a test sets up must work, or the test fails")]

mod architecture;
mod asserting;
mod browser;
mod costs;
mod guides;
mod masking;
mod months;
mod permissions;
mod production;
mod replay;
mod sampling;
mod tidy;
