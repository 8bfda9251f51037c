//! Each command does its job, in text and as JSON, and ends with the documented code.

use serde_json::Value;

use crate::production::{SAME, Setting, files, json};

#[test]
fn d6_discover_lists_executions_newest_first_by_time_not_by_name() {
    let setting = Setting::new();
    let found = json(&mut setting.reenact(&["--json", "discover"]), 0);
    let ids: Vec<&str> = found["executions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|execution| execution["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["run-9", "run-10"]);
    assert_eq!(found["executions"][0]["outputs"][0]["name"], "extract.rows");
    let text = setting.reenact(&["discover"]).assert().code(0).get_output().stdout.clone();
    assert!(String::from_utf8(text).unwrap().contains("total.totals"));
}

#[test]
fn d9_discover_names_what_fits_no_layout() {
    let setting = Setting::new();
    for key in ["README.md", "run-9/total/code/main.py"] {
        setting.bucket().put(&format!("pipelines/sales/{key}"), "by hand");
    }
    let found = json(&mut setting.reenact(&["--json", "discover"]), 0);
    assert_eq!(found["ignored"][0]["key"], "pipelines/sales/README.md");
    let within = &found["executions"][0]["ignored"][0]["key"];
    assert_eq!(within, "pipelines/sales/run-9/total/code/main.py");
    let text = setting.reenact(&["discover"]).assert().code(0).get_output().stdout.clone();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("README.md` stops fitting"), "{text}");
    assert!(text.contains("code/main.py` stops fitting"), "{text}");
}

#[test]
fn d9_discover_without_a_pipeline_lists_pipelines_and_names_what_lies_beside_them() {
    let setting = Setting::new();
    setting.bucket().put("pipelines/README.md", "by hand");
    let mut command = setting.reenact(&["--json", "discover"]);
    let found = json(command.env_remove("REENACT_PIPELINE"), 0);
    assert_eq!(found["pipelines"], serde_json::json!(["sales"]));
    assert_eq!(found["ignored"][0]["key"], "pipelines/README.md");
    let mut command = setting.reenact(&["discover"]);
    let output =
        command.env_remove("REENACT_PIPELINE").assert().code(0).get_output().stdout.clone();
    let text = String::from_utf8(output).unwrap();
    assert!(text.starts_with("sales\n") && text.contains("README.md` stops fitting"), "{text}");
}

#[test]
fn c1_run_ends_with_0_for_a_match_and_1_for_a_difference() {
    let setting = Setting::new();
    let report = setting.run_total_json(SAME, 0);
    assert_eq!(report["verdict"], "pass");
    let changed = r#"head -n 3 "$1"/rows/rows.csv > "$2"/totals/rows.csv"#;
    let report = setting.run_total_json(changed, 1);
    assert_eq!(report["verdict"], "fail");
    let rows = &report["steps"][0]["outputs"][0]["judgement"]["tables"][0]["rows"];
    assert_eq!((rows["matched"].as_u64(), rows["only_reference"].as_u64()), (Some(2), Some(1)));
}

#[test]
fn run_leaves_both_reports_and_names_them() {
    let setting = Setting::new();
    let output = setting.run_total(SAME).assert().code(0).get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    let reports: Vec<_> = files(&setting.path("runs"))
        .into_iter()
        .filter(|path| path.file_stem().unwrap() == "report")
        .collect();
    assert_eq!(reports.len(), 2);
    for report in reports {
        let name = report.file_name().unwrap().to_str().unwrap();
        assert!(text.contains(name), "{name} is not named in: {text}");
    }
}

#[test]
fn a_second_run_downloads_nothing() {
    let setting = Setting::new();
    setting.run_total(SAME).assert().code(0);
    let report = setting.run_total_json(SAME, 0);
    let objects: Vec<&Value> = report["steps"][0]["trees"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|tree| tree["objects"].as_array().unwrap())
        .collect();
    assert_eq!(objects.len(), 2);
    assert!(objects.iter().all(|object| object["origin"] == "cache"), "{objects:?}");
}

#[test]
fn a_scenario_file_makes_the_command_short() {
    let setting = Setting::new();
    let scenario = format!(
        "pipeline = \"sales\"\n[steps.total]\ncommand = [\"sh\", \"-c\", '{SAME}', \"sh\", \"{{inputs}}\", \"{{outputs}}\"]\n\
         inputs = {{ rows = \"extract.rows\" }}\n"
    );
    std::fs::write(setting.path("reenact.toml"), scenario).unwrap();
    setting.reenact(&["run", "total", "--from", "run-10"]).assert().code(0);
}

#[test]
fn a_directory_that_mirrors_a_bucket_behaves_like_one() {
    let setting = Setting::new();
    let mirror = setting.path("mirror");
    for key in setting.bucket().keys() {
        let path = mirror.join(&key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, setting.bucket().body(&key).unwrap()).unwrap();
    }
    let bucket = format!("file://{}", mirror.display());
    setting.server.stop();
    setting.run_total(SAME).env("REENACT_BUCKET", &bucket).assert().code(0);
}

#[test]
fn compare_judges_two_files() {
    let setting = Setting::new();
    for (name, rows) in [("a.csv", "id,x\n1,2\n"), ("b.csv", "id,x\n1,3\n")] {
        std::fs::write(setting.path(name), rows).unwrap();
    }
    setting.reenact(&["compare", "a.csv", "a.csv"]).assert().code(0);
    std::fs::write(setting.path("notes.txt"), "no table").unwrap();
    let one = setting.reenact(&["compare", "notes.txt", "notes.txt"]).assert().code(0);
    one.stdout(predicates::str::contains("MATCHES  the only check passed"));
    let judgement =
        json(&mut setting.reenact(&["--json", "compare", "a.csv", "b.csv", "--key", "id"]), 1);
    assert_eq!(judgement["tables"][0]["rows"]["changed"], 1);
}

#[test]
fn the_cache_can_be_looked_at() {
    let setting = Setting::new();
    setting.run_total(SAME).assert().code(0);
    let entries = json(&mut setting.reenact(&["--json", "cache", "ls"]), 0);
    assert_eq!(entries["objects"].as_array().unwrap().len(), 2);
    json(&mut setting.reenact(&["--json", "cache", "verify"]), 0);
    let directory =
        setting.reenact(&["cache", "path"]).assert().code(0).get_output().stdout.clone();
    assert_eq!(
        String::from_utf8(directory).unwrap().trim_end(),
        setting.path("cache/v1").canonicalize().unwrap().to_str().unwrap()
    );
}

#[test]
fn rows_for_which_there_is_no_memory_are_compared_on_the_disk() {
    let setting = Setting::new();
    let row = |id: u32| format!("{id},text of row {id}\n");
    let rows = [(0..50_000).map(row).collect(), (0..50_000).rev().map(row).collect::<String>()];
    for (name, rows) in ["a.csv", "b.csv"].into_iter().zip(rows) {
        std::fs::write(setting.path(name), format!("id,text\n{rows}")).unwrap();
    }
    let compare = |memory: &str, temporary: &str| {
        let mut command = setting.reenact(&["compare", "a.csv", "b.csv", "--key", "id"]);
        command.args(["--memory", memory]).env("TMPDIR", setting.path(temporary)).assert()
    };
    compare("1GiB", "not-there").code(0);
    compare("1MB", ".").code(0);
    compare("1MB", "not-there").code(2).stderr(predicates::str::contains("not-there"));
    compare("much", ".").code(2).stderr(predicates::str::contains("much"));
}
