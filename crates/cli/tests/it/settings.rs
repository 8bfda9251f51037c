//! Where settings come from, and the commands that only tell: `config`, `explain`, `completions`, `man`.

use predicates::str::contains;

use crate::production::{Setting, files, json};

#[test]
fn each_setting_tells_where_it_came_from() {
    let setting = Setting::new();
    std::fs::write(setting.path("reenact.toml"), "pipeline = \"written\"\nlayout = \"hive\"\n")
        .unwrap();
    std::fs::write(setting.path("user.toml"), "region = \"eu-west-1\"\nlayout = \"kfp\"\n")
        .unwrap();
    let mut command = setting.reenact(&["--json", "config", "show", "--bucket", "typed"]);
    command.env("REENACT_CONFIG", setting.path("user.toml"));
    let config = json(command.env_remove("REENACT_PIPELINE").env_remove("AWS_REGION"), 0);
    let of = |name: &str| (config[name]["value"].as_str(), config[name]["origin"].clone());
    assert_eq!(of("bucket"), (Some("typed"), serde_json::json!({"flag": "--bucket"})));
    assert_eq!(of("workspace").1, serde_json::json!({"environment": "REENACT_WORKSPACE"}));
    assert_eq!(of("pipeline"), (Some("written"), serde_json::json!({"scenario": "reenact.toml"})));
    assert_eq!(of("layout").0, Some("hive"), "the scenario file is nearer than the user's");
    assert_eq!(of("region").0, Some("eu-west-1"));
    assert!(of("region").1["user_file"].as_str().unwrap().ends_with("user.toml"));
    assert_eq!(of("profile"), (None, serde_json::json!("default")));
}

#[test]
fn what_the_users_file_says_is_used() {
    let setting = Setting::new();
    std::fs::write(setting.path("user.toml"), "bucket = \"acme\"\npipeline = \"sales\"\n").unwrap();
    let mut command = setting.reenact(&["--json", "discover"]);
    command.env("REENACT_CONFIG", setting.path("user.toml"));
    command.env_remove("REENACT_PIPELINE").env_remove("REENACT_BUCKET");
    assert_eq!(json(&mut command, 0)["executions"].as_array().unwrap().len(), 2);
}

#[test]
fn an_unknown_setting_is_refused_with_file_and_line() {
    let setting = Setting::new();
    std::fs::write(setting.path("user.toml"), "region = \"x\"\nbukket = \"acme\"\n").unwrap();
    let mut command = setting.reenact(&["config", "show"]);
    command.env("REENACT_CONFIG", setting.path("user.toml"));
    command
        .assert()
        .code(2)
        .stderr(contains("user.toml"))
        .stderr(contains("line 2"))
        .stderr(contains("bukket"));
}

#[test]
fn explain_tells_which_layout_fits() {
    let setting = Setting::new();
    let key = "pipelines/sales/run-9/total/output/totals/rows.csv";
    setting.reenact(&["explain", key]).assert().code(0).stdout(contains("seed"));
    let uri = format!("s3://acme/{key}");
    let told = json(&mut setting.reenact(&["--json", "explain", &uri, "--layout", "hive"]), 1);
    assert_eq!(told["key"], key);
    assert_eq!(told["attempts"][0]["preset"], "hive");
}

#[test]
fn completions_and_pages_know_every_command() {
    let setting = Setting::new();
    setting.reenact(&["completions", "bash"]).assert().code(0).stdout(contains("discover"));
    let pages = setting.path("pages");
    setting.reenact(&["man", "--into", pages.to_str().unwrap()]).assert().code(0);
    let names: Vec<_> = files(&pages)
        .iter()
        .map(|page| page.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    for name in ["reenact.1", "reenact-run.1", "reenact-cache-purge.1"] {
        assert!(names.iter().any(|page| page == name), "{name} is not among {names:?}");
    }
}
