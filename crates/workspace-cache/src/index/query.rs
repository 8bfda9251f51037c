//! What is asked of the index and told to it, each in one short transaction.

use rusqlite::{OptionalExtension as _, Row, TransactionBehavior, params};

use super::connection::Index;
use super::schema;
use crate::digest::Digest;
use crate::error::Result;
use crate::identity::{Identity, Revision};
use crate::journal;

/// What the index says of one blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlobRow {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) changed: i64,
    pub(crate) created: i64,
    pub(crate) used: i64,
}

/// What the index says of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectRow {
    pub(crate) identity: Identity,
    pub(crate) digest: Digest,
    pub(crate) created: i64,
}

/// Sums over all blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) bytes: u64,
    pub(crate) blobs: u64,
    /// When garbage was last collected, in milliseconds since 1970.
    pub(crate) swept: i64,
}

impl Index {
    /// Returns the blob of an identity.
    pub(crate) fn find(&self, id: Digest) -> Result<Option<BlobRow>> {
        self.with("read", |connection| {
            connection
                .prepare_cached(
                    "SELECT b.digest, b.size, b.changed, b.created, b.used
                     FROM objects o JOIN blobs b USING (digest) WHERE o.id = ?1",
                )?
                .query_row([id.as_bytes()], blob_row)
                .optional()
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
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            schema::insert(&transaction, identity, digest, changed, now, now)?;
            let noted = journal::append(&self.tree().journal(), &line);
            if noted.is_ok() {
                transaction.commit()?;
            }
            Ok(noted)
        })?
    }

    /// Says when a blob was last used, and what its file's ctime is.
    pub(crate) fn touch(&self, digest: Digest, changed: i64, used: i64) -> Result<()> {
        self.with("write", |connection| {
            connection
                .prepare_cached("UPDATE blobs SET changed = ?2, used = ?3 WHERE digest = ?1")?
                .execute(params![digest.as_bytes(), changed, used])
                .map(drop)
        })
    }

    /// Forgets blobs and all objects that have them, unless their files were replaced since the rows were read.
    pub(crate) fn forget(&self, rows: &[BlobRow]) -> Result<()> {
        self.with("write", |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for row in rows {
                transaction
                    .prepare_cached("DELETE FROM blobs WHERE digest = ?1 AND changed = ?2")?
                    .execute(params![row.digest.as_bytes(), row.changed])?;
            }
            transaction.commit()
        })
    }

    pub(crate) fn totals(&self) -> Result<Totals> {
        self.with("read", |connection| {
            connection.prepare_cached("SELECT bytes, blobs, swept FROM totals")?.query_row(
                [],
                |row| {
                    Ok(Totals {
                        bytes: unsigned(row, 0)?,
                        blobs: unsigned(row, 1)?,
                        swept: row.get(2)?,
                    })
                },
            )
        })
    }

    /// Returns every blob, in no particular order.
    pub(crate) fn blobs(&self) -> Result<Vec<BlobRow>> {
        self.with("read", |connection| {
            connection
                .prepare_cached("SELECT digest, size, changed, created, used FROM blobs")?
                .query_map([], blob_row)?
                .collect()
        })
    }

    /// Returns every object, ordered by bucket and key.
    pub(crate) fn objects(&self) -> Result<Vec<ObjectRow>> {
        self.with("read", |connection| {
            connection
                .prepare_cached(
                    "SELECT bucket, key, revision, size, digest, created FROM objects ORDER BY bucket, key, created",
                )?
                .query_map([], object_row)?
                .collect()
        })
    }
}

fn blob_row(row: &Row<'_>) -> rusqlite::Result<BlobRow> {
    Ok(BlobRow {
        digest: digest(row, 0)?,
        size: unsigned(row, 1)?,
        changed: row.get(2)?,
        created: row.get(3)?,
        used: row.get(4)?,
    })
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
    Ok(ObjectRow { identity, digest: digest(row, 4)?, created: row.get(5)? })
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
