//! What tests assert again and again: of the requests that came, of the faults that were met, of the files that landed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::bucket::{TestBucket, files_below};
use crate::faults::Faults;
use crate::log::Operation;
use crate::server::S3Server;

impl S3Server {
    /// Asserts that no request so far wanted to write or delete anything, whether or not it was let.
    ///
    /// # Panics
    /// If one did, naming it.
    #[track_caller]
    pub fn assert_only_read(&self) {
        let requests = self.requests();
        let writes: Vec<_> =
            requests.iter().filter(|request| request.operation.is_write()).collect();
        assert!(writes.is_empty(), "something was written: {writes:#?}");
    }

    /// Asserts that no bytes of an object were asked for twice since the requests were last
    /// [taken](Self::take_requests): no two reads of the same key with the same range. Reads that failed do not count.
    ///
    /// # Panics
    /// If some were, naming key and range.
    #[track_caller]
    pub fn assert_nothing_read_twice(&self) {
        let mut seen = BTreeSet::new();
        for request in self.requests() {
            let is_whole = request.status.is_some_and(|status| (200..300).contains(&status));
            if request.operation == Operation::GetObject && is_whole {
                let what = (request.bucket, request.key, request.range);
                assert!(!seen.contains(&what), "read twice: {what:?}");
                seen.insert(what);
            }
        }
    }
}

impl Operation {
    /// Whether it changes what is stored.
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Self::CreateBucket
                | Self::DeleteBucket
                | Self::PutBucketVersioning
                | Self::PutObject
                | Self::CopyObject
                | Self::DeleteObject
                | Self::DeleteObjects
                | Self::CreateMultipartUpload
                | Self::UploadPart
                | Self::CompleteMultipartUpload
                | Self::AbortMultipartUpload
        )
    }
}

impl Faults {
    /// Asserts that every fault of the script was met at least once: a test whose faults nobody meets proves nothing.
    ///
    /// # Panics
    /// If one was not, naming it.
    #[track_caller]
    pub fn assert_all_played(&self) {
        let waiting = self.waiting();
        assert!(waiting.is_empty(), "nothing met these faults: {waiting:#?}");
    }
}

impl TestBucket {
    /// Asserts that a directory has exactly the objects below a prefix, under the rest of their keys, byte for byte.
    ///
    /// # Panics
    /// If a file is missing, differs, or is not among the objects, or if the directory can't be read.
    #[track_caller]
    pub fn assert_landed(&self, prefix: &str, directory: &Path) {
        let found = landed(directory);
        assert!(found.is_ok(), "cannot read what landed: {found:?}");
        let mut found = found.unwrap_or_default();
        for (key, body) in self.bodies() {
            let Some(rest) = key.strip_prefix(prefix) else { continue };
            let file = found.remove(rest);
            assert!(file.is_some(), "{key} did not land below {}", directory.display());
            let same = file.is_some_and(|file| file == body);
            assert!(same, "{key} landed with other bytes below {}", directory.display());
        }
        let more: Vec<_> = found.keys().collect();
        assert!(more.is_empty(), "nothing in the bucket is {more:?} below {}", directory.display());
    }
}

/// The files below a directory by their paths, with `/` between names.
fn landed(directory: &Path) -> crate::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for path in files_below(directory)? {
        let body = fs::read(&path).map_err(|source| crate::Error::read(&path, source))?;
        let relative = path.strip_prefix(directory).unwrap_or(&path);
        files.insert(relative.to_string_lossy().into_owned(), body);
    }
    Ok(files)
}
