//! `reenact discover`: pipelines, and executions with their steps, outputs, sizes and ages.

use chrono::{DateTime, Utc};
use indicatif::{HumanBytes, HumanDuration};
use reenact::downloader::{DiscoverOptions, DiscoveredExecution, Discovery};
use reenact::registry::PipelineName;
use serde::Serialize;

use crate::answer::{Answer, Failure};
use crate::args::{Discover, Place};
use crate::moment::Moment;
use crate::terminal;

#[derive(Debug, Serialize)]
struct Execution {
    id: String,
    newest: Option<String>,
    objects: usize,
    bytes: u64,
    outputs: Vec<Output>,
    ignored: usize,
}

#[derive(Debug, Serialize)]
struct Output {
    name: String,
    objects: usize,
    bytes: u64,
}

pub(crate) async fn discover(place: &Place, options: &Discover) -> Result<Answer, Failure> {
    let mut scenario = place.scenario()?;
    if let Some(name) = &options.name {
        scenario = scenario.pipeline(name);
    }
    let source = place.source(scenario.bucket_name()).await?;
    let discovery = Discovery::new(source, scenario.key_layout()?);
    let Some(name) = scenario.pipeline_name() else {
        return pipelines(&discovery).await;
    };
    let pipeline = PipelineName::parse(name)?;
    let executions = match &options.execution_id {
        Some(id) => vec![discovery.select(&pipeline, &id.parse()?).await?],
        None => discovery.executions(&pipeline, &wanted(options)).await?,
    };
    let text = if executions.is_empty() {
        format!("no execution of {pipeline} is of that time")
    } else {
        table(&executions, Utc::now())
    };
    Answer::new(&executions.iter().map(Execution::from).collect::<Vec<_>>(), text)
}

fn wanted(options: &Discover) -> DiscoverOptions {
    let mut wanted = DiscoverOptions::default().with_limit(options.limit);
    if let Some(Moment(since)) = options.since {
        wanted = wanted.with_since(since);
    }
    if let Some(Moment(until)) = options.until {
        wanted = wanted.with_until(until);
    }
    wanted
}

async fn pipelines(discovery: &Discovery) -> Result<Answer, Failure> {
    let names: Vec<PipelineName> = discovery.pipelines().await?;
    let lines: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    Answer::new(&names, lines.join("\n"))
}

impl From<&DiscoveredExecution> for Execution {
    fn from(execution: &DiscoveredExecution) -> Self {
        let outputs = execution.outputs.iter().map(|output| Output {
            name: output.key.to_string(),
            objects: output.objects.len(),
            bytes: output.bytes(),
        });
        Self {
            id: execution.id.to_string(),
            newest: execution.newest.map(|newest| newest.to_rfc3339()),
            objects: execution.outputs.iter().map(|output| output.objects.len()).sum(),
            bytes: execution.bytes(),
            outputs: outputs.collect(),
            ignored: execution.ignored.len(),
        }
    }
}

fn table(executions: &[DiscoveredExecution], now: DateTime<Utc>) -> String {
    let header = ["EXECUTION", "NEWEST OBJECT", "AGE", "OUTPUT", "OBJECTS", "SIZE"];
    let mut table = terminal::table(header, &[4, 5]);
    for execution in executions {
        let written = execution.newest.map(|newest| newest.format("%Y-%m-%d %H:%M").to_string());
        let age = execution.newest.map(|newest| age(newest, now));
        let mut first =
            [execution.id.to_string(), written.unwrap_or_default(), age.unwrap_or_default()];
        for output in &execution.outputs {
            // What is about the whole execution stands in its first row only.
            let [id, newest, age] = std::mem::take(&mut first);
            let (objects, size) = (output.objects.len().to_string(), HumanBytes(output.bytes()));
            table.add_row([id, newest, age, output.key.to_string(), objects, size.to_string()]);
        }
    }
    table.trim_fmt()
}

/// Says how long ago something was, in its largest unit.
fn age(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    HumanDuration((now - then).to_std().unwrap_or_default()).to_string()
}
