//! The journal: one line of JSON per stored object, from which a lost index is rebuilt.
//!
//! ```text
//! {"id":"5c1e..","bucket":"lake","key":"flights/part-0.csv","revision":{"etag":"9b2cf5"},"size":120,"digest":"3f9a..","created":1790046000000}
//! ```
//!
//! A line states a fact that stays true: these bytes are that object. So lines are only ever added, and a line whose
//! blob is gone is merely of no use; when most lines are, the journal is written anew from the index. Lines are written
//! inside a write transaction of the index, whose lock orders them. They are not flushed one by one: after a power cut
//! the last ones may be missing or torn, and their objects are fetched again. A torn or altered line is recognised by
//! its `id`, a hash of the identity, and skipped.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::{IoContext, Result};
use crate::identity::Identity;
use crate::tree::{flush, open_private, remove_if_there};

/// One stored object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    id: Digest,
    bucket: String,
    key: String,
    revision: crate::Revision,
    size: u64,
    digest: Digest,
    created: i64,
}

impl Line {
    pub(crate) fn new(identity: &Identity, digest: Digest, created: i64) -> Self {
        Self {
            id: identity.id(),
            bucket: identity.bucket().into(),
            key: identity.key().into(),
            revision: identity.revision().clone(),
            size: identity.size(),
            digest,
            created,
        }
    }

    /// Returns the object, its blob and the time it was stored, if the line is whole.
    fn checked(self) -> Option<(Identity, Digest, i64)> {
        let identity = Identity::new(self.bucket, self.key, self.revision, self.size).ok()?;
        (identity.id() == self.id).then_some((identity, self.digest, self.created))
    }

    fn text(&self) -> io::Result<Vec<u8>> {
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        Ok(text)
    }
}

/// Adds a line. Called only inside a write transaction of the index.
pub(crate) fn append(path: &Path, line: &Line) -> Result<()> {
    // The leading line break ends whatever a crash may have left unfinished before it.
    let write = || -> io::Result<()> {
        let mut text = vec![b'\n'];
        text.extend(line.text()?);
        open_private(path)?.write_all(&text)
    };
    write().during("write", path)
}

/// Writes the whole journal anew. Called only inside a write transaction of the index.
pub(crate) fn replace(path: &Path, lines: impl IntoIterator<Item = Line>) -> Result<()> {
    let unfinished = unfinished(path);
    let write = || -> io::Result<()> {
        remove_if_there(&unfinished)?;
        let mut file = BufWriter::new(open_private(&unfinished)?);
        for line in lines {
            file.write_all(&line.text()?)?;
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().during("write", &unfinished)?;
    // Until this is done a power cut may bring the former journal back, with the names that were purged.
    path.parent().map_or(Ok(()), flush)
}

/// Removes a replacement that was not finished. Called only inside a write transaction of the index.
pub(crate) fn remove_unfinished(path: &Path) -> Result<()> {
    let unfinished = unfinished(path);
    remove_if_there(&unfinished).during("remove", &unfinished)
}

fn unfinished(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// What a journal says.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// Each stored object, its blob and when it was stored.
    pub(crate) objects: Vec<(Identity, Digest, i64)>,
    /// How many lines were torn or altered.
    pub(crate) unreadable: usize,
}

/// Reads the journal. A missing one is empty.
pub(crate) fn read(path: &Path) -> Result<Journal> {
    let mut journal = Journal::default();
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(journal),
        file => file.during("read", path)?,
    };
    for text in BufReader::new(file).split(b'\n') {
        let text = text.during("read", path)?;
        if text.is_empty() {
            continue;
        }
        match serde_json::from_slice::<Line>(&text).ok().and_then(Line::checked) {
            Some(object) => journal.objects.push(object),
            None => journal.unreadable += 1,
        }
    }
    Ok(journal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Revision;

    prop_compose! {
        fn any_line()(
            bucket in ".+", key in ".+", tag in "[^\"]+", version: bool, size: u64, created: i64,
        ) -> (Identity, Digest, i64) {
            let revision = if version { Revision::Version(format!("v{tag}")) } else { Revision::ETag(tag) };
            let digest = Digest::of(key.as_bytes());
            (Identity::new(bucket, key, revision, size).unwrap(), digest, created)
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(objects in prop::collection::vec(any_line(), 0..5), appended in any_line()) {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("journal");
            let line = |(identity, digest, created): &(Identity, Digest, i64)| Line::new(identity, *digest, *created);
            replace(&path, objects.iter().map(line)).unwrap();
            append(&path, &line(&appended)).unwrap();

            let journal = read(&path).unwrap();
            prop_assert_eq!(journal.unreadable, 0);
            prop_assert_eq!(journal.objects, [objects, vec![appended]].concat());
        }
    }
}
