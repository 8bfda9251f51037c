//! Canaries: values that stand for private data, and are looked for wherever private data must not get.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::error::{Error, Result};

/// A value that occurs nowhere by chance. Put it where private data would be, then see where it has got.
///
/// ```
/// use reenact_testkit::Canary;
///
/// let canary = Canary::new("email");
/// let row = format!("id,email\n1,{canary}\n");
/// assert!(canary.is_in(row.as_bytes()));
///
/// // Nothing of it is in what a program leaves behind, here an empty directory.
/// let reports = tempfile::tempdir()?;
/// canary.assert_absent_below(reports.path());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Canary(String);

/// The canary's text: letters and digits, so that no format has to escape it.
impl std::fmt::Display for Canary {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Canary {
    /// The canary of this name; the same name gives the same canary.
    pub fn new(name: &str) -> Self {
        // FNV-1a: <http://www.isthe.com/chongo/tech/comp/fnv/>
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(format!("Canary{hash:016x}"))
    }

    /// Returns the canary's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is in these bytes: as text in UTF-8 or UTF-16, in any case of letters, in hexadecimal digits or in
    /// base64. What is compressed has to be unpacked first.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        let text = self.0.to_ascii_lowercase();
        let wide: Vec<u8> = text.bytes().flat_map(|byte| [byte, 0]).collect();
        let lower = bytes.to_ascii_lowercase();
        let digits: Vec<String> = self.0.bytes().map(|byte| format!("{byte:02x}")).collect();
        contains(&lower, text.as_bytes())
            || contains(&lower, &wide)
            || contains(&lower, digits.concat().as_bytes())
            || (0..3).any(|offset| contains(bytes, &self.base64(offset)))
    }

    /// What base64 makes of it, whatever is before it and after it: only the digits that depend on nothing else.
    fn base64(&self, offset: usize) -> Vec<u8> {
        let padded = [&vec![0; offset], self.0.as_bytes()].concat();
        let digits = STANDARD_NO_PAD.encode(&padded).into_bytes();
        // Of the first four digits those that also tell the bytes before; of the last ones those that also tell what follows.
        let first = [0, 2, 3][offset];
        let whole = padded.len() / 3 * 4;
        digits[first..whole].to_vec()
    }

    /// The files below a directory in which it is, or in whose names it is, sorted.
    ///
    /// # Errors
    /// [`Read`](crate::ErrorKind::Read) if a file or directory can't be read.
    pub fn find_below(&self, directory: &Path) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for path in crate::bucket::files_below(directory)? {
            let named = self.is_in(path.as_os_str().as_encoded_bytes());
            if named || self.is_in(&fs::read(&path).map_err(|source| Error::read(&path, source))?) {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Asserts that no file below a directory has it.
    ///
    /// # Panics
    /// If one has it, naming all that do, or if one can't be read.
    #[track_caller]
    pub fn assert_absent_below(&self, directory: &Path) {
        let found = self.find_below(directory);
        assert!(
            found.as_ref().is_ok_and(Vec::is_empty),
            "the canary `{self}` got below {}: {found:?}",
            directory.display()
        );
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_however_it_is_written() {
        let canary = Canary::new("email");
        let text = canary.as_str();
        let hexadecimal: Vec<String> = text.bytes().map(|byte| format!("{byte:02X}")).collect();
        let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for written in [
            format!("<td>{text}</td>").into_bytes(),
            text.to_uppercase().into_bytes(),
            hexadecimal.concat().into_bytes(),
            utf_16,
        ] {
            assert!(canary.is_in(&written), "{written:?}");
            assert!(!Canary::new("telephone").is_in(&written));
        }
        for before in 0..6 {
            for after in 0..6 {
                let row = format!("{}{text}{}", &"id,name"[..before], &";more;"[..after]);
                let written = STANDARD_NO_PAD.encode(row);
                assert!(canary.is_in(written.as_bytes()), "{before} {after}");
            }
        }
    }

    #[test]
    fn files_that_have_it_or_are_named_by_it_are_found() {
        let directory = tempfile::tempdir().unwrap();
        let canary = Canary::new("name");
        fs::create_dir(directory.path().join("sub")).unwrap();
        fs::write(directory.path().join("sub/with"), format!("a{canary}b")).unwrap();
        fs::write(directory.path().join(format!("{canary}.txt")), "").unwrap();
        fs::write(directory.path().join("without"), "nothing").unwrap();
        let found = canary.find_below(directory.path()).unwrap();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(!found.iter().any(|path| path.ends_with("without")));
    }
}
