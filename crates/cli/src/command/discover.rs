//! `reenact discover`: pipelines, and executions with their steps, outputs, sizes and ages.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use indicatif::HumanBytes;
use reenact::downloader::{DiscoverOptions, DiscoveredExecution, Discovery};
use reenact::registry::PipelineName;
use serde::Serialize;

use crate::answer::{Answer, Failure};
use crate::args::{Discover, Place};

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
    let limit = DiscoverOptions::default().with_limit(options.limit);
    let executions = discovery.executions(&PipelineName::parse(name)?, &limit).await?;
    Answer::new(&executions.iter().map(Execution::from).collect::<Vec<_>>(), table(&executions))
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

fn table(executions: &[DiscoveredExecution]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([
        "EXECUTION",
        "NEWEST OBJECT",
        "OUTPUT",
        "OBJECTS",
        "SIZE",
    ]);
    for execution in executions {
        let mut first = [
            execution.id.to_string(),
            execution
                .newest
                .map_or_else(String::new, |newest| newest.format("%Y-%m-%d %H:%M").to_string()),
        ];
        for output in &execution.outputs {
            let [id, newest] = std::mem::take(&mut first);
            let size = HumanBytes(output.bytes()).to_string();
            table.add_row([
                id,
                newest,
                output.key.to_string(),
                output.objects.len().to_string(),
                size,
            ]);
        }
    }
    for column in [3, 4] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}
