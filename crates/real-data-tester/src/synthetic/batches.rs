//! Makes the rows of a table, batch by batch.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::column::{ColumnKind, Source, SyntheticColumn};
use super::copula::Copula;
use super::data_set::DataSet;
use super::schema::SyntheticTable;
use super::stream::Stream;
use super::{time, unusual};
use crate::{Error, ErrorKind, Result};

/// Rows of a batch.
const BATCH_ROWS: u64 = 8_192;
/// Letters of the longest text in a set of long ones.
const LONG_TEXT: usize = 64 * 1024;

/// The rows of a made-up table as batches.
pub(super) struct Batches {
    set: DataSet,
    schema: SchemaRef,
    columns: Vec<Column>,
    copula: Copula,
    next_row: u64,
    rows: u64,
}

/// A column while its values are drawn.
struct Column {
    spec: SyntheticColumn,
    source: Source,
    zone: Option<Arc<str>>,
    values: Stream,
    nulls: Stream,
    letters: Stream,
}

impl Batches {
    pub(super) fn new(table: &SyntheticTable, set: DataSet, rows: u64, seed: u64) -> Result<Self> {
        let sources = table.sources()?;
        let columns = table.columns.iter().zip(sources).map(|(column, source)| {
            let stream = |purpose| Stream::new(seed, &[set.as_str(), &column.name, purpose]);
            Column {
                spec: column.clone(),
                source,
                zone: column
                    .time_zone
                    .as_ref()
                    .and_then(|zone| time::offset(zone).ok())
                    .map(Arc::from),
                values: stream("values"),
                nulls: stream("nulls"),
                letters: stream("letters"),
            }
        });
        let columns: Vec<Column> = columns.collect();
        let fields: Vec<Field> = columns.iter().map(|column| column.field(set)).collect();
        let (schema, copula) = (Arc::new(Schema::new(fields)), table.copula()?);
        Ok(Self { set, schema, columns, copula, next_row: 0, rows: set.rows(rows) })
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Draws the next rows, at most `most`; none after the last.
    pub(super) fn next(&mut self, most: u64) -> Result<Option<RecordBatch>> {
        let rows = (self.rows - self.next_row).min(BATCH_ROWS).min(most);
        if rows == 0 {
            return Ok(None);
        }
        let mut shares = Vec::new();
        for _ in 0..rows {
            let mut row: Vec<f64> =
                self.columns.iter_mut().map(|column| column.values.share()).collect();
            self.copula.couple(&mut row);
            shares.push(row);
        }
        let first = self.next_row;
        self.next_row += rows;
        let arrays = self.columns.iter_mut().enumerate().map(|(place, column)| {
            let shares = (first..).zip(shares.iter().map(|row| row[place]));
            column.array(self.set, shares)
        });
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays.collect());
        batch.map(Some).map_err(|error| {
            Error::caused(ErrorKind::Scenario, "a made-up table does not hold together", error)
        })
    }
}

impl Column {
    fn field(&self, set: DataSet) -> Field {
        let data_type = match self.spec.kind {
            ColumnKind::Boolean => DataType::Boolean,
            ColumnKind::Integer => DataType::Int64,
            ColumnKind::Float => DataType::Float64,
            ColumnKind::Text => DataType::Utf8,
            ColumnKind::Date => DataType::Date32,
            ColumnKind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, self.zone.clone()),
        };
        let nullable = self.spec.null_rate > 0.0 || set == DataSet::AllNull;
        Field::new(&self.spec.name, data_type, nullable)
    }

    /// Draws the values of rows, which are given by number and share.
    fn array(&mut self, set: DataSet, rows: impl Iterator<Item = (u64, f64)>) -> ArrayRef {
        let rows: Vec<(u64, Option<f64>)> = rows
            .map(|(row, share)| {
                let null = self.nulls.share() < self.spec.null_rate || set == DataSet::AllNull;
                (row, (!null).then_some(share))
            })
            .collect();
        let rows = rows.into_iter();
        match self.spec.kind {
            ColumnKind::Boolean => {
                let value = |(_, share): (u64, Option<f64>)| Some(self.text(share?) == "true");
                Arc::new(rows.map(value).collect::<BooleanArray>())
            }
            ColumnKind::Integer => {
                let value = |(row, share): (u64, Option<f64>)| Some(self.integer(set, row, share?));
                Arc::new(rows.map(value).collect::<Int64Array>())
            }
            ColumnKind::Float => {
                let value = |(row, share): (u64, Option<f64>)| Some(self.float(set, row, share?));
                Arc::new(rows.map(value).collect::<Float64Array>())
            }
            ColumnKind::Text => {
                let value =
                    |(row, share): (u64, Option<f64>)| Some(self.unusual_text(set, row, share?));
                Arc::new(rows.map(value).collect::<StringArray>())
            }
            ColumnKind::Date => {
                let value = |(row, share): (u64, Option<f64>)| Some(self.date(set, row, share?));
                Arc::new(rows.map(value).collect::<Date32Array>())
            }
            ColumnKind::Timestamp => {
                let value =
                    |(row, share): (u64, Option<f64>)| Some(self.timestamp(set, row, share?));
                let values: TimestampMicrosecondArray = rows.map(value).collect();
                Arc::new(values.with_timezone_opt(self.zone.clone()))
            }
        }
    }

    /// Returns which of the unique values a row has.
    fn key(set: DataSet, row: u64) -> u64 {
        if set == DataSet::DuplicateKeys { row / 3 } else { row }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "numbers beyond what 64 bits hold end at their limits"
    )]
    fn integer(&mut self, set: DataSet, row: u64, share: f64) -> i64 {
        if set == DataSet::Extreme && !self.spec.unique {
            return pick(&unusual::INTEGERS, row);
        }
        if self.spec.unique {
            let first = self.spec.minimum.unwrap_or(0.0) as i64;
            return first.wrapping_add_unsigned(Self::key(set, row));
        }
        match &self.source {
            Source::Numbers(quantiles) => quantiles.value(share).round() as i64,
            _ => self.text(share).parse().unwrap_or_default(),
        }
    }

    fn float(&mut self, set: DataSet, row: u64, share: f64) -> f64 {
        if set == DataSet::Extreme {
            return pick(&unusual::FLOATS, row);
        }
        match &self.source {
            Source::Numbers(quantiles) => quantiles.value(share),
            _ => self.text(share).parse().unwrap_or_default(),
        }
    }

    fn seconds(&mut self, share: f64) -> f64 {
        match &self.source {
            Source::Numbers(quantiles) => quantiles.value(share),
            _ => time::seconds(&self.text(share)).unwrap_or_default(),
        }
    }

    fn date(&mut self, set: DataSet, row: u64, share: f64) -> i32 {
        match set {
            DataSet::Extreme => pick(&unusual::DAYS, row),
            #[expect(clippy::cast_precision_loss, reason = "seconds of these dates are below 2^53")]
            DataSet::TimeZones => time::days(turn(row) as f64),
            _ => time::days(self.seconds(share)),
        }
    }

    fn timestamp(&mut self, set: DataSet, row: u64, share: f64) -> i64 {
        match set {
            DataSet::Extreme => pick(&unusual::MICROSECONDS, row),
            DataSet::TimeZones => turn(row) * 1_000_000,
            _ => time::microseconds(self.seconds(share)),
        }
    }

    fn unusual_text(&mut self, set: DataSet, row: u64, share: f64) -> String {
        if self.spec.unique {
            return format!("{}_{}", self.spec.name, Self::key(set, row));
        }
        match set {
            DataSet::Extreme => pick(&unusual::TEXTS, row).to_owned(),
            DataSet::Unicode => pick(&unusual::UNICODE, row).to_owned(),
            DataSet::LongText => {
                // From one letter to the longest, by powers of four.
                let letters = LONG_TEXT >> (2 * (row % 9));
                self.letters(letters.max(1))
            }
            _ => self.text(share),
        }
    }

    /// Returns a category, or as many letters as the share says.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of a length"
    )]
    fn text(&mut self, share: f64) -> String {
        match &self.source {
            Source::Categories(categories) => Source::category(categories, share).to_owned(),
            Source::Letters(longest) => {
                let length = 1 + (share * *longest as f64) as usize;
                let length = length.min(*longest);
                self.letters(length)
            }
            Source::Numbers(quantiles) => quantiles.value(share).to_string(),
        }
    }

    fn letters(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(b'a' + u8::try_from(self.letters.below(26)).unwrap_or(0)))
            .collect()
    }
}

fn pick<T: Copy>(values: &[T], row: u64) -> T {
    let place = usize::try_from(row % (values.len() as u64)).unwrap_or_default();
    values[place]
}

/// Returns a moment at, before or after a turn, in seconds.
fn turn(row: u64) -> i64 {
    let beside = [-1, 0, 1];
    pick(&unusual::TURNS, row / 3) + pick(&beside, row)
}
