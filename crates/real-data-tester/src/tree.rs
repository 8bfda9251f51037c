//! Copies of directory trees: what a step reads is its own, so that it may do to it what it likes.

use std::io;
use std::path::Path;

/// Copies the file or directory at `from` into the directory `into`; shares the bytes where the file system can.
///
/// Symbolic links are followed only if `from` is one itself. What is neither a file nor a directory below it is an error, since a
/// step could not have had it from a bucket.
pub(crate) fn copy_tree(from: &Path, into: &Path) -> io::Result<()> {
    if fs_err::metadata(from)?.is_dir() {
        return copy_entries(from, into);
    }
    let name = from.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    copy_file(from, &into.join(name))
}

fn copy_entries(from: &Path, into: &Path) -> io::Result<()> {
    fs_err::create_dir_all(into)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), into.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_entries(&path, &target)?;
        } else if kind.is_file() {
            copy_file(&path, &target)?;
        } else {
            let message = format!("{} is neither a file nor a directory", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    reflink_copy::reflink_or_copy(from, to).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t17_a_tree_is_copied_as_a_tree() {
        let directory = tempfile::tempdir().unwrap();
        let (from, into) = (directory.path().join("from"), directory.path().join("into"));
        fs_err::create_dir_all(from.join("train/deep")).unwrap();
        fs_err::create_dir_all(&into).unwrap();
        fs_err::write(from.join("train/deep/a.csv"), "a").unwrap();
        fs_err::write(from.join("b.csv"), "b").unwrap();
        copy_tree(&from, &into).unwrap();
        assert_eq!(fs_err::read_to_string(into.join("train/deep/a.csv")).unwrap(), "a");
        assert_eq!(fs_err::read_to_string(into.join("b.csv")).unwrap(), "b");
        let alone = directory.path().join("alone");
        fs_err::create_dir(&alone).unwrap();
        copy_tree(&from.join("b.csv"), &alone).unwrap();
        assert_eq!(fs_err::read_to_string(alone.join("b.csv")).unwrap(), "b");
    }

    #[test]
    fn a_link_below_a_tree_is_refused_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let from = directory.path().join("from");
        fs_err::create_dir(&from).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", from.join("link")).unwrap();
        let error = copy_tree(&from, &directory.path().join("into")).unwrap_err();
        assert!(error.to_string().contains("link"), "{error}");
    }
}
