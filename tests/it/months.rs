//! Two months of real flights as executions: a chain of replays over the whole pipeline, and one month held against the other.

use reenact::tester::{Mode, Provenance, Report, Runner, Scenario, ScenarioBuilder, Tree};
use reenact::validator::{RowComparison, TableJudgement, Verdict};

use crate::production::Published;

/// The columns that identify a flight.
const KEY: [&str; 7] = ["year", "month", "day", "carrier", "flight", "origin", "sched_dep_time"];

/// Describes the step `name` of the pipeline, with a flag for its program.
fn step(
    scenario: ScenarioBuilder,
    name: &str,
    flags: &[&str],
    inputs: &[(&str, &str)],
) -> ScenarioBuilder {
    let program = [env!("CARGO_BIN_EXE_flights"), "flights", name, "{inputs}", "{outputs}"];
    scenario.step(name, |step| {
        let step = step.command(program.iter().chain(flags).copied());
        inputs.iter().fold(step, |step, (input, from)| step.input(*input, *from))
    })
}

/// The steps after `ingest`; `flags` are for `clean`.
fn flights(flags: &[&str]) -> Scenario {
    let scenario = Scenario::builder("flights");
    let inputs = [("flights", "ingest.flights"), ("weather", "ingest.weather")];
    let scenario = step(scenario, "clean", flags, &inputs).step("clean", |step| step.key(KEY));
    step(scenario, "delays", &[], &[("flights", "clean.flights")]).build().unwrap()
}

fn runner(production: &Published, flags: &[&str]) -> Runner {
    Runner::new(flights(flags), production.bucket()).with_cache(production.cache())
}

fn table<'a>(report: &'a Report, output: &str) -> &'a TableJudgement {
    let judged = report.outputs().find(|judged| judged.name.as_str() == output);
    &judged.unwrap().judgement.as_ref().unwrap().tables[0]
}

#[test]
fn a_chain_over_each_month_matches_and_carries_a_change_on() {
    let production = Published::new();
    for month in ["2013-01", "2013-02"] {
        let report = runner(&production, &[]).replay_chain_blocking("clean", month).unwrap();
        report.assert_matches_production();
        assert_eq!((report.run.mode, report.steps.len()), (Mode::ReplayChain, 2));
    }
    let changed = runner(&production, &["--drop-delayed-red-eyes"]);
    let report = changed.replay_chain_blocking("clean", "2013-02").unwrap();
    report.assert_differs_from_production();
    let verdicts: Vec<Verdict> = report.steps.iter().map(|step| step.verdict).collect();
    assert_eq!(verdicts, [Verdict::Fail, Verdict::Fail], "{}", report.evidence());
    let fed =
        report.steps[1].trees.iter().find(|tree| matches!(tree.tree, Tree::Input(_))).unwrap();
    assert_eq!(fed.provenance, Provenance::Candidate);
    let lost = table(&report, "flights");
    let RowComparison { matched, only_reference, .. } = lost.rows.as_ref().unwrap();
    assert_eq!(matched + only_reference, lost.reference.rows);
    // What was lost by `clean` is missing from what `delays` counts, in the same number.
    let counted = table(&report, "delays").columns.iter().find(|column| column.name == "flights");
    let counted = counted.unwrap();
    let total = |side: &reenact::validator::ColumnSummary| {
        let rows = u32::try_from(side.rows).unwrap();
        side.numbers.as_ref().unwrap().mean.unwrap() * f64::from(rows)
    };
    let missing = total(&counted.reference) - total(&counted.candidate);
    let lost = f64::from(u32::try_from(*only_reference).unwrap());
    assert!((missing - lost).abs() < 1e-6 * lost, "{missing} of {lost}");
}

#[test]
fn one_month_is_held_against_the_other_without_running_anything() {
    let production = Published::new();
    let runner = runner(&production, &[]);
    let report = runner.compare_blocking(None, "latest", "latest~1").unwrap();
    assert_eq!(report.run.candidate_execution.as_ref().unwrap().as_str(), "2013-02");
    assert_eq!(report.run.execution.as_ref().unwrap().as_str(), "2013-01");
    let names: Vec<String> = report.steps.iter().map(|step| step.step.to_string()).collect();
    assert_eq!(names, ["clean", "delays", "ingest"]);
    assert!(report.steps.iter().all(|step| step.outcome.is_none() && step.command.is_none()));
    report.assert_differs_from_production();
    // Nothing of February is in January: no key is shared, and both months stand there whole.
    let clean = report.step(&"clean".parse().unwrap()).unwrap();
    let judged = &clean.outputs[0].judgement.as_ref().unwrap().tables[0];
    let rows = judged.rows.as_ref().unwrap();
    assert_eq!((rows.matched, rows.changed), (0, 0));
    assert_eq!(rows.only_candidate, judged.candidate.rows);
    assert_eq!(rows.only_reference, judged.reference.rows);
    assert!(judged.candidate.rows > 20_000 && judged.reference.rows > 20_000);
    let month = judged.columns.iter().find(|column| column.name == "month").unwrap();
    assert_eq!(month.verdict, Verdict::Fail);

    let same = runner.compare_blocking(Some("clean"), "2013-02", "2013-02").unwrap();
    same.assert_matches_production();
    assert_eq!(same.steps.len(), 1);
    assert_eq!(same.downloaded_objects(), 0, "the first comparison has brought everything");
}
