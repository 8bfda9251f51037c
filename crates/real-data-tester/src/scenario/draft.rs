//! A first scenario, written from what one execution left: to be read, completed and kept by a person.

use reenact_downloader::DiscoveredExecution;
use reenact_registry::StepKey;
use toml::Value;

use super::model::Scenario;

/// Where editors find the schema of the file.
const SCHEMA_URL: &str = "https://raw.githubusercontent.com/reenact-rs/reenact/main/crates/real-data-tester/schema/reenact.schema.json";

impl Scenario {
    /// Writes a first scenario, with a block for every step that `execution` shows, to be kept as `reenact.toml`.
    ///
    /// A bucket tells neither how a step is run nor what feeds it, and nothing is guessed: each block is a comment with the
    /// candidates, and becomes part of the scenario when its marks are removed. `layout` is written as the scenario's.
    pub fn draft(execution: &DiscoveredExecution, bucket: &str, layout: Option<&str>) -> String {
        let mut lines = vec![
            format!("#:schema {SCHEMA_URL}"),
            String::new(),
            format!("pipeline = {}", toml_text(execution.pipeline.as_str())),
            format!("bucket = {}", toml_text(bucket)),
        ];
        lines.extend(layout.map(|layout| format!("layout = {}", toml_text(layout))));
        lines.push(String::new());
        lines.push(format!(
            "# These steps wrote outputs in execution `{}`. Uncomment",
            execution.id
        ));
        lines.push("# those that are to be run, and say how and what feeds them.".to_owned());
        for step in execution.steps() {
            lines.extend(block(execution, step));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// Describes one step in comments.
fn block(execution: &DiscoveredExecution, step: &StepKey) -> [String; 6] {
    let outputs = execution.outputs.iter().filter(|output| output.key.step_key() == step);
    let wrote: Vec<String> = outputs
        .map(|output| {
            let (name, bytes) = (output.key.logical_name(), output.bytes());
            format!("{name} (objects: {}, bytes: {bytes})", output.objects.len())
        })
        .collect();
    let others = execution.outputs.iter().filter(|output| output.key.step_key() != step);
    let candidates: Vec<String> = others.map(|output| output.key.to_string()).collect();
    let script = toml_text(&format!("{}.py", step.step()));
    [
        String::new(),
        format!("# [steps.{}]", toml_text(&step.to_string())),
        format!("# command = [\"python\", {script}, \"{{inputs}}\", \"{{outputs}}\"]"),
        "# inputs = {}".to_owned(),
        format!("#   candidates: {}", candidates.join(", ")),
        format!("#   production wrote: {}", wrote.join(", ")),
    ]
}

/// Quotes a text as TOML does.
fn toml_text(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use reenact_downloader::{Discovery, InMemory};

    use super::*;

    #[tokio::test]
    async fn a_draft_is_a_scenario_and_so_is_one_with_its_steps_uncommented() {
        let bucket = InMemory::new("acme");
        bucket.put("pipelines/sales/2026-03-01/extract/output/rows/rows.csv", "id\n1\n");
        bucket.put("pipelines/sales/2026-03-01/total/output/sum/sum.csv", "sum\n1\n");
        let layout = reenact_registry::Layout::preset("seed").unwrap();
        let execution = Discovery::new(Arc::new(bucket), layout)
            .select(&"sales".parse().unwrap(), &"latest".parse().unwrap())
            .await
            .unwrap();
        let text = Scenario::draft(&execution, "s3://acme", Some("seed"));
        let scenario = Scenario::from_toml(&text).unwrap();
        assert_eq!((scenario.pipeline().as_str(), scenario.bucket()), ("sales", Some("s3://acme")));
        assert_eq!(scenario.steps().count(), 0);

        let settings = ["[steps", "command", "inputs"];
        let uncommented = text.lines().map(|line| match line.strip_prefix("# ") {
            Some(rest) if settings.iter().any(|setting| rest.starts_with(setting)) => rest,
            _ => line,
        });
        let whole = uncommented.collect::<Vec<_>>().join("\n");
        let scenario = Scenario::from_toml(&whole).unwrap();
        let steps: Vec<String> = scenario.steps().map(ToString::to_string).collect();
        assert_eq!(steps, ["extract", "total"]);
        assert!(
            text.contains(
                "#   candidates: extract.rows\n#   production wrote: sum (objects: 1, bytes: 6)"
            ),
            "{text}"
        );
    }
}
