//! `reenact fetch`: outputs by name, brought into a directory through the cache.

use std::error::Error as _;
use std::io;
use std::path::Path;
use std::sync::Arc;

use indicatif::HumanBytes;
use reenact::downloader::{
    self, DiscoveredOutput, Discovery, ObjectSource, Plan, PlanItem, PlanOptions, Wanted,
};
use reenact::registry::{Location, Output, Registry};
use reenact::tester::{self, Fetcher};
use serde_json::{Value, json};

use crate::answer::{Answer, Failure, Missing, Prevented, count};
use crate::args::{Fetch, Place};
use crate::place::pipeline;
use crate::progress::watcher;
use crate::target;
use crate::terminal::table;

/// What is going to be fetched.
struct Selection {
    source: Arc<dyn ObjectSource>,
    /// The execution, or the manifest, in which it was looked up.
    origin: String,
    outputs: Vec<DiscoveredOutput>,
}

pub(crate) async fn fetch(place: &Place, options: &Fetch) -> Result<Answer, Failure> {
    if let Some(into) = &options.into {
        target::directory(into)?;
    }
    let selection = match &options.manifest {
        Some(manifest) => from_manifest(place, options, manifest).await?,
        None => from_execution(place, options).await?,
    };
    let outputs: Vec<&DiscoveredOutput> = selection.outputs.iter().collect();
    if outputs.iter().all(|output| output.objects.is_empty()) {
        let text = "no file is left: --include and --exclude take all of them out";
        return Err(Missing::new(text).into());
    }
    let fetcher = Fetcher::new(Arc::clone(&selection.source)).with_cache(place.cache_options());
    if options.dry_run {
        let lacking = fetcher.lacking(&outputs).await?.iter().map(|object| object.size).sum();
        return foretell(&selection, lacking);
    }
    let missing = || Missing::new("no directory is named: give --into DIR");
    let into = options.into.as_deref().ok_or_else(missing)?;
    let fetcher = fetcher.with_reporter(watcher(place));
    let trees = fetcher.fetch(&outputs, into).await.map_err(|error| occupied(error, into))?;
    let origin = &selection.origin;
    let text = format!("fetched {} of {origin} into {}", selection.extent(), into.display());
    Answer::new(&json!({ "execution": origin, "trees": trees, "into": into }), text)
}

/// Says of an output whose directory has something in it already what to do; any other error is as it was.
fn occupied(error: tester::Error, into: &Path) -> Failure {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    let is_full = |cause: &io::Error| cause.kind() == io::ErrorKind::DirectoryNotEmpty;
    if !causes.any(|cause| cause.downcast_ref().is_some_and(is_full)) {
        return error.into();
    }
    let text = format!(
        "{} has these outputs already, which are left alone: name another directory with --into",
        into.display()
    );
    Prevented::new(text, error).into()
}

/// Looks up in an execution what there is.
async fn from_execution(place: &Place, options: &Fetch) -> Result<Selection, Failure> {
    let wanted: Wanted = options.what.parse()?;
    if matches!(wanted, Wanted::Property(_) | Wanted::DataType(_)) {
        let text = format!(
            "`{wanted}` is looked up in a manifest of outputs: name it with --manifest FILE; what an execution left tells \
             steps, job types and outputs only"
        );
        return Err(Missing::new(text).into());
    }
    let scenario = place.scenario()?;
    let pipeline = pipeline(&scenario)?;
    let source = place.source(scenario.bucket_name()).await?;
    let discovery = Discovery::new(Arc::clone(&source), scenario.key_layout()?);
    let execution = discovery.select(&pipeline, &options.from.parse()?).await?;
    let found = match &wanted {
        Wanted::Output(key) => vec![execution.output(key)?],
        Wanted::Step(key) => execution.outputs_of(key)?,
        wanted => {
            let registry = execution.registry()?;
            let found = wanted.find(&registry).map_err(|error| without_job_types(error, place))?;
            let keys = found.into_iter().map(Output::key);
            keys.map(|key| execution.output(key)).collect::<Result<_, _>>()?
        }
    };
    let patterns = patterns(options)?;
    let outputs = found.into_iter().map(|output| {
        let plan = Plan::new(&output.root, &output.objects, &patterns)?;
        let objects = plan.items().iter().map(|item| item.object().clone()).collect();
        let mut output = output.clone();
        output.objects = objects;
        Ok::<_, Failure>(output)
    });
    let outputs = outputs.collect::<Result<_, _>>()?;
    Ok(Selection { source, origin: execution.id.to_string(), outputs })
}

/// Looks up in a manifest what there is, and lists what is there of it.
async fn from_manifest(
    place: &Place,
    options: &Fetch,
    manifest: &Path,
) -> Result<Selection, Failure> {
    let unusable = |source: Failure| Prevented::by_file("manifest", manifest, source);
    let text = fs_err::read_to_string(manifest).map_err(|error| unusable(error.into()))?;
    let registry = Registry::from_manifest(&text).map_err(|error| unusable(error.into()))?;
    let wanted: Wanted = options.what.parse()?;
    let scenario = place.scenario()?;
    let first = wanted.find(&registry)?.first().map(|output| output.location().clone());
    let bucket = match (scenario.bucket_name(), &first) {
        (None, Some(Location::S3(uri))) => Some(uri.bucket()),
        (named, _) => named,
    };
    let source = place.source(bucket).await?;
    let planned = wanted.plan(&source, &registry, &patterns(options)?).await?;
    let outputs = planned.into_iter().map(downloader::NamedOutput::into_discovered);
    Ok(Selection { source, origin: manifest.display().to_string(), outputs: outputs.collect() })
}

/// Says of a job type that was not found where there is none at all how there could be one.
fn without_job_types(error: downloader::Error, place: &Place) -> Failure {
    if !error.known().is_empty() {
        return error.into();
    }
    let layout = place.layout.as_deref().unwrap_or("in use");
    let text = format!(
        "no key tells a job type by the layout {layout}: give another with --layout, or name a manifest with --manifest"
    );
    Prevented::new(text, error).into()
}

fn patterns(options: &Fetch) -> Result<PlanOptions, Failure> {
    let mut patterns = PlanOptions::default();
    for pattern in &options.include {
        patterns = patterns.with_include(pattern)?;
    }
    for pattern in &options.exclude {
        patterns = patterns.with_exclude(pattern)?;
    }
    Ok(patterns)
}

impl Selection {
    fn objects(&self) -> usize {
        self.outputs.iter().map(|output| output.objects.len()).sum()
    }

    fn bytes(&self) -> u64 {
        self.outputs.iter().map(DiscoveredOutput::bytes).sum()
    }

    fn extent(&self) -> String {
        format!("{}, {},", count(self.objects(), "object"), HumanBytes(self.bytes()))
    }
}

/// Answers with every file that would be fetched, and how many bytes the cache lacks.
fn foretell(selection: &Selection, lacking: u64) -> Result<Answer, Failure> {
    let mut table = table(["OUTPUT", "FILE", "SIZE"], &[2]);
    let mut outputs: Vec<Value> = Vec::new();
    for output in &selection.outputs {
        let plan = Plan::new(&output.root, &output.objects, &PlanOptions::default())?;
        for item in plan.items() {
            let (path, size) = (item.path().display().to_string(), item.object().size);
            table.add_row([output.key.to_string(), path, HumanBytes(size).to_string()]);
        }
        let file = |item: &PlanItem| json!({ "path": item.path(), "size": item.object().size });
        let files: Vec<Value> = plan.items().iter().map(file).collect();
        outputs
            .push(json!({ "name": output.key.to_string(), "bytes": plan.bytes(), "files": files }));
    }
    let origin = &selection.origin;
    let text = format!(
        "{}\nwould fetch {} of {origin}; the cache lacks {} of it",
        table.trim_fmt(),
        selection.extent(),
        HumanBytes(lacking)
    );
    let document = json!({
        "execution": origin,
        "objects": selection.objects(),
        "bytes": selection.bytes(),
        "bytes_to_download": lacking,
        "outputs": outputs,
    });
    Answer::new(&document, text)
}
