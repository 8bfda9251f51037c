//! `reenact run`: the main job.

use std::pin::pin;
use std::sync::Arc;

use reenact::tester::{Interrupt, Runner, Scenario, StepBuilder, summary};

use crate::answer::{Answer, Failure, Missing};
use crate::args::{Place, Run};
use crate::exit;
use crate::progress::Progress;

pub(crate) async fn run(place: &Place, options: &Run) -> Result<Answer, Failure> {
    let scenario = scenario(place, options)?;
    let mut runner = Runner::connect(scenario, &place.connection())
        .await?
        .with_cache(place.cache_options())
        .with_reporter(Arc::new(Progress::new(place.quiet)));
    if let Some(workspace) = &place.workspace {
        runner = runner.with_workspace_root(workspace);
    }
    let interrupt = Interrupt::default();
    let runner = runner.with_interrupt(interrupt.clone());
    let mut replay = pin!(runner.replay(&options.step, &options.from));
    let report = tokio::select! {
        report = &mut replay => report?,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            interrupt.raise();
            replay.await?
        }
    };
    let exit = exit::of_verdict(report.verdict);
    Ok(Answer::new(&report, summary(&report))?.with_exit(exit))
}

/// Puts what was typed over what the scenario file says.
fn scenario(place: &Place, options: &Run) -> Result<Scenario, Failure> {
    let mut wiring = Vec::new();
    for input in &options.input {
        let wire = input.split_once('=').ok_or(Missing("an input is written NAME=STEP.OUTPUT"))?;
        wiring.push(wire);
    }
    let describe = |mut step: StepBuilder| {
        if !options.command.is_empty() {
            step = step.command(&options.command);
        }
        if options.no_inputs {
            step = step.no_inputs();
        }
        if !options.key.is_empty() {
            step = step.key(&options.key);
        }
        if let Some(seconds) = options.time_limit {
            step = step.time_limit_seconds(seconds);
        }
        wiring.iter().fold(step, |step, (name, from)| step.input(*name, *from))
    };
    Ok(place.scenario()?.step(&options.step, describe).build()?)
}
