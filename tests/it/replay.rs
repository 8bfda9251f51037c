//! The main job as a downstream crate would test it: from a pipeline's name to an assertion, on the facade alone.

use reenact::tester::{Runner, Scenario};

use crate::production::Published;

/// The program of the step `clean`; below `{inputs}` and `{outputs}` lies one directory for each logical name.
const CLEAN: [&str; 5] =
    [env!("CARGO_BIN_EXE_flights"), "flights", "clean", "{inputs}", "{outputs}"];

/// The columns that identify a flight.
const KEY: [&str; 7] = ["year", "month", "day", "carrier", "flight", "origin", "sched_dep_time"];

#[test]
fn clean_still_writes_what_production_wrote() -> reenact::tester::Result<()> {
    let production = Published::new();
    let scenario = Scenario::builder("flights")
        .step("clean", |step| {
            step.command(CLEAN)
                .input("flights", "ingest.flights")
                .input("weather", "ingest.weather")
        })
        .build()?;
    let runner = Runner::new(scenario, production.bucket()).with_cache(production.cache());
    runner.replay_blocking("clean", "latest")?.assert_matches_production();
    Ok(())
}

#[test]
fn lost_red_eyes_are_noticed_with_rows_and_columns() -> reenact::tester::Result<()> {
    let production = Published::new();
    let scenario = Scenario::builder("flights")
        .step("clean", |step| {
            step.command(CLEAN.into_iter().chain(["--drop-delayed-red-eyes"]))
                .input("flights", "ingest.flights")
                .input("weather", "ingest.weather")
                .key(KEY)
        })
        .build()?;
    let runner = Runner::new(scenario, production.bucket()).with_cache(production.cache());
    let report = runner.replay_blocking("clean", "latest")?;
    report.assert_differs_from_production();
    let output = report.outputs().next().unwrap();
    let table = &output.judgement.as_ref().unwrap().tables[0];
    let rows = table.rows.as_ref().unwrap();
    assert_eq!(rows.only_candidate, 0);
    assert_eq!(rows.changed, 0);
    assert!(rows.only_reference > 0);
    assert_eq!(rows.matched + rows.only_reference, table.reference.rows);
    let moved: Vec<&str> =
        table.columns.iter().take(4).map(|column| column.name.as_str()).collect();
    assert!(
        moved.contains(&"dep_delay") && moved.contains(&"sched_dep_time"),
        "most moved first: {moved:?}"
    );
    assert!(table.columns.is_sorted_by(|one, next| one.moved >= next.moved));
    Ok(())
}

#[test]
fn delays_is_replayed_with_csv_and_json_outputs() -> reenact::tester::Result<()> {
    let production = Published::new();
    let scenario = Scenario::builder("flights")
        .step("delays", |step| {
            step.command([
                env!("CARGO_BIN_EXE_flights"),
                "flights",
                "delays",
                "{inputs}",
                "{outputs}",
            ])
            .input("flights", "clean.flights")
        })
        .build()?;
    let runner = Runner::new(scenario, production.bucket()).with_cache(production.cache());
    let report = runner.replay_blocking("delays", "2013-01")?;
    report.assert_matches_production();
    let names: Vec<&str> = report.outputs().map(|output| output.name.as_str()).collect();
    assert_eq!(names, ["delays", "summary"]);
    Ok(())
}
