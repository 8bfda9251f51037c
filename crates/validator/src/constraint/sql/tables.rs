//! The tables of a comparison as DataFusion sees them: streams of record batches, of the columns that a query reads.

use std::sync::{Arc, Mutex};

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result as QueryResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::stream;

use crate::table::{Source, Target};
use crate::{Error, Result};

/// The first error of reading a table, which DataFusion would wrap beyond recognition.
#[derive(Debug, Clone, Default)]
pub(super) struct Broken(Arc<Mutex<Option<Error>>>);

impl Broken {
    pub(super) fn take(&self) -> Option<Error> {
        self.0.lock().ok()?.take()
    }

    fn keep(&self, error: Error) -> DataFusionError {
        let text = error.to_string();
        if let Ok(mut first) = self.0.lock() {
            first.get_or_insert(error);
        }
        DataFusionError::Execution(text)
    }
}

/// A table that can be queried.
#[derive(Debug)]
pub(super) struct Queried {
    source: Arc<Source>,
    targets: Vec<Target>,
    schema: SchemaRef,
    broken: Broken,
}

impl Queried {
    pub(super) fn new(source: Source, broken: Broken) -> Self {
        let targets = source.targets();
        Self { schema: schema_of(&targets), source: Arc::new(source), targets, broken }
    }
}

fn schema_of(targets: &[Target]) -> SchemaRef {
    let field = |target: &Target| Field::new(&target.name, target.data_type.clone(), true);
    Arc::new(Schema::new(targets.iter().map(field).collect::<Vec<_>>()))
}

#[async_trait]
impl TableProvider for Queried {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> QueryResult<Arc<dyn ExecutionPlan>> {
        let wanted: Vec<usize> =
            projection.cloned().unwrap_or_else(|| (0..self.targets.len()).collect());
        // Rows can't be counted without reading any column.
        let read: Vec<usize> = match wanted.len() {
            0 => (0..self.targets.len().min(1)).collect(),
            _ => wanted.clone(),
        };
        let targets: Vec<Target> =
            read.into_iter().map(|index| self.targets[index].clone()).collect();
        let kept: Vec<usize> = (0..wanted.len()).collect();
        let schema = schema_of(&targets);
        let columns = Columns {
            source: Arc::clone(&self.source),
            targets,
            schema: Arc::clone(&schema),
            broken: self.broken.clone(),
        };
        let partitions: Vec<Arc<dyn PartitionStream>> = vec![Arc::new(columns)];
        Ok(Arc::new(StreamingTableExec::try_new(
            schema,
            partitions,
            Some(&kept),
            [],
            false,
            limit,
        )?))
    }
}

/// Some columns of a table, read as often as a query asks.
#[derive(Debug)]
struct Columns {
    source: Arc<Source>,
    targets: Vec<Target>,
    schema: SchemaRef,
    broken: Broken,
}

impl PartitionStream for Columns {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (schema, broken) = (Arc::clone(&self.schema), self.broken.clone());
        let nullable = move |batch: Result<RecordBatch>| -> QueryResult<RecordBatch> {
            let batch = batch.map_err(|error| broken.keep(error))?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            let columns = batch.columns().to_vec();
            Ok(RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)?)
        };
        let batches = self.source.batches(&self.targets).map(nullable);
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream::iter(batches)))
    }
}
