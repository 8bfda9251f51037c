//! Which outputs of an execution feed a step, and which it is compared with. Nothing is guessed.

use reenact_downloader::{DiscoveredExecution, DiscoveredOutput};
use reenact_registry::{LogicalName, OutputKey, StepKey};

use crate::scenario::Step;
use crate::{Error, ErrorKind, Result};

/// A step's inputs and references within one execution.
#[derive(Debug)]
pub(crate) struct Wiring<'a> {
    /// Upstream outputs by the name under which the step reads them.
    pub(crate) inputs: Vec<(LogicalName, &'a DiscoveredOutput)>,
    /// The step's own outputs in production.
    pub(crate) references: Vec<&'a DiscoveredOutput>,
}

impl<'a> Wiring<'a> {
    /// Returns everything that has to be fetched.
    pub(crate) fn outputs(&self) -> Vec<&'a DiscoveredOutput> {
        self.inputs
            .iter()
            .map(|(_, output)| *output)
            .chain(self.references.iter().copied())
            .collect()
    }
}

/// Finds what `step` reads and what it is compared with.
pub(crate) fn resolve<'a>(
    name: &StepKey,
    step: &Step,
    execution: &'a DiscoveredExecution,
) -> Result<Wiring<'a>> {
    let references = execution.outputs_of(name).map_err(|error| {
        Error::caused(ErrorKind::Source, format!("nothing to compare step `{name}` with"), error)
    })?;
    let Some(wired) = &step.inputs else {
        return Err(Error::scenario(format!(
            "no input of step `{name}` is wired; say which of these feed it, as NAME=STEP.OUTPUT: {}",
            candidates(name, execution)
        )));
    };
    let inputs = wired
        .iter()
        .map(|(input, from)| {
            find(name, input, from, execution).map(|output| (input.clone(), output))
        })
        .collect::<Result<_>>()?;
    Ok(Wiring { inputs, references })
}

fn find<'a>(
    step: &StepKey,
    input: &LogicalName,
    from: &OutputKey,
    execution: &'a DiscoveredExecution,
) -> Result<&'a DiscoveredOutput> {
    if from.step_key() == step {
        return Err(Error::scenario(format!(
            "input `{input}` of step `{step}` is wired to `{from}`, an output of that very step; the candidates are: {}",
            candidates(step, execution)
        )));
    }
    execution.output(from).map_err(|error| {
        let message = format!(
            "input `{input}` of step `{step}` is wired to `{from}`, which execution `{}` lacks",
            execution.id
        );
        Error::caused(ErrorKind::Source, message, error)
    })
}

fn candidates(step: &StepKey, execution: &DiscoveredExecution) -> String {
    let others = execution.outputs.iter().filter(|output| output.key.step_key() != step);
    others.map(|output| output.key.to_string()).collect::<Vec<_>>().join(", ")
}
