//! Later data against the profile of earlier data: what is found without the rows, and what can't be.

use std::path::{Path, PathBuf};

use reenact_validator::{
    Bounds, Check, ColumnKind, Constraint, Judgement, Profile, ProfileOptions, RuleOutcome, Rules,
    Severity, Statistic, Validator, Verdict,
};

/// Rows of a number, a category, a time and a word of their own, moved by `shift`.
fn rows(count: u32, seed: u32, shift: f64) -> String {
    let mut text = "delay,carrier,at,note\n".to_owned();
    for index in 0..count {
        // Weyl's sequence: evenly spread, and another for each seed.
        let spread = (f64::from(index + seed * 7_919) * 0.754_877_666_246_693).fract();
        let carrier = ["AA", "UA", "DL", "WN"][(spread * 3.999) as usize];
        let delay = (spread - 0.5) * 40.0 + shift;
        let day = 1 + (index * 13 + seed) % 28;
        text.push_str(&format!("{delay:.6},{carrier},2013-01-{day:02},n{seed}-{index}\n"));
    }
    text
}

struct Months {
    directory: tempfile::TempDir,
}

impl Months {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn profile(&self, text: &str) -> Profile {
        let path = self.write("baseline.csv", text);
        let saved = self.directory.path().join("baseline.json");
        Profile::of(&path, &ProfileOptions::new()).unwrap().save(&saved).unwrap();
        std::fs::remove_file(path).unwrap();
        Profile::load(&saved).unwrap()
    }
}

fn compare(rules: Rules, candidate: &Path, baseline: &Profile) -> Judgement {
    Validator::new(rules).compare_with_profile(candidate, baseline).unwrap()
}

#[test]
fn data_alike_pass_and_shifted_data_fail_without_the_original() {
    let months = Months::new();
    let baseline = months.profile(&rows(30_000, 1, 0.0));
    let alike = months.write("alike.csv", &rows(30_000, 2, 0.0));
    let judgement = compare(Rules::new(), &alike, &baseline);
    assert_eq!(judgement.verdict, Verdict::Pass, "{:#?}", judgement.problems(Severity::Warning));
    let table = &judgement.tables[0];
    assert_eq!((table.reference.rows, table.candidate.rows), (30_000, 30_000));
    let kinds: Vec<(&str, ColumnKind)> =
        table.columns.iter().map(|column| (column.name.as_str(), column.kind)).collect();
    for expected in [
        ("delay", ColumnKind::Number),
        ("carrier", ColumnKind::Category),
        ("at", ColumnKind::Time),
        ("note", ColumnKind::Text),
    ] {
        assert!(kinds.contains(&expected), "{kinds:?}");
    }

    let shifted = months.write("shifted.csv", &rows(30_000, 2, 8.0));
    let judgement = compare(Rules::new(), &shifted, &baseline);
    assert_eq!(judgement.verdict, Verdict::Fail);
    let column = &judgement.tables[0].columns[0];
    assert_eq!(column.name, "delay");
    let gap =
        column.tests.iter().find(|test| test.statistic == Statistic::KolmogorovSmirnov).unwrap();
    assert!((gap.value.unwrap() - 0.2).abs() < 0.005, "{:?}", gap.value);
    assert!(gap.interval.unwrap().low > gap.margin.unwrap());
}

#[test]
fn the_distance_from_a_profile_encloses_the_distance_from_the_data() {
    let months = Months::new();
    let (one, two) = (rows(20_000, 3, 0.0), rows(20_000, 4, 1.0));
    let (ours, theirs) = (months.write("one.csv", &one), months.write("two.csv", &two));
    let distance = |judgement: &Judgement| {
        let column =
            judgement.tables[0].columns.iter().find(|column| column.name == "delay").unwrap();
        column
            .tests
            .iter()
            .find(|test| test.statistic == Statistic::KolmogorovSmirnov)
            .unwrap()
            .clone()
    };
    let rules = Rules::new().with_level(Check::Rows, reenact_validator::Level::Off);
    let exact = distance(&Validator::new(rules.clone()).compare(&ours, &theirs).unwrap());
    let options = ProfileOptions::new().with_cells(64);
    let baseline = Profile::of(&theirs, &options).unwrap();
    let bounded = distance(&compare(rules, &ours, &baseline));
    let (exact, interval) = (exact.value.unwrap(), bounded.interval.unwrap());
    assert!(interval.low <= exact && exact <= interval.high, "{exact} in {interval:?}");
    assert!(bounded.sentence.contains("certain"), "{}", bounded.sentence);
}

#[test]
fn two_profiles_are_compared_as_the_data_are() {
    let months = Months::new();
    let baseline = months.profile(&rows(30_000, 1, 0.0));
    let alike = months.write("alike.csv", &rows(30_000, 2, 0.0));
    let candidate = Profile::of(&alike, &ProfileOptions::new().with_clear_text(["*"])).unwrap();
    let validator = Validator::default();
    let of_data = validator.compare_with_profile(&alike, &baseline).unwrap();
    // Names differ here, since no file was given: both are the only table, but not a file.
    let renamed =
        Profile::from_json(&candidate.to_json().replace("alike.csv", "baseline.csv")).unwrap();
    let of_profiles = validator.compare_profiles(&renamed, &baseline).unwrap();
    let verdicts = |judgement: &Judgement| -> Vec<_> {
        judgement.tables[0]
            .columns
            .iter()
            .map(|column| (column.name.clone(), column.tests.clone()))
            .collect()
    };
    assert_eq!(verdicts(&of_data), verdicts(&of_profiles));
    let missing = validator.compare_profiles(&candidate, &baseline).unwrap();
    assert!(missing.problems(Severity::Error).iter().any(|f| f.check == Check::MissingFile));
}

#[test]
fn schema_and_constraints_are_judged_and_rows_are_said_to_be_missing() {
    let months = Months::new();
    let baseline = months.profile(&rows(5_000, 1, 0.0));
    let text = rows(2_000, 2, 0.0).replace("carrier", "airline");
    let candidate = months.write("candidate.csv", &text);
    let rules = Rules::new()
        .with_constraint(Constraint::range(["delay"], Bounds::new().at_most(10)))
        .with_constraint(Constraint::row_count_change(0.1));
    let validator = Validator::new(rules)
        .with_business_rule("totals", |_| Ok(RuleOutcome::pass("never asked")));
    let judgement = validator.compare_with_profile(&candidate, &baseline).unwrap();
    let of = |check: Check| -> Vec<Verdict> {
        judgement
            .all_findings()
            .filter(|finding| finding.check == check)
            .map(|f| f.verdict)
            .collect()
    };
    assert_eq!(of(Check::MissingColumn), [Verdict::Fail]);
    assert_eq!(of(Check::ExtraColumn), [Verdict::Fail]);
    assert_eq!(of(Check::Constraint), [Verdict::Fail, Verdict::Fail]);
    assert_eq!(of(Check::Rows), [Verdict::Inconclusive]);
    assert_eq!(of(Check::Business), [Verdict::Inconclusive]);
}

#[test]
fn integers_are_held_against_floats_and_days_against_times() {
    let months = Months::new();
    let numbers = |suffix: &str, time: &str| {
        let mut text = "x,at\n".to_owned();
        for index in 0..4_000 {
            text.push_str(&format!(
                "{}{suffix},2013-01-{:02}{time}\n",
                index % 500,
                1 + index % 28
            ));
        }
        text
    };
    let baseline = months.profile(&numbers("", ""));
    let candidate = months.write("candidate.csv", &numbers(".0", "T00:00:00"));
    let judgement = compare(Rules::new(), &candidate, &baseline);
    for column in &judgement.tables[0].columns {
        let gap = column
            .tests
            .iter()
            .find(|test| test.statistic == Statistic::KolmogorovSmirnov)
            .unwrap();
        assert_eq!(gap.value, Some(0.0), "{}", column.name);
    }
}

#[test]
fn nothing_to_compare_is_not_a_pass() {
    let months = Months::new();
    let baseline = months.profile(&rows(10, 1, 0.0));
    let empty = months.directory.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    assert_eq!(compare(Rules::new(), &empty, &baseline).verdict, Verdict::Fail);
    let none = Profile::from_tables(Vec::new());
    let candidate = months.write("candidate.csv", &rows(10, 1, 0.0));
    assert_eq!(compare(Rules::new(), &candidate, &none).verdict, Verdict::Inconclusive);
}

/// Of text with many distinct values a profile keeps lengths and about how many distinct ones there are.
#[test]
fn text_of_many_values_is_compared_by_its_lengths() {
    let months = Months::new();
    let words = |length: usize| -> String {
        let rows = (0..20_000).map(|index| format!("{index:0length$}x\n"));
        std::iter::once("word\n".to_owned()).chain(rows).collect()
    };
    let baseline = months.profile(&words(9));
    let alike = months.write("alike.csv", &words(9));
    let judgement = compare(Rules::new(), &alike, &baseline);
    assert_eq!(judgement.verdict, Verdict::Pass, "{:#?}", judgement.problems(Severity::Warning));
    let column = &judgement.tables[0].columns[0];
    assert_eq!(column.kind, ColumnKind::Text);
    assert!(column.choice.contains("lengths of the values"), "{}", column.choice);
    let distinct = column.reference.distinct.unwrap() as f64;
    assert!((distinct / 20_000.0 - 1.0).abs() < 0.06, "{distinct}");

    let longer = months.write("longer.csv", &words(10));
    let judgement = compare(Rules::new(), &longer, &baseline);
    assert_eq!(judgement.verdict, Verdict::Fail);
    let said = &judgement.tables[0].columns[0].sentence;
    assert!(said.starts_with("of the lengths of the values"), "{said}");
}
