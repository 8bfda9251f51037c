//! The order of steps: what waits for what, an order that respects it, and what follows from a step.

use std::collections::{BTreeMap, BTreeSet};

use reenact_registry::{OutputKey, StepKey};

use crate::scenario::Scenario;
use crate::{Error, Result};

/// The steps of a scenario, each with those whose outputs it reads.
#[derive(Debug)]
pub(crate) struct Graph<'a> {
    upstream: BTreeMap<&'a StepKey, BTreeSet<&'a StepKey>>,
}

impl<'a> Graph<'a> {
    /// Reads the wiring of a scenario. What no step of it writes is a source, not a step.
    pub(crate) fn of(scenario: &'a Scenario) -> Self {
        let steps = scenario.steps.iter().map(|(name, step)| {
            let read = step.inputs.iter().flat_map(BTreeMap::values).map(OutputKey::step_key);
            let upstream = read.filter(|step| scenario.steps.contains_key(*step)).collect();
            (name, upstream)
        });
        Self { upstream: steps.collect() }
    }

    /// Returns the steps whose outputs `step` reads.
    pub(crate) fn upstream(&self, step: &StepKey) -> impl Iterator<Item = &'a StepKey> + '_ {
        self.upstream.get(step).into_iter().flatten().copied()
    }

    /// Returns all steps, each after those that it reads from; steps that do not depend on each other by their names.
    pub(crate) fn order(&self) -> Result<Vec<&'a StepKey>> {
        let mut waiting: BTreeMap<&StepKey, usize> =
            self.upstream.iter().map(|(step, upstream)| (*step, upstream.len())).collect();
        let readers = self.readers();
        let mut ready: BTreeSet<&StepKey> =
            waiting.iter().filter(|(_, count)| **count == 0).map(|(step, _)| *step).collect();
        let mut order = Vec::with_capacity(self.upstream.len());
        while let Some(step) = ready.pop_first() {
            order.push(step);
            for reader in readers.get(step).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(reader) {
                    *count -= 1;
                    if *count == 0 {
                        ready.insert(reader);
                    }
                }
            }
        }
        if order.len() == self.upstream.len() { Ok(order) } else { Err(self.cycle(&order)) }
    }

    /// Returns `step` and every step that reads, directly or through others, what it writes.
    pub(crate) fn from(&self, step: &'a StepKey) -> BTreeSet<&'a StepKey> {
        let readers = self.readers();
        let mut found = BTreeSet::new();
        let mut open = vec![step];
        while let Some(step) = open.pop() {
            if found.insert(step) {
                open.extend(readers.get(step).into_iter().flatten());
            }
        }
        found
    }

    fn readers(&self) -> BTreeMap<&'a StepKey, Vec<&'a StepKey>> {
        let mut readers: BTreeMap<&StepKey, Vec<&StepKey>> = BTreeMap::new();
        for (reader, upstream) in &self.upstream {
            for step in upstream {
                readers.entry(step).or_default().push(reader);
            }
        }
        readers
    }

    /// Names one cycle among the steps that could not be put in order.
    fn cycle(&self, ordered: &[&StepKey]) -> Error {
        let ordered: BTreeSet<&StepKey> = ordered.iter().copied().collect();
        let stuck = |step: &&StepKey| !ordered.contains(*step);
        let mut walked: Vec<&StepKey> = Vec::new();
        let mut next = self.upstream.keys().copied().find(stuck);
        while let Some(step) = next {
            if let Some(start) = walked.iter().position(|walked| *walked == step) {
                walked.drain(..start);
                break;
            }
            walked.push(step);
            // A step that is stuck waits for one that is.
            next = self.upstream(step).find(stuck);
        }
        walked.reverse();
        let names: Vec<String> =
            walked.iter().chain(walked.first()).map(|step| format!("`{step}`")).collect();
        Error::scenario(format!(
            "the steps feed each other in a circle: {}; take one of these inputs out",
            names.join(" -> ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scenario of steps that each read the output `o` of others.
    fn scenario(steps: &[(&str, &[&str])]) -> Scenario {
        let mut builder = Scenario::builder("p");
        for (step, upstream) in steps {
            builder = builder.step(*step, |step| {
                let step = step.command(["true"]).no_inputs();
                upstream.iter().fold(step, |step, from| step.input(*from, format!("{from}.o")))
            });
        }
        builder.build().unwrap()
    }

    fn order(scenario: &Scenario) -> Result<Vec<String>> {
        Ok(Graph::of(scenario).order()?.into_iter().map(ToString::to_string).collect())
    }

    #[test]
    fn t3_steps_come_after_what_they_read_and_not_by_their_names() {
        let scenario =
            scenario(&[("a", &["z", "m"]), ("m", &["z"]), ("z", &["outside"]), ("b", &[])]);
        assert_eq!(order(&scenario).unwrap(), ["b", "z", "m", "a"]);
    }

    #[test]
    fn t3_a_circle_is_refused_and_named() {
        let scenario = scenario(&[
            ("in", &[]),
            ("a", &["c", "in"]),
            ("b", &["a"]),
            ("c", &["b"]),
            ("d", &["c"]),
        ]);
        let error = order(&scenario).unwrap_err().to_string();
        assert!(error.contains("circle: `b` -> `c` -> `a` -> `b`;"), "{error}");
    }

    #[test]
    fn what_follows_from_a_step_is_found_through_others() {
        let scenario =
            scenario(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("d", &["a"]), ("x", &[])]);
        let graph = Graph::of(&scenario);
        let (b, _) = scenario.steps.iter().nth(1).unwrap();
        let found: Vec<String> = graph.from(b).into_iter().map(ToString::to_string).collect();
        assert_eq!(found, ["b", "c"]);
    }
}
