//! How far a comparison or a profile is, for whoever shows that meanwhile.

use std::fmt::Debug;
use std::sync::Arc;

/// Is told how far a comparison or a profile is: from several threads, and while they wait.
///
/// Rows are counted each time they are read. How often that is depends on what is asked of them and shows bit by bit, so that more
/// rows come to be expected.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use reenact_validator::{Observer, Validator};
///
/// #[derive(Debug, Default)]
/// struct Rows {
///     expected: AtomicU64,
///     read: AtomicU64,
/// }
///
/// impl Observer for Rows {
///     fn expects(&self, rows: u64) {
///         self.expected.fetch_add(rows, Ordering::Relaxed);
///     }
///
///     fn passes(&self, rows: u64) {
///         self.read.fetch_add(rows, Ordering::Relaxed);
///     }
/// }
///
/// let directory = tempfile::tempdir()?;
/// let table = directory.path().join("orders.csv");
/// std::fs::write(&table, "id,amount\n1,10\n2,20\n")?;
/// let rows = Arc::new(Rows::default());
/// Validator::default().with_observer(Arc::clone(&rows) as _).compare(&table, &table)?;
/// let (read, expected) = (rows.read.load(Ordering::Relaxed), rows.expected.load(Ordering::Relaxed));
/// assert!(read >= 4, "both sides have two rows");
/// assert_eq!(read, expected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Observer: Debug + Send + Sync {
    /// So many more rows are to be read. Those of text are expected once they were read for the first time, which is when they are
    /// counted.
    fn expects(&self, rows: u64);

    /// So many more rows were read, or are not needed after all.
    fn passes(&self, rows: u64);
}

/// Who is told, if anybody is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(Option<Arc<dyn Observer>>);

impl Watch {
    pub(crate) fn by(observer: Option<Arc<dyn Observer>>) -> Self {
        Self(observer)
    }

    pub(crate) fn expects(&self, rows: u64) {
        if let Some(observer) = &self.0 {
            observer.expects(rows);
        }
    }

    pub(crate) fn passes(&self, rows: u64) {
        if let Some(observer) = &self.0 {
            observer.passes(rows);
        }
    }

    /// Begins to read so many rows.
    pub(crate) fn pass(&self, rows: u64) -> Pass {
        self.expects(rows);
        Pass { watch: self.clone(), left: rows }
    }
}

/// Rows that are being read; when this is dropped, those that are left are not needed.
#[derive(Debug)]
pub(crate) struct Pass {
    watch: Watch,
    left: u64,
}

impl Pass {
    pub(crate) fn passes(&mut self, rows: u64) {
        let rows = rows.min(self.left);
        self.left -= rows;
        self.watch.passes(rows);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.passes(self.left);
    }
}
