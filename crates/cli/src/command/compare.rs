//! `reenact compare`: two files or directories, or what a step wrote in two executions, without a run.

use std::path::Path;

use reenact::tester::{Runner, judgement_summary, summary};
use reenact::validator::{Profile, Rules, Validator};

use crate::answer::{Answer, Failure, Missing, Unusable};
use crate::args::{Compare, Place};
use crate::exit;

pub(crate) async fn compare(place: &Place, options: &Compare) -> Result<Answer, Failure> {
    if let Some(step) = &options.step {
        return executions(place, step, options).await;
    }
    let mut rules = match &options.rules {
        Some(path) => read_rules(path)?,
        None => Rules::default(),
    };
    if !options.key.is_empty() {
        rules = rules.with_key(options.key.clone());
    }
    let validator = Validator::new(rules);
    let candidate = Path::new(&options.candidate);
    let judgement = match &options.baseline {
        Some(baseline) => validator.compare_with_profile(candidate, &Profile::load(baseline)?)?,
        None => validator.compare(candidate, Path::new(reference(options)?))?,
    };
    let exit = exit::of_verdict(judgement.verdict);
    Ok(Answer::new(&judgement, judgement_summary(&judgement))?.with_exit(exit))
}

fn reference(options: &Compare) -> Result<&str, Failure> {
    Ok(options
        .reference
        .as_deref()
        .ok_or(Missing("no reference is named: give RIGHT or --baseline"))?)
}

fn read_rules(path: &Path) -> Result<Rules, Failure> {
    let text = fs_err::read_to_string(path)?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let rules = if is_json { Rules::from_json(&text) } else { Rules::from_toml(&text) };
    Ok(rules.map_err(|source| Unusable::new("rules", path, source))?)
}

async fn executions(place: &Place, step: &str, options: &Compare) -> Result<Answer, Failure> {
    let scenario = place.scenario()?.build()?;
    let mut runner =
        Runner::connect(scenario, &place.connection()).await?.with_cache(place.cache_options());
    if let Some(workspace) = &place.workspace {
        runner = runner.with_workspace_root(workspace);
    }
    let report = runner.compare(Some(step), &options.candidate, reference(options)?).await?;
    let exit = exit::of_verdict(report.verdict);
    Ok(Answer::new(&report, summary(&report))?.with_exit(exit))
}
