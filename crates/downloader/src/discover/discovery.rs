//! Pipelines and executions in a bucket.

use std::num::NonZeroUsize;
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use reenact_registry::{ExecutionId, KeyFields, Layout, PipelineName};

use crate::discover::execution::DiscoveredExecution;
use crate::discover::groups::{Groups, Search};
use crate::discover::selector::ExecutionSelector;
use crate::error::{Error, ErrorKind, Result};
use crate::retry::{RetryPolicy, Retrying};
use crate::source::{ObjectMeta, ObjectSource, ObjectSourceExt};

/// Finds what pipelines wrote into a bucket.
///
/// Pipelines and executions are found by listing one level per variable of the layout, not the whole bucket. Of an execution,
/// everything is listed: only so is it known which is the newest. Every listing is complete or an error.
///
/// Not part of any output, but reported in [`DiscoveredExecution::ignored`], are objects that the layout has no place for,
/// folder markers (`name/` without content), what is below a `_temporary` folder, `_SUCCESS` markers, and what superseded
/// attempts of a step wrote. What lies beside executions instead of in one, and fits no layout, is told to `tracing`.
///
/// ```
/// use std::sync::Arc;
///
/// use reenact_downloader::{Discovery, InMemory};
/// use reenact_registry::{Layout, PipelineName};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let bucket = InMemory::new("prod");
/// bucket.put("pipelines/flights/run-9/clean/output/table/part-0.csv", "x\n1\n");
/// bucket.put("pipelines/flights/run-10/clean/output/table/part-0.csv", "x\n2\n");
///
/// let discovery = Discovery::new(Arc::new(bucket), Layout::seed());
/// let latest = discovery.select(&PipelineName::parse("flights")?, &"latest".parse()?).await?;
/// assert_eq!(latest.id.as_str(), "run-10");
/// assert_eq!(latest.outputs[0].key.to_string(), "clean.table");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Discovery {
    source: Retrying,
    layout: Layout,
    concurrency: NonZeroUsize,
}

/// Which executions are wanted.
#[derive(Clone, Debug, Default)]
pub struct DiscoverOptions {
    limit: Option<NonZeroUsize>,
}

impl DiscoverOptions {
    /// Returns only the newest executions, at most `limit`. By default all are returned.
    #[must_use]
    pub fn with_limit(mut self, limit: NonZeroUsize) -> Self {
        self.limit = Some(limit);
        self
    }
}

impl Discovery {
    /// Returns a discovery of what is in `source` under `layout`.
    #[must_use]
    pub fn new(source: Arc<dyn ObjectSource>, layout: Layout) -> Self {
        let source = Retrying::new(source, RetryPolicy::default());
        Self { source, layout, concurrency: NonZeroUsize::MIN.saturating_add(15) }
    }

    /// Sets how many listings run side by side. By default 16.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Sets when failed requests are repeated. By default as [`RetryPolicy::default`] says.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.source = self.source.with_policy(retry);
        self
    }

    /// Returns the pipelines that there are, by name; none if the keys of the layout do not tell pipelines.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectSource::list_page`].
    pub async fn pipelines(&self) -> Result<Vec<PipelineName>> {
        if !self.tells_pipeline() {
            return Ok(Vec::new());
        }
        let groups = self.groups(KeyFields::default(), "pipeline").await?;
        Ok(groups.keys().filter_map(|name| PipelineName::parse(name).ok()).collect())
    }

    /// Returns the executions of a pipeline, newest first: by the date of the newest object of their outputs, and those of one
    /// date by id, the greatest first. Executions without outputs come last.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownPipeline`] with the pipelines there are, and those of [`ObjectSource::list_page`].
    pub async fn executions(
        &self,
        pipeline: &PipelineName,
        options: &DiscoverOptions,
    ) -> Result<Vec<DiscoveredExecution>> {
        let groups =
            self.groups(KeyFields::default().with_pipeline(pipeline.clone()), "execution").await?;
        if groups.is_empty() {
            self.require_pipeline(pipeline).await?;
        }
        // Futures, not a closure that makes them: the compiler can tell that those may move between threads.
        let mut assembling = Vec::new();
        for (id, prefixes) in &groups {
            if let Ok(id) = ExecutionId::parse(id) {
                assembling.push(self.assemble(pipeline, id, prefixes));
            }
        }
        let mut executions: Vec<_> =
            stream::iter(assembling).buffer_unordered(self.concurrency.get()).try_collect().await?;
        executions.sort_unstable_by(|left, right| {
            (right.newest, &right.id).cmp(&(left.newest, &left.id))
        });
        executions.truncate(options.limit.map_or(usize::MAX, NonZeroUsize::get));
        Ok(executions)
    }

    /// Returns one execution of a pipeline.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownPipeline`] or [`ErrorKind::UnknownExecution`] with what there is, and those of
    /// [`ObjectSource::list_page`].
    pub async fn execution(
        &self,
        pipeline: &PipelineName,
        id: &ExecutionId,
    ) -> Result<DiscoveredExecution> {
        let known = KeyFields::default().with_pipeline(pipeline.clone()).with_execution(id.clone());
        let mut groups = self.groups(known, "execution").await?;
        let prefixes = groups.remove(id.as_str()).unwrap_or_default();
        let execution = self.assemble(pipeline, id.clone(), &prefixes).await?;
        if !execution.outputs.is_empty() || !execution.ignored.is_empty() {
            return Ok(execution);
        }
        let groups =
            self.groups(KeyFields::default().with_pipeline(pipeline.clone()), "execution").await?;
        if groups.is_empty() {
            self.require_pipeline(pipeline).await?;
        }
        Err(self.unknown_execution(pipeline, id.as_str(), groups.into_keys().collect()))
    }

    /// Returns the selected execution of a pipeline.
    ///
    /// # Errors
    ///
    /// As [`executions`](Self::executions) and [`execution`](Self::execution).
    pub async fn select(
        &self,
        pipeline: &PipelineName,
        selector: &ExecutionSelector,
    ) -> Result<DiscoveredExecution> {
        let before = match selector {
            ExecutionSelector::Id(id) => return self.execution(pipeline, id).await,
            ExecutionSelector::Latest { before } => *before,
        };
        let mut executions = self.executions(pipeline, &DiscoverOptions::default()).await?;
        if before < executions.len() {
            return Ok(executions.swap_remove(before));
        }
        let known = executions.iter().map(|execution| execution.id.to_string()).collect();
        Err(self.unknown_execution(pipeline, &selector.to_string(), known))
    }

    async fn groups(&self, known: KeyFields, variable: &'static str) -> Result<Groups> {
        let concurrency = self.concurrency.get();
        Search { source: &self.source, layout: &self.layout, concurrency, known, variable }
            .run()
            .await
    }

    async fn assemble(
        &self,
        pipeline: &PipelineName,
        id: ExecutionId,
        prefixes: &[String],
    ) -> Result<DiscoveredExecution> {
        let listing: Vec<_> = prefixes.iter().map(|prefix| self.list(prefix)).collect();
        let listings: Vec<Vec<ObjectMeta>> =
            stream::iter(listing).buffer_unordered(self.concurrency.get()).try_collect().await?;
        let objects = listings.into_iter().flatten().collect();
        Ok(DiscoveredExecution::assemble(
            self.source.bucket(),
            &self.layout,
            (pipeline, &id),
            objects,
        ))
    }

    /// Lists what is below a prefix, or the one object whose key it is.
    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>> {
        let mut objects: Vec<_> = self.source.list(prefix).try_collect().await?;
        if !prefix.ends_with('/') {
            objects.retain(|object| object.key == prefix);
        }
        Ok(objects)
    }

    fn tells_pipeline(&self) -> bool {
        self.layout.template().contains("{pipeline")
    }

    async fn require_pipeline(&self, pipeline: &PipelineName) -> Result<()> {
        let pipelines = self.pipelines().await?;
        if !self.tells_pipeline() || pipelines.contains(pipeline) {
            return Ok(());
        }
        let known = pipelines.iter().map(ToString::to_string).collect();
        let error = Error::unknown(ErrorKind::UnknownPipeline, pipeline.as_str(), known);
        Err(error.with_bucket(self.source.bucket().as_str()))
    }

    fn unknown_execution(&self, pipeline: &PipelineName, name: &str, known: Vec<String>) -> Error {
        Error::unknown(ErrorKind::UnknownExecution, name, known)
            .with_bucket(self.source.bucket().as_str())
            .with_place(pipeline.to_string())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::memory::{Fault, InMemory};

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn flights() -> PipelineName {
        PipelineName::parse("flights").unwrap()
    }

    fn discovery(bucket: &InMemory, layout: Layout) -> Discovery {
        let at_once = RetryPolicy::default().with_base_delay(std::time::Duration::ZERO);
        Discovery::new(Arc::new(bucket.clone()), layout).with_retry(at_once)
    }

    async fn ids(bucket: &InMemory, layout: Layout) -> Vec<String> {
        let executions = discovery(bucket, layout)
            .executions(&flights(), &DiscoverOptions::default())
            .await
            .unwrap();
        executions.iter().map(|execution| execution.id.to_string()).collect()
    }

    #[tokio::test]
    async fn d6_executions_are_ordered_by_time_and_not_by_name() {
        let bucket = InMemory::new("prod");
        for (id, second) in [("run-9", 3), ("run-10", 4), ("20250101", 1), ("b", 2), ("a", 2)] {
            bucket.put_at(format!("pipelines/flights/{id}/s/output/o/x"), "x", at(second));
        }
        // Neither the first object nor one that belongs to no output dates an execution.
        bucket.put_at("pipelines/flights/20250101/a/code/x", "x", at(9));
        bucket.put("pipelines/flights_old/run-11/s/output/o/x", "x");
        bucket.put("pipelines/flights/README.md", "x");
        assert_eq!(ids(&bucket, Layout::seed()).await, ["run-10", "run-9", "b", "a", "20250101"]);
    }

    #[tokio::test]
    async fn d6_a_pipeline_whose_name_starts_alike_is_another_one() {
        let bucket = InMemory::new("prod");
        for key in ["MODS/flights_1/s/o/x", "MODS/flights_2/s/o/x", "MODS/flights_old_3/s/o/x"] {
            bucket.put_at(key, "x", at(1));
        }
        let layout = Layout::preset("mods").unwrap();
        assert_eq!(ids(&bucket, layout.clone()).await, ["2", "1"]);
        let names = discovery(&bucket, layout).pipelines().await.unwrap();
        assert_eq!(
            names.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["flights", "flights_old"]
        );
    }

    #[tokio::test]
    async fn executions_are_found_below_other_variables_too() {
        let bucket = InMemory::new("prod");
        for key in ["flights/clean/table/2", "flights/clean/table/1", "flights/ingest/raw/2"] {
            bucket.put_at(format!("{key}/x"), "x", at(1));
        }
        let layout = Layout::parse("{pipeline}/{step}/{output}/{execution}/{path**}").unwrap();
        assert_eq!(ids(&bucket, layout.clone()).await, ["2", "1"]);
        let execution = discovery(&bucket, layout)
            .execution(&flights(), &ExecutionId::parse("2").unwrap())
            .await;
        assert_eq!(execution.unwrap().outputs.len(), 2);
    }

    #[tokio::test]
    async fn d7_a_listing_that_fails_half_way_is_an_error() {
        let bucket = InMemory::new("prod");
        for id in 0..5 {
            bucket.put(format!("pipelines/flights/{id}/s/output/o/x"), "x");
        }
        let denied = Error::new(ErrorKind::AccessDenied).with_permission("s3:ListBucket");
        for fault in [Fault::Pass, Fault::Pass, Fault::Refuse(denied)] {
            bucket.fail_next(fault);
        }
        let found = discovery(&bucket, Layout::seed())
            .executions(&flights(), &DiscoverOptions::default())
            .await;
        assert_eq!(found.unwrap_err().kind(), ErrorKind::AccessDenied);

        // One that may pass is repeated.
        bucket.fail_next(Fault::Refuse(Error::new(ErrorKind::Throttled)));
        assert_eq!(ids(&bucket, Layout::seed()).await.len(), 5);
    }

    #[tokio::test]
    async fn d10_what_is_not_there_is_an_error_with_what_is() {
        let bucket = InMemory::new("prod");
        bucket.put("pipelines/flights/2013-01/s/output/o/x", "x");
        let discovery = discovery(&bucket, Layout::seed());
        let misspelt = PipelineName::parse("fligths").unwrap();
        let error = discovery.executions(&misspelt, &DiscoverOptions::default()).await.unwrap_err();
        assert_eq!((error.kind(), error.nearest()), (ErrorKind::UnknownPipeline, Some("flights")));
        let error = discovery.select(&misspelt, &"2013-01".parse().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownPipeline);
        for selector in ["2013-02", "latest~1"] {
            let error = discovery.select(&flights(), &selector.parse().unwrap()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownExecution, "{selector}");
            assert_eq!(error.known(), ["2013-01"]);
        }
    }

    #[tokio::test]
    async fn d11_the_limit_keeps_the_newest() {
        let bucket = InMemory::new("prod");
        for second in 1..=7 {
            bucket.put_at(format!("pipelines/flights/{second}/s/output/o/x"), "x", at(second));
        }
        let options = DiscoverOptions::default().with_limit(NonZeroUsize::MIN.saturating_add(1));
        let found =
            discovery(&bucket, Layout::seed()).executions(&flights(), &options).await.unwrap();
        assert_eq!(
            found.iter().map(|execution| execution.id.as_str()).collect::<Vec<_>>(),
            ["7", "6"]
        );
    }

    #[tokio::test]
    async fn only_the_levels_above_an_execution_are_listed_besides_it() {
        let bucket = InMemory::new("prod");
        for id in 0..20 {
            bucket.put(format!("pipelines/flights/{id}/s/output/o/x"), "x");
            bucket.put(format!("pipelines/other/{id}/s/output/o/x"), "x");
        }
        let discovery = discovery(&bucket, Layout::seed());
        discovery.execution(&flights(), &ExecutionId::parse("7").unwrap()).await.unwrap();
        assert_eq!(bucket.requests(), 1);
        discovery.pipelines().await.unwrap();
        assert_eq!(bucket.requests(), 2);
    }
}
