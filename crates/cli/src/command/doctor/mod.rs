//! `reenact doctor`: what a run needs, checked one by one.

mod checkup;
mod finding;
mod program;

pub(super) use checkup::doctor;
