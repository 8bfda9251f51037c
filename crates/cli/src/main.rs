//! The `reenact` command.

fn main() {}
