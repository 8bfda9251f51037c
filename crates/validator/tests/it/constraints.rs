//! What must hold beyond the comparison: every type of constraint, on files.

use chrono::{DateTime, Utc};
use reenact_validator::{
    Bounds, Check, Constraint, Direction, Finding, Judgement, MeanMethod, References, Rules,
    Severity, Statistic, Validator, Verdict,
};

use crate::files::{Sides, write};

const FLIGHTS: &str = "id,carrier,delay,at,landed\n\
    1,AA,-5.0,2013-01-01T00:00:00,true\n\
    2,UA,0.0,2013-01-01T02:00:00,true\n\
    3,b6,95.5,2013-01-02T00:00:00,false\n\
    3,AA,,2013-01-01T12:00:00,true\n";

/// Both sides are the same, so that only the constraint can decide.
fn judge(constraint: Constraint) -> Judgement {
    let sides = Sides::new();
    for side in [sides.candidate(""), sides.reference("")] {
        write(&side.join("flights.csv"), FLIGHTS);
        write(&side.join("carriers.csv"), "code,name\nAA,American\nUA,United\n");
    }
    let now: DateTime<Utc> = "2013-01-03T00:00:00Z".parse().unwrap();
    let validator = Validator::new(Rules::new().with_constraint(constraint)).with_now(now);
    validator.compare(&sides.candidate(""), &sides.reference("")).unwrap()
}

fn constraint_findings(judgement: &Judgement) -> Vec<&Finding> {
    judgement.all_findings().filter(|finding| finding.check == Check::Constraint).collect()
}

/// Asserts the verdict, and how many rows fail.
fn assert_answer(constraint: Constraint, verdict: Verdict, failing: Option<u64>) {
    let name = format!("{constraint:?}");
    let judgement = judge(constraint);
    let findings = constraint_findings(&judgement);
    assert_eq!(findings.len(), 1, "{name}: {findings:?}");
    assert_eq!(findings[0].verdict, verdict, "{name}: {}", findings[0].message);
    assert_eq!(
        findings[0].rows.as_ref().map(|rows| rows.failing),
        failing,
        "{name}: {}",
        findings[0].message
    );
    assert_eq!(judgement.verdict, verdict, "{name}");
    let advised = findings[0].recommendation.is_some();
    assert_eq!(advised, verdict != Verdict::Pass, "{name}");
}

#[test]
fn values_are_held_against_what_is_demanded() {
    let range = |bounds: Bounds| Constraint::range(["delay"], bounds);
    let in_flights = |constraint: Constraint| constraint.in_table("flights.csv");
    for (constraint, verdict, failing) in [
        (in_flights(Constraint::not_null(["carrier"])), Verdict::Pass, None),
        (Constraint::not_null(["delay"]), Verdict::Fail, Some(1)),
        (Constraint::not_null(["delay"]).with_max_failing(0.25), Verdict::Pass, Some(1)),
        (range(Bounds::new().at_least(-90).at_most(95.5)), Verdict::Pass, None),
        (range(Bounds::new().above(-5).below(95.5)), Verdict::Fail, Some(2)),
        (Constraint::range(["id"], Bounds::new().at_most(2)), Verdict::Fail, Some(2)),
        (Constraint::range(["at"], Bounds::new().below("2013-01-02")), Verdict::Fail, Some(1)),
        (Constraint::range(["carrier"], Bounds::new().at_most("Z")), Verdict::Fail, Some(1)),
        (
            Constraint::length(["carrier"], Bounds::new().at_least(2).at_most(2)),
            Verdict::Pass,
            None,
        ),
        (Constraint::set(["carrier"], ["AA", "UA"]), Verdict::Fail, Some(1)),
        (Constraint::set(["id"], [1, 2, 3]), Verdict::Pass, None),
        (Constraint::set(["delay"], [-5.0, 0.0]), Verdict::Fail, Some(1)),
        (Constraint::set(["landed"], [true]), Verdict::Fail, Some(1)),
        (Constraint::regex(["carrier"], "^[A-Z0-9]{2}$"), Verdict::Fail, Some(1)),
        (Constraint::regex(["id"], "^[0-9]$"), Verdict::Pass, None),
        (Constraint::monotone(["id"], Direction::Increasing), Verdict::Pass, None),
        (Constraint::monotone(["id"], Direction::StrictlyIncreasing), Verdict::Fail, Some(1)),
        (Constraint::monotone(["at"], Direction::Increasing), Verdict::Fail, Some(1)),
        (Constraint::monotone(["at"], Direction::StrictlyDecreasing), Verdict::Fail, Some(2)),
    ] {
        assert_answer(constraint, verdict, failing);
    }
}

#[test]
fn rows_and_tables_are_held_against_what_is_demanded() {
    let carriers = || References::new("carriers.csv", ["code"]);
    let hours = |hours: u64| std::time::Duration::from_secs(hours * 3_600);
    for (constraint, verdict, failing) in [
        (Constraint::unique(["id"]), Verdict::Fail, Some(1)),
        (Constraint::unique(["id", "carrier"]), Verdict::Pass, None),
        (Constraint::referential(["carrier"], carriers()), Verdict::Fail, Some(1)),
        (
            Constraint::referential(["carrier"], carriers().of_the_reference()),
            Verdict::Fail,
            Some(1),
        ),
        (
            Constraint::referential(["code"], References::new("flights.csv", ["carrier"])),
            Verdict::Pass,
            None,
        ),
        (Constraint::freshness(["at"], hours(24)), Verdict::Pass, None),
        (Constraint::freshness(["at"], hours(23)), Verdict::Fail, None),
        (
            Constraint::row_count(Bounds::new().at_least(4)).in_table("flights*"),
            Verdict::Pass,
            None,
        ),
        (Constraint::row_count(Bounds::new().below(4)).in_table("flights*"), Verdict::Fail, None),
        (Constraint::row_count_change(0.0).in_table("flights*"), Verdict::Pass, None),
        (
            Constraint::expression("delay >= -90 AND carrier IN ('AA', 'UA')"),
            Verdict::Fail,
            Some(1),
        ),
        (Constraint::expression("delay < 90 OR NOT landed"), Verdict::Pass, None),
        (Constraint::expression("at >= '2013-01-01' AND length(carrier) = 2"), Verdict::Pass, None),
        (Constraint::ks_test(["delay"]), Verdict::Pass, None),
        (Constraint::mean_comparison(["delay"], MeanMethod::Difference), Verdict::Pass, None),
        (
            Constraint::mean_comparison(["delay"], MeanMethod::ReferenceInterval),
            Verdict::Pass,
            None,
        ),
        (Constraint::statistic(["delay"], Statistic::Wasserstein, 0.1), Verdict::Pass, None),
    ] {
        assert_answer(constraint, verdict, failing);
    }
}

#[test]
fn what_can_not_be_evaluated_is_inconclusive_and_says_why() {
    for (constraint, expected) in [
        (Constraint::not_null(["carier"]).in_table("flights.csv"), "did you mean `carrier`?"),
        (Constraint::not_null(["carier"]), "carier"),
        (
            Constraint::not_null(["id"]).in_table("nothing.csv"),
            "no table of the candidate is meant",
        ),
        (
            Constraint::not_null(["type:decimal"]).in_table("flights.csv"),
            "no column of the table is meant",
        ),
        (Constraint::unique(["id", "carier"]).in_table("flights.csv"), "carier"),
        (Constraint::expression("delai > 3"), "delai"),
        (Constraint::expression("carrier > 3"), "can't be compared"),
        (Constraint::range(["carrier"], Bounds::new().at_least(1)), "do not fit"),
        (Constraint::set(["id"], ["one"]), "do not fit"),
        (Constraint::freshness(["id"], std::time::Duration::from_secs(1)), "no times"),
        (Constraint::monotone(["landed"], Direction::Increasing), "no order"),
        (
            Constraint::referential(["carrier"], References::new("carrier.csv", ["code"])),
            "did you mean `carriers.csv`?",
        ),
        (
            Constraint::referential(["carrier"], References::new("carriers.csv", ["cod"])),
            "no column `cod`",
        ),
        (Constraint::ks_test(["carrier"]), "needs numbers or times"),
        (Constraint::mean_comparison(["carrier"], MeanMethod::Difference), "fewer than two"),
    ] {
        let name = format!("{constraint:?}");
        let judgement = judge(constraint);
        let findings = constraint_findings(&judgement);
        assert_eq!(findings.len(), 1, "{name}: {findings:?}");
        assert_eq!(findings[0].verdict, Verdict::Inconclusive, "{name}: {}", findings[0].message);
        assert!(findings[0].message.contains(expected), "{name}: {}", findings[0].message);
        assert_eq!(judgement.verdict, Verdict::Inconclusive, "{name}");
    }
}

#[test]
fn failing_rows_are_named_by_place_and_key_and_never_in_the_text() {
    let sides = Sides::new();
    write(&sides.candidate("flights.csv"), FLIGHTS);
    write(&sides.reference("flights.csv"), FLIGHTS);
    let rules = Rules::new().with_key(["id"]).with_constraint(
        Constraint::set(["carrier"], ["AA", "UA"]).named("known carriers").advise("ask operations"),
    );
    let judgement = sides.compare(rules);
    let finding = constraint_findings(&judgement)[0];
    assert_eq!(finding.rule.as_deref(), Some("known carriers"));
    assert_eq!(finding.column.as_deref(), Some("carrier"));
    assert_eq!(finding.recommendation.as_deref(), Some("ask operations"));
    let rows = finding.rows.as_ref().unwrap();
    assert_eq!((rows.checked, rows.failing), (4, 1));
    let example = &rows.examples[0];
    let cells: Vec<_> =
        example.cells.iter().map(|cell| (cell.column.as_str(), cell.value.as_deref())).collect();
    assert_eq!(
        (example.row, cells.as_slice()),
        (Some(3), [("id", Some("3")), ("carrier", Some("b6"))].as_slice())
    );
    assert!(!finding.message.contains("b6"), "{}", finding.message);
}

#[test]
fn the_severity_of_a_constraint_decides_whether_it_decides() {
    for (severity, verdict) in [
        (Severity::Error, Verdict::Fail),
        (Severity::Warning, Verdict::Pass),
        (Severity::Info, Verdict::Pass),
    ] {
        let judgement = judge(Constraint::not_null(["delay"]).with_severity(severity));
        assert_eq!(judgement.verdict, verdict, "{severity}");
        assert_eq!(constraint_findings(&judgement)[0].severity, severity);
    }
}

#[test]
fn a_pattern_asks_every_column_and_names_those_that_fail() {
    let judgement = judge(Constraint::not_null(["*"]).in_table("flights.csv"));
    let findings = constraint_findings(&judgement);
    let said: Vec<_> =
        findings.iter().map(|finding| (finding.column.as_deref(), finding.verdict)).collect();
    assert_eq!(said, [(Some("delay"), Verdict::Fail), (None, Verdict::Pass)]);
    assert!(findings[1].message.contains("4 columns hold"), "{}", findings[1].message);
}

#[test]
fn another_output_can_be_registered() {
    let sides = Sides::new();
    write(&sides.candidate("flights.csv"), FLIGHTS);
    write(&sides.reference("flights.csv"), FLIGHTS);
    let other = tempfile::tempdir().unwrap();
    write(&other.path().join("list.csv"), "code\nAA\nUA\nb6\n");
    let rules = Rules::new().with_constraint(Constraint::referential(
        ["carrier"],
        References::new("carriers", ["code"]),
    ));
    let validator = Validator::new(rules).with_table("carriers", other.path());
    let judgement = validator.compare(&sides.candidate(""), &sides.reference("")).unwrap();
    assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
}

#[test]
fn repeated_rows_are_found_in_every_part_file() {
    let sides = Sides::new();
    for side in [sides.candidate(""), sides.reference("")] {
        let rows = |from: u32| {
            (from..from + 9_000).map(|id| format!("{id},{}\n", id % 7)).collect::<Vec<_>>().concat()
        };
        write(&side.join("part-0.csv"), format!("id,x\n{}", rows(0)));
        write(&side.join("part-1.csv"), format!("id,x\n{}", rows(8_990)));
    }
    let judgement = sides.compare(Rules::new().with_constraint(Constraint::unique(["id"])));
    let rows = constraint_findings(&judgement)[0].rows.clone().unwrap();
    assert_eq!((rows.checked, rows.failing, rows.examples[0].row), (18_000, 10, Some(9_001)));
    let all_alike = sides.compare(Rules::new().with_constraint(Constraint::unique(["x"])));
    assert_eq!(constraint_findings(&all_alike)[0].rows.as_ref().unwrap().failing, 18_000 - 7);
}

/// The seed's rule takes the reference's mean as exact and fails on samples that Welch's interval accepts.
#[test]
fn the_two_ways_to_compare_means_differ_where_the_candidate_is_small() {
    let sides = Sides::new();
    let column = |values: &mut dyn Iterator<Item = f64>| {
        let lines: Vec<String> = values.map(|value| format!("{value}\n")).collect();
        format!("x\n{}", lines.concat())
    };
    write(
        &sides.candidate("t.csv"),
        column(&mut (0..20).map(|i| (f64::from(i) * 1.7).sin() + 0.2)),
    );
    write(&sides.reference("t.csv"), column(&mut (0..2_000).map(|i| (f64::from(i) * 1.7).sin())));
    let verdict = |constraint: Constraint| {
        let judgement = sides.compare(Rules::new().with_constraint(constraint));
        constraint_findings(&judgement)[0].verdict
    };
    let compare = |method| Constraint::mean_comparison(["x"], method);
    assert_eq!(verdict(compare(MeanMethod::Difference)), Verdict::Pass);
    assert_eq!(verdict(compare(MeanMethod::ReferenceInterval)), Verdict::Fail);
    let accept = |most| compare(MeanMethod::Difference).with_confidence_level(0.95, Some(most));
    assert_eq!(verdict(accept(1.0)), Verdict::Pass);
    assert_eq!(verdict(accept(0.1)), Verdict::Inconclusive);
    let strict = Constraint::ks_test(["x"]).with_p_value_threshold(0.999, None);
    assert_eq!(verdict(strict), Verdict::Fail);
    let tolerant = Constraint::ks_test(["x"]).with_p_value_threshold(0.999, Some(0.9));
    assert_eq!(verdict(tolerant), Verdict::Pass);
}
