//! Pipelines and executions in a bucket.

use std::num::NonZeroUsize;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt, TryStreamExt};
use reenact_registry::{ExecutionId, KeyFields, Layout, PipelineName};

use crate::discover::bounded::Bounded;
use crate::discover::execution::DiscoveredExecution;
use crate::discover::groups::{Found, Search};
use crate::discover::listing::{distinct, everything};
use crate::discover::newest::Newest;
use crate::discover::options::DiscoverOptions;
use crate::discover::pipeline::{DiscoveredPipeline, DiscoveredPipelines};
use crate::discover::start::StartTimes;
use crate::error::Result;
use crate::open_files::side_by_side;
use crate::retry::{RetryPolicy, Retrying};
use crate::source::{ObjectMeta, ObjectSource};

/// Finds what pipelines wrote into a bucket.
///
/// Pipelines and executions are found by listing one level per variable of the layout, not the whole bucket. Of an execution,
/// everything is listed, its folders side by side: only so is it known which is the newest, unless its beginning is known.
/// Every listing is complete or an error.
///
/// Not part of any output, but reported in [`DiscoveredExecution::ignored`], are objects that the layout has no place for,
/// folder markers (`name/` without content), what is below a `_temporary` folder, `_SUCCESS` markers, and what superseded
/// attempts of a step wrote. What lies beside executions instead of in one, and fits no layout, is reported in
/// [`DiscoveredPipeline::ignored`].
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
    unbounded: Arc<dyn ObjectSource>,
    pub(super) source: Retrying,
    pub(super) layout: Layout,
    concurrency: NonZeroUsize,
    start_times: StartTimes,
}

impl Discovery {
    /// Returns a discovery of what is in `source` under `layout`.
    #[must_use]
    pub fn new(source: Arc<dyn ObjectSource>, layout: Layout) -> Self {
        let concurrency = side_by_side(NonZeroUsize::MIN.saturating_add(15));
        let bounded = Arc::new(Bounded::new(Arc::clone(&source), concurrency));
        let unbounded = source;
        let source = Retrying::new(bounded, RetryPolicy::default());
        Self { unbounded, source, layout, concurrency, start_times: StartTimes::default() }
    }

    /// Sets how many listings run side by side. By default 16, and never more than an eighth of the files that the process may
    /// have open.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency = side_by_side(concurrency);
        let bounded = Bounded::new(Arc::clone(&self.unbounded), self.concurrency);
        self.source = self.source.with_source(Arc::new(bounded));
        self
    }

    /// Says when executions began, as the orchestrator of the pipeline knows it. An execution whose beginning is known is ordered by
    /// that, and is listed only if it is wanted.
    #[must_use]
    pub fn with_start_times(
        mut self,
        start_times: impl IntoIterator<Item = (ExecutionId, DateTime<Utc>)>,
    ) -> Self {
        self.start_times.known = start_times.into_iter().collect();
        self
    }

    /// Says that ids of executions are the dates when they began, in a format such as `%Y-%m-%dT%H-%M-%S` (see
    /// [`chrono::format::strftime`]), in UTC unless it has an offset. An id of another form tells nothing.
    #[must_use]
    pub fn with_dated_ids(mut self, format: impl Into<String>) -> Self {
        self.start_times.id_format = Some(format.into());
        self
    }

    /// Sets when failed requests are repeated. By default as [`RetryPolicy::default`] says.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.source = self.source.with_policy(retry);
        self
    }

    /// Returns the pipelines that there are, by name, and what lies beside them; nothing if the keys of the layout do not tell
    /// pipelines. Only what begins as the layout does is looked at, not the whole bucket.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectSource::list_page`].
    pub async fn pipelines(&self) -> Result<DiscoveredPipelines> {
        let mut found = DiscoveredPipelines::default();
        if self.tells_pipeline() {
            let Found { groups, ignored } = self.search(KeyFields::default(), "pipeline").await?;
            found.pipelines =
                groups.keys().filter_map(|name| PipelineName::parse(name).ok()).collect();
            found.ignored = ignored;
        }
        Ok(found)
    }

    /// Returns the executions of a pipeline, newest first: by when they began where that is known, or else by the date of the newest
    /// object of their outputs; those of one time by id, the greatest first. Executions of no known time come last.
    ///
    /// S3 tells no times of prefixes. An execution whose beginning is not known has to be listed whole, also if it turns out not to
    /// be wanted; see [`with_start_times`](Self::with_start_times) and [`with_dated_ids`](Self::with_dated_ids). No more
    /// executions than are wanted are held in memory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownPipeline`](crate::ErrorKind::UnknownPipeline) with the pipelines there are, and those of [`ObjectSource::list_page`].
    pub async fn executions(
        &self,
        pipeline: &PipelineName,
        options: &DiscoverOptions,
    ) -> Result<DiscoveredPipeline> {
        let Found { groups, ignored } =
            self.search(KeyFields::default().with_pipeline(pipeline.clone()), "execution").await?;
        if groups.is_empty() {
            self.require_pipeline(pipeline).await?;
        }
        // Futures, not a closure that makes them: the compiler can tell that those may move between threads.
        let (mut dated, mut undated) = (Vec::new(), Vec::new());
        for (id, prefixes) in &groups {
            let Ok(id) = ExecutionId::parse(id) else { continue };
            match self.start_times.of(&id) {
                None => undated.push(self.assemble(pipeline, id, prefixes)),
                Some(start) if options.includes(Some(start)) => dated.push((start, id, prefixes)),
                Some(_) => {}
            }
        }
        let mut newest = Newest::new(options.limit());
        self.collect(undated, options, &mut newest).await?;
        let ranks = dated.iter().map(|(start, id, _)| (Some(*start), id.clone()));
        let last = newest.last_wanted(ranks);
        let mut wanted = Vec::new();
        for (start, id, prefixes) in dated {
            let is_wanted =
                last.as_ref().is_none_or(|(time, last)| (Some(start), &id) >= (*time, last));
            if is_wanted {
                wanted.push(self.assemble(pipeline, id, prefixes));
            }
        }
        self.collect(wanted, options, &mut newest).await?;
        let executions = newest.into_sorted();
        Ok(DiscoveredPipeline { pipeline: pipeline.clone(), executions, ignored })
    }

    /// Lists executions side by side, and keeps those that are wanted.
    async fn collect(
        &self,
        assembling: Vec<impl Future<Output = Result<DiscoveredExecution>> + Send>,
        options: &DiscoverOptions,
        newest: &mut Newest,
    ) -> Result<()> {
        let mut executions = stream::iter(assembling).buffer_unordered(self.concurrency.get());
        while let Some(execution) = executions.try_next().await? {
            if options.includes(execution.time()) {
                newest.add(execution);
            }
        }
        Ok(())
    }

    /// Returns one execution of a pipeline.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownPipeline`](crate::ErrorKind::UnknownPipeline) or
    /// [`ErrorKind::UnknownExecution`](crate::ErrorKind::UnknownExecution) with what there is, and those of
    /// [`ObjectSource::list_page`].
    pub async fn execution(
        &self,
        pipeline: &PipelineName,
        id: &ExecutionId,
    ) -> Result<DiscoveredExecution> {
        let known = KeyFields::default().with_pipeline(pipeline.clone()).with_execution(id.clone());
        let mut found = self.search(known, "execution").await?;
        let prefixes = found.groups.remove(id.as_str()).unwrap_or_default();
        let execution = self.assemble(pipeline, id.clone(), &prefixes).await?;
        if !execution.outputs.is_empty() || !execution.ignored.is_empty() {
            return Ok(execution);
        }
        let found =
            self.search(KeyFields::default().with_pipeline(pipeline.clone()), "execution").await?;
        if found.groups.is_empty() {
            self.require_pipeline(pipeline).await?;
        }
        Err(self.unknown_execution(pipeline, id.as_str(), found.groups.into_keys().collect()))
    }

    pub(super) async fn search(&self, known: KeyFields, variable: &'static str) -> Result<Found> {
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
        let (bucket, of) = (self.source.bucket(), (pipeline, &id));
        let objects = distinct(listings.into_iter().flatten())
            .map_err(|error| error.with_bucket(bucket.as_str()).with_attempts(1))?;
        let mut execution = DiscoveredExecution::assemble(bucket, &self.layout, of, objects);
        execution.started = self.start_times.of(&id);
        Ok(execution)
    }

    /// Lists what is below a prefix, or the one object whose key it is.
    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>> {
        let concurrency = self.concurrency.get();
        let mut objects = everything(&self.source, prefix.to_owned(), concurrency).await?;
        if !prefix.ends_with('/') {
            objects.retain(|object| object.key == prefix);
        }
        Ok(objects)
    }

    pub(super) fn tells_pipeline(&self) -> bool {
        self.layout.template().contains("{pipeline")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::execution::IgnoreReason;
    use crate::error::{Error, ErrorKind};
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
            .unwrap()
            .executions;
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
        let found = discovery(&bucket, layout).pipelines().await.unwrap();
        assert_eq!(
            found.pipelines.iter().map(ToString::to_string).collect::<Vec<_>>(),
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
    async fn d9_what_lies_beside_executions_is_reported() {
        let bucket = InMemory::new("prod");
        for key in ["1/s/output/o/x", "README.md", "1/s/code/main.py", "", "~tmp/x/y"] {
            let content = if key.is_empty() { "" } else { "x" };
            bucket.put(format!("pipelines/flights/{key}"), content);
        }
        let layout = Layout::parse(
            "pipelines/{pipeline}/{execution:[0-9]+}/{step}/output/{output}/{path**}",
        );
        let found = discovery(&bucket, layout.unwrap())
            .executions(&flights(), &DiscoverOptions::default())
            .await
            .unwrap();
        let ignored: Vec<_> = found.ignored.iter().map(|ignored| ignored.key.as_str()).collect();
        let beside =
            ["pipelines/flights/", "pipelines/flights/README.md", "pipelines/flights/~tmp/"];
        assert_eq!(ignored, beside);
        assert_eq!(found.ignored[0].reason, IgnoreReason::FolderMarker);
        assert!(matches!(found.ignored[1].reason, IgnoreReason::NoPlace(_)));
        assert_eq!(found.executions[0].ignored[0].key, "pipelines/flights/1/s/code/main.py");
    }

    #[tokio::test]
    async fn d9_what_lies_beside_pipelines_is_reported() {
        let bucket = InMemory::new("prod");
        for key in ["flights/1/s/output/o/x", "README.md", "~tmp/x", ""] {
            bucket.put(format!("pipelines/{key}"), if key.is_empty() { "" } else { "x" });
        }
        bucket.put("elsewhere/x", "x");
        let layout =
            Layout::parse("pipelines/{pipeline:[a-z]+}/{execution}/{step}/{output}/{path**}");
        let found = discovery(&bucket, layout.unwrap()).pipelines().await.unwrap();
        assert_eq!(found.pipelines, [flights()]);
        let ignored: Vec<_> = found.ignored.iter().map(|ignored| ignored.key.as_str()).collect();
        assert_eq!(ignored, ["pipelines/", "pipelines/README.md", "pipelines/~tmp/"]);
        assert_eq!(found.ignored[0].reason, IgnoreReason::FolderMarker);
        // At the top, too, where the layout begins with the pipeline.
        let layout = Layout::parse("{pipeline}/{execution}/{step}/{output}/{path**}").unwrap();
        bucket.put("README.md", "x");
        let found = discovery(&bucket, layout).pipelines().await.unwrap();
        assert_eq!(found.ignored.len(), 1);
        assert_eq!(found.ignored[0].key, "README.md");
    }

    #[tokio::test]
    async fn d9_another_pipeline_is_nothing_that_lies_beside() {
        let bucket = InMemory::new("prod");
        bucket.put("MODS/flights_1/s/o/x", "x");
        bucket.put("MODS/flights_old_3/s/o/x", "x");
        let found = discovery(&bucket, Layout::preset("mods").unwrap())
            .executions(&flights(), &DiscoverOptions::default())
            .await
            .unwrap();
        assert_eq!((found.executions.len(), found.ignored), (1, Vec::new()));
    }

    #[tokio::test]
    async fn d11_the_limit_keeps_the_newest() {
        let bucket = InMemory::new("prod");
        for second in 1..=7 {
            bucket.put_at(format!("pipelines/flights/{second}/s/output/o/x"), "x", at(second));
        }
        let options = DiscoverOptions::default().with_limit(NonZeroUsize::MIN.saturating_add(1));
        let found = discovery(&bucket, Layout::seed())
            .executions(&flights(), &options)
            .await
            .unwrap()
            .executions;
        assert_eq!(
            found.iter().map(|execution| execution.id.as_str()).collect::<Vec<_>>(),
            ["7", "6"]
        );
    }

    #[tokio::test]
    async fn d11_only_what_is_wanted_is_listed_where_beginnings_are_known() {
        let bucket = InMemory::new("prod");
        for day in 1..=9 {
            // Copied later, and in another order.
            let key = format!("pipelines/flights/2013010{day}/s/output/o/x");
            bucket.put_at(key, "x", at(100 - day));
        }
        bucket.put_at("pipelines/flights/by-hand/s/output/o/x", "x", at(0));
        let two = DiscoverOptions::default().with_limit(NonZeroUsize::MIN.saturating_add(1));
        let found = async |discovery: &Discovery, options: &DiscoverOptions| {
            let before = bucket.requests();
            let found = discovery.executions(&flights(), options).await.unwrap().executions;
            let ids = found.iter().map(|execution| execution.id.to_string());
            (ids.collect::<Vec<_>>(), bucket.requests() - before)
        };
        let dated = discovery(&bucket, Layout::seed()).with_dated_ids("%Y%m%d");
        // The executions, the one whose id tells nothing, and the two.
        assert_eq!(
            found(&dated, &two).await,
            (vec!["20130109".to_owned(), "20130108".to_owned()], 4)
        );
        let latest = dated.select(&flights(), &"latest~1".parse().unwrap()).await.unwrap();
        assert_eq!(latest.id.as_str(), "20130108");
        assert_eq!(latest.time(), latest.started);
        let told = discovery(&bucket, Layout::seed()).with_start_times([
            (ExecutionId::parse("by-hand").unwrap(), at(98)),
            (ExecutionId::parse("20130109").unwrap(), at(99)),
        ]);
        let (ids, requests) = found(&told, &two).await;
        assert_eq!(ids, ["20130109", "20130101"], "ids of one time, the greatest first");
        assert_eq!(requests, 1 + 8 + 1, "what is too old is not listed");
    }

    #[tokio::test]
    async fn executions_of_a_time_are_found() {
        let bucket = InMemory::new("prod");
        for second in 1..=7 {
            bucket.put_at(format!("pipelines/flights/{second}/s/output/o/x"), "x", at(second));
        }
        bucket.put("pipelines/flights/0/s/code/x", "x");
        let options = DiscoverOptions::default().with_since(at(3)).with_until(at(6));
        for start_times in
            [vec![], (1..=7).map(|second| (second.to_string(), at(second))).collect()]
        {
            let start_times =
                start_times.into_iter().map(|(id, time)| (ExecutionId::parse(&id).unwrap(), time));
            let discovery = discovery(&bucket, Layout::seed()).with_start_times(start_times);
            let found = discovery.executions(&flights(), &options).await.unwrap().executions;
            let ids: Vec<_> = found.iter().map(|execution| execution.id.as_str()).collect();
            assert_eq!(ids, ["5", "4", "3"]);
        }
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
