//! One process's connection to the index: opened when needed, opened anew when the file was replaced, mended once when
//! it turns out to be damaged.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::schema::{self, Opened};
use crate::clock::Clock;
use crate::error::Result;
use crate::lock::FileLock;
use crate::notice::{Notice, Notices};
use crate::tree::Tree;

/// How often the same is tried while the files of the index are being replaced.
const ATTEMPTS: usize = 10;

/// The index of one open cache.
#[derive(Debug)]
pub(crate) struct Index {
    tree: Tree,
    clock: Arc<dyn Clock>,
    notices: Arc<Notices>,
    limit: Duration,
    connection: Mutex<Option<Open>>,
}

/// A connection and the file it was opened on.
#[derive(Debug)]
struct Open {
    connection: Connection,
    file: (u64, u64),
}

impl Index {
    /// Opens the index, creating or rebuilding it if need be. No lock is waited for longer than `limit`.
    pub(crate) fn open(
        tree: Tree,
        clock: Arc<dyn Clock>,
        notices: Arc<Notices>,
        limit: Duration,
    ) -> Result<Self> {
        let index = Self { tree, clock, notices, limit, connection: Mutex::default() };
        index.with("open", |_| Ok(()))?;
        Ok(index)
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Runs one short transaction or query. If the index proves damaged it is rebuilt, and if its files were replaced or
    /// removed meanwhile it is opened anew; then the same is tried again.
    pub(super) fn with<T>(
        &self,
        action: &'static str,
        body: impl Fn(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let before = self.file();
            let outcome = self.current(&mut slot, before).and_then(|connection| {
                let path = self.tree.index();
                body(connection).map_err(|source| schema::failed(&self.tree, action, &path, source))
            });
            let Err(error) = outcome else { return outcome };
            let cause = error.sqlite();
            if attempts == ATTEMPTS {
                return Err(error);
            } else if cause.is_some_and(schema::is_damage) {
                let damaged = slot.take().map(|open| open.file);
                self.mend(damaged)?;
            } else if cause.is_some_and(schema::is_io) || self.file() != before {
                *slot = None;
            } else {
                return Err(error);
            }
        }
    }

    /// The connection, if it still is one to `file`, which has the index's name; else a new one.
    fn current<'a>(
        &self,
        slot: &'a mut Option<Open>,
        file: Option<(u64, u64)>,
    ) -> Result<&'a mut Connection> {
        if slot.as_ref().is_some_and(|open| Some(open.file) != file) {
            *slot = None;
        }
        let open = match slot.take() {
            Some(open) => open,
            None => self.reopen()?,
        };
        Ok(&mut slot.insert(open).connection)
    }

    fn reopen(&self) -> Result<Open> {
        loop {
            let file = self.file();
            let opened = schema::open(&self.tree, self.limit)?;
            match (opened, file) {
                (Opened::Current(connection), Some(file)) if self.file() == Some(file) => {
                    return Ok(Open { connection, file });
                }
                (Opened::Current(_), _) => {}
                (Opened::Damaged | Opened::Missing, file) => self.mend(file)?,
            }
        }
    }

    /// Sets the damaged file aside and builds the index anew, unless another process has done so meanwhile.
    fn mend(&self, damaged: Option<(u64, u64)>) -> Result<()> {
        let _lock = FileLock::take(&self.tree.index_lock(), self.limit)?;
        if self.file() != damaged {
            return Ok(());
        }
        let now = self.clock.now();
        let kept = schema::set_aside(&self.tree, &now.format("%Y%m%dT%H%M%S%.6fZ").to_string())?;
        let rebuilt = schema::build(&self.tree, now.timestamp_millis())?;
        if kept.is_some() || rebuilt.recovered > 0 || rebuilt.unreadable > 0 {
            let schema::Rebuilt { recovered, unreadable } = rebuilt;
            self.notices.add(Notice::IndexRebuilt { kept, recovered, unreadable });
        }
        Ok(())
    }

    /// Which file has the index's name now.
    fn file(&self) -> Option<(u64, u64)> {
        let metadata = fs::symlink_metadata(self.tree.index()).ok()?;
        Some((metadata.dev(), metadata.ino()))
    }
}
