//! `reenact run`: the main job.

use std::sync::Arc;

use reenact::tester::{
    LocalData, Report, Runner, SampleBy, Sampling, Scenario, StepBuilder, summary_in,
};

use super::report::{check, copy};
use crate::answer::{Answer, Failure, Missing};
use crate::args::{Place, Run, RunMode, Sample, SampledBy, names};
use crate::exit;
use crate::interruption::{Interruption, Signal};
use crate::place::whole;
use crate::progress::watcher;
use crate::terminal::text_style;

pub(crate) async fn run(place: &Place, options: &Run) -> Result<Answer, Failure> {
    check(&options.copies)?;
    let interruption = Interruption::default();
    let work = async {
        let runner = runner(place, options, &interruption).await?;
        let report = start(&runner, options).await?;
        copy(&report, &options.copies)?;
        Ok(report)
    };
    let (report, signal) = interruption.heed(Box::pin(work)).await?;
    let exit = signal.map_or_else(|| exit::of_verdict(report.verdict), Signal::exit);
    Ok(Answer::new(&report, summary_in(&report, text_style()))?.with_exit(exit))
}

async fn start(runner: &Runner, options: &Run) -> Result<Report, Failure> {
    let step = options.step.as_deref().ok_or_else(|| Missing::new("no step is named: give STEP"));
    Ok(match options.mode {
        RunMode::Replay if options.chain => runner.replay_chain(step?, &options.from).await?,
        RunMode::Replay => runner.replay(step?, &options.from).await?,
        RunMode::Isolation => runner.isolation(step?).await?,
        RunMode::Pipeline => runner.pipeline().await?,
    })
}

/// Returns a runner that reaches the bucket if the mode asks production for anything.
async fn runner(
    place: &Place,
    options: &Run,
    interruption: &Interruption,
) -> Result<Runner, Failure> {
    let scenario = scenario(place, options)?;
    let mut runner = match options.mode {
        RunMode::Replay => Runner::connect(scenario, &place.connection()).await?,
        RunMode::Isolation | RunMode::Pipeline => Runner::offline(scenario),
    };
    runner = runner
        .with_cache(place.cache_options())
        .with_reporter(watcher(place))
        .with_reporter(Arc::new(interruption.clone()))
        .with_interrupt(interruption.interrupt())
        .with_fail_fast(options.fail_fast);
    if let Some(workspace) = &place.workspace {
        runner = runner.with_workspace_root(workspace);
    }
    if let Some(directory) = &options.local_data {
        runner = runner.with_local_data(LocalData::new(directory));
    }
    if let Some(jobs) = options.jobs {
        runner = runner.with_parallel_steps(jobs);
    }
    Ok(runner)
}

fn sampling(share: &str, sample: &Sample) -> Result<Sampling, Failure> {
    let by = match sample.by {
        _ if !sample.key.is_empty() => SampleBy::Key(names(&sample.key)),
        Some(SampledBy::File) => SampleBy::File,
        Some(SampledBy::Row) | None => SampleBy::Row,
    };
    Ok(Sampling::new(share, by)?.with_seed(sample.seed.unwrap_or_default()))
}

/// Puts what was typed over what the scenario file says.
fn scenario(place: &Place, options: &Run) -> Result<Scenario, Failure> {
    let mut wiring = Vec::new();
    for input in &options.input {
        let wire =
            input.split_once('=').filter(|(name, from)| !name.is_empty() && !from.is_empty());
        let text = || format!("`{input}` is no input, which is written NAME=STEP.OUTPUT");
        wiring.push(wire.ok_or_else(|| Missing::new(text()))?);
    }
    let key = names(&options.key);
    let describe = |mut step: StepBuilder| {
        if !options.command.is_empty() {
            step = step.command(&options.command);
        }
        if options.no_inputs {
            step = step.no_inputs();
        }
        if !key.is_empty() {
            step = step.override_key(&key);
        }
        if let Some(seconds) = options.time_limit {
            step = step.time_limit_seconds(seconds);
        }
        wiring.iter().fold(step, |step, (name, from)| step.input(*name, *from))
    };
    let mut scenario = place.scenario()?;
    if let Some(share) = &options.sample.share {
        scenario = scenario.sampling(sampling(share, &options.sample)?);
    }
    if let Some(step) = &options.step {
        scenario = scenario.step(step, describe);
    }
    whole(scenario)
}
