//! `reenact discover`: pipelines, and executions with their steps, outputs, sizes and ages.

use chrono::{DateTime, Utc};
use indicatif::{HumanBytes, HumanDuration};
use reenact::downloader::{self, DiscoverOptions, DiscoveredExecution, Discovery, IgnoreReason};
use reenact::registry::PipelineName;
use serde::Serialize;

use crate::answer::{Answer, Failure};
use crate::args::{Discover, Place};
use crate::moment::Moment;
use crate::terminal;

/// How many keys that fit no layout are shown to people; programs are told all.
const SHOWN: usize = 20;

#[derive(Debug, Serialize)]
struct Pipelines {
    pipelines: Vec<PipelineName>,
    ignored: Vec<Ignored>,
}

#[derive(Debug, Serialize)]
struct Pipeline {
    executions: Vec<Execution>,
    ignored: Vec<Ignored>,
}

#[derive(Debug, Serialize)]
struct Execution {
    id: String,
    newest: Option<String>,
    objects: usize,
    bytes: u64,
    outputs: Vec<Output>,
    ignored: Vec<Ignored>,
}

#[derive(Debug, Serialize)]
struct Ignored {
    key: String,
    reason: String,
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
        return pipelines(&discovery, scenario.bucket_name().unwrap_or_default()).await;
    };
    let pipeline = PipelineName::parse(name)?;
    let (executions, ignored) = if let Some(id) = &options.execution_id {
        (vec![discovery.select(&pipeline, &id.parse()?).await?], Vec::new())
    } else {
        let found = discovery.executions(&pipeline, &wanted(options)).await?;
        (found.executions, found.ignored)
    };
    let text = if executions.is_empty() {
        format!("no execution of {pipeline} is of that time")
    } else {
        table(&executions, Utc::now())
    };
    let is_cut = options.execution_id.is_none() && executions.len() == options.limit.get();
    let more = if is_cut {
        format!(
            "\n\nNo more than the newest {} are looked for: --limit N changes that",
            options.limit
        )
    } else {
        String::new()
    };
    let text = [text, more, left_out(&executions, &ignored)].concat();
    let executions = executions.iter().map(Execution::from).collect();
    let ignored = ignored.iter().map(Ignored::from).collect();
    Answer::new(&Pipeline { executions, ignored }, text)
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

async fn pipelines(discovery: &Discovery, bucket: &str) -> Result<Answer, Failure> {
    let found = discovery.pipelines().await?;
    let names: Vec<&str> = found.pipelines.iter().map(AsRef::as_ref).collect();
    let text = if names.is_empty() {
        format!(
            "no key of {bucket} fits the layout: `reenact explain KEY` tells which layout fits a key that you know"
        )
    } else {
        names.join("\n")
    };
    let text = [text, left_out(&[], &found.ignored)].concat();
    let ignored = found.ignored.iter().map(Ignored::from).collect();
    Answer::new(&Pipelines { pipelines: found.pipelines, ignored }, text)
}

impl From<&downloader::Ignored> for Ignored {
    fn from(ignored: &downloader::Ignored) -> Self {
        Self { key: ignored.key.clone(), reason: ignored.reason.to_string() }
    }
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
            ignored: execution.ignored.iter().map(Ignored::from).collect(),
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

/// Names what fits no layout, among pipelines or executions and in these; markers, which do their duty, are not worth a line.
fn left_out(executions: &[DiscoveredExecution], ignored: &[downloader::Ignored]) -> String {
    let within = executions.iter().flat_map(|execution| &execution.ignored);
    let is_stray = |ignored: &&downloader::Ignored| {
        matches!(ignored.reason, IgnoreReason::NoPlace(_) | IgnoreReason::Nameless)
    };
    let strays: Vec<_> = ignored.iter().chain(within).filter(is_stray).collect();
    if strays.is_empty() {
        return String::new();
    }
    let mut lines = vec!["\n\nLeft out, since they fit no layout:".to_owned()];
    lines.extend(strays.iter().take(SHOWN).map(|stray| format!("  {stray}")));
    if let Some(more) = strays.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more, which --json names"));
    }
    lines.join("\n")
}
