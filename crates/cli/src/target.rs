//! What is to be written: what can be told of its place before the work is done whose outcome it is for.

use std::io;
use std::path::Path;

use crate::answer::{Failure, Missing};

/// Fails if no file can be written there.
pub(crate) fn file(path: &Path) -> Result<(), Failure> {
    let problem = if path.is_dir() {
        "a directory is there".to_owned()
    } else if path.is_file() {
        match std::fs::OpenOptions::new().append(true).open(path) {
            Ok(_) => return Ok(()),
            Err(error) => error.to_string(),
        }
    } else if path.exists() {
        // A pipe or a device takes what it gets.
        return Ok(());
    } else {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        match takes_files(parent.unwrap_or_else(|| Path::new("."))) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                "there is no such directory".to_owned()
            }
            Err(error) => error.to_string(),
        }
    };
    let text = format!("{} cannot be written: {problem}; name another file", path.display());
    Err(Missing::new(text).into())
}

/// Fails if no directory can be there, or if nothing can be written into it.
pub(crate) fn directory(path: &Path) -> Result<(), Failure> {
    let above = path.ancestors().find(|path| path.exists()).unwrap_or_else(|| Path::new("."));
    let problem = if above.is_dir() {
        match takes_files(above) {
            Ok(()) => return Ok(()),
            Err(error) => error.to_string(),
        }
    } else {
        "it is a file".to_owned()
    };
    let text = format!(
        "{} cannot be a directory to write into: {}: {problem}; name another",
        path.display(),
        above.display()
    );
    Err(Missing::new(text).into())
}

/// Tries whether a directory takes files, with one that has no name.
fn takes_files(directory: &Path) -> io::Result<()> {
    tempfile::tempfile_in(directory).map(drop)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_can_be_written_is_let_and_left_as_it_was() {
        let place = tempfile::tempdir().unwrap();
        let there = place.path().join("there");
        fs::write(&there, "content").unwrap();
        file(&there).unwrap();
        file(&place.path().join("new")).unwrap();
        directory(&place.path().join("new/below")).unwrap();
        assert_eq!(fs::read_to_string(there).unwrap(), "content");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_told_with_the_reason() {
        let place = tempfile::tempdir().unwrap();
        let told = |result: Result<(), Failure>| result.unwrap_err().to_string();
        assert!(told(file(place.path())).contains("a directory is there"));
        assert!(told(file(&place.path().join("gone/new"))).contains("no such directory"));
        let there = place.path().join("there");
        fs::write(&there, "").unwrap();
        assert!(told(directory(&there.join("below"))).contains("it is a file"));
        // The system's own, where not even root may write.
        if Path::new("/proc/self").exists() {
            assert!(told(file(Path::new("/proc/self/new"))).contains("name another file"));
            assert!(told(directory(Path::new("/proc/self/new"))).contains("name another"));
        }
    }
}
