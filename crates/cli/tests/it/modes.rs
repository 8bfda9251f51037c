//! What runs on what: chains, isolated steps, pipelines, two executions, scenarios from nothing, the names of the plan.

use predicates::str::contains;

use crate::production::{SAME, Setting, json};

/// A scenario whose step `total` copies its input.
fn write_scenario(setting: &Setting) {
    let scenario = format!(
        "pipeline = \"sales\"\n[steps.total]\ncommand = [\"sh\", \"-c\", '{SAME}', \"sh\", \"{{inputs}}\", \"{{outputs}}\"]\n\
         inputs = {{ rows = \"extract.rows\" }}\noutputs = [\"totals\"]\n"
    );
    std::fs::write(setting.path("reenact.toml"), scenario).unwrap();
}

#[test]
fn isolation_needs_no_bucket_but_local_data() {
    let setting = Setting::new();
    write_scenario(&setting);
    std::fs::create_dir_all(setting.path("data/extract/rows")).unwrap();
    std::fs::write(setting.path("data/extract/rows/rows.csv"), "id,amount\n1,1\n").unwrap();
    setting.server.stop();
    let mut command = setting.reenact(&["--json", "run", "total", "--mode", "isolation"]);
    let report = json(command.args(["--local-data", "data"]).env_remove("REENACT_BUCKET"), 0);
    assert_eq!(report["run"]["mode"], "isolation");
}

#[test]
fn a_chain_replays_what_follows() {
    let setting = Setting::new();
    write_scenario(&setting);
    let report = json(&mut setting.reenact(&["--json", "run", "total", "--chain"]), 0);
    assert_eq!(report["run"]["mode"], "replay_chain");
}

#[test]
fn two_executions_are_compared_without_a_run() {
    let setting = Setting::new();
    let mut command =
        setting.reenact(&["--json", "compare", "latest", "latest~1", "--step", "total"]);
    let report = json(&mut command, 1);
    assert_eq!(report["run"]["mode"], "comparison");
}

#[test]
fn two_executions_are_compared_by_the_rules_and_the_key_that_are_typed() {
    let setting = Setting::new();
    let compare = |words: &[&str], exit| {
        let latest = ["--json", "compare", "latest", "latest~1", "--step", "total"];
        json(setting.reenact(&latest).args(words), exit)
    };
    for (key, changed, only_candidate) in [("id", 2, 1), ("amount", 0, 3)] {
        let report = compare(&["--key", key], 1);
        let rows = &report["steps"][0]["outputs"][0]["judgement"]["tables"][0]["rows"];
        assert_eq!(rows["changed"], changed, "{key}: {rows}");
        assert_eq!(rows["only_candidate"], only_candidate, "{key}: {rows}");
    }
    let lenient =
        "[checks]\nrows = \"off\"\ndistribution = \"off\"\nmean = \"off\"\nnull_rate = \"off\"\n";
    std::fs::write(setting.path("rules.toml"), lenient).unwrap();
    compare(&["--rules", "rules.toml"], 0);
    compare(&["--rules", "gone.toml"], 2);
}

#[test]
fn rules_come_from_a_file_and_are_refused_with_its_name() {
    let setting = Setting::new();
    std::fs::write(setting.path("a.csv"), "id,x\n1,2\n").unwrap();
    std::fs::write(setting.path("b.csv"), "id,x\n1,2.0001\n").unwrap();
    std::fs::write(setting.path("rules.toml"), "key = [\"id\"]\ntolerance = { absolute = 0.01 }\n")
        .unwrap();
    setting.reenact(&["compare", "a.csv", "b.csv", "--rules", "rules.toml"]).assert().code(0);
    setting.reenact(&["compare", "a.csv", "b.csv"]).assert().code(1);
    std::fs::write(setting.path("wrong.toml"), "keys = [\"id\"]\n").unwrap();
    let mut command = setting.reenact(&["compare", "a.csv", "b.csv", "--rules", "wrong.toml"]);
    command.assert().code(2).stderr(contains("wrong.toml")).stderr(contains("`keys`"));
}

#[test]
fn a_scenario_is_begun_from_an_execution_and_never_overwritten() {
    let setting = Setting::new();
    let drafted = json(&mut setting.reenact(&["--json", "scenario", "init"]), 0);
    assert_eq!(drafted["execution"], "run-9");
    let text = std::fs::read_to_string(setting.path("reenact.toml")).unwrap();
    assert!(text.contains("# [steps.\"total\"]"), "{text}");
    setting.reenact(&["scenario", "check"]).assert().code(0);
    setting.reenact(&["scenario", "init"]).assert().code(2).stderr(contains("reenact.toml"));
    assert_eq!(std::fs::read_to_string(setting.path("reenact.toml")).unwrap(), text);
}

#[test]
fn the_plans_name_for_a_replay_of_all_steps_works() {
    let setting = Setting::new();
    write_scenario(&setting);
    let mut command = setting.reenact(&["--json", "test-real-data", "--execution-id", "run-10"]);
    let reports = json(command.args(["--steps", " total,,total"]), 0);
    assert_eq!(reports.as_array().unwrap().len(), 1);
    assert_eq!(reports[0]["run"]["steps"][0]["step"], "total");
    setting
        .reenact(&["test-real-data", "--steps", "nothing"])
        .assert()
        .code(2)
        .stderr(contains("total"));
}

#[test]
fn c4_the_plans_three_commands_take_the_plans_options() {
    let setting = Setting::new();
    write_scenario(&setting);
    let workspace = setting.path("elsewhere");
    let workspace = workspace.to_str().unwrap();
    let same = ["--bucket", "acme", "--pipeline", "sales", "--workspace", workspace];
    let typed = |command: &str, options: &[&str]| {
        let mut reenact = setting.reenact(&[command]);
        for variable in ["REENACT_BUCKET", "REENACT_PIPELINE", "REENACT_WORKSPACE"] {
            reenact.env_remove(variable);
        }
        reenact.args(options).assert().code(0)
    };
    let which = ["--execution-id", "run-10"];
    typed("discover", &[&same[..], &which].concat()).stdout(contains("run-10"));
    typed("test-real-data", &[&same[..], &which, &["--steps", "total"]].concat());
    assert_eq!(std::fs::read_dir(workspace).unwrap().count(), 1);
    typed("cleanup-cache", &["--workspace", workspace, "--older-than", "0"]);
    assert_eq!(std::fs::read_dir(workspace).unwrap().count(), 0);
}

#[test]
fn a_part_of_the_inputs_is_taken_and_the_report_says_so() {
    let setting = Setting::new();
    write_scenario(&setting);
    let sampled = |how: &[&str], exit| {
        json(setting.reenact(&["--json", "run", "total", "--sample", "50%"]).args(how), exit)
    };
    let by_key = sampled(&["--sample-key", "id"], 0);
    assert_eq!(by_key["run"]["sampling"]["share"], 0.5);
    assert_eq!(by_key["run"]["sampling"]["by"]["key"], serde_json::json!(["id"]));
    let matched = &by_key["steps"][0]["outputs"][0]["judgement"]["tables"][0]["rows"]["matched"];
    assert!(matched.as_u64().unwrap() < 3, "{matched} of 3 rows");
    let reason = by_key["reason"].as_str().unwrap();
    assert!(reason.ends_with("(on a sample of the inputs: 50 % by key id)"), "{reason}");
    let by_file = sampled(&["--sample-by", "file", "--sample-seed", "7"], 2);
    assert_eq!(
        by_file["run"]["sampling"],
        serde_json::json!({"share": 0.5, "by": {"by": "file"}, "seed": 7})
    );
    assert_eq!(sampled(&[], 2)["run"]["sampling"]["by"]["by"], "row");
    let mut wrong = setting.reenact(&["run", "total", "--sample", "200%"]);
    wrong.assert().code(2).stderr(contains("`200%` is no share"));
    let mut both = setting.reenact(&["run", "total", "--sample", "1%", "--sample-by", "row"]);
    both.args(["--sample-key", "id"]).assert().code(2).stderr(contains("cannot be used with"));
}

#[test]
fn rules_and_keys_that_are_typed_come_before_those_of_the_scenario() {
    let setting = Setting::new();
    write_scenario(&setting);
    let mut scenario = std::fs::read_to_string(setting.path("reenact.toml")).unwrap();
    scenario.push_str("[steps.total.rules]\ntotals = { key = [\"amount\"] }\n");
    std::fs::write(setting.path("reenact.toml"), scenario).unwrap();
    std::fs::write(setting.path("typed.toml"), "key = [\"id\"]\n").unwrap();
    let compare = &["compare", "latest", "latest~1", "--step", "total"][..];
    // Other amounts are other rows by `amount`, and changed ones by `id`.
    let adds =
        r#"awk -F, -v OFS=, 'NR > 1 { $2 += 1 } 1' "$1"/rows/rows.csv > "$2"/totals/rows.csv"#;
    let run = ["run", "total"];
    let command = ["--", "sh", "-c", adds, "sh", "{inputs}", "{outputs}"];
    for (before, typed, after, changed) in [
        (compare, &[][..], &[][..], 0),
        (compare, &["--rules", "typed.toml"], &[], 2),
        (compare, &["--key", "id"], &[], 2),
        (&run, &[], &command, 0),
        (&run, &["--key", "id"], &command, 3),
    ] {
        let mut words = setting.reenact(&["--json"]);
        let report = json(words.args(before).args(typed).args(after), 1);
        let rows = &report["steps"][0]["outputs"][0]["judgement"]["tables"][0]["rows"];
        assert_eq!(rows["changed"], changed, "{before:?} {typed:?}: {rows}");
    }
}
