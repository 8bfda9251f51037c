//! Batches built from cells of text.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;

use super::source::{Batches, Target};
use super::text_type::CellBuilder;
use crate::Result;

/// The columns of the next batch.
pub(super) struct TextBatch {
    schema: Arc<Schema>,
    builders: Vec<CellBuilder>,
}

impl TextBatch {
    pub(super) fn new(targets: &[Target]) -> Self {
        let field = |target: &Target| Field::new(&target.name, target.data_type.clone(), true);
        let schema = Arc::new(Schema::new(targets.iter().map(field).collect::<Vec<_>>()));
        let builders = targets.iter().map(|target| CellBuilder::new(&target.data_type)).collect();
        Self { schema, builders }
    }

    /// Returns the name and the builder of each column.
    pub(super) fn columns(&mut self) -> impl Iterator<Item = (&str, &mut CellBuilder)> {
        let names = self.schema.fields().iter().map(|field| field.name().as_str());
        names.zip(&mut self.builders)
    }

    /// Returns a batch of the rows so far and starts anew.
    pub(super) fn finish(&mut self, rows: usize) -> Result<RecordBatch, ArrowError> {
        let columns = self.builders.iter_mut().map(CellBuilder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
    }
}

/// Returns the batches that a function makes, up to the first error.
pub(super) fn until_error(
    mut next: impl FnMut() -> Result<Option<RecordBatch>> + Send + 'static,
) -> Batches {
    let mut done = false;
    Box::new(std::iter::from_fn(move || {
        if done {
            return None;
        }
        let batch = next();
        done = !matches!(batch, Ok(Some(_)));
        batch.transpose()
    }))
}
