//! A company's pipeline `sales`, of which one step is here: `net` subtracts what customers sent back from what they bought.
//!
//! Nothing in it knows of reenact; how it is tested on production's inputs is in `tests/`.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Reads `orders/` and `refunds/` below `inputs`, and writes `net/` below `outputs`: one row for each order, in the order of
/// their numbers. All amounts are in cents.
///
/// # Errors
/// If a file can't be read or written, or if a line is not `order,cents` with whole numbers.
pub fn net(inputs: &Path, outputs: &Path) -> io::Result<()> {
    let mut amounts = read(&inputs.join("orders"))?;
    for (order, refunded) in read(&inputs.join("refunds"))? {
        *amounts.entry(order).or_default() -= refunded;
    }
    let rows = amounts.iter().map(|(order, cents)| format!("{order},{cents}\n"));
    let table = std::iter::once("order,cents\n".to_owned()).chain(rows).collect::<String>();
    std::fs::write(outputs.join("net").join("part-0.csv"), table)
}

/// Adds up the rows of all files of a directory by order.
fn read(directory: &Path) -> io::Result<BTreeMap<u64, i64>> {
    let mut amounts = BTreeMap::new();
    for file in std::fs::read_dir(directory)? {
        for line in std::fs::read_to_string(file?.path())?.lines().skip(1) {
            let broken =
                || io::Error::new(io::ErrorKind::InvalidData, format!("not a row: {line}"));
            let (order, cents) = line.split_once(',').ok_or_else(broken)?;
            let order = order.parse().ok().ok_or_else(broken)?;
            *amounts.entry(order).or_default() += cents.parse::<i64>().ok().ok_or_else(broken)?;
        }
    }
    Ok(amounts)
}
