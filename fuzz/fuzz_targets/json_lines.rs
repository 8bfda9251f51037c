//! Whatever a JSON Lines file holds: it is read or refused, and what is read never differs from itself.
#![no_main]

mod table;

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: table::let_panics_be_caught(), |bytes: &[u8]| table::compare_with_itself("table.jsonl", bytes));
