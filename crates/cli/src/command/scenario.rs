//! `reenact scenario`: the file that says how steps are run and what feeds them.

use std::io::Write;
use std::path::Path;

use reenact::downloader::Discovery;
use reenact::registry::PipelineName;
use reenact::tester::Scenario;
use serde_json::json;

use crate::answer::{Answer, Failure, Missing, count};
use crate::args::{self, Place};

pub(crate) async fn scenario(place: &Place, options: &args::Scenario) -> Result<Answer, Failure> {
    match options {
        args::Scenario::Init { from, into } => init(place, from, into).await,
        args::Scenario::Check => check(place),
    }
}

async fn init(place: &Place, from: &str, into: &Path) -> Result<Answer, Failure> {
    let known = place.scenario()?;
    let bucket = known.bucket_name();
    let pipeline =
        known.pipeline_name().ok_or(Missing("no pipeline is named: give --pipeline NAME"))?;
    let discovery = Discovery::new(place.source(bucket).await?, known.key_layout()?);
    let execution = discovery.select(&PipelineName::parse(pipeline)?, &from.parse()?).await?;
    let draft = Scenario::draft(&execution, bucket.unwrap_or_default(), place.layout.as_deref());
    fs_err::File::create_new(into)?.write_all(draft.as_bytes())?;
    let steps = execution.steps().len();
    let text = format!(
        "{} has a block for each of {steps} steps of execution `{}`; say how they are run and what feeds them",
        into.display(),
        execution.id
    );
    Answer::new(&json!({ "file": into, "execution": execution.id, "steps": steps }), text)
}

fn check(place: &Place) -> Result<Answer, Failure> {
    let scenario = place.scenario()?.build()?;
    let steps: Vec<String> = scenario.steps().map(ToString::to_string).collect();
    let text = format!(
        "pipeline `{}` with {}: {}",
        scenario.pipeline(),
        count(steps.len(), "step"),
        steps.join(", ")
    );
    Answer::new(&json!({ "pipeline": scenario.pipeline(), "steps": steps }), text)
}
