//! Profiles and suggested rules on the command line, from production's outputs to a verdict.

use predicates::prelude::*;
use predicates::str::contains;

use crate::production::{Setting, json};

#[test]
fn a_profile_is_saved_and_later_data_are_compared_with_it() {
    let setting = Setting::new();
    for (name, shift) in [("one", 0), ("two", 0), ("far", 500)] {
        let rows: Vec<String> = (0..2_000).map(|i| format!("{}", i * 37 % 1_000 + shift)).collect();
        let text = format!(
            "delay,tail\n{}\n",
            rows.iter().map(|row| format!("{row},N{row}")).collect::<Vec<_>>().join("\n")
        );
        std::fs::write(setting.path(&format!("{name}.csv")), text).unwrap();
    }
    let saved = |name: &str| setting.path(&format!("{name}.profile.json"));
    for name in ["one", "two"] {
        let path = setting.path(&format!("{name}.csv"));
        let path = path.to_str().unwrap();
        let out = saved(name);
        setting
            .reenact(&["profile", path, "--out", out.to_str().unwrap()])
            .assert()
            .code(0)
            .stdout(contains("delay").and(contains("2,000 rows")));
        assert!(!std::fs::read_to_string(out).unwrap().contains("N37"), "text is masked");
    }
    let baseline = saved("one");
    let compare = |name: &str, rules: Option<&str>, code: i32| {
        let path = setting.path(&format!("{name}.csv"));
        let mut arguments = vec![
            "--json",
            "compare",
            path.to_str().unwrap(),
            "--baseline",
            baseline.to_str().unwrap(),
        ];
        arguments.extend(rules.iter().flat_map(|rules| ["--rules", rules]));
        json(&mut setting.reenact(&arguments), code)
    };
    let rules = setting.path("suggested.toml");
    let two = saved("two");
    let suggest = ["rules", "suggest", baseline.to_str().unwrap(), two.to_str().unwrap()];
    setting.reenact(&suggest).assert().code(0).stdout(contains("from 2 executions: one, two"));
    let document = json(&mut setting.reenact(&[&["--json"], &suggest[..]].concat()), 0);
    assert_eq!(document["executions"], serde_json::json!(["one", "two"]));
    let out = [&suggest[..], &["--out", rules.to_str().unwrap()]].concat();
    setting.reenact(&out).assert().code(0);
    assert_eq!(compare("two", rules.to_str(), 0)["verdict"], "pass");
    assert_eq!(compare("far", rules.to_str(), 1)["verdict"], "fail");
    assert_eq!(compare("far", None, 1)["verdict"], "fail");
}

#[test]
fn what_a_step_wrote_is_profiled_through_the_cache() {
    let setting = Setting::new();
    let found = json(&mut setting.reenact(&["--json", "profile", "extract.rows"]), 0);
    assert_eq!(found["tables"][0]["rows"], 3);
    assert_eq!(found["tables"][0]["name"], "rows.csv");
}

#[test]
fn what_can_not_be_profiled_or_suggested_ends_with_2_and_says_why() {
    let setting = Setting::new();
    let mut nothing = setting.reenact(&["profile", "no-such-step"]);
    nothing.assert().code(2);
    let path = setting.path("broken.json");
    std::fs::write(&path, "{\"format_version\": 99}").unwrap();
    let path = path.to_str().unwrap();
    let mut newer = setting.reenact(&["rules", "suggest", path, path]);
    newer.assert().code(2).stderr(contains("newer"));
    let mut lonely = setting.reenact(&["compare", "x.csv"]);
    lonely.assert().code(2);
}
