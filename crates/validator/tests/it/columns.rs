//! What is said of columns: which tests decide, what has no answer, and what the seed got wrong.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use reenact_validator::{
    Check, ColumnJudgement, ColumnKind, ErrorKind, Judgement, Level, Plot, Rules, Severity,
    Statistic, Test, Validator, Verdict,
};

use crate::files::{Sides, write, write_parquet};

/// Rules that look at columns alone.
fn columns_only() -> Rules {
    Rules::new().with_level(Check::Rows, Level::Off)
}

fn floats(values: impl Iterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

/// A wave with a little of everything, moved by `shift`.
fn wave(count: u32, shift: f64) -> ArrayRef {
    floats((0..count).map(|i| (f64::from(i) * 0.618).sin() + shift))
}

fn judge(candidate: ArrayRef, reference: ArrayRef, rules: Rules) -> Judgement {
    let sides = Sides::new();
    write_parquet(&sides.candidate("x.parquet"), &[("x", candidate)]);
    write_parquet(&sides.reference("x.parquet"), &[("x", reference)]);
    sides.compare(rules)
}

fn column(judgement: &Judgement) -> &ColumnJudgement {
    &judgement.tables[0].columns[0]
}

fn test(judgement: &Judgement, statistic: Statistic) -> &Test {
    column(judgement).tests.iter().find(|test| test.statistic == statistic).unwrap()
}

#[test]
fn a_large_shift_fails_with_evidence_in_words() {
    let judgement = judge(wave(20_000, 1.0), wave(20_000, 0.0), columns_only());
    assert_eq!(judgement.verdict, Verdict::Fail);
    let gap = test(&judgement, Statistic::KolmogorovSmirnov);
    assert!(gap.value.unwrap() > 0.3 && gap.log10_p.unwrap() < -100.0);
    assert!(gap.interval.unwrap().low > gap.margin.unwrap());
    assert!(gap.sentence.contains("beyond the margin of 0.05"), "{}", gap.sentence);
    let checks: Vec<Check> =
        judgement.problems(Severity::Error).iter().map(|finding| finding.check).collect();
    assert_eq!(checks, [Check::Distribution, Check::Mean]);
    assert!(column(&judgement).moved > 1.0);
    assert!(matches!(column(&judgement).plot, Some(Plot::Distribution { gap: Some(_), .. })));
}

#[test]
fn v6_what_is_significant_and_small_passes() {
    let judgement = judge(wave(200_000, 0.007), wave(200_000, 0.0), columns_only());
    let gap = test(&judgement, Statistic::KolmogorovSmirnov);
    assert!(gap.p.unwrap() < 1e-3, "the seed's rule would fail this: p = {:?}", gap.p);
    assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
}

#[test]
fn too_few_values_are_inconclusive_and_say_how_many_would_do() {
    let judgement = judge(wave(30, 0.05), wave(30, 0.0), columns_only());
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    let gap = test(&judgement, Statistic::KolmogorovSmirnov);
    assert!(gap.sentence.contains("values on each side would settle it"), "{}", gap.sentence);
}

#[test]
fn a_small_table_with_equal_rows_passes() {
    let judgement = judge(wave(3, 0.0), wave(3, 0.0), Rules::new());
    assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
}

#[test]
fn v4_missing_values_are_counted_and_constants_have_an_answer() {
    let holes = |every: usize| -> ArrayRef {
        Arc::new((0..5_000).map(|i| (i % every != 0).then_some(i as f64)).collect::<Float64Array>())
    };
    let judgement = judge(holes(2), holes(1_000), columns_only());
    let missing = test(&judgement, Statistic::NullRate);
    assert_eq!(missing.verdict, Verdict::Fail);
    assert!((missing.effect.as_ref().unwrap().value - 0.499).abs() < 1e-12);
    let nan = judge(
        floats([f64::NAN; 4].into_iter()),
        floats([1.0, 2.0, 3.0, 4.0].into_iter()),
        columns_only(),
    );
    assert_eq!(column(&nan).candidate.nans, 4);
    assert_eq!(test(&nan, Statistic::KolmogorovSmirnov).verdict, Verdict::Inconclusive);
    let constant = |value| floats(std::iter::repeat_n(value, 5_000));
    assert_eq!(judge(constant(7.0), constant(7.0), columns_only()).verdict, Verdict::Pass);
    assert_eq!(judge(constant(8.0), constant(7.0), columns_only()).verdict, Verdict::Fail);
}

#[test]
fn v5_effects_are_finite_whatever_the_mean_is() {
    for centre in [-100.0, 0.0, 100.0] {
        let judgement = judge(wave(5_000, centre + 0.3), wave(5_000, centre), columns_only());
        let effect = test(&judgement, Statistic::WelchMean).effect.as_ref().unwrap().value;
        assert!(
            (effect - 0.3 / std::f64::consts::FRAC_1_SQRT_2).abs() < 0.01,
            "around {centre}: {effect}"
        );
    }
}

#[test]
fn categories_are_compared_by_their_shares() {
    let letters = |often: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(
            (0..10_000).map(|i| if i % 10 < often { "a" } else { "b" }),
        ))
    };
    let judgement = judge(letters(7), letters(5), columns_only());
    let variation = test(&judgement, Statistic::TotalVariation);
    assert_eq!((variation.verdict, column(&judgement).kind), (Verdict::Fail, ColumnKind::Category));
    assert!((variation.value.unwrap() - 0.2).abs() < 1e-12);
    assert!(!test(&judgement, Statistic::ChiSquare).decides);
    assert_eq!(judge(letters(5), letters(5), columns_only()).verdict, Verdict::Pass);
}

#[test]
fn v7_one_null_does_not_change_an_integer_column() {
    let sides = Sides::new();
    write(&sides.candidate("t.CSV"), "id,n\n1,5\n2,\n3,7\n");
    write(&sides.reference("t.CSV"), "id,n\n1,5\n2,6\n3,7\n");
    let judgement = sides.compare(Rules::new().with_key(["id"]));
    let types = judgement.all_findings().filter(|finding| finding.check == Check::ColumnType);
    assert!(types.into_iter().all(|finding| finding.verdict == Verdict::Pass));
    let rows = judgement.tables[0].rows.as_ref().unwrap();
    assert_eq!((rows.changed, rows.columns[0].became_null), (1, 1));
}

#[test]
fn v2_an_unknown_rule_is_an_error() {
    assert!(serde_json::from_str::<Rules>(r#"{"checks": {"banana": "error"}}"#).is_err());
    assert!(serde_json::from_str::<Rules>(r#"{"checks": {"rows": "banana"}}"#).is_err());
}

#[test]
fn v8_what_is_missing_is_named() {
    let sides = Sides::new();
    let error = Validator::new(Rules::new())
        .compare(&sides.candidate("none"), &sides.reference(""))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("none"), "{error}");
}

#[test]
fn v9_where_nothing_is_checked_nothing_passes() {
    let all = [
        Check::Rows,
        Check::Distribution,
        Check::Mean,
        Check::NullRate,
        Check::MissingColumn,
        Check::ExtraColumn,
        Check::DuplicateColumn,
        Check::ColumnType,
        Check::ColumnOrder,
        Check::Nullability,
        Check::MissingFile,
        Check::ExtraFile,
    ];
    let rules =
        all.into_iter().fold(Rules::new(), |rules, check| rules.with_level(check, Level::Off));
    let judgement = judge(wave(10, 0.0), wave(10, 0.0), rules);
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
}

#[test]
fn broken_files_are_named_with_the_place() {
    let sides = Sides::new();
    write_parquet(
        &sides.reference("t.parquet"),
        &[("x", Arc::new(Int64Array::from_iter_values(0..100)) as ArrayRef)],
    );
    let whole = std::fs::read(sides.reference("t.parquet")).unwrap();
    write(&sides.candidate("t.parquet"), &whole[..whole.len() / 2]);
    let error = Validator::new(Rules::new())
        .compare(&sides.candidate(""), &sides.reference(""))
        .unwrap_err();
    assert!(error.to_string().contains("t.parquet"), "{error}");
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "a,b\n1,2\n3,4\n");
    write(&sides.candidate("t.csv"), "a,b\n1,2\n3\n");
    let error = Validator::new(Rules::new())
        .compare(&sides.candidate(""), &sides.reference(""))
        .unwrap_err();
    assert!(error.to_string().contains("t.csv") && error.to_string().contains('3'), "{error}");
}

const ON_REQUEST: [Statistic; 6] = [
    Statistic::AndersonDarling,
    Statistic::CramerVonMises,
    Statistic::MannWhitney,
    Statistic::MeanEquivalence,
    Statistic::MeanRatio,
    Statistic::VarianceRatio,
];

#[test]
fn more_statistics_are_computed_where_rules_ask_for_them() {
    let usual = judge(wave(500, 0.5), wave(400, 0.0), columns_only());
    let has = |judgement: &Judgement, statistic: Statistic| {
        column(judgement).tests.iter().any(|test| test.statistic == statistic)
    };
    assert!(ON_REQUEST.iter().all(|statistic| !has(&usual, *statistic)));
    let rules = columns_only().with_statistics(ON_REQUEST);
    let asked = judge(wave(500, 0.5), wave(400, 0.0), rules);
    for statistic in ON_REQUEST {
        let found = test(&asked, statistic);
        assert!(found.value.is_some() && !found.decides, "{found:?}");
    }
    for statistic in [Statistic::AndersonDarling, Statistic::CramerVonMises, Statistic::MannWhitney]
    {
        assert!(test(&asked, statistic).p.unwrap() < 1e-6, "{statistic:?}");
    }
    assert!(test(&asked, Statistic::MeanEquivalence).value.unwrap() > 0.99, "the means are apart");
    assert_eq!(asked.verdict, usual.verdict);
    // From a file, and by a constraint that limits one.
    let toml = "statistics = [\"mann_whitney\", \"mean_ratio\"]";
    assert!(has(
        &judge(wave(50, 0.5), wave(40, 0.0), Rules::from_toml(toml).unwrap()),
        Statistic::MeanRatio
    ));
    let limit = reenact_validator::Constraint::statistic(["x"], Statistic::MannWhitney, 0.01);
    let limited = judge(wave(500, 0.5), wave(400, 0.0), columns_only().with_constraint(limit));
    let verdicts: Vec<Verdict> = limited
        .all_findings()
        .filter(|finding| finding.check == Check::Constraint)
        .map(|finding| finding.verdict)
        .collect();
    assert_eq!(verdicts, [Verdict::Fail]);
}

#[test]
fn what_needs_every_value_says_so_where_values_are_counted_by_cell() {
    let sides = Sides::new();
    write_parquet(&sides.candidate("x.parquet"), &[("x", wave(40_000, 0.0))]);
    write_parquet(&sides.reference("x.parquet"), &[("x", wave(40_000, 0.1))]);
    let judgement = Validator::new(columns_only().with_statistics(ON_REQUEST))
        .with_memory_budget(1 << 20)
        .compare(&sides.candidate(""), &sides.reference(""))
        .unwrap();
    let unanswered = test(&judgement, Statistic::CramerVonMises);
    assert_eq!((unanswered.value, unanswered.decides), (None, false));
    assert!(unanswered.sentence.contains("more values than are held"), "{}", unanswered.sentence);
    assert!(test(&judgement, Statistic::MeanEquivalence).value.is_some());
}

#[test]
fn distances_of_few_values_come_with_what_they_are_without_a_change() {
    let alike = judge(
        wave(60, 0.0),
        floats((60..110).map(|i| (f64::from(i) * 0.618).sin())),
        columns_only(),
    );
    let moved = judge(wave(60, 3.0), wave(50, 0.0), columns_only());
    for statistic in [Statistic::Wasserstein, Statistic::PopulationStability] {
        let (alike, moved) = (test(&alike, statistic), test(&moved, statistic));
        assert!(alike.sentence.contains("without a change"), "{}", alike.sentence);
        assert!(alike.p.unwrap() > 0.05, "{alike:?}");
        assert_eq!(moved.p, Some(0.01), "{moved:?}");
    }
    let many = judge(wave(20_000, 0.01), wave(20_000, 0.0), columns_only());
    let stability = test(&many, Statistic::PopulationStability);
    assert!(stability.sentence.contains("sampling makes about 0.0009"), "{}", stability.sentence);
}

#[test]
fn counts_are_also_compared_as_categories() {
    let counts = |lost: i64| -> ArrayRef {
        Arc::new((0..3_000_i64).map(|i| i % 7).filter(|i| *i != lost).collect::<Int64Array>())
    };
    let judgement = judge(counts(3), counts(-1), columns_only());
    let found = test(&judgement, Statistic::ChiSquare);
    assert!(found.p.unwrap() < 1e-6 && !found.decides, "{found:?}");
    let many = judge(wave(3_000, 0.0), wave(3_000, 0.1), columns_only());
    assert!(column(&many).tests.iter().all(|test| test.statistic != Statistic::ChiSquare));
}

#[test]
fn differences_of_times_are_said_in_days_and_hours() {
    let times = |shift: i64| -> ArrayRef {
        let ticks = (0..500_i64).map(|i| (i * 3_600 + shift) * 1_000_000);
        Arc::new(arrow::array::TimestampMicrosecondArray::from_iter_values(ticks))
    };
    let judgement = judge(times(90_000), times(0), columns_only());
    let found = test(&judgement, Statistic::WelchMean);
    assert!(found.sentence.contains("+1day 1h"), "{}", found.sentence);
}

#[test]
fn times_are_summed_up_as_times_too() {
    let times = |start: i64| -> ArrayRef {
        let times = (0..1_000).map(|i| start + i * 60_000_000);
        Arc::new(arrow::array::TimestampMicrosecondArray::from_iter_values(times))
    };
    let judgement =
        judge(times(1_700_000_000_500_000), times(1_700_000_000_000_000), columns_only());
    let numbers = column(&judgement).candidate.numbers.as_ref().unwrap();
    let shown = numbers.times.as_ref().unwrap();
    assert_eq!(shown.min.as_deref(), Some("2023-11-14T22:13:20.500Z"));
    assert_eq!(shown.max.as_deref(), Some("2023-11-15T14:52:20.500Z"));
    assert_eq!(shown.mean.as_deref(), Some("2023-11-15T06:32:50.500Z"));
    assert_eq!(shown.quantiles.len(), numbers.quantiles.len());

    let days = |start: i32| -> ArrayRef {
        Arc::new(arrow::array::Date32Array::from_iter_values((0..100).map(|i| start + i)))
    };
    let judgement = judge(days(15_706), days(15_706), columns_only());
    let numbers = column(&judgement).reference.numbers.as_ref().unwrap();
    assert_eq!(numbers.times.as_ref().unwrap().min.as_deref(), Some("2013-01-01"));
    assert!(
        column(&judge(wave(10, 0.0), wave(10, 0.0), columns_only()))
            .candidate
            .numbers
            .as_ref()
            .unwrap()
            .times
            .is_none()
    );
}

#[test]
fn lost_distinct_values_are_counted() {
    let codes = |kinds: u32| floats((0..2_000).map(move |i| f64::from(i % kinds)));
    let judgement = judge(codes(75), codes(100), columns_only());
    let distinct = test(&judgement, Statistic::DistinctCount);
    assert_eq!((distinct.value, distinct.decides), (Some(-0.25), false));
    assert_eq!(distinct.sentence, "there are 75 distinct values, where the reference has 100");
}

/// Nested values have no arithmetic: they are equal, or they are not.
#[test]
fn lists_and_maps_are_compared_whole() {
    use arrow::array::{Int64Builder, ListBuilder, MapBuilder, StringBuilder};
    let lists = |last: i64| -> ArrayRef {
        let mut lists = ListBuilder::new(Int64Builder::new());
        for row in 0..20 {
            lists.values().append_slice(&[row, if row == 19 { last } else { 1 }]);
            lists.append(true);
        }
        Arc::new(lists.finish())
    };
    let maps = |last: i64| -> ArrayRef {
        let mut maps = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
        for row in 0..20 {
            maps.keys().append_value("k");
            maps.values().append_value(if row == 19 { last } else { row });
            maps.append(true).unwrap();
        }
        Arc::new(maps.finish())
    };
    for of in [&lists as &dyn Fn(i64) -> ArrayRef, &maps] {
        assert_eq!(judge(of(7), of(7), Rules::new()).verdict, Verdict::Pass);
        let judgement = judge(of(8), of(7), Rules::new());
        assert_eq!(judgement.verdict, Verdict::Fail);
        let rows = judgement.tables[0].rows.as_ref().unwrap();
        assert_eq!((rows.matched, rows.only_candidate + rows.changed), (19, 1));
    }
}
