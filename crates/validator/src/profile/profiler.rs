//! Accumulates the profile of a table batch by batch.

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};

use super::column::{ColumnProfile, TextProfile, storable};
use super::distinct::Distinct;
use super::frequent::FrequentCounter;
use super::numbers::NumberCounter;
use super::options::{ProfileOptions, selects};
use super::table::TableProfile;
use crate::Result;
use crate::column::{KeySpace, float_key, integer_key};
use crate::judgement::TableFormat;
use crate::table::{Cells, Target, Values, canonical_type, convert, decimal};

/// Accumulates the profile of a table from record batches: rows of one's own, or parts of a table on several machines.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::{Int64Array, RecordBatch};
/// use reenact_validator::{ProfileOptions, TableProfiler};
///
/// let batch = |values: Vec<i64>| {
///     RecordBatch::try_from_iter([("amount", Arc::new(Int64Array::from(values)) as _)])
/// };
/// let one = batch(vec![1, 2, 3])?;
/// let profile = |batch: &RecordBatch| -> reenact_validator::Result<_> {
///     let mut profiler = TableProfiler::new(&batch.schema(), &ProfileOptions::new())?;
///     profiler.add(batch)?;
///     Ok(profiler.finish("orders"))
/// };
/// let mut orders = profile(&one)?;
/// orders.merge(profile(&batch(vec![4, 10])?)?)?;
/// let amount = orders.column("amount").and_then(|column| column.numbers());
/// let amount = amount.expect("a column of numbers");
/// assert_eq!((amount.count(), amount.min(), amount.max()), (5, Some(1.0), Some(10.0)));
/// assert_eq!(amount.quantile(0.5), Some(3.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TableProfiler {
    columns: Vec<ColumnCounter>,
    targets: Vec<Target>,
    rows: u64,
    scratch: Scratch,
}

/// The keys of one batch and the numbers that they stand for: room that is used again and again.
#[derive(Debug, Default)]
struct Scratch {
    keys: Vec<u64>,
    numbers: Vec<f64>,
}

#[derive(Debug)]
struct ColumnCounter {
    name: String,
    data_type: DataType,
    nullable: bool,
    nulls: u64,
    nans: u64,
    left_out: bool,
    masked: bool,
    distinct: Distinct,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Empty,
    Numbers(NumberCounter),
    Text { lengths: NumberCounter, frequent: Option<FrequentCounter> },
}

impl TableProfiler {
    /// Starts with the columns of a schema. Of several columns of one name only the first is looked at.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRules`](crate::ErrorKind::InvalidRules) if a column of the options is no name, pattern or type.
    pub fn new(schema: &Schema, options: &ProfileOptions) -> Result<Self> {
        options.check()?;
        Ok(Self::with_types(&profiled(schema), options))
    }

    /// Starts with some columns, each to be read in a canonical type.
    pub(super) fn with_types(fields: &[(&Field, DataType)], options: &ProfileOptions) -> Self {
        let target = |(field, data_type): &(&Field, DataType)| Target {
            name: field.name().clone(),
            data_type: data_type.clone(),
        };
        let column =
            |(field, data_type): &(&Field, DataType)| ColumnCounter::new(field, data_type, options);
        Self {
            columns: fields.iter().map(column).collect(),
            targets: fields.iter().map(target).collect(),
            rows: 0,
            scratch: Scratch::default(),
        }
    }

    /// Adds some rows.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) if a column is missing, or its type is another than that of the schema
    /// and a value does not fit it.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = convert(batch, &self.targets)?;
        self.add_canonical(&batch);
        Ok(())
    }

    pub(super) fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Adds some rows whose columns are the targets.
    pub(super) fn add_canonical(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows() as u64;
        for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
            column.add(&Cells::new(array), &mut self.scratch);
        }
    }

    /// Ends with the profile of a table of this name.
    pub fn finish(self, name: impl Into<String>) -> TableProfile {
        let rows = self.rows;
        let columns = self.columns.into_iter().map(|column| column.finish(rows));
        TableProfile {
            name: name.into(),
            format: TableFormat::ArrowIpc,
            bytes: 0,
            rows,
            columns: columns.collect(),
        }
    }
}

/// Returns the columns of a schema that are profiled, each once, in the type in which its values are compared.
pub(super) fn profiled(schema: &Schema) -> Vec<(&Field, DataType)> {
    let mut fields: Vec<(&Field, DataType)> = Vec::new();
    for field in schema.fields() {
        if !fields.iter().any(|(known, _)| known.name() == field.name()) {
            fields.push((field, canonical_type(field.data_type())));
        }
    }
    fields
}

impl ColumnCounter {
    fn new(field: &Field, data_type: &DataType, options: &ProfileOptions) -> Self {
        let left_out = selects(&options.left_out, field.name(), field.data_type());
        let is_boolean = *data_type == DataType::Boolean;
        let is_text = *data_type != DataType::Binary;
        let content = match KeySpace::of(data_type) {
            _ if left_out || *data_type == DataType::Null => Content::Empty,
            Some(space) => Content::Numbers(NumberCounter::new(space, options.cells)),
            None => Content::Text {
                lengths: NumberCounter::new(KeySpace::Integer, options.cells),
                frequent: is_text.then(FrequentCounter::default),
            },
        };
        Self {
            name: field.name().clone(),
            data_type: storable(field.data_type()),
            nullable: field.is_nullable(),
            nulls: 0,
            nans: 0,
            left_out,
            masked: !is_boolean && !selects(&options.clear, field.name(), field.data_type()),
            distinct: Distinct::default(),
            content,
        }
    }

    fn add(&mut self, cells: &Cells<'_>, scratch: &mut Scratch) {
        self.nulls += cells.null_count() as u64;
        match &cells.values {
            Values::Null => {}
            Values::Boolean(values) => {
                for row in cells.present() {
                    self.add_text(if values.value(row) { "true" } else { "false" });
                }
            }
            Values::Text(values) => {
                cells.present().for_each(|row| self.add_text(values.value(row)));
            }
            Values::Bytes(values) => {
                cells.present().for_each(|row| self.add_bytes(values.value(row)));
            }
            _ => self.add_numbers(cells, scratch),
        }
    }

    fn add_text(&mut self, value: &str) {
        self.distinct.add(value.as_bytes());
        if let Content::Text { lengths, frequent } = &mut self.content {
            add_length(lengths, value.chars().count());
            if let Some(frequent) = frequent {
                frequent.add(value);
            }
        }
    }

    fn add_bytes(&mut self, value: &[u8]) {
        self.distinct.add(value);
        if let Content::Text { lengths, .. } = &mut self.content {
            add_length(lengths, value.len());
        }
    }

    fn add_numbers(&mut self, cells: &Cells<'_>, scratch: &mut Scratch) {
        scratch.keys.clear();
        let (nans, negative, positive) = fill(cells, &mut scratch.keys);
        self.nans += nans;
        if let Content::Numbers(counter) = &self.content {
            let space = counter.space();
            for key in &scratch.keys {
                self.distinct.add(&space.key_in_all(*key).to_le_bytes());
            }
        } else {
            scratch.keys.iter().for_each(|key| self.distinct.add(&key.to_le_bytes()));
        }
        for (infinite, count) in [(f64::NEG_INFINITY, negative), (f64::INFINITY, positive)] {
            if count > 0 {
                self.distinct.add(&float_key(infinite).to_le_bytes());
            }
        }
        let Content::Numbers(counter) = &mut self.content else { return };
        let space = counter.space();
        scratch.numbers.clear();
        scratch.numbers.extend(scratch.keys.iter().map(|key| space.number(*key)));
        counter.add(&scratch.keys, &scratch.numbers);
        counter.add_infinite(negative, positive);
    }

    fn finish(self, rows: u64) -> ColumnProfile {
        let (mut numbers, mut text) = (None, None);
        match self.content {
            Content::Empty => {}
            Content::Numbers(counter) => numbers = Some(counter.finish()),
            Content::Text { lengths, frequent } => {
                let mut frequent = frequent.map(FrequentCounter::finish);
                if self.masked {
                    frequent.iter_mut().for_each(super::frequent::Frequent::mask);
                }
                text =
                    Some(TextProfile { lengths: lengths.finish(), frequent, masked: self.masked });
            }
        }
        ColumnProfile {
            name: self.name,
            data_type: self.data_type,
            nullable: self.nullable,
            rows,
            nulls: self.nulls,
            nans: self.nans,
            left_out: self.left_out,
            distinct: self.distinct,
            numbers,
            text,
        }
    }
}

fn add_length(lengths: &mut NumberCounter, length: usize) {
    lengths.add(&[integer_key(length as i64)], &[length as f64]);
}

/// Takes in the keys of finite numbers; returns how many values are not a number, negative and positive infinite.
fn fill(cells: &Cells<'_>, keys: &mut Vec<u64>) -> (u64, u64, u64) {
    let (mut nans, mut negative, mut positive) = (0, 0, 0);
    let mut float = |value: f64, keys: &mut Vec<u64>| {
        if value.is_finite() {
            keys.push(float_key(value));
        } else if value.is_nan() {
            nans += 1;
        } else if value < 0.0 {
            negative += 1;
        } else {
            positive += 1;
        }
    };
    match &cells.values {
        Values::Float(values) => cells.present().for_each(|row| float(values[row], keys)),
        Values::Decimal(values, scale) => {
            cells.present().for_each(|row| float(decimal(values[row], *scale), keys));
        }
        Values::Integer(values) | Values::Time(values, _) => {
            keys.extend(cells.present().map(|row| integer_key(values[row])));
        }
        Values::Unsigned(values) => keys.extend(cells.present().map(|row| values[row])),
        Values::Day(values) => {
            keys.extend(cells.present().map(|row| integer_key(values[row].into())));
        }
        Values::Null | Values::Boolean(_) | Values::Text(_) | Values::Bytes(_) => {}
    }
    (nans, negative, positive)
}
