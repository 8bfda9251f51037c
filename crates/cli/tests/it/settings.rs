//! Where settings come from, and the commands that only tell: `config`, `explain`, `completions`, `man`.

use predicates::str::contains;

use crate::needs::has;
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
    assert_eq!(of("requester_pays").1, serde_json::json!("default"));
    assert!(config["cache_dir"]["value"].as_str().unwrap().ends_with("cache"));
}

#[test]
fn what_the_sdk_reads_by_itself_is_told_too() {
    let setting = Setting::new();
    std::fs::write(setting.path("user.toml"), "endpoint_url = \"http://127.0.0.1:9\"\n").unwrap();
    let url = setting.server.endpoint_url();
    let command = |words: &[&str]| {
        let mut command = setting.reenact(words);
        command.env_remove("AWS_ENDPOINT_URL_S3").env_remove("AWS_REGION");
        command.env("AWS_ENDPOINT_URL", &url).env("AWS_DEFAULT_REGION", "us-east-1");
        command.env("REENACT_CONFIG", setting.path("user.toml"));
        command
    };
    let config = json(&mut command(&["--json", "config", "show"]), 0);
    for (name, value, variable) in [
        ("endpoint_url", url.as_str(), "AWS_ENDPOINT_URL"),
        ("region", "us-east-1", "AWS_DEFAULT_REGION"),
    ] {
        assert_eq!(config[name]["value"], value);
        assert_eq!(config[name]["origin"], serde_json::json!({ "environment": variable }));
    }
    command(&["discover"]).assert().code(0);
    let mut bare = setting.reenact(&["--json", "config", "show"]);
    let config = json(bare.env_remove("REENACT_CACHE_DIR").env_remove("REENACT_WORKSPACE"), 0);
    let directory = |name: &str| config[name]["default"].as_str().unwrap().to_owned();
    assert_eq!(directory("cache_dir"), setting.path(".cache/reenact").to_str().unwrap());
    assert_eq!(directory("workspace"), format!("{}/workspaces", directory("cache_dir")));
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
