//! `reenact compare`: two files or directories, or what a step wrote in two executions, without a run.

use std::path::Path;
use std::sync::Arc;

use reenact::tester::{FnExecutor, Runner, judgement_summary_in, summary_in};
use reenact::validator::{Profile, Rules, Validator};

use crate::answer::{Answer, Failure, Missing, Prevented};
use crate::args::{Compare, Place, names};
use crate::exit;
use crate::interruption::{Interruption, Signal};
use crate::place::whole;
use crate::progress::{rows, watcher};
use crate::terminal::text_style;

pub(crate) async fn compare(place: &Place, options: &Compare) -> Result<Answer, Failure> {
    if let Some(step) = &options.step {
        return executions(place, step, options).await;
    }
    let candidate = here(&options.candidate)?;
    let validator = Validator::new(rules(options)?.unwrap_or_default())
        .with_memory_budget(options.memory.0)
        .with_observer(rows(place, format!("comparing {}", candidate.display())));
    let judgement = match &options.baseline {
        Some(baseline) => validator.compare_with_profile(candidate, &saved(baseline)?)?,
        None => validator.compare(candidate, here(reference(options)?)?)?,
    };
    let exit = exit::of_verdict(judgement.verdict);
    Ok(Answer::new(&judgement, judgement_summary_in(&judgement, text_style()))?.with_exit(exit))
}

/// Returns what was typed of rules, if anything was.
fn rules(options: &Compare) -> Result<Option<Rules>, Failure> {
    let rules = options.rules.as_deref().map(read_rules).transpose()?;
    let key = names(&options.key);
    if key.is_empty() {
        return Ok(rules);
    }
    Ok(Some(rules.unwrap_or_default().with_key(key)))
}

fn reference(options: &Compare) -> Result<&str, Failure> {
    let missing = || Missing::new("no reference is named: give RIGHT or --baseline");
    Ok(options.reference.as_deref().ok_or_else(missing)?)
}

/// Returns the path of what has to be on this machine.
fn here(side: &str) -> Result<&Path, Failure> {
    let path = Path::new(side);
    if path.exists() {
        return Ok(path);
    }
    let text = format!(
        "there is no file or directory `{side}` here: LEFT and RIGHT are paths; of executions, name the step that is compared with --step STEP"
    );
    Err(Missing::new(text).into())
}

/// Reads a profile that was saved.
pub(super) fn saved(path: &Path) -> Result<Profile, Failure> {
    let unusable = |source: Failure| {
        let text = format!(
            "{} cannot be used as a profile: make one with `reenact profile DATA --out FILE`",
            path.display()
        );
        Prevented::new(text, source)
    };
    let json = fs_err::read_to_string(path).map_err(|error| unusable(error.into()))?;
    Ok(Profile::from_json(&json).map_err(|error| unusable(error.into()))?)
}

fn read_rules(path: &Path) -> Result<Rules, Failure> {
    let unusable = |source: Failure| Prevented::by_file("rules", path, source);
    let text = fs_err::read_to_string(path).map_err(|error| unusable(error.into()))?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let rules = if is_json { Rules::from_json(&text) } else { Rules::from_toml(&text) };
    Ok(rules.map_err(|error| unusable(error.into()))?)
}

async fn executions(place: &Place, step: &str, options: &Compare) -> Result<Answer, Failure> {
    let reference = reference(options)?;
    let mut scenario = place.scenario()?;
    if let Some(rules) = rules(options)? {
        // Nothing is run, so the step needs no command.
        let nothing = FnExecutor::new("nothing", |_| Ok(()));
        scenario = scenario.step(step, |described| {
            let described = described.executor(nothing);
            match options.rules {
                Some(_) => described.override_rules(rules),
                None => described.override_key(names(&options.key)),
            }
        });
    }
    let scenario = whole(scenario)?;
    let interruption = Interruption::default();
    let work = async {
        let mut runner = Runner::connect(scenario, &place.connection())
            .await?
            .with_cache(place.cache_options())
            .with_reporter(watcher(place))
            .with_reporter(Arc::new(interruption.clone()))
            .with_interrupt(interruption.interrupt());
        if let Some(workspace) = &place.workspace {
            runner = runner.with_workspace_root(workspace);
        }
        Ok(runner.compare(Some(step), &options.candidate, reference).await?)
    };
    let (report, signal) = interruption.heed(Box::pin(work)).await?;
    let exit = signal.map_or_else(|| exit::of_verdict(report.verdict), Signal::exit);
    Ok(Answer::new(&report, summary_in(&report, text_style()))?.with_exit(exit))
}
