//! Writes small tables to disk.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use parquet::arrow::ArrowWriter;
use reenact_validator::{Judgement, Rules, Validator};
use tempfile::TempDir;

/// A candidate and a reference directory that are removed in the end.
pub(crate) struct Sides {
    root: TempDir,
}

impl Sides {
    pub(crate) fn new() -> Self {
        let sides = Self { root: tempfile::tempdir().unwrap() };
        fs_err::create_dir(sides.candidate("")).unwrap();
        fs_err::create_dir(sides.reference("")).unwrap();
        sides
    }

    pub(crate) fn candidate(&self, path: &str) -> PathBuf {
        self.root.path().join("candidate").join(path)
    }

    pub(crate) fn reference(&self, path: &str) -> PathBuf {
        self.root.path().join("reference").join(path)
    }

    pub(crate) fn compare(&self, rules: Rules) -> Judgement {
        let validator = Validator::new(rules);
        let judgement = validator.compare(&self.candidate(""), &self.reference("")).unwrap();
        assert_round_trip(&judgement);
        judgement
    }
}

/// Reads a guide of the checkout. Around the archive of this crate there is none: a test that needs it says so and is left out, which
/// fails where none may be.
pub(crate) fn guide(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if path.exists() {
        return Some(fs_err::read_to_string(path).unwrap());
    }
    let required = std::env::var_os("REENACT_REQUIRE").is_some_and(|value| value == "1");
    assert!(!required, "there is no {}", path.display());
    let mut errors = std::io::stderr();
    writeln!(errors, "skipped: there is no {}", path.display()).unwrap();
    None
}

/// Whatever is judged must survive JSON unchanged.
fn assert_round_trip(judgement: &Judgement) {
    let json = serde_json::to_string(judgement).unwrap();
    assert_eq!(&serde_json::from_str::<Judgement>(&json).unwrap(), judgement);
}

pub(crate) fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, text).unwrap();
}

pub(crate) fn write_parquet(path: &Path, columns: &[(&str, ArrayRef)]) {
    let columns = columns.iter().map(|(name, array)| (*name, Arc::clone(array), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    write_batch(path, &batch);
}

pub(crate) fn write_batch(path: &Path, batch: &RecordBatch) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}
