//! What is asked of the index and told to it, each in one short transaction.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

use super::connection::Index;
use super::schema;
use crate::digest::Digest;
use crate::error::Result;
use crate::identity::{Identity, Revision};
use crate::journal;
use crate::tree::flush;

const BLOB_COLUMNS: &str = "b.digest, b.size, b.changed, b.used";
const UNUSED: &str = "NOT EXISTS (SELECT 1 FROM objects o WHERE o.digest = b.digest)";
const OBJECT_COLUMNS: &str =
    "o.bucket, o.key, o.revision, o.size, o.digest, o.created, b.used, b.uses";

/// What the index says of one blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlobRow {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    /// The ctime of its file when it was last known to be sound.
    pub(crate) changed: i64,
    /// When it was last used, in milliseconds since 1970.
    pub(crate) used: i64,
}

impl BlobRow {
    pub(crate) fn last_used(&self) -> DateTime<Utc> {
        time(self.used)
    }
}

/// What the index says of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectRow {
    pub(crate) identity: Identity,
    pub(crate) digest: Digest,
    pub(crate) created: DateTime<Utc>,
    pub(crate) last_used: DateTime<Utc>,
    pub(crate) uses: u64,
}

/// Sums over everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) bytes: u64,
    pub(crate) blobs: u64,
    pub(crate) objects: u64,
}

impl Index {
    /// Returns the blob of an identity.
    pub(crate) fn find(&self, id: Digest) -> Result<Option<BlobRow>> {
        self.with("read", |connection| {
            connection
                .prepare_cached(&find_query())?
                .query_row([id.as_bytes()], blob_row)
                .optional()
        })
    }

    /// Returns what is known of a blob.
    pub(crate) fn blob(&self, digest: Digest) -> Result<Option<BlobRow>> {
        self.with("read", |connection| {
            let query = format!("SELECT {BLOB_COLUMNS} FROM blobs b WHERE digest = ?1");
            connection.prepare_cached(&query)?.query_row([digest.as_bytes()], blob_row).optional()
        })
    }

    /// Returns every blob, in the order of their digests.
    pub(crate) fn blobs(&self) -> Result<Vec<BlobRow>> {
        self.with("read", |connection| {
            let query = format!("SELECT {BLOB_COLUMNS} FROM blobs b ORDER BY digest");
            connection.prepare_cached(&query)?.query_map([], blob_row)?.collect()
        })
    }

    /// Returns every object, in the order of buckets and keys.
    pub(crate) fn objects(&self) -> Result<Vec<ObjectRow>> {
        self.with("read", |connection| objects(connection))
    }

    pub(crate) fn totals(&self) -> Result<Totals> {
        self.with("read", |connection| {
            connection.prepare_cached("SELECT bytes, blobs, objects FROM totals")?.query_row(
                [],
                |row| {
                    Ok(Totals {
                        bytes: unsigned(row, 0)?,
                        blobs: unsigned(row, 1)?,
                        objects: unsigned(row, 2)?,
                    })
                },
            )
        })
    }

    /// Says that these bytes are that object, here and in the journal.
    pub(crate) fn record(
        &self,
        identity: &Identity,
        digest: Digest,
        changed: i64,
        now: i64,
    ) -> Result<()> {
        let line = journal::Line::new(identity, digest, now);
        self.with("write", |connection| {
            let transaction = begin(connection)?;
            schema::insert(&transaction, identity, digest, changed, now, now)?;
            let noted = journal::append(&self.tree().journal(), &line);
            if noted.is_ok() {
                transaction.commit()?;
            }
            Ok(noted)
        })?
    }

    /// Says when a blob was last used, and that it was used once more.
    pub(crate) fn note_use(&self, digest: Digest, used: i64) -> Result<()> {
        self.update("UPDATE blobs SET used = ?2, uses = uses + 1 WHERE digest = ?1", digest, used)
    }

    /// Says that the file of a blob was sound with this ctime.
    pub(crate) fn note_sound(&self, digest: Digest, changed: i64) -> Result<()> {
        self.update("UPDATE blobs SET changed = ?2 WHERE digest = ?1", digest, changed)
    }

    fn update(&self, statement: &'static str, digest: Digest, value: i64) -> Result<()> {
        self.with("write", |connection| {
            connection
                .prepare_cached(statement)?
                .execute(params![digest.as_bytes(), value])
                .map(drop)
        })
    }

    /// Says when the source last said that this is the current state of its key.
    pub(crate) fn note_seen(&self, id: Digest, seen: i64) -> Result<()> {
        self.update("UPDATE objects SET seen = ?2 WHERE id = ?1", id, seen)
    }

    /// Returns which state of a key its source last said to be the current one, and when.
    pub(crate) fn last_seen(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<(Identity, DateTime<Utc>)>> {
        self.with("read", |connection| {
            let query = format!(
                "SELECT {OBJECT_COLUMNS}, o.seen FROM objects o JOIN blobs b USING (digest)
                 WHERE o.bucket = ?1 AND o.key = ?2 ORDER BY o.seen DESC, o.created DESC LIMIT 1"
            );
            connection
                .prepare_cached(&query)?
                .query_row([bucket, key], |row| Ok((object_row(row)?.identity, time(row.get(8)?))))
                .optional()
        })
    }

    /// Forgets blobs and all objects that have them, unless their files were replaced since the rows were read.
    pub(crate) fn forget(&self, rows: &[BlobRow]) -> Result<()> {
        self.with("write", |connection| {
            let transaction = begin(connection)?;
            for row in rows {
                transaction
                    .prepare_cached("DELETE FROM blobs WHERE digest = ?1 AND changed = ?2")?
                    .execute(params![row.digest.as_bytes(), row.changed])?;
            }
            transaction.commit()
        })
    }

    /// Forgets objects that share a blob. If no other object has it, has `remove` remove its file, and forgets it too.
    /// Returns the blob if it was removed.
    ///
    /// The file goes before its row, so that a crash in between leaves a row without a file, which is noticed, and not a
    /// file that is known but that nobody can ask for.
    pub(crate) fn forget_objects(
        &self,
        digest: Digest,
        rows: &[ObjectRow],
        remove: impl Fn() -> Result<()>,
    ) -> Result<Option<BlobRow>> {
        self.with("write", |connection| {
            let transaction = begin(connection)?;
            for row in rows {
                transaction
                    .prepare_cached("DELETE FROM objects WHERE id = ?1")?
                    .execute([row.identity.id().as_bytes()])?;
            }
            let query =
                format!("SELECT {BLOB_COLUMNS} FROM blobs b WHERE b.digest = ?1 AND {UNUSED}");
            let unused = transaction
                .prepare_cached(&query)?
                .query_row([digest.as_bytes()], blob_row)
                .optional()?;
            if unused.is_some() {
                if let Err(error) = remove() {
                    return Ok(Err(error));
                }
                transaction
                    .prepare_cached("DELETE FROM blobs WHERE digest = ?1")?
                    .execute([digest.as_bytes()])?;
            }
            transaction.commit()?;
            Ok(Ok(unused))
        })?
    }

    /// Forgets a blob if no object has it. Says whether it is not known now.
    pub(crate) fn forget_unused(&self, digest: Digest) -> Result<bool> {
        self.with("write", |connection| {
            let statement = format!("DELETE FROM blobs AS b WHERE b.digest = ?1 AND {UNUSED}");
            connection.prepare_cached(&statement)?.execute([digest.as_bytes()])?;
            let query = "SELECT NOT EXISTS (SELECT 1 FROM blobs WHERE digest = ?1)";
            connection.prepare_cached(query)?.query_row([digest.as_bytes()], |row| row.get(0))
        })
    }

    /// Returns the blobs that objects have.
    pub(crate) fn used_blobs(&self) -> Result<HashSet<Digest>> {
        self.with("read", |connection| {
            let query = "SELECT DISTINCT digest FROM objects";
            connection.prepare_cached(query)?.query_map([], |row| digest(row, 0))?.collect()
        })
    }

    /// Returns when garbage was last collected.
    pub(crate) fn last_sweep(&self) -> Result<DateTime<Utc>> {
        self.with("read", |connection| {
            let query = "SELECT swept FROM totals";
            connection.prepare_cached(query)?.query_row([], |row| row.get(0)).map(time)
        })
    }

    /// Says that garbage was collected.
    pub(crate) fn note_sweep(&self, now: i64) -> Result<()> {
        self.with("write", |connection| {
            connection.execute("UPDATE totals SET swept = ?1", [now]).map(drop)
        })
    }

    /// Writes the journal anew with what the index knows, if it has grown to more than twice what that takes.
    pub(crate) fn shorten_journal(&self) -> Result<()> {
        let length = self.tree().journal().metadata().map_or(0, |metadata| metadata.len());
        let needed = self.with("read", |connection| {
            // Besides its names, a line has about 220 bytes.
            let sum = "SELECT coalesce(sum(length(bucket) + length(key) + length(revision) + 220), 0) FROM objects";
            connection.query_row(sum, [], |row| unsigned(row, 0))
        })?;
        if length > 2 * needed + (64 << 10) { self.rewrite_journal() } else { Ok(()) }
    }

    /// Removes what a crash left of a new journal.
    pub(crate) fn remove_unfinished_journal(&self) -> Result<()> {
        self.with("write", |connection| {
            let _transaction = begin(connection)?;
            Ok(journal::remove_unfinished(&self.tree().journal()))
        })?
    }

    /// Writes the journal anew with what the index knows, and leaves no trace of what it no longer knows, also not for one who
    /// cuts the power now.
    pub(crate) fn leave_no_trace(&self) -> Result<()> {
        self.rewrite_journal()?;
        self.with("write", |connection| empty_log(connection))?;
        // This file has no locks that closing it could release.
        flush(&self.tree().index_log())
    }

    fn rewrite_journal(&self) -> Result<()> {
        self.with("write", |connection| {
            let transaction = begin(connection)?;
            let rows = objects(&transaction)?;
            let lines = rows.iter().map(|row| {
                journal::Line::new(&row.identity, row.digest, row.created.timestamp_millis())
            });
            let replaced = journal::replace(&self.tree().journal(), lines);
            transaction.commit()?;
            Ok(replaced)
        })?
    }
}

fn find_query() -> String {
    format!("SELECT {BLOB_COLUMNS} FROM objects o JOIN blobs b USING (digest) WHERE o.id = ?1")
}

fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Moves all that is in the log to the database, so that what was overwritten there is nowhere any more.
fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    let in_use: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if in_use {
        let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(busy, None));
    }
    Ok(())
}

fn blob_row(row: &Row<'_>) -> rusqlite::Result<BlobRow> {
    Ok(BlobRow {
        digest: digest(row, 0)?,
        size: unsigned(row, 1)?,
        changed: row.get(2)?,
        used: row.get(3)?,
    })
}

fn objects(connection: &Connection) -> rusqlite::Result<Vec<ObjectRow>> {
    let query = format!(
        "SELECT {OBJECT_COLUMNS} FROM objects o JOIN blobs b USING (digest) ORDER BY o.bucket, o.key, o.created"
    );
    connection.prepare_cached(&query)?.query_map([], object_row)?.collect()
}

fn object_row(row: &Row<'_>) -> rusqlite::Result<ObjectRow> {
    let revision: Revision =
        serde_json::from_str(row.get_ref(2)?.as_str()?).map_err(|error| unreadable(2, error))?;
    let identity = Identity::new(
        row.get::<_, String>(0)?,
        row.get::<_, String>(1)?,
        revision,
        unsigned(row, 3)?,
    )
    .map_err(|error| unreadable(0, error))?;
    Ok(ObjectRow {
        identity,
        digest: digest(row, 4)?,
        created: time(row.get(5)?),
        last_used: time(row.get(6)?),
        uses: unsigned(row, 7)?,
    })
}

fn time(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).unwrap_or_default()
}

fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    row.get(column).map(Digest::from_bytes)
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).or(Err(rusqlite::Error::IntegralValueOutOfRange(column, value)))
}

fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use rusqlite::StatementStatus;

    use super::*;
    use crate::SystemClock;
    use crate::notice::Notices;
    use crate::tree::Tree;

    /// `SQLite` would by itself think again for other values, which would cost a hit more than all else it does.
    #[test]
    fn a_statement_is_prepared_once_whatever_it_looks_for() {
        let directory = tempfile::tempdir().unwrap();
        let tree = Tree::create(directory.path()).unwrap();
        let index =
            Index::open(tree, Arc::new(SystemClock), Arc::<Notices>::default(), Duration::ZERO)
                .unwrap();
        for part in [b"1", b"2", b"3"] {
            assert_eq!(index.find(Digest::of(part)).unwrap(), None);
        }
        index
            .with("read", |connection| {
                let statement = connection.prepare_cached(&find_query())?;
                let status = |which| statement.get_status(which);
                assert_eq!(
                    (status(StatementStatus::Run), status(StatementStatus::RePrepare)),
                    (3, 0)
                );
                Ok(())
            })
            .unwrap();
    }
}
