//! The tables of the index, their revisions, and how an index comes into being: always from the journal.
//!
//! A new cache is one whose journal is empty, so creating and rebuilding are the same. New tables are made as those of
//! revision 1 and then migrated, so that there is one way to the current ones.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use crate::digest::Digest;
use crate::error::{Error, IoContext, Problem, Result};
use crate::identity::Identity;
use crate::journal;
use crate::tree::{Tree, changed, create_private, flush, open_private};

/// The revision of the tables this crate writes, in the database's `user_version`: the first, and one more for each migration.
const REVISION: i64 = 1 + MIGRATIONS.len().cast_signed() as i64;

/// The first number that is no revision of this format: whoever finds it must not touch the index.
const NEXT_FORMAT: i64 = 100;

/// What brings the tables from each revision to the next, the first one from 1 to 2.
///
/// A migration only adds, with defaults, and every statement names its columns: so a program that knows an earlier
/// revision works on beside one that knows a later one. What an earlier program could not live with needs another format,
/// and so another directory.
const MIGRATIONS: [&str; 1] = ["ALTER TABLE blobs ADD COLUMN uses INTEGER NOT NULL DEFAULT 1"];

/// The tables of revision 1. Times are milliseconds since 1970 in UTC, except `changed`, the blob file's ctime in nanoseconds. `seen` is when the
/// source last said that this is the current state of its key. Since revision 2 `uses` is in how many intervals a blob was
/// used. Triggers keep the totals, so that a commit need not add up
/// the whole table.
const TABLES: &str = "
    CREATE TABLE blobs (
        digest  BLOB PRIMARY KEY,
        size    INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        created INTEGER NOT NULL,
        used    INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE objects (
        id       BLOB PRIMARY KEY,
        bucket   TEXT NOT NULL,
        key      TEXT NOT NULL,
        revision TEXT NOT NULL,
        size     INTEGER NOT NULL,
        digest   BLOB NOT NULL REFERENCES blobs ON DELETE CASCADE,
        created  INTEGER NOT NULL,
        seen     INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE totals (
        bytes   INTEGER NOT NULL,
        blobs   INTEGER NOT NULL,
        objects INTEGER NOT NULL,
        swept   INTEGER NOT NULL
    ) STRICT;
    INSERT INTO totals VALUES (0, 0, 0, 0);
    CREATE TRIGGER blob_added AFTER INSERT ON blobs BEGIN
        UPDATE totals SET bytes = bytes + NEW.size, blobs = blobs + 1;
    END;
    CREATE TRIGGER blob_removed AFTER DELETE ON blobs BEGIN
        UPDATE totals SET bytes = bytes - OLD.size, blobs = blobs - 1;
    END;
    CREATE TRIGGER object_added AFTER INSERT ON objects BEGIN
        UPDATE totals SET objects = objects + 1;
    END;
    CREATE TRIGGER object_removed AFTER DELETE ON objects BEGIN
        UPDATE totals SET objects = objects - 1;
    END;
";

/// Made when the tables are filled, which is faster than keeping them up to date meanwhile.
const INDEXES: &str = "
    CREATE INDEX objects_by_digest ON objects (digest);
    CREATE INDEX objects_by_key ON objects (bucket, key);
";

/// How opening a connection went.
pub(super) enum Opened {
    Current(Connection),
    /// There is a database, but it is not, or no longer, an index of ours.
    Damaged,
    Missing,
}

/// What a rebuild found.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rebuilt {
    pub(super) recovered: usize,
    pub(super) unreadable: usize,
}

/// Opens the index if it is one of this format, bringing it up to date if its revision is older. A statement waits at most
/// for `limit` for another process's write transaction, all of which are short.
pub(super) fn open(tree: &Tree, limit: Duration) -> Result<Opened> {
    let path = &*tree.index();
    // Not by opening it: closing any file releases all locks this process has on it, also those of other connections.
    if !path.exists() {
        return Ok(Opened::Missing);
    }
    let connected = match connect(path, limit) {
        // Beside a database that has no log `SQLite` would make one, and shared memory, but may not.
        Err(error) if is_io(&error) && !tree.is_writable() && is_empty(&tree.index_log()) => {
            connect_unshared(path)
        }
        connected => connected,
    };
    match connected {
        Ok((REVISION..NEXT_FORMAT, connection)) => Ok(Opened::Current(connection)),
        Ok((found @ NEXT_FORMAT.., _)) => {
            let known = NEXT_FORMAT - 1;
            Err(Problem::NewerFormat { path: path.to_path_buf(), found, known }.into())
        }
        // Every index that was ever made carries a revision: it is set before the file gets its name.
        Ok(_) => Ok(Opened::Damaged),
        Err(error) if is_damage(&error) => Ok(Opened::Damaged),
        Err(source) => Err(failed(tree, "open", path, source)),
    }
}

/// Says what could not be done with an index. `SQLite` does not always say that it was for want of room.
pub(super) fn failed(
    tree: &Tree,
    action: &'static str,
    path: &Path,
    source: rusqlite::Error,
) -> Error {
    let extended = source.sqlite_error().map(|error| error.extended_code);
    let disk_full = extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
        || is_io(&source) && tree.is_disk_full();
    Problem::Index { action, path: path.to_path_buf(), disk_full, source }.into()
}

/// Whether an error says that the file is not, or no longer, a sound database.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let extended = error.sqlite_error().map(|error| error.extended_code);
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
        // Pages are missing at its end, for example because its log was removed.
        || extended == Some(rusqlite::ffi::SQLITE_IOERR_SHORT_READ)
        // So says a database that was emptied while it was open.
        || error.to_string().starts_with("no such table")
}

/// Whether an error may come from one of the database's files having been removed.
pub(super) fn is_io(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, SystemIoFailure};
    matches!(error.sqlite_error_code(), Some(CannotOpen | SystemIoFailure))
}

/// Builds the index from the journal and the blobs that are there, under another name, then gives it its own.
///
/// Called only under the index lock. When an object was last used is not known any more; it counts as used `now`, so
/// that a lost index does not empty the cache.
pub(super) fn build(tree: &Tree, now: i64) -> Result<Rebuilt> {
    let place = tempfile::tempdir_in(tree.temporary())
        .during("create a directory in", &tree.temporary())?;
    let path = place.path().join("index");
    open_private(&path).during("create", &path)?;
    let journal::Journal { mut objects, unreadable } = journal::read(&tree.journal())?;
    // In the order of the table, for speed; what was said last of an identity stays last.
    objects.sort_by_cached_key(|(identity, ..)| identity.id());
    let fill = || -> rusqlite::Result<usize> {
        let mut connection = Connection::open(&path)?;
        // Nobody sees this file before it is finished and flushed.
        connection.pragma_update(None, "journal_mode", "off")?;
        connection.pragma_update(None, "synchronous", "off")?;
        connection.pragma_update(None, "cache_size", -256_000)?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        MIGRATIONS.iter().try_for_each(|migration| transaction.execute_batch(migration))?;
        transaction.pragma_update(None, "user_version", REVISION)?;
        for (identity, digest, created) in &objects {
            if let Some(changed) = sound(tree, identity, digest) {
                insert(&transaction, identity, *digest, changed, *created, now)?;
            }
        }
        transaction.execute_batch(INDEXES)?;
        transaction.execute("UPDATE totals SET swept = ?1", [now])?;
        let recovered = transaction
            .query_row("SELECT count(*) FROM objects", [], |row| row.get::<_, i64>(0))?;
        transaction.commit()?;
        // Here nobody is in the way of the change; those who open it together would be in each other's.
        connection.pragma_update(None, "journal_mode", "wal")?;
        Ok(usize::try_from(recovered).unwrap_or(usize::MAX))
    };
    let recovered = fill().map_err(|source| failed(tree, "build", &path, source))?;
    flush(&path)?;
    fs::rename(&path, tree.index()).during("store", &tree.index())?;
    Ok(Rebuilt { recovered, unreadable })
}

/// Moves a damaged index out of the way, and what a lost one left behind. Returns where the damaged one is.
pub(super) fn set_aside(tree: &Tree, time: &str) -> Result<Option<PathBuf>> {
    let kept = tree.damaged().join(time);
    let files = ["", "-wal", "-shm"].map(|suffix| {
        let mut from = tree.index().into_os_string();
        from.push(suffix);
        (PathBuf::from(from), kept.join(format!("index.sqlite{suffix}")))
    });
    if files.iter().any(|(from, _)| from.exists()) {
        create_private(&kept)?;
    }
    for (from, to) in &files {
        match fs::rename(from, to) {
            // It was not there, or whoever cleans up by hand took it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            moved => moved.during("set aside", from)?,
        }
    }
    let [(_, index), ..] = files;
    Ok(index.exists().then_some(kept))
}

/// Adds an object and its blob, or says anew of a known one what is true now.
pub(super) fn insert(
    connection: &Connection,
    identity: &Identity,
    digest: Digest,
    changed: i64,
    created: i64,
    used: i64,
) -> rusqlite::Result<()> {
    let size = i64::try_from(identity.size()).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "INSERT INTO blobs (digest, size, changed, created, used) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET changed = excluded.changed, used = max(used, excluded.used)",
        )?
        .execute(params![digest.as_bytes(), size, changed, created, used])?;
    let revision = serde_json::to_string(identity.revision())
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection
        .prepare_cached(
            "INSERT INTO objects (id, bucket, key, revision, size, digest, created, seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
             ON CONFLICT DO UPDATE SET digest = excluded.digest, created = excluded.created, seen = excluded.seen",
        )?
        .execute(params![
            identity.id().as_bytes(),
            identity.bucket(),
            identity.key(),
            revision,
            size,
            digest.as_bytes(),
            created
        ])?;
    Ok(())
}

/// The ctime of an object's blob, if it is there with the right size.
fn sound(tree: &Tree, identity: &Identity, digest: &Digest) -> Option<i64> {
    let metadata = tree.blob(digest).symlink_metadata().ok()?;
    (metadata.is_file() && metadata.len() == identity.size()).then(|| changed(&metadata))
}

/// Connects to an index, brings it up to date, and returns its revision too. Where nothing may be written it can be read only.
fn connect(path: &Path, limit: Duration) -> rusqlite::Result<(i64, Connection)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(limit)?;
    // In WAL mode, which the index is made in, this never damages the database; a power cut can lose the last commits, which are then fetched again.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Enough for all but the lowest pages of the tables of a million objects, so that a hit reads one page of each.
    connection.pragma_update(None, "cache_size", -32_000)?;
    // All look-ups are by key, so what they look for must not make `SQLite` think again of how to go about it: without this
    // it would prepare each statement anew each time it is given other values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Closing the last connection would delete the log by its name, which may by then be that of a rebuilt index; and of
    // many short-lived processes each would have to flush.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Purged keys must not linger in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    let found = match revision(&connection)? {
        older @ 1..REVISION => migrate(&mut connection, older)?,
        found => found,
    };
    Ok((found, connection))
}

/// Connects to an index without a log on a disk that may not be written, where there can be no shared memory either.
fn connect_unshared(path: &Path) -> rusqlite::Result<(i64, Connection)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let name = percent_encoded(path);
    let connection = Connection::open_with_flags(format!("file:{name}?immutable=1"), flags)?;
    Ok((revision(&connection)?, connection))
}

/// A path as a part of a URI.
fn percent_encoded(path: &Path) -> String {
    use std::fmt::Write as _;
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut name, byte| {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                name.push(char::from(*byte));
            }
            // Writing to a string cannot fail.
            _ => drop(write!(name, "%{byte:02X}")),
        }
        name
    })
}

fn is_empty(path: &Path) -> bool {
    path.symlink_metadata().map_or(true, |metadata| metadata.len() == 0)
}

fn revision(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings the tables up to date, unless another process has done so since they were found to be of revision `found`.
/// Returns their revision.
fn migrate(connection: &mut Connection, found: i64) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let current = revision(&transaction)?;
    if current != found {
        return Ok(current);
    }
    for (_, migration) in (1..).zip(MIGRATIONS).filter(|(from, _)| *from >= found) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", REVISION)?;
    transaction.commit()?;
    Ok(REVISION)
}
