//! Whether the values of some columns occur in the columns of another table.

use std::collections::HashSet;

use arrow::array::{Array as _, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema};

use super::rows::{Evaluator, Rows};
use super::tally::{Answer, Tally};
use crate::Result;
use crate::rows::fingerprint;
use crate::table::{Source, Target, canonical_type, common_type};

/// Knows the fingerprints of all values that may occur.
pub(crate) struct Referential {
    columns: Vec<usize>,
    types: Vec<DataType>,
    known: HashSet<u64>,
    tally: Tally,
}

impl Referential {
    /// Reads the referenced columns; the inner `Err` says why they can't be compared.
    pub(crate) fn new(
        columns: Vec<usize>,
        own_types: &[DataType],
        other: &Source,
        other_columns: &[String],
        tally: Tally,
    ) -> Result<Result<Self, String>> {
        let mut targets = Vec::with_capacity(own_types.len());
        for (own, name) in own_types.iter().zip(other_columns) {
            let Some(field) = other.field(name) else {
                return Ok(Err(format!("the referenced table has no column `{name}`")));
            };
            let data_type = common_type(own, &canonical_type(field.data_type()));
            targets.push(Target { name: name.clone(), data_type });
        }
        let all: Vec<usize> = (0..targets.len()).collect();
        let mut known = HashSet::new();
        for batch in other.batches(&targets) {
            known.extend(fingerprint(&batch?, &all));
        }
        let types = targets.into_iter().map(|target| target.data_type).collect();
        Ok(Ok(Self { columns, types, known, tally }))
    }

    fn in_common_types(&self, batch: &RecordBatch) -> Result<RecordBatch, String> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        let mut columns = Vec::with_capacity(self.columns.len());
        let mut fields = Vec::with_capacity(self.columns.len());
        for (index, data_type) in self.columns.iter().zip(&self.types) {
            let own = batch.column(*index);
            // The text of arrow's error shows the value.
            let cast = cast_with_options(own, data_type, &options).map_err(|_value| {
                format!("a value of type {} does not fit {data_type}", own.data_type())
            })?;
            columns.push(cast);
            fields.push(Field::new(
                batch.schema_ref().field(*index).name(),
                data_type.clone(),
                true,
            ));
        }
        RecordBatch::try_new(std::sync::Arc::new(Schema::new(fields)), columns)
            .map_err(|error| error.to_string())
    }
}

impl Evaluator for Referential {
    fn observe(&mut self, rows: &Rows<'_>) -> Result<(), String> {
        let own = self.in_common_types(rows.batch)?;
        let all: Vec<usize> = (0..own.num_columns()).collect();
        let mut checked = 0;
        let mut failing = Vec::new();
        for (row, print) in fingerprint(&own, &all).into_iter().enumerate() {
            if own.columns().iter().all(|column| column.is_valid(row)) {
                checked += 1;
                if !self.known.contains(&print) {
                    failing.push(row);
                }
            }
        }
        self.tally.add(rows, checked, &failing, &self.columns);
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Source) -> Result<Answer> {
        Ok(self.tally.conclude("rows", "refer to what the other table does not hold"))
    }
}
