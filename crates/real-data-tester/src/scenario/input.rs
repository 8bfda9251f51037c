//! What feeds an input: an output named outright, or by the property path that a pipeline definition has. Nothing is guessed.

use std::collections::BTreeMap;

use reenact_registry::{LogicalName, OutputKey, PropertyPath, StepKey};

use crate::{Error, ErrorKind, Result};

/// What begins a property path and no name of an output.
const PROPERTY: [&str; 3] = ["Steps.", "properties.", "{"];

/// The outputs that steps of a scenario are said to write.
pub(super) type Declared = BTreeMap<StepKey, Vec<LogicalName>>;

/// Reads `STEP.OUTPUT`, or a property path in any of its spellings: it stands for the output whose key it holds, such as `x` in
/// `Steps.clean.ProcessingOutputConfig.Outputs['x'].S3Output.S3Uri`; without a key, as in
/// `Steps.train.ModelArtifacts.S3ModelArtifacts`, for the only output that its step is said to write.
pub(super) fn source(text: &str, declared: &Declared) -> Result<OutputKey> {
    let unreadable = |error| {
        let message = "an input is fed by STEP.OUTPUT or a property path";
        Error::caused(ErrorKind::Scenario, message, error)
    };
    if !PROPERTY.iter().any(|start| text.starts_with(start)) {
        return text.parse().map_err(unreadable);
    }
    let path: PropertyPath = text.parse().map_err(unreadable)?;
    let fitting = |key: &OutputKey| {
        path.step().is_none_or(|step| step == key.step())
            && path.key().is_none_or(|name| name == key.logical_name().as_str())
    };
    let outputs = declared.iter().flat_map(|(step, names)| {
        names.iter().map(|name| step.output(name.clone())).collect::<Vec<_>>()
    });
    let mut fitting: Vec<OutputKey> = outputs.filter(fitting).collect();
    match (fitting.len(), path.step(), path.key()) {
        (1, ..) => Ok(fitting.remove(0)),
        (0, Some(step), Some(name)) => {
            Ok(OutputKey::new(step.clone(), name.parse().map_err(unreadable)?))
        }
        (0, ..) => Err(Error::scenario(format!(
            "`{path}` tells no output: write STEP.OUTPUT, or say under `outputs` what its step writes"
        ))),
        _ => Err(Error::scenario(format!(
            "`{path}` could be any of: {}; write the one that is meant",
            list(&fitting)
        ))),
    }
}

/// Lists outputs.
fn list(outputs: &[OutputKey]) -> String {
    outputs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let declared =
            [("clean@a", ["x"]), ("clean@b", ["x"]), ("train", ["model"])].map(|(step, names)| {
                (step.parse().unwrap(), names.map(|name| name.parse().unwrap()).to_vec())
            });
        let found = source(text, &declared.into());
        found.map(|key| key.to_string()).map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn an_output_is_named_outright_or_by_its_property() {
        for (text, output) in [
            ("ingest.flights", "ingest.flights"),
            ("Steps.ingest.ProcessingOutputConfig.Outputs['x'].S3Output.S3Uri", "ingest.x"),
            (
                r#"{"Get": "Steps.ingest.ProcessingOutputConfig.Outputs['x'].S3Output.S3Uri"}"#,
                "ingest.x",
            ),
            ("properties.ProcessingOutputConfig.Outputs['model'].S3Output.S3Uri", "train.model"),
            ("Steps.train.ModelArtifacts.S3ModelArtifacts", "train.model"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(output), "{text}");
        }
    }

    #[test]
    fn what_is_ambiguous_or_tells_no_output_is_refused() {
        for (text, said) in [
            ("Steps.clean.Outputs['x'].S3Uri", "could be any of: clean@a.x, clean@b.x; write"),
            ("Steps.ingest.ModelArtifacts.S3ModelArtifacts", "tells no output: write STEP.OUTPUT"),
            ("properties.Outputs['y'].S3Uri", "tells no output: write STEP.OUTPUT"),
            ("ingest", "an input is fed by STEP.OUTPUT or a property path: "),
            ("Steps.ingest.Outputs['x", "an input is fed by STEP.OUTPUT or a property path: "),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
