//! Comparing content with the checksum that its object carries.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use crate::checksum::{Algorithm, Checksum, Hasher};
use crate::error::{Error, ErrorKind, Result};
use crate::transfer::Verified;

/// How much of a file is read at a time.
const READ_SIZE: u64 = 1024 * 1024;

/// Says how the content was verified that has the checksum `found`, where the object carries `expected`.
pub(super) fn compare(expected: &Checksum, found: &Checksum) -> Result<Verified> {
    if found != expected {
        let reason = format!("the object carries {expected}, its bytes have {found}");
        return Err(Error::new(ErrorKind::Corrupt).with_reason(reason));
    }
    Ok(match expected.parts() {
        None => Verified::Checksum(expected.algorithm()),
        Some(_) => Verified::Composite(expected.algorithm()),
    })
}

/// Hashes some bytes of a file. Blocks.
pub(super) fn read_checksum(
    file: &File,
    range: Range<u64>,
    algorithm: Algorithm,
) -> io::Result<Checksum> {
    let longest = usize::try_from(READ_SIZE.min(range.end - range.start)).unwrap_or_default();
    let mut buffer = vec![0; longest];
    let mut hasher = Hasher::new(algorithm);
    let mut offset = range.start;
    while offset < range.end {
        let count = usize::try_from(range.end - offset).unwrap_or(longest).min(longest);
        file.read_exact_at(&mut buffer[..count], offset)?;
        hasher.update(&buffer[..count]);
        offset += count as u64;
    }
    Ok(hasher.finish())
}

/// Hashes a file that was uploaded in parts of these lengths; nothing if there are none. Blocks.
pub(super) fn read_composite(
    file: &File,
    lengths: &[u64],
    algorithm: Algorithm,
) -> io::Result<Option<Checksum>> {
    let mut start = 0;
    let mut parts = Vec::with_capacity(lengths.len());
    for length in lengths {
        parts.push(read_checksum(file, start..start + length, algorithm)?);
        start += length;
    }
    Ok(Checksum::of_parts(algorithm, &parts))
}

/// Returns the lengths of `count` parts, all as long as the first and the last not longer; nothing if that is not how an object of
/// `size` bytes can be divided.
pub(super) fn equal_parts(size: u64, count: u32, first: u64) -> Option<Vec<u64>> {
    let before_last = first.checked_mul(u64::from(count.checked_sub(1)?))?;
    let last = size.checked_sub(before_last).filter(|last| (1..=first).contains(last))?;
    let mut lengths = vec![first; usize::try_from(count).ok()?];
    *lengths.last_mut()? = last;
    Some(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h17_parts_are_equal_only_where_they_can_be() {
        assert_eq!(equal_parts(10, 3, 4), Some(vec![4, 4, 2]));
        assert_eq!(equal_parts(8, 2, 4), Some(vec![4, 4]));
        assert_eq!(equal_parts(4, 1, 4), Some(vec![4]));
        for (size, count, first) in
            [(10, 3, 5), (10, 2, 4), (10, 0, 4), (10, 3, 0), (1, u32::MAX, u64::MAX)]
        {
            assert_eq!(equal_parts(size, count, first), None, "{size} {count} {first}");
        }
    }
}
