//! Compares rows: whole rows by fingerprint first, then what is left over by key.

mod changes;
mod closeness;
mod compare;
mod fingerprint;
mod infer;
mod leftover;
mod matching;
mod merge;
mod on_disk;
mod pairing;
mod prints;
mod residue;
mod spill;

pub(crate) use compare::{ComparedRows, Task, compare_rows};
pub(crate) use fingerprint::fingerprint;
pub(crate) use prints::{Ascending, Prints, Space};
pub(crate) use residue::{Residue, SideResidue};
