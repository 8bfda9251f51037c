//! `reenact test-real-data`: every step of the scenario on the inputs that it had in production.

use std::collections::BTreeSet;
use std::sync::Arc;

use reenact::tester::{Report, Runner, Scenario, summary_in};
use reenact::validator::Verdict;

use crate::answer::{Answer, Failure, Missing};
use crate::args::{Place, TestRealData, names};
use crate::exit;
use crate::interruption::{Interruption, Signal};
use crate::place::whole;
use crate::progress::watcher;
use crate::terminal::text_style;

/// A step that fails or differs does not keep the next from being replayed; the worst of them decides.
pub(crate) async fn test_real_data(
    place: &Place,
    options: &TestRealData,
) -> Result<Answer, Failure> {
    let scenario = whole(place.scenario()?)?;
    let steps = steps(&options.steps, scenario.steps().map(ToString::to_string))?;
    let mut reports: Vec<Report> = Vec::new();
    let mut ended = None;
    for step in &steps {
        let interruption = Interruption::default();
        let replay = async {
            let runner = runner(place, scenario.clone(), &interruption).await?;
            Ok(runner.replay(step, &options.execution_id).await?)
        };
        let (report, signal) = interruption.heed(Box::pin(replay)).await?;
        reports.push(report);
        ended = signal;
        if ended.is_some() {
            break;
        }
    }
    let worst = reports.iter().map(|report| report.verdict).max();
    let verdict = exit::of_verdict(worst.unwrap_or(Verdict::Inconclusive));
    let style = text_style();
    let text: Vec<String> = reports.iter().map(|report| summary_in(report, style)).collect();
    let exit = ended.map_or(verdict, Signal::exit);
    Ok(Answer::new(&reports, text.join("\n"))?.with_exit(exit))
}

async fn runner(
    place: &Place,
    scenario: Scenario,
    interruption: &Interruption,
) -> Result<Runner, Failure> {
    let runner = Runner::connect(scenario, &place.connection())
        .await?
        .with_cache(place.cache_options())
        .with_reporter(watcher(place))
        .with_reporter(Arc::new(interruption.clone()))
        .with_interrupt(interruption.interrupt());
    Ok(match &place.workspace {
        Some(workspace) => runner.with_workspace_root(workspace),
        None => runner,
    })
}

/// Returns the steps that were typed, each once, or else those of the scenario.
fn steps(typed: &[String], known: impl Iterator<Item = String>) -> Result<Vec<String>, Failure> {
    let mut seen = BTreeSet::new();
    let mut typed = names(typed);
    typed.retain(|step| seen.insert(step.clone()));
    let steps = if typed.is_empty() { known.collect() } else { typed };
    if steps.is_empty() {
        return Err(Missing::new(
            "the scenario has no steps: write them into reenact.toml, see `reenact scenario init`",
        )
        .into());
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c2_steps_are_trimmed_and_named_once() {
        let typed = ["a", " b", "", "a"].map(str::to_owned);
        assert_eq!(steps(&typed, std::iter::empty()).unwrap(), ["a", "b"]);
        assert_eq!(steps(&[], ["c".to_owned()].into_iter()).unwrap(), ["c"]);
        assert!(steps(&[], std::iter::empty()).is_err());
    }
}
