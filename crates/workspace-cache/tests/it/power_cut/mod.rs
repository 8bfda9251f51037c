//! A power cut at any moment: what a process writes is recorded, and replayed up to each step.

mod disk;
mod replay;
mod trace;

pub(crate) use replay::live;
