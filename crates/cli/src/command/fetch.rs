//! `reenact fetch`: the outputs of a step, brought into a directory through the cache.

use std::sync::Arc;

use indicatif::HumanBytes;
use reenact::downloader::{DiscoveredOutput, Discovery};
use reenact::registry::{OutputKey, StepKey};
use reenact::tester::Fetcher;
use serde_json::json;

use crate::answer::{Answer, Failure, Missing};
use crate::args::{Fetch, Place};
use crate::progress::Progress;

pub(crate) async fn fetch(place: &Place, options: &Fetch) -> Result<Answer, Failure> {
    let scenario = place.scenario()?.build()?;
    let source = place.source(scenario.bucket()).await?;
    let discovery = Discovery::new(Arc::clone(&source), scenario.layout().clone());
    let execution = discovery.select(scenario.pipeline(), &options.from.parse()?).await?;
    let outputs = match options.what.parse::<OutputKey>() {
        Ok(output) => vec![execution.output(&output)?],
        Err(_) => execution.outputs_of(&options.what.parse::<StepKey>()?)?,
    };
    let objects: usize = outputs.iter().map(|output| output.objects.len()).sum();
    let bytes: u64 = outputs.iter().map(|output| output.bytes()).sum();
    let size = HumanBytes(bytes);
    if options.dry_run {
        let names: Vec<String> = outputs.iter().map(|output| line(output)).collect();
        let text = format!(
            "{}would fetch {objects} objects, {size}, of execution {}",
            names.concat(),
            execution.id
        );
        return Answer::new(
            &json!({ "execution": execution.id, "objects": objects, "bytes": bytes }),
            text,
        );
    }
    let into = options.into.as_deref().ok_or(Missing("no directory is named: give --into DIR"))?;
    let trees = Fetcher::new(source)
        .with_cache(place.cache_options())
        .with_reporter(Arc::new(Progress::new(place.quiet)))
        .fetch(&outputs, into)
        .await?;
    let text = format!(
        "{objects} objects, {size}, of execution {} are in {}",
        execution.id,
        into.display()
    );
    Answer::new(&json!({ "execution": execution.id, "trees": trees, "into": into }), text)
}

fn line(output: &DiscoveredOutput) -> String {
    format!("{}  {} objects  {}\n", output.key, output.objects.len(), HumanBytes(output.bytes()))
}
