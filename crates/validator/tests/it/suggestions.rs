//! Suggested rules: they parse, and pass on the very executions that they came from.

use std::path::{Path, PathBuf};

use reenact_validator::{
    ErrorKind, Profile, ProfileOptions, Rules, Severity, Suggestion, Validator, Verdict, suggest,
};

/// A month of rows: more in later months, a value that drifts, a few nulls, a constant and a category.
fn month(number: u32) -> String {
    let mut text = "delay,score,carrier,\"odd:name*\",same\n".to_owned();
    for index in 0..3_000 + 150 * number {
        let spread = (f64::from(index + number * 7_919) * 0.754_877_666_246_693).fract();
        let delay = (spread * 60.0) as i64 - 10 + i64::from(number);
        let score = if index % (40 + number) == 0 {
            String::new()
        } else {
            format!("{:.4}", spread * spread)
        };
        let carrier = ["AA", "UA", "DL"][(spread * spread * 2.999) as usize];
        text.push_str(&format!("{delay},{score},{carrier},{},7\n", index % 97));
    }
    text
}

struct Executions {
    directory: tempfile::TempDir,
    paths: Vec<PathBuf>,
    profiles: Vec<(String, Profile)>,
}

impl Executions {
    fn of(texts: &[String]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (mut paths, mut profiles) = (Vec::new(), Vec::new());
        let options = ProfileOptions::new().with_clear_text(["carrier"]);
        for (index, text) in texts.iter().enumerate() {
            let name = format!("2013-{:02}", index + 1);
            let path = directory.path().join(format!("{name}.csv"));
            std::fs::write(&path, text).unwrap();
            profiles.push((name, Profile::of(&path, &options).unwrap()));
            paths.push(path);
        }
        Self { directory, paths, profiles }
    }

    fn suggestion(&self) -> Suggestion {
        suggest(&self.profiles).unwrap()
    }

    fn path(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn verdict(suggestion: &Suggestion, candidate: &Path, baseline: &Profile) -> (Verdict, String) {
    let validator = Validator::new(suggestion.rules().clone());
    let judgement = validator.compare_with_profile(candidate, baseline).unwrap();
    (
        judgement.verdict,
        format!("{:#?}\n{}", judgement.problems(Severity::Warning), suggestion.toml()),
    )
}

#[test]
fn suggested_rules_parse_and_pass_on_the_executions_that_they_came_from() {
    let texts: Vec<String> = (1..=4).map(month).collect();
    let executions = Executions::of(&texts);
    let suggestion = executions.suggestion();
    assert_eq!(&Rules::from_toml(suggestion.toml()).unwrap(), suggestion.rules());
    assert!(suggestion.toml().contains("from 4 executions: 2013-01, 2013-02, 2013-03, 2013-04"));
    for candidate in &executions.paths {
        for (name, baseline) in &executions.profiles {
            let (verdict, why) = verdict(&suggestion, candidate, baseline);
            assert_eq!(verdict, Verdict::Pass, "{candidate:?} against {name}: {why}");
        }
    }
    // The data themselves, without a profile, pass as well.
    let validator = Validator::new(suggestion.rules().clone());
    let judgement = validator.compare(&executions.paths[3], &executions.paths[0]).unwrap();
    assert_eq!(judgement.verdict, Verdict::Pass, "{:#?}", judgement.problems(Severity::Warning));
}

/// The first lines.
fn first(text: &str, lines: usize) -> String {
    text.split_inclusive('\n').take(lines).collect()
}

#[test]
fn what_goes_beyond_the_variation_fails() {
    let texts: Vec<String> = (1..=4).map(month).collect();
    let executions = Executions::of(&texts);
    let suggestion = executions.suggestion();
    let baseline = &executions.profiles[3].1;
    for (name, text) in [
        ("few.csv", first(&month(4), 500)),
        ("null.csv", month(4).replacen("\n10,", "\n,", 1)),
        ("other.csv", month(4).replacen(",AA,", ",ZZ,", 1)),
        ("drift.csv", first(&month(30), 3_601)),
    ] {
        let (verdict, why) = verdict(&suggestion, &executions.path(name, &text), baseline);
        assert_eq!(verdict, Verdict::Fail, "{name}: {why}");
    }
}

#[test]
fn columns_that_come_and_go_are_left_out_with_the_reason() {
    let one = "x,gone\n1,1\n2,2\n3,3\n".to_owned();
    let two = "x,word\n1,a\n2,b\n3,c\n".to_owned();
    let executions = Executions::of(&[one, two]);
    let suggestion = executions.suggestion();
    assert!(
        suggestion.toml().contains("ignore_columns = [\"gone\", \"word\"]"),
        "{}",
        suggestion.toml()
    );
    let (verdict, why) = verdict(&suggestion, &executions.paths[0], &executions.profiles[1].1);
    assert_eq!(verdict, Verdict::Pass, "{why}");
}

#[test]
fn several_tables_have_rules_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let mut executions = Vec::new();
    for number in 1..=3_u32 {
        let root = directory.path().join(number.to_string());
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("flights.csv"), month(number)).unwrap();
        std::fs::write(root.join("carriers.csv"), "code\nAA\nUA\nDL\n").unwrap();
        if number == 2 {
            std::fs::write(root.join("extra.csv"), "note\nonly once\n").unwrap();
        }
        executions.push((number.to_string(), Profile::of(&root, &ProfileOptions::new()).unwrap()));
    }
    let suggestion = suggest(&executions).unwrap();
    for number in 1..=3 {
        let candidate = directory.path().join(number.to_string());
        for (_, baseline) in &executions {
            let (verdict, why) = verdict(&suggestion, &candidate, baseline);
            assert_eq!(verdict, Verdict::Pass, "{number}: {why}");
        }
    }
}

#[test]
fn one_execution_or_nothing_in_common_is_an_error() {
    let executions = Executions::of(&[month(1)]);
    let error = suggest(&executions.profiles).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRules);
    assert!(error.to_string().contains("at least two"), "{error}");
    let tables = |names: [&str; 2]| {
        let directory = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::write(directory.path().join(name), "x\n1\n").unwrap();
        }
        ("e".to_owned(), Profile::of(directory.path(), &ProfileOptions::new()).unwrap())
    };
    let error = suggest(&[tables(["a.csv", "b.csv"]), tables(["c.csv", "d.csv"])]).unwrap_err();
    assert!(error.to_string().contains("no table"), "{error}");
}
