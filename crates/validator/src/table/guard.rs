//! Turns a panic of a reader into an error: formats are read by libraries, and broken files meet assertions of theirs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::source::Batches;
use crate::{Error, Result};

/// Runs a part of reading a file.
pub(crate) fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T>) -> Result<T> {
    // What was being read is given up with the error, so nobody sees it half done.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(gave_up(path)))
}

/// Returns the same batches; one whose reading panics is an error, and the last.
pub(crate) fn guarded_batches(path: &Path, mut batches: Batches) -> Batches {
    let path = path.to_path_buf();
    let mut done = false;
    Box::new(std::iter::from_fn(move || {
        if done {
            return None;
        }
        let next = catch_unwind(AssertUnwindSafe(|| batches.next()));
        done = !matches!(next, Ok(Some(Ok(_))));
        next.unwrap_or_else(|_| Some(Err(gave_up(&path))))
    }))
}

fn gave_up(path: &Path) -> Error {
    Error::malformed(path, "the reader gave up on broken data in")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a_panic_is_an_error_and_ends_the_stream() {
        let path = Path::new("broken.parquet");
        let error = guarded(path, || -> Result<()> {
            let _: () = assert_eq!(path.as_os_str().len(), 0);
            Ok(())
        })
        .unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Malformed, Some(path)));
        let batches = std::iter::from_fn(|| {
            Some(Err(Error::business_rule("x"))).filter(|_| [0, 1][path.as_os_str().len()] == 0)
        });
        let mut batches = guarded_batches(path, Box::new(batches));
        assert_eq!(batches.next().unwrap().unwrap_err().kind(), ErrorKind::Malformed);
        assert!(batches.next().is_none());
    }
}
