//! How much of a made-up table there is, of which kind and in which files.

use std::path::Path;

use super::batches::Batches;
use super::data_set::DataSet;
use super::schema::SyntheticTable;
use super::write::{SyntheticFormat, TableWriter};
use crate::{Error, Result};

/// A made-up table with its kind, size, seed and format: all that its bytes depend on.
///
/// ```
/// use reenact_real_data_tester::{ColumnKind, DataSet, SyntheticColumn, SyntheticData, SyntheticTable};
///
/// let table = SyntheticTable::new([
///     SyntheticColumn::new("id", ColumnKind::Integer).unique(),
///     SyntheticColumn::new("carrier", ColumnKind::Text).with_categories([("AA", 1.0), ("UA", 2.0)]),
/// ])?;
/// let directory = tempfile::tempdir()?;
/// SyntheticData::new(table).with_rows(3).with_seed(7).write(directory.path())?;
/// let text = std::fs::read_to_string(directory.path().join("part-00000.csv"))?;
/// assert!(text.starts_with("id,carrier\n0,"));
/// assert_eq!(text.lines().count(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct SyntheticData {
    table: SyntheticTable,
    set: DataSet,
    rows: u64,
    seed: u64,
    format: SyntheticFormat,
    files: u64,
}

impl SyntheticData {
    /// Takes a table: 1,000 rows of the ordinary kind in one CSV file, by seed 0.
    pub fn new(table: SyntheticTable) -> Self {
        Self {
            table,
            set: DataSet::Ordinary,
            rows: 1_000,
            seed: 0,
            format: SyntheticFormat::Csv,
            files: 1,
        }
    }

    /// Sets the kind of data.
    pub fn with_set(mut self, set: DataSet) -> Self {
        self.set = set;
        self
    }

    /// Sets how many rows there are, except in kinds that say so themselves.
    pub fn with_rows(mut self, rows: u64) -> Self {
        self.rows = rows;
        self
    }

    /// Sets the seed: the same seed gives the same bytes.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the format of the files.
    pub fn with_format(mut self, format: SyntheticFormat) -> Self {
        self.format = format;
        self
    }

    /// Sets how many part files the rows are split into, at least one.
    pub fn with_files(mut self, files: u64) -> Self {
        self.files = files.max(1);
        self
    }

    /// Returns the table.
    pub fn table(&self) -> &SyntheticTable {
        &self.table
    }

    /// Writes the files into `directory`, which must exist. Rows are made as they are written, so that any number fits into memory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Workspace`](crate::ErrorKind::Workspace) for a file that cannot be written,
    /// [`ErrorKind::Scenario`](crate::ErrorKind::Scenario) for a table that cannot be.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let mut batches = Batches::new(&self.table, self.set, self.rows, self.seed)?;
        let per_file = self.set.rows(self.rows).div_ceil(self.files);
        for file in 0..self.files {
            let path = directory.join(format!("part-{file:05}.{}", self.format.extension()));
            let failed = |error| Error::workspace("write made-up data to", &path, error);
            let mut writer =
                TableWriter::create(self.format, &path, batches.schema()).map_err(failed)?;
            let mut left = per_file;
            while let Some(batch) = batches.next(left)? {
                left -= batch.num_rows() as u64;
                writer.write(&batch).map_err(failed)?;
            }
            writer.finish().map_err(failed)?;
        }
        Ok(())
    }

    /// Says how the data are made, so that the same can be made again.
    pub fn recipe(&self) -> String {
        format!(
            "set {}, {} rows, seed {}, {} files of {}",
            self.set,
            self.set.rows(self.rows),
            self.seed,
            self.files,
            self.format.extension()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::column::{ColumnKind, SyntheticColumn};
    use super::super::schema::RankCorrelation;
    use super::*;

    /// A table with a column of each kind.
    fn table() -> SyntheticTable {
        let correlation =
            RankCorrelation { columns: ("distance".to_owned(), "delay".to_owned()), rank: 0.5 };
        SyntheticTable::new([
            SyntheticColumn::new("id", ColumnKind::Integer).unique().with_range(100.0, 1e9),
            SyntheticColumn::new("tail", ColumnKind::Text).unique(),
            SyntheticColumn::new("carrier", ColumnKind::Text)
                .with_categories([("AA", 1.0), ("UA", 3.0)])
                .with_null_rate(0.25),
            SyntheticColumn::new("distance", ColumnKind::Integer).with_range(80.0, 4_983.0),
            SyntheticColumn::new("delay", ColumnKind::Float)
                .with_range(-30.0, 900.0)
                .with_quantiles([(0.5, 0.0), (0.9, 60.0)]),
            SyntheticColumn::new("late", ColumnKind::Boolean)
                .with_categories([("true", 1.0), ("false", 3.0)]),
            SyntheticColumn::new("note", ColumnKind::Text),
            SyntheticColumn::new("day", ColumnKind::Date).with_period("2013-01-01", "2013-01-31"),
            SyntheticColumn::new("at", ColumnKind::Timestamp).with_time_zone("UTC"),
        ])
        .and_then(|table| table.with_correlations([correlation]))
        .unwrap()
    }

    fn text(data: &SyntheticData) -> String {
        let directory = tempfile::tempdir().unwrap();
        data.write(directory.path()).unwrap();
        let mut names: Vec<_> = fs_err::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        names.sort();
        names.into_iter().map(|path| fs_err::read_to_string(path).unwrap()).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_for_ever() {
        let data = SyntheticData::new(table()).with_rows(4).with_seed(7);
        let golden = include_str!("golden.csv");
        assert_eq!(text(&data), golden, "bytes of a seed must not change between versions");
        assert_ne!(text(&data.with_seed(8)), golden);
    }

    #[test]
    fn another_column_changes_none_of_the_others() {
        let few = SyntheticTable::new([SyntheticColumn::new("note", ColumnKind::Text)]).unwrap();
        let all = text(&SyntheticData::new(table()).with_rows(50));
        let alone = text(&SyntheticData::new(few).with_rows(50));
        let notes: Vec<&str> = all.lines().map(|line| line.split(',').nth(6).unwrap()).collect();
        assert_eq!(notes, alone.lines().collect::<Vec<_>>());
    }

    #[test]
    fn values_are_distributed_as_the_columns_say() {
        let text = text(&SyntheticData::new(table()).with_rows(10_000));
        let column = |place: usize| -> Vec<&str> {
            text.lines().skip(1).map(|line| line.split(',').nth(place).unwrap()).collect()
        };
        let share = |place, value| {
            let values: Vec<&str> = column(place);
            let fitting = values.iter().filter(|found| **found == value).count();
            f64::from(u32::try_from(fitting).unwrap()) / 10_000.0
        };
        // Six standard deviations of a share of 10,000 are at most 0.03.
        assert!((share(2, "") - 0.25).abs() < 0.03);
        assert!((share(2, "UA") - 0.75 * 0.75).abs() < 0.03);
        assert!((share(5, "true") - 0.25).abs() < 0.03);
        let delays: Vec<f64> = column(4).iter().map(|delay| delay.parse().unwrap()).collect();
        let early = delays.iter().filter(|delay| **delay < 0.0).count();
        assert!((4_700..5_300).contains(&early), "{early}");
        assert!(delays.iter().all(|delay| (-30.0..=900.0).contains(delay)));
        assert_eq!(column(0)[..2], ["100", "101"]);
        assert!(column(7).iter().all(|day| day.starts_with("2013-01-")));
        assert!(column(8)[0].ends_with('Z'), "{}", column(8)[0]);
    }

    #[test]
    fn each_set_is_what_it_says() {
        let of = |set| text(&SyntheticData::new(table()).with_set(set).with_rows(30));
        assert_eq!(of(DataSet::Empty).lines().count(), 1);
        assert_eq!(of(DataSet::OneRow).lines().count(), 2);
        assert_eq!(of(DataSet::AllNull).lines().nth(1), Some(",,,,,,,,"));
        let extreme = of(DataSet::Extreme);
        for value in [
            "-9223372036854775808",
            "9223372036854775807",
            "NaN",
            "inf",
            "-inf",
            "9999-12-31",
            "0001-01-01",
        ] {
            assert!(extreme.contains(value), "{value} in {extreme}");
        }
        assert!(of(DataSet::Unicode).contains("e\u{301}"));
        assert!(of(DataSet::LongText).lines().any(|line| line.len() > 64 * 1024));
        let keys = of(DataSet::DuplicateKeys);
        let ids: Vec<&str> =
            keys.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(ids[..4], ["100", "100", "100", "101"]);
        assert!(of(DataSet::TimeZones).contains("2026-03-29T00:59:59"));
    }

    #[test]
    fn rows_are_split_into_files_and_none_is_lost() {
        let directory = tempfile::tempdir().unwrap();
        let data = SyntheticData::new(table()).with_rows(10).with_files(3);
        data.write(directory.path()).unwrap();
        let lines = |file: &str| {
            fs_err::read_to_string(directory.path().join(file)).unwrap().lines().count() - 1
        };
        assert_eq!(
            [lines("part-00000.csv"), lines("part-00001.csv"), lines("part-00002.csv")],
            [4, 4, 2]
        );
        assert_eq!(data.recipe(), "set ordinary, 10 rows, seed 0, 3 files of csv");
    }

    #[test]
    fn every_set_can_be_written_in_every_format_and_read_again() {
        for set in DataSet::ALL {
            for format in SyntheticFormat::ALL {
                let directory = tempfile::tempdir().unwrap();
                let data =
                    SyntheticData::new(table()).with_set(set).with_rows(40).with_format(format);
                data.write(directory.path()).unwrap();
                let judged = reenact_validator::Validator::new(reenact_validator::Rules::new())
                    .compare(directory.path(), directory.path());
                let rows = judged
                    .map(|judgement| judgement.tables.first().map(|table| table.candidate.rows));
                let no_rows_and_no_header =
                    set == DataSet::Empty && format == SyntheticFormat::JsonLines;
                let expected = if no_rows_and_no_header { None } else { Some(set.rows(40)) };
                assert_eq!(rows.unwrap(), expected, "{set} as {}", format.extension());
            }
        }
    }
}
