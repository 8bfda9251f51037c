//! Judges what a step wrote: whether it is there, whether it is as good as production's, and what it cost.

use std::path::PathBuf;

use reenact_registry::LogicalName;
use reenact_validator::{Rules, Validator};

use crate::Result;
use crate::blocking::blocking;
use crate::error::chain;
use crate::event::Event;
use crate::mode::Mode;
use crate::run::Run;
use crate::wiring::PlannedStep;
use crate::written::Written;

/// Looks at every output of a step that has ended well; `not_staged` says why there are no references.
pub(crate) async fn judge(
    run: &Run<'_>,
    planned: &PlannedStep<'_>,
    not_staged: Option<String>,
) -> Result<()> {
    let judge = Judge { run, planned };
    let outputs = judge.look().await?;
    judge.hold_against_thresholds(&outputs);
    let wrote_nothing = outputs.iter().all(|(_, written)| written.is_empty());
    for (output, written) in outputs {
        if let Some(problem) = judge.obstacle(&output, &written, wrote_nothing, not_staged.as_ref())
        {
            judge.not_judged(output, problem);
        } else if planned.reference(&output).is_some() {
            judge.compare(output).await?;
        }
    }
    Ok(())
}

struct Judge<'a> {
    run: &'a Run<'a>,
    planned: &'a PlannedStep<'a>,
}

impl Judge<'_> {
    /// Finds out what lies on the disk.
    async fn look(&self) -> Result<Vec<(LogicalName, Written)>> {
        let places: Vec<(LogicalName, PathBuf)> =
            self.planned.outputs.iter().map(|name| (name.clone(), self.candidate(name))).collect();
        let nothing_runs = self.run.mode == Mode::Comparison;
        let outputs = blocking(move || {
            let look = |(name, place): (LogicalName, PathBuf)| {
                let absent = nothing_runs && !place.exists();
                (name, if absent { Written::default() } else { Written::scan(&place) })
            };
            places.into_iter().map(look).collect::<Vec<_>>()
        })
        .await?;
        for (output, written) in &outputs {
            self.run.emitter.emit(Event::OutputWritten {
                step: self.planned.name.clone(),
                output: output.clone(),
                written: written.clone(),
            });
        }
        Ok(outputs)
    }

    fn hold_against_thresholds(&self, outputs: &[(LogicalName, Written)]) {
        let Some(step) = self.planned.step else { return };
        let Some(usage) = self.run.emitter.usage(self.planned.name) else { return };
        let bytes = outputs.iter().map(|(_, written)| written.bytes).sum();
        for threshold in &step.thresholds {
            self.run.emitter.emit(Event::ThresholdJudged {
                step: self.planned.name.clone(),
                measured: threshold.judge(&usage, bytes),
            });
        }
    }

    /// Says what keeps an output from being compared, if something does.
    fn obstacle(
        &self,
        output: &LogicalName,
        written: &Written,
        wrote_nothing: bool,
        not_staged: Option<&String>,
    ) -> Option<String> {
        if !written.faults.is_empty() {
            return written.problem();
        }
        let compares = self.run.mode.reads_production();
        if wrote_nothing && self.run.mode != Mode::Comparison {
            return Some(format!(
                "step `{}` wrote no file to its outputs; does its command use {{outputs}}?",
                self.planned.name
            ));
        }
        if compares && self.planned.reference(output).is_none() {
            return Some(format!("production has no output `{output}` to compare with"));
        }
        not_staged.filter(|_| compares).cloned()
    }

    async fn compare(&self, output: LogicalName) -> Result<()> {
        // What an interruption came before is not judged, however soon that would be done.
        tokio::task::yield_now().await;
        let candidate = self.candidate(&output);
        let step = self.planned.name.to_string();
        let reference = self.run.workspace.s3_data().join(step).join(output.as_str());
        let rules = self.planned.step.map_or_else(Rules::default, |step| step.rules(&output));
        let treatment = self.run.treatment(self.planned);
        let shared = self.planned.outputs.len() > 1;
        let judged = blocking(move || {
            // An output that one of two executions lacks is an empty one.
            let made = fs_err::create_dir_all(&candidate);
            let rules = treatment.rules(rules, &reference);
            let validator = Validator::new(rules).with_shared_rules(shared);
            made.map(|()| validator.compare(&candidate, &reference))
        });
        match judged.await? {
            Ok(Ok(judgement)) => self.run.emitter.emit(Event::OutputJudged {
                step: self.planned.name.clone(),
                output,
                judgement: Box::new(judgement),
            }),
            Ok(Err(error)) => self.not_judged(output, chain(&error)),
            Err(error) => self.not_judged(output, chain(&error)),
        }
        Ok(())
    }

    fn not_judged(&self, output: LogicalName, problem: String) {
        let step = self.planned.name.clone();
        self.run.emitter.emit(Event::OutputNotJudged { step, output, problem });
    }

    fn candidate(&self, output: &LogicalName) -> PathBuf {
        let step = self.planned.name.to_string();
        self.run.workspace.outputs().join(step).join(output.as_str())
    }
}
