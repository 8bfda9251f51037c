//! `reenact scenario`: the file that says how steps are run and what feeds them.

use std::io::Write;
use std::path::Path;

use reenact::downloader::Discovery;
use reenact::tester::Scenario;
use serde_json::json;

use crate::answer::{Answer, Failure, Missing, count};
use crate::args::{self, Place};
use crate::config::SCENARIO_FILE;
use crate::place::{pipeline, whole};
use crate::target;

pub(crate) async fn scenario(place: &Place, options: &args::Scenario) -> Result<Answer, Failure> {
    match options {
        args::Scenario::Init { from, into } => init(place, from, into).await,
        args::Scenario::Check => check(place),
    }
}

async fn init(place: &Place, from: &str, into: &Path) -> Result<Answer, Failure> {
    let known = place.scenario()?;
    let bucket = known.bucket_name();
    let pipeline = pipeline(&known)?;
    if into.is_file() {
        let text = "is there already, and is left alone: name another file with --into";
        return Err(Missing::new(format!("{} {text}", into.display())).into());
    }
    target::file(into)?;
    let discovery = Discovery::new(place.source(bucket).await?, known.key_layout()?);
    let execution = discovery.select(&pipeline, &from.parse()?).await?;
    let draft = Scenario::draft(&execution, bucket.unwrap_or_default(), place.layout.as_deref());
    fs_err::File::create_new(into)?.write_all(draft.as_bytes())?;
    let steps = execution.steps().len();
    let text = format!(
        "{} has a block for {} of execution `{}`: uncomment those that are to be run, and say how and what feeds them",
        into.display(),
        count(steps, "step"),
        execution.id
    );
    Answer::new(&json!({ "file": into, "execution": execution.id, "steps": steps }), text)
}

fn check(place: &Place) -> Result<Answer, Failure> {
    if place.scenario.is_none() && !Path::new(SCENARIO_FILE).exists() {
        let text = format!(
            "there is no {SCENARIO_FILE} here: begin one with `reenact scenario init`, or name one with --scenario FILE"
        );
        return Err(Missing::new(text).into());
    }
    let scenario = whole(place.scenario()?)?;
    let steps: Vec<String> = scenario.steps().map(ToString::to_string).collect();
    let named = match steps.as_slice() {
        [] => "no step yet: each is a table [steps.NAME]".to_owned(),
        steps => format!("{}: {}", count(steps.len(), "step"), steps.join(", ")),
    };
    let text = format!("pipeline `{}` with {named}", scenario.pipeline());
    Answer::new(&json!({ "pipeline": scenario.pipeline(), "steps": steps }), text)
}
