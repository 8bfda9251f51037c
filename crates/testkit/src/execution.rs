//! Executions as production leaves them in a bucket, in whatever layout its keys have.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reenact_registry::{Error, ExecutionId, KeyFields, Layout, OutputKey, PipelineName};

use crate::bucket::TestBucket;
use crate::object::TestObject;

/// What one execution of a pipeline wrote, to be put into a [`TestBucket`].
///
/// The same execution can be put there in any [`Layout`], so that a test need not spell keys, and says where production
/// keeps its outputs in one place.
///
/// ```
/// use reenact_registry::Layout;
/// use reenact_testkit::{S3Server, TestExecution};
///
/// let server = S3Server::start()?;
/// let lake = server.bucket("lake");
/// let keys = TestExecution::new("sales", "2026-03-01")
///     .written("2026-03-01T04:00:00Z".parse()?)
///     .file("extract.rows", "rows.csv", "id,amount\n1,10\n")
///     .file("double.doubled", "part-0.csv", "id,amount\n1,20\n")
///     .publish(&lake, &Layout::seed())?;
/// assert_eq!(keys[0], "pipelines/sales/2026-03-01/extract/output/rows/rows.csv");
///
/// // The same in a layout of the pipeline's own.
/// let layout = Layout::parse("runs/{execution}/{pipeline}/{step}/{output}/{path**}")?;
/// let keys = TestExecution::new("sales", "2026-03-02").file("extract.rows", "a/b.csv", "id\n1\n").publish(&lake, &layout)?;
/// assert_eq!(keys, ["runs/2026-03-02/sales/extract/rows/a/b.csv"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TestExecution {
    pipeline: String,
    execution: String,
    tags: Vec<(String, String)>,
    written: Option<DateTime<Utc>>,
    objects: Vec<Written>,
}

/// One object of an output.
#[derive(Debug, Clone)]
struct Written {
    output: String,
    path: String,
    object: TestObject,
}

impl TestExecution {
    /// An execution that has written nothing yet.
    pub fn new(pipeline: impl Into<String>, execution: impl Into<String>) -> Self {
        Self {
            pipeline: pipeline.into(),
            execution: execution.into(),
            tags: Vec::new(),
            written: None,
            objects: Vec::new(),
        }
    }

    /// When its files were written; default: when they are published. Objects that say it themselves keep their own.
    #[must_use]
    pub fn written(self, time: DateTime<Utc>) -> Self {
        Self { written: Some(time), ..self }
    }

    /// The value of a variable that only some layouts have, such as `attempt`.
    #[must_use]
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((name.into(), value.into()));
        self
    }

    /// A file of an output. `output` is `step.output`, or `step@job.output` in a layout that has job types; `path` is
    /// the file's path below the output, or empty where the output is the file.
    #[must_use]
    pub fn file(
        self,
        output: impl Into<String>,
        path: impl Into<String>,
        body: impl Into<Bytes>,
    ) -> Self {
        let mut object = TestObject::new(body);
        if let Some(time) = self.written {
            object = object.last_modified(time);
        }
        self.object(output, path, object)
    }

    /// An object of an output, with all that [`TestObject`] can say about it.
    #[must_use]
    pub fn object(
        mut self,
        output: impl Into<String>,
        path: impl Into<String>,
        object: TestObject,
    ) -> Self {
        let written = Written { output: output.into(), path: path.into(), object };
        self.objects.push(written);
        self
    }

    /// Puts everything into the bucket, under the keys that the layout gives it, and returns these, in the order in which
    /// the objects were added. A layout whose keys do not tell the pipeline does without it.
    ///
    /// # Errors
    /// Those of [`Layout::render`] and of the names, before anything is put: a name that is none, a variable of the
    /// layout that has no value, or a value that the layout has no place for.
    pub fn publish(&self, bucket: &TestBucket, layout: &Layout) -> Result<Vec<String>, Error> {
        let keys = self
            .objects
            .iter()
            .map(|written| layout.render(&self.fields(written, layout)?))
            .collect::<Result<Vec<String>, Error>>()?;
        for (key, written) in keys.iter().zip(&self.objects) {
            bucket.put_object(key, written.object.clone());
        }
        Ok(keys)
    }

    fn fields(&self, written: &Written, layout: &Layout) -> Result<KeyFields, Error> {
        let output = OutputKey::parse(&written.output)?;
        let mut fields = KeyFields::default()
            .with_execution(ExecutionId::parse(&self.execution)?)
            .with_step(output.step().clone())
            .with_output(output.logical_name().clone());
        if layout.template().contains("{pipeline") {
            fields = fields.with_pipeline(PipelineName::parse(&self.pipeline)?);
        }
        if let Some(job) = output.job_type() {
            fields = fields.with_job(job.clone());
        }
        if !written.path.is_empty() {
            fields = fields.with_path(&*written.path);
        }
        let tags = self.tags.iter();
        Ok(tags.fold(fields, |fields, (name, value)| fields.with_tag(name, value)))
    }
}
