//! Runs of real subprocesses: modes, order, scripts of each style, and steps that misbehave.

#![expect(clippy::unwrap_used, reason = "what a test sets up must work, or the test fails")]

mod answer;
mod canaries;
mod environment;
mod hazards;
mod modes;
mod order;
mod recording;
mod scripts;
mod setting;
mod staging;
