//! Tells line by line on standard error what happens in a run, for those who asked for it with `--verbose`.

use indicatif::HumanBytes;
use reenact::tester::{Event, Origin, Reporter, Tree};
use tracing::{debug, info};

use crate::answer::count;
use crate::config::Config;

/// Tells of each event as it comes.
#[derive(Debug)]
pub(crate) struct Narration;

/// Tells which settings hold, and where they come from.
pub(crate) fn tell_settings(config: &Config) {
    for (setting, shown) in config {
        match &shown.value {
            Some(value) => info!("{} is {value} ({})", setting.name(), shown.origin),
            None => {
                debug!("{} is {}", setting.name(), shown.default.as_deref().unwrap_or_default());
            }
        }
    }
}

impl Reporter for Narration {
    fn report(&self, event: &Event) {
        match event {
            Event::RunStarted(header) => {
                let of = header.execution.as_ref().map(|id| format!(", execution `{id}`"));
                info!(
                    "{} of `{}`{}, in {}",
                    header.step_names(),
                    header.pipeline,
                    of.unwrap_or_default(),
                    header.directory.display()
                );
            }
            Event::TreePlanned { step, tree, from, objects, bytes, .. } => {
                let extent = format!("{}, {}", count(*objects, "object"), HumanBytes(*bytes));
                info!("{} of `{step}` is {from}: {extent}", what(tree));
            }
            Event::ObjectReady { object, .. } => {
                let origin = match &object.origin {
                    Origin::Cache => "was in the cache".to_owned(),
                    Origin::Download { verified } => format!("was downloaded; {verified}"),
                    other => format!("{other:?}"),
                };
                debug!("{} ({}) {origin}", object.key, HumanBytes(object.size));
            }
            Event::StepStarted { step } => info!("`{step}` begins"),
            Event::StepPrinted { step, text, .. } => info!("`{step}` prints: {}", text.trim_end()),
            Event::StepFinished { step, outcome } => {
                info!("`{step}` {} after {:.2?}", outcome.ending, outcome.usage.wall);
            }
            Event::StepNotRun { step, why } => info!("`{step}` is not run: {why:?}"),
            Event::OutputJudged { step, output, judgement } => {
                info!("output `{output}` of `{step}`: {}", judgement.verdict);
            }
            Event::OutputNotJudged { step, output, problem } => {
                info!("output `{output}` of `{step}` cannot be judged: {problem}");
            }
            Event::Interrupted => info!("interrupted: what runs is ended"),
            _ => {}
        }
    }
}

fn what(tree: &Tree) -> String {
    match tree {
        Tree::Input(name) => format!("input `{name}`"),
        Tree::Reference(name) => format!("reference `{name}`"),
        Tree::Candidate(name) => format!("candidate `{name}`"),
        tree => format!("copy `{}`", tree.name()),
    }
}
