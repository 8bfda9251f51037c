//! What a step left on the disk as an output: whether it is there, how much it is, and whether it is a tree of plain files.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// How many faults of one output are told.
const MOST_FAULTS: usize = 20;

/// What a step left as one of its outputs.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// How many files there are.
    pub files: u64,
    /// How many of them hold no byte.
    pub empty_files: u64,
    /// How many bytes they have together.
    pub bytes: u64,
    /// What keeps it from being an output: links out of it, and things that are neither files nor directories. At most 20 are told.
    pub faults: Vec<String>,
}

impl Written {
    /// Looks at the output directory `root`; what cannot be read is a fault, never an error.
    pub(crate) fn scan(root: &Path) -> Self {
        let mut written = Self::default();
        match root.symlink_metadata() {
            Ok(found) if found.is_dir() => written.walk(root, root),
            Ok(_) => written.fault("its directory was replaced by something else".to_owned()),
            Err(_) => written.fault("its directory was removed".to_owned()),
        }
        written
    }

    /// Tells whether something was written at all.
    pub fn is_empty(&self) -> bool {
        self.files == 0
    }

    /// Says in one sentence why this cannot be an output, if it cannot.
    pub fn problem(&self) -> Option<String> {
        match self.faults.as_slice() {
            [] if self.is_empty() => Some("no file was written".to_owned()),
            [] if self.bytes == 0 => Some("only empty files were written".to_owned()),
            [] => None,
            [only] => Some(only.clone()),
            [first, others @ ..] => Some(format!("{first}; and {} more such faults", others.len())),
        }
    }

    fn walk(&mut self, root: &Path, directory: &Path) {
        let entries = match std::fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => {
                return self.fault(format!("`{}` cannot be read: {error}", below(root, directory)));
            }
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let Ok(found) = path.symlink_metadata() else { continue };
            if found.is_dir() {
                self.walk(root, &path);
            } else if found.is_file() {
                self.files += 1;
                self.empty_files += u64::from(found.len() == 0);
                self.bytes += found.len();
            } else if found.is_symlink() {
                self.link(root, &path);
            } else {
                self.fault(format!("`{}` is neither a file nor a directory", below(root, &path)));
            }
        }
    }

    /// A link to a file of the same output is as good as that file; nothing else is.
    fn link(&mut self, root: &Path, path: &Path) {
        let target = std::fs::read_link(path).unwrap_or_default();
        let inside = path.canonicalize().ok().zip(root.canonicalize().ok());
        match inside {
            Some((real, root)) if real.starts_with(&root) && real.is_file() => self.files += 1,
            Some((real, root)) if real.starts_with(&root) => self.fault(format!(
                "`{}` is a symbolic link to a directory",
                below(root.as_path(), path)
            )),
            Some(_) => self.fault(format!(
                "`{}` is a symbolic link to {}, which is outside of the output",
                below(root, path),
                target.display()
            )),
            None => self.fault(format!(
                "`{}` is a symbolic link to {}, which is not there",
                below(root, path),
                target.display()
            )),
        }
    }

    fn fault(&mut self, fault: String) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        }
    }
}

fn below(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn t9_t17_an_output_is_a_tree_of_files_with_something_in_them() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        assert_eq!(Written::scan(root).problem().unwrap(), "no file was written");
        fs_err::create_dir_all(root.join("train/deep")).unwrap();
        fs_err::write(root.join("train/deep/_SUCCESS"), "").unwrap();
        assert_eq!(Written::scan(root).problem().unwrap(), "only empty files were written");
        fs_err::write(root.join("train/deep/a.csv"), "a,b\n").unwrap();
        let written = Written::scan(root);
        assert_eq!((written.files, written.empty_files, written.bytes), (2, 1, 4));
        assert_eq!(written.problem(), None);
        assert!(
            Written::scan(&root.join("train/deep/a.csv")).problem().unwrap().contains("replaced")
        );
        assert!(Written::scan(&root.join("gone")).problem().unwrap().contains("removed"));
    }

    #[test]
    fn links_out_of_an_output_and_pipes_are_faults() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("output");
        fs_err::create_dir(&root).unwrap();
        fs_err::write(root.join("a.csv"), "a").unwrap();
        symlink("a.csv", root.join("within")).unwrap();
        assert_eq!(Written::scan(&root).problem(), None);
        symlink("/etc/hostname", root.join("out")).unwrap();
        let problem = Written::scan(&root).problem().unwrap();
        assert!(problem.contains("`out`") && problem.contains("/etc/hostname"), "{problem}");
        symlink("nowhere", root.join("broken")).unwrap();
        let socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
        let faults = Written::scan(&root).faults;
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults[2].contains("neither a file"), "{faults:?}");
        drop(socket);
    }
}
