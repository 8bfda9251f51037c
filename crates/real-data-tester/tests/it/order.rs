//! Which steps run when others fail, and what is kept.

use std::num::NonZeroUsize;
use std::sync::Arc;

use reenact_real_data_tester::{
    Event, Interrupt, NotRun, Report, Reporter, Scenario, ScenarioBuilder,
};
use reenact_validator::Verdict;

use crate::setting::{DOUBLE, Setting, sales, shell};

/// `top` feeds `left` and `right`, and both feed `bottom`; `aside` stands alone. Each copies what it reads, but `left` runs `left`.
pub(crate) fn diamond(left: &str) -> ScenarioBuilder {
    let copy = r#"cat "$1"/*/rows.csv > "$2"/rows/rows.csv"#;
    let write = r#"echo a > "$2"/rows/rows.csv"#;
    Scenario::builder("diamond")
        .step("top", |step| step.command(shell(write)).no_inputs().outputs(["rows"]))
        .step("aside", |step| step.command(shell(write)).no_inputs().outputs(["rows"]))
        .step("left", |step| step.command(shell(left)).input("rows", "top.rows"))
        .step("right", |step| step.command(shell(copy)).input("rows", "top.rows"))
        .step("bottom", |step| {
            step.command(shell(copy))
                .input("left", "left.rows")
                .input("right", "right.rows")
                .outputs(["rows"])
        })
}

fn verdict(report: &Report, step: &str) -> Verdict {
    report.step(&step.parse().unwrap()).unwrap().verdict
}

#[test]
fn t7_a_failing_branch_takes_only_what_depends_on_it() {
    let setting = Setting::new();
    let report = setting.offline(diamond("echo no; exit 4")).pipeline_blocking().unwrap();
    for step in ["top", "aside", "right"] {
        assert_eq!(verdict(&report, step), Verdict::Pass, "{step}");
    }
    assert_eq!(verdict(&report, "left"), Verdict::Inconclusive);
    let bottom = report.step(&"bottom".parse().unwrap()).unwrap();
    assert_eq!(bottom.not_run, Some(NotRun::Upstream { step: "left".parse().unwrap() }));
    assert!(
        report.reason.contains("`left`") && report.reason.contains("code 4"),
        "{}",
        report.reason
    );
    assert!(report.run.directory.join("outputs/right/rows/rows.csv").exists(), "it is kept");
    assert!(report.html_path().exists());
}

#[test]
fn t3_a_diamond_runs_from_top_to_bottom() {
    let setting = Setting::new();
    let copy = r#"cat "$1"/*/rows.csv > "$2"/rows/rows.csv"#;
    let report = setting.offline(diamond(copy)).pipeline_blocking().unwrap();
    assert_eq!(report.verdict, Verdict::Pass, "{}", report.evidence());
    let bottom = report.run.directory.join("outputs/bottom/rows/rows.csv");
    assert_eq!(std::fs::read_to_string(bottom).unwrap(), "a\na\n");
    let order: Vec<String> = report.run.steps.iter().map(|step| step.step.to_string()).collect();
    assert_eq!(order, ["aside", "top", "left", "right", "bottom"]);
}

#[test]
fn a_step_that_leaves_nothing_for_the_next_stops_it() {
    let setting = Setting::new();
    let report = setting.offline(diamond("true")).pipeline_blocking().unwrap();
    let bottom = report.step(&"bottom".parse().unwrap()).unwrap();
    let Some(NotRun::Problem { problem }) = &bottom.not_run else { panic!("{bottom:?}") };
    assert!(problem.contains("left.rows") && problem.contains("no file was written"), "{problem}");
}

#[test]
fn nothing_starts_after_a_failure_if_that_is_asked_for() {
    let setting = Setting::new();
    let fails = |step: reenact_real_data_tester::StepBuilder| {
        step.command(["false"]).no_inputs().outputs(["x"])
    };
    let scenario = Scenario::builder("p").step("a", fails).step("b", fails).step("c", fails);
    let runner = setting.offline(scenario).with_parallel_steps(NonZeroUsize::MIN);
    let report = runner.with_fail_fast(true).pipeline_blocking().unwrap();
    let not_run: Vec<_> = report.steps.iter().map(|step| step.not_run.clone()).collect();
    assert_eq!(not_run, [None, Some(NotRun::FailFast), Some(NotRun::FailFast)]);
}

#[test]
fn two_steps_that_do_not_depend_on_each_other_run_at_once() {
    let setting = Setting::new();
    // Each waits until the other has begun, and so neither could end if they ran one after the other.
    let meet = |own: &str, other: &str| {
        let place = setting.path("");
        let place = place.display();
        format!(
            r#"touch {place}/{own}; while ! test -e {place}/{other}; do sleep 0.01; done; echo a > "$2"/x/a.csv"#
        )
    };
    let scenario = Scenario::builder("p")
        .step("a", |step| step.command(shell(&meet("a", "b"))).no_inputs().outputs(["x"]))
        .step("b", |step| step.command(shell(&meet("b", "a"))).no_inputs().outputs(["x"]));
    let two = NonZeroUsize::new(2).unwrap();
    let report = setting.offline(scenario).with_parallel_steps(two).pipeline_blocking().unwrap();
    assert_eq!(report.verdict, Verdict::Pass, "{}", report.evidence());
}

/// Runs the diamond and interrupts it while `left` runs.
pub(crate) fn interrupted(setting: &Setting) -> Report {
    let begun = setting.path("begun");
    let waits = format!("touch {}; sleep 1000", begun.display());
    let scenario = diamond(&waits);
    let interrupt = Interrupt::default();
    let runner = setting.offline(scenario).with_interrupt(interrupt.clone());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !begun.exists() {
                std::thread::yield_now();
            }
            interrupt.raise();
        });
        runner.pipeline_blocking().unwrap()
    })
}

/// Interrupts a run as soon as it tells what an event shall tell.
#[derive(Debug)]
struct Impatient(Interrupt, fn(&Event) -> bool);

impl Reporter for Impatient {
    fn report(&self, event: &Event) {
        if (self.1)(event) {
            self.0.raise();
        }
    }
}

#[test]
fn what_was_not_judged_when_a_run_was_interrupted_matches_nothing() {
    let setting = Setting::new();
    let moments: [fn(&Event) -> bool; 2] = [
        |event| matches!(event, Event::StepFinished { .. }),
        |event| matches!(event, Event::OutputWritten { .. }),
    ];
    for moment in moments {
        let interrupt = Interrupt::default();
        let runner = setting
            .runner(sales(DOUBLE))
            .with_reporter(Arc::new(Impatient(interrupt.clone(), moment)))
            .with_interrupt(interrupt);
        let report = runner.replay_blocking("double", "latest").unwrap();
        assert!(report.interrupted);
        assert_eq!(report.verdict, Verdict::Inconclusive, "{}", report.reason);
        assert!(report.reason.contains("interrupted before"), "{}", report.reason);
        assert!(report.outputs().all(|output| output.verdict() == Verdict::Inconclusive));
    }
}

#[test]
fn an_interrupted_run_leaves_a_report_of_what_was_done() {
    let setting = Setting::new();
    let report = interrupted(&setting);
    assert!(report.interrupted && report.html_path().exists());
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let left = report.step(&"left".parse().unwrap()).unwrap();
    assert!(left.reason.contains("interrupted while step `left` ran"), "{}", left.reason);
    assert!(report.step(&"top".parse().unwrap()).unwrap().outcome.is_some());
}
