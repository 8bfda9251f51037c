//! The cache as its users see it: tasks, processes, crashes and damage, on a real disk.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also outside of test functions, and a second process talks on its standard output"
)]

mod common;
mod crowd;
mod damage;
mod defects;
mod eviction;
mod freshness;
mod other_clock;
mod poor_disk;
mod power_cut;
mod purging;
mod second_process;
mod single_flight;
mod staging;
mod versions;
