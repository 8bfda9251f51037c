//! Masks the logs that a step left.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use fs_err::File;

use super::Masker;
use crate::{Error, Result};

/// A longer line is not looked through.
const LONGEST_LINE: u64 = 1 << 20;
const TOO_LONG: &str = "<withheld: a line of more than 1 MiB>\n";

/// Rewrites every file below `directory`, line by line.
pub(crate) fn scrub_logs(masker: &Masker, directory: &Path) -> Result<()> {
    let failed = |error| Error::workspace("mask the logs below", directory, error);
    for entry in fs_err::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            scrub_logs(masker, &path)?;
        } else {
            scrub_file(masker, &path).map_err(failed)?;
        }
    }
    Ok(())
}

fn scrub_file(masker: &Masker, path: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(File::open(path)?);
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    let clean = tempfile::NamedTempFile::new_in(directory)?;
    let mut out = BufWriter::new(clean);
    let mut line = Vec::new();
    while read_line(&mut lines, &mut line)? {
        if line.len() as u64 >= LONGEST_LINE && !line.ends_with(b"\n") {
            skip_line(&mut lines)?;
            out.write_all(TOO_LONG.as_bytes())?;
        } else {
            out.write_all(masker.scrub(&String::from_utf8_lossy(&line)).as_bytes())?;
        }
    }
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.persist(path)?;
    Ok(())
}

/// Reads up to the end of a line, or as much of it as is looked through; tells whether there was anything.
fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    lines.by_ref().take(LONGEST_LINE).read_until(b'\n', line)?;
    Ok(!line.is_empty())
}

fn skip_line(lines: &mut impl BufRead) -> std::io::Result<()> {
    let mut rest = Vec::new();
    while read_line(lines, &mut rest)? && !rest.ends_with(b"\n") {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::{Mask, Masking};

    #[test]
    fn logs_lose_what_is_private_and_keep_the_rest() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("stderr.log");
        let long = "x".repeat(3 << 20);
        fs_err::write(&path, [b"ok\nmail a@b.org \xff\n", long.as_bytes(), b"\nlast"].concat())
            .unwrap();
        let masker = Masking::new().with_pattern("email", Mask::Redact).compile().unwrap();
        scrub_logs(&masker, directory.path()).unwrap();
        let clean = fs_err::read_to_string(&path).unwrap();
        assert_eq!(clean, format!("ok\nmail <redacted> \u{fffd}\n{TOO_LONG}last"));
        assert_eq!(fs_err::read_dir(directory.path()).unwrap().count(), 1);
    }
}
