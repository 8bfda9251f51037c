//! Where settings come from, and the commands that only tell: `config`, `explain`, `completions`, `man`.

use std::io::Write;

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

/// Returns whether a program is there; says so where it is not, which fails where nothing may be left out.
fn has(program: &str) -> bool {
    let found = std::process::Command::new(program).arg("--version").output().is_ok();
    if !found {
        assert!(
            std::env::var_os("REENACT_REQUIRE").is_none_or(|value| value != "1"),
            "{program} is required"
        );
        let mut errors = std::io::stderr();
        writeln!(errors, "skipped: what is written for {program} is not checked").unwrap();
    }
    found
}

#[test]
fn completions_are_what_their_shell_reads() {
    let setting = Setting::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = setting.path(shell);
        let output = setting.reenact(&["completions", shell]).assert().code(0).get_output().clone();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("test-real-data") && text.contains("endpoint-url"), "{shell}");
        std::fs::write(&script, text).unwrap();
        if has(shell) {
            let read = std::process::Command::new(shell).arg("-n").arg(&script).output().unwrap();
            assert!(read.status.success() && read.stderr.is_empty(), "{shell}: {read:?}");
        }
    }
}

#[test]
fn every_command_has_a_page_that_man_reads() {
    let setting = Setting::new();
    let pages = setting.path("pages");
    setting.reenact(&["man", "--into", pages.to_str().unwrap()]).assert().code(0);
    for command in crate::reference::leaves() {
        let page = pages.join(format!("reenact-{}.1", command.replace(' ', "-")));
        assert!(page.exists(), "{} is missing", page.display());
    }
    if has("man") {
        for page in files(&pages) {
            let mut man = std::process::Command::new("man");
            let read = man
                .args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8"])
                .arg(&page)
                .output()
                .unwrap();
            assert!(
                read.status.success() && read.stderr.is_empty(),
                "{}: {read:?}",
                page.display()
            );
            let lines = read.stdout.split(|byte| *byte == b'\n').count();
            assert!(lines > 20, "{} has {lines} lines", page.display());
        }
    }
}
