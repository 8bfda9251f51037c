//! Whether two files hold the same bytes.

use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::{Error, Result};

const BUFFER: usize = 1 << 17;

/// Compares two files of the same size without reading either into memory.
pub(crate) fn same_bytes(candidate: &Path, reference: &Path) -> Result<bool> {
    let open = |path: &Path| {
        let file = fs_err::File::open(path).map_err(|error| Error::io(path, error))?;
        Ok(BufReader::with_capacity(BUFFER, file))
    };
    let (mut ours, mut theirs) = (open(candidate)?, open(reference)?);
    loop {
        let left = ours.fill_buf().map_err(|error| Error::io(candidate, error))?;
        let right = theirs.fill_buf().map_err(|error| Error::io(reference, error))?;
        let length = left.len().min(right.len());
        if length == 0 {
            return Ok(left.len() == right.len());
        }
        if left[..length] != right[..length] {
            return Ok(false);
        }
        ours.consume(length);
        theirs.consume(length);
    }
}
