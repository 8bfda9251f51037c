//! Plans a run: which steps in which order, what feeds each, and what its outputs are compared with. Nothing is guessed.

use std::collections::BTreeSet;
use std::sync::Arc;

use reenact_downloader::{DiscoveredExecution, DiscoveredOutput};
use reenact_registry::{LogicalName, OutputKey, StepKey};

use crate::graph::Graph;
use crate::mode::{DataSource, Mode};
use crate::provider::DataProvider;
use crate::scenario::{Scenario, Step};
use crate::{Error, ErrorKind, Result};

/// One step of a run.
#[derive(Debug)]
pub(crate) struct PlannedStep<'a> {
    pub(crate) name: &'a StepKey,
    /// How it is run and judged; absent for a step that the scenario does not know, whose outputs are only compared.
    pub(crate) step: Option<&'a Step>,
    /// What it reads, by the names under which it does.
    pub(crate) inputs: Vec<(LogicalName, Feed<'a>)>,
    /// What it must leave, by name.
    pub(crate) outputs: Vec<LogicalName>,
    /// Its outputs in production, if they are compared with.
    pub(crate) references: Vec<&'a DiscoveredOutput>,
    /// What takes the place of its outputs where nothing is run.
    pub(crate) candidates: Vec<&'a DiscoveredOutput>,
    /// The steps of this run whose outputs it reads.
    pub(crate) after: Vec<&'a StepKey>,
}

impl PlannedStep<'_> {
    /// Tells whether its outputs are compared with production's.
    pub(crate) fn reference(&self, output: &LogicalName) -> Option<&DiscoveredOutput> {
        self.references.iter().find(|reference| reference.key.logical_name() == output).copied()
    }
}

/// What an input is filled with.
#[derive(Debug)]
pub(crate) enum Feed<'a> {
    /// What a step of this run wrote.
    Candidate(OutputKey),
    /// What production wrote.
    Production(&'a DiscoveredOutput),
    /// What is here already, or is made up.
    Provided(OutputKey, Arc<dyn DataProvider>),
}

/// Everything that a run is planned from.
#[derive(Debug)]
pub(crate) struct Wiring<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) mode: Mode,
    /// The execution of production, in modes that ask it.
    pub(crate) execution: Option<&'a DiscoveredExecution>,
    pub(crate) data_sources: &'a [DataSource],
    pub(crate) local: Option<Arc<dyn DataProvider>>,
    pub(crate) synthetic: Option<Arc<dyn DataProvider>>,
}

impl<'a> Wiring<'a> {
    /// Plans a run that begins with `start`, or has all steps.
    pub(crate) fn plan(&self, start: Option<&StepKey>) -> Result<Vec<PlannedStep<'a>>> {
        let graph = Graph::of(self.scenario);
        let selected = self.select(&graph, start)?;
        let mut planned = Vec::new();
        for name in graph.order()? {
            if selected.contains(name) {
                planned.push(self.plan_step(name, &graph, &selected)?);
            }
        }
        Ok(planned)
    }

    fn select(&self, graph: &Graph<'a>, start: Option<&StepKey>) -> Result<BTreeSet<&'a StepKey>> {
        let Some(start) = start else {
            let all: BTreeSet<&StepKey> = self.scenario.steps.keys().collect();
            return if all.is_empty() {
                Err(Error::scenario("the scenario has no step to run"))
            } else {
                Ok(all)
            };
        };
        let (start, step) = self.scenario.entry(start)?;
        if step.inputs.iter().flatten().any(|(_, from)| from.step_key() == start) {
            return Err(self.fed_with_itself(start, step));
        }
        Ok(match self.mode {
            Mode::ReplayChain => graph.from(start),
            _ => BTreeSet::from([start]),
        })
    }

    fn plan_step(
        &self,
        name: &'a StepKey,
        graph: &Graph<'a>,
        selected: &BTreeSet<&'a StepKey>,
    ) -> Result<PlannedStep<'a>> {
        let (_, step) = self.scenario.entry(name)?;
        let references = self.references(name)?;
        let Some(wired) = &step.inputs else {
            return Err(Error::scenario(format!(
                "no input of step `{name}` is wired; say which of these feed it, as NAME=STEP.OUTPUT: {}",
                self.candidates(name)
            )));
        };
        let mut inputs = Vec::new();
        for (input, from) in wired {
            let feed = if selected.contains(from.step_key()) {
                self.feed_from_step(name, input, from)?
            } else {
                self.feed_from_source(name, input, from)?
            };
            inputs.push((input.clone(), feed));
        }
        let after = graph.upstream(name).filter(|step| selected.contains(step)).collect();
        Ok(PlannedStep {
            name,
            step: Some(step),
            inputs,
            outputs: self.outputs(name, step, &references),
            references,
            candidates: Vec::new(),
            after,
        })
    }

    /// Returns what production wrote. A step that is asked for by name must have written something.
    fn references(&self, name: &StepKey) -> Result<Vec<&'a DiscoveredOutput>> {
        let Some(execution) = self.execution else { return Ok(Vec::new()) };
        execution.outputs_of(name).map_err(|error| {
            let message = format!("nothing to compare step `{name}` with");
            Error::caused(ErrorKind::Source, message, error)
        })
    }

    /// What a step must leave is what it left in production and what the scenario expects of it or feeds to others.
    fn outputs(
        &self,
        name: &StepKey,
        step: &Step,
        references: &[&DiscoveredOutput],
    ) -> Vec<LogicalName> {
        let mut outputs: BTreeSet<LogicalName> =
            references.iter().map(|output| output.key.logical_name().clone()).collect();
        outputs.extend(step.outputs.iter().flatten().cloned());
        if !self.mode.reads_production() {
            let read = self.scenario.steps.values().flat_map(|step| step.inputs.iter().flatten());
            let own = read.map(|(_, from)| from).filter(|from| from.step_key() == name);
            outputs.extend(own.map(|from| from.logical_name().clone()));
        }
        outputs.into_iter().collect()
    }

    fn feed_from_step(
        &self,
        name: &StepKey,
        input: &LogicalName,
        from: &OutputKey,
    ) -> Result<Feed<'a>> {
        let (_, upstream) = self.scenario.entry(from.step_key())?;
        let references = self.references(from.step_key())?;
        let outputs = self.outputs(from.step_key(), upstream, &references);
        let declared = upstream.outputs.as_ref().is_none_or(|declared| {
            declared.contains(from.logical_name()) || !references.is_empty()
        });
        if declared && outputs.contains(from.logical_name()) {
            return Ok(Feed::Candidate(from.clone()));
        }
        let known: Vec<&str> = outputs.iter().map(LogicalName::as_str).collect();
        Err(Error::scenario(format!(
            "input `{input}` of step `{name}` is wired to `{from}`, but step `{}` writes only: {}",
            from.step_key(),
            known.join(", ")
        )))
    }

    /// Asks the data sources in their order.
    fn feed_from_source(
        &self,
        name: &StepKey,
        input: &LogicalName,
        from: &OutputKey,
    ) -> Result<Feed<'a>> {
        let mut cause = None;
        for source in self.data_sources {
            let provider = match source {
                DataSource::Local => &self.local,
                DataSource::Synthetic => &self.synthetic,
                DataSource::S3 => {
                    match self.execution.map(|execution| execution.output(from)) {
                        Some(Ok(output)) => return Ok(Feed::Production(output)),
                        Some(Err(error)) => cause = Some(error),
                        None => {}
                    }
                    continue;
                }
            };
            if let Some(provider) = provider.as_ref().filter(|provider| provider.provides(from)) {
                return Ok(Feed::Provided(from.clone(), Arc::clone(provider)));
            }
        }
        Err(self.nowhere(name, input, from, cause))
    }

    fn nowhere(
        &self,
        name: &StepKey,
        input: &LogicalName,
        from: &OutputKey,
        cause: Option<reenact_downloader::Error>,
    ) -> Error {
        let wired = format!("input `{input}` of step `{name}` is wired to `{from}`");
        if let (Some(error), Some(execution)) = (cause, self.execution) {
            let message = format!("{wired}, which execution `{}` lacks", execution.id);
            return Error::caused(ErrorKind::Source, message, error);
        }
        let sources: Vec<String> = self.data_sources.iter().map(ToString::to_string).collect();
        Error::scenario(format!(
            "{wired}, for which there are no data ({}): name a local directory that has them as {}/{}, or say what to make up",
            sources.join(", "),
            from.step_key(),
            from.logical_name()
        ))
    }

    fn fed_with_itself(&self, name: &StepKey, step: &Step) -> Error {
        let own = step.inputs.iter().flatten().find(|(_, from)| from.step_key() == name);
        let wired = own.map_or_else(String::new, |(input, from)| {
            format!("input `{input}` of step `{name}` is wired to `{from}`")
        });
        Error::scenario(format!(
            "{wired}, an output of that very step; the candidates are: {}",
            self.candidates(name)
        ))
    }

    /// Names what could feed `step`.
    fn candidates(&self, step: &StepKey) -> String {
        let mut found: BTreeSet<String> = BTreeSet::new();
        if let Some(execution) = self.execution {
            let others = execution.outputs.iter().map(|output| &output.key);
            found.extend(others.filter(|key| key.step_key() != step).map(ToString::to_string));
        }
        for (name, other) in self.scenario.steps.iter().filter(|(name, _)| *name != step) {
            let declared = other.outputs.iter().flatten();
            found.extend(declared.map(|output| format!("{name}.{output}")));
        }
        found.into_iter().collect::<Vec<_>>().join(", ")
    }
}

/// Plans the comparison of two executions: of one step, or of every step that either has.
pub(crate) fn compare<'a>(
    scenario: &'a Scenario,
    candidate: &'a DiscoveredExecution,
    reference: &'a DiscoveredExecution,
    only: Option<&StepKey>,
) -> Result<Vec<PlannedStep<'a>>> {
    if let Some(step) = only {
        for execution in [candidate, reference] {
            execution.outputs_of(step).map_err(|error| {
                Error::caused(
                    ErrorKind::Source,
                    format!("execution `{}` cannot be compared", execution.id),
                    error,
                )
            })?;
        }
    }
    let steps: BTreeSet<&StepKey> =
        candidate.steps().into_iter().chain(reference.steps()).collect();
    let of = |execution: &'a DiscoveredExecution, step: &StepKey| {
        let outputs = execution.outputs.iter();
        outputs.filter(|output| output.key.step_key() == step).collect::<Vec<_>>()
    };
    let chosen = steps.into_iter().filter(|step| only.is_none_or(|only| only == *step));
    let planned = chosen.map(|name| {
        let (candidates, references) = (of(candidate, name), of(reference, name));
        let both = candidates.iter().chain(&references);
        let outputs: BTreeSet<LogicalName> =
            both.map(|output| output.key.logical_name().clone()).collect();
        PlannedStep {
            name,
            step: scenario.steps.get(name),
            inputs: Vec::new(),
            outputs: outputs.into_iter().collect(),
            references,
            candidates,
            after: Vec::new(),
        }
    });
    Ok(planned.collect())
}
