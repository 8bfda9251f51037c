//! What each mode runs, and on which data.

use reenact_real_data_tester::{
    DataProvider, DataSource, ErrorKind, LocalData, Metric, Mode, Provenance, Result, Threshold,
    Tree,
};
use reenact_registry::OutputKey;
use reenact_validator::Verdict;

use crate::setting::{DOUBLE, Setting, TOTAL, sales, shell};

/// Makes up the same rows for every output.
#[derive(Debug)]
struct MadeUp;

impl DataProvider for MadeUp {
    fn provides(&self, _: &OutputKey) -> bool {
        true
    }

    fn fill(&self, _: &OutputKey, directory: &std::path::Path) -> Result<Provenance> {
        std::fs::write(directory.join("rows.csv"), "id,amount\n7,70\n").unwrap();
        Ok(Provenance::Synthetic { recipe: "seven".to_owned() })
    }
}

#[test]
fn t2_a_replay_feeds_a_step_with_what_came_before_it() {
    let setting = Setting::new();
    let report = setting.runner(sales(DOUBLE)).replay_blocking("double", "2026-03-02").unwrap();
    report.assert_matches_production();
    assert_eq!((report.run.mode, report.steps.len()), (Mode::Replay, 1));
    let trees: Vec<String> = report.trees().map(|tree| tree.from.to_string()).collect();
    assert!(trees.contains(&"extract.rows".to_owned()) && trees.len() == 2, "{trees:?}");
    assert!(report.trees().all(|tree| tree.staged && tree.provenance == Provenance::Production));
}

#[test]
fn a_chain_carries_a_change_to_the_steps_that_follow() {
    let setting = Setting::new();
    let same = setting.runner(sales(DOUBLE)).replay_chain_blocking("double", "2026-03-01").unwrap();
    same.assert_matches_production();
    let tripled = DOUBLE.replace("*= 2", "*= 3");
    let runner = setting.runner(sales(&tripled));
    // The step after the changed one reads production's rows in a replay of its own, and the candidate's in the chain.
    runner.replay_blocking("total", "2026-03-01").unwrap().assert_matches_production();
    let report = runner.replay_chain_blocking("double", "2026-03-01").unwrap();
    report.assert_differs_from_production();
    assert_eq!(
        report.steps.iter().map(|step| step.verdict).collect::<Vec<_>>(),
        [Verdict::Fail; 2]
    );
    let fed = report.steps[1].trees.iter().find(|tree| matches!(tree.tree, Tree::Input(_)));
    assert_eq!(fed.unwrap().provenance, Provenance::Candidate);
    assert!(report.reason.contains("2 of 2 steps"), "{}", report.reason);
}

#[test]
fn a_pipeline_runs_from_local_sources_to_the_end() {
    let setting = Setting::new();
    let rows = setting.path("data/extract/rows");
    std::fs::create_dir_all(&rows).unwrap();
    std::fs::write(rows.join("rows.csv"), "id,amount\n1,4\n2,5\n").unwrap();
    let scenario = sales(DOUBLE).step("total", |step| step.outputs(["totals"]));
    let runner = setting.offline(scenario).with_local_data(LocalData::new(setting.path("data")));
    let report = runner.pipeline_blocking().unwrap();
    assert_eq!(report.verdict, Verdict::Pass, "{}", report.evidence());
    let total = report.run.directory.join("outputs/total/totals/total.csv");
    assert_eq!(std::fs::read_to_string(total).unwrap(), "total\n18\n");
    assert!(report.run.bucket.is_none() && report.run.execution.is_none());
}

#[test]
fn data_are_taken_from_the_first_source_that_has_them() {
    let setting = Setting::new();
    let runner = setting.offline(sales(DOUBLE)).with_synthetic_data(MadeUp);
    let report = runner.isolation_blocking("double").unwrap();
    let recipe = Provenance::Synthetic { recipe: "seven".to_owned() };
    assert_eq!(report.trees().next().unwrap().provenance, recipe);
    let doubled = report.run.directory.join("outputs/double/doubled/rows.csv");
    assert_eq!(std::fs::read_to_string(doubled).unwrap(), "id,amount\n7,140\n");

    let runner = setting.runner(sales(DOUBLE)).with_synthetic_data(MadeUp);
    let runner = runner.with_data_sources([DataSource::S3, DataSource::Synthetic]);
    runner.replay_blocking("double", "2026-03-01").unwrap().assert_matches_production();
    let runner = runner.with_data_sources([DataSource::Synthetic, DataSource::S3]);
    runner.replay_blocking("double", "2026-03-01").unwrap().assert_differs_from_production();
}

#[test]
fn t12_what_nothing_provides_is_refused_before_anything_runs() {
    let setting = Setting::new();
    let error = setting.offline(sales(DOUBLE)).isolation_blocking("double").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Scenario);
    assert!(
        error.to_string().contains("extract.rows") && error.to_string().contains("local"),
        "{error}"
    );
    let error = setting.offline(sales(DOUBLE)).isolation_blocking("dubble").unwrap_err();
    assert!(error.to_string().contains("double, total"), "{error}");
    assert!(!setting.path("runs").exists());
}

#[test]
fn two_executions_are_compared_without_running_anything() {
    let setting = Setting::new();
    let runner = setting.runner(sales("exit 1"));
    let report = runner.compare_blocking(None, "2026-03-02", "2026-03-01").unwrap();
    assert_eq!(report.verdict, Verdict::Fail);
    assert_eq!(report.steps.len(), 3, "a step that the scenario does not know is compared too");
    assert!(report.steps.iter().all(|step| step.outcome.is_none() && step.command.is_none()));
    let same = runner.compare_blocking(Some("double"), "2026-03-01", "2026-03-01").unwrap();
    same.assert_matches_production();
}

#[test]
fn t8_a_cost_beyond_its_threshold_fails_a_step_whose_rows_match() {
    let setting = Setting::new();
    let much = Threshold::at_least(Metric::OutputBytes, 1e6);
    let scenario = sales(DOUBLE).step("double", |step| step.threshold(much));
    let report = setting.runner(scenario).replay_blocking("double", "latest").unwrap();
    assert_eq!(report.verdict, Verdict::Fail, "{}", report.evidence());
    assert!(report.reason.contains("output_bytes is"), "{}", report.reason);
}

#[test]
fn t16_each_run_has_fresh_directories() {
    let setting = Setting::new();
    let runner = setting.runner(sales(DOUBLE));
    let first = runner.replay_blocking("double", "latest").unwrap();
    // The second step of this name writes nothing: what the first one left must not count.
    let runner = setting.runner(sales("true"));
    let second = runner.replay_blocking("double", "latest").unwrap();
    assert_ne!(first.run.directory, second.run.directory);
    assert_eq!(second.verdict, Verdict::Inconclusive);
    assert!(second.reason.contains("wrote no file"), "{}", second.reason);
}

#[test]
fn a_candidate_is_fed_only_with_what_the_step_before_writes() {
    let setting = Setting::new();
    let scenario = sales(DOUBLE)
        .step("total", |step| step.command(shell(TOTAL)).input("doubled", "double.dubbled"));
    let error = setting.runner(scenario).replay_chain_blocking("double", "latest").unwrap_err();
    assert!(error.to_string().contains("writes only: doubled"), "{error}");
}
