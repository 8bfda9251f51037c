//! What users get wrong is told with what to do about it, before anything is done for nothing.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::production::{SAME, Setting, files, json};

/// Runs a command that has to fail, and returns what it says.
fn refused(setting: &Setting, words: &[&str]) -> String {
    let output = setting.reenact(words).assert().code(2).stdout("").get_output().clone();
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn without_a_pipeline_it_is_asked_for() {
    let setting = Setting::new();
    for words in [
        &["run", "total", "--no-inputs", "--", "true"][..],
        &["run", "--mode", "pipeline"],
        &["fetch", "extract", "--dry-run"],
        &["compare", "latest", "latest~1", "--step", "total"],
        &["test-real-data"],
        &["scenario", "init"],
        &["scenario", "check", "--scenario", "empty.toml"],
    ] {
        std::fs::write(setting.path("empty.toml"), "").unwrap();
        let mut command = setting.reenact(words);
        command.env_remove("REENACT_PIPELINE").assert().code(2).stderr(contains("--pipeline"));
    }
    assert_eq!(setting.server.requests(), [], "nothing is asked for nothing");
}

#[test]
fn without_a_bucket_it_is_asked_for() {
    let setting = Setting::new();
    for words in [
        &["run", "total", "--no-inputs", "--", "true"][..],
        &["discover"],
        &["fetch", "extract", "--dry-run"],
        &["compare", "latest", "latest~1", "--step", "total"],
        &["scenario", "init"],
        &["doctor"],
    ] {
        let output = setting.reenact(words).env_remove("REENACT_BUCKET").output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(said.contains("bucket") && said.contains("file://"), "{words:?}: {said}");
    }
}

#[test]
fn a_profile_that_is_not_there_is_named_with_where_it_was_looked_for() {
    let setting = Setting::new();
    std::fs::create_dir(setting.path(".aws")).unwrap();
    std::fs::write(setting.path(".aws/config"), "[profile analytics]\nregion = us-east-1\n")
        .unwrap();
    let expected = || {
        contains("no AWS profile \"analytcs\" in ~/.aws/config or ~/.aws/credentials")
            .and(contains("did you mean \"analytics\"?"))
            .and(contains("IMDS").not())
    };
    let mut typed = setting.reenact(&["discover", "--profile", "analytcs"]);
    typed.assert().code(2).stdout("").stderr(expected());
    let mut named = setting.reenact(&["fetch", "extract", "--dry-run"]);
    named.env("AWS_PROFILE", "analytcs").assert().code(2).stderr(expected());
    let mut elsewhere = setting.reenact(&["discover", "--profile", "analytics"]);
    elsewhere.env("AWS_CONFIG_FILE", "aws.ini").assert().code(2).stderr(contains("aws.ini"));
    assert_eq!(setting.server.requests(), []);
}

#[test]
fn a_profile_that_is_typed_comes_before_keys_in_the_environment() {
    let setting = Setting::new();
    std::fs::create_dir(setting.path(".aws")).unwrap();
    let keys = format!(
        "[analytics]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        setting.server.access_key_id(),
        setting.server.secret_access_key()
    );
    std::fs::write(setting.path(".aws/credentials"), keys).unwrap();
    let discover = |words: &[&str]| {
        let mut command = setting.reenact(&["discover"]);
        command.args(words).env("AWS_ACCESS_KEY_ID", "AKIAOFSOMEBODYELSE");
        command
    };
    discover(&["--profile", "analytics"]).assert().code(0);
    discover(&[]).env("AWS_PROFILE", "analytics").assert().code(2).stderr(contains("credentials"));
}

#[test]
fn what_only_a_manifest_tells_is_asked_of_one() {
    let setting = Setting::new();
    for what in ["properties.Outputs['rows']", "Steps.extract.Outputs['rows']", "data-type:Table"] {
        let said = refused(&setting, &["fetch", what, "--dry-run"]);
        assert!(said.contains("--manifest") && said.contains(what), "{said}");
    }
    assert_eq!(setting.server.requests(), []);
    let said = refused(&setting, &["fetch", "job-type:training", "--dry-run"]);
    assert!(said.contains("--layout") && said.contains("job-type:training"), "{said}");
}

#[test]
fn a_file_that_is_no_profile_is_told_with_how_to_make_one() {
    let setting = Setting::new();
    std::fs::write(setting.path("a.csv"), "id\n1\n").unwrap();
    for words in [
        &["compare", "a.csv", "--baseline", "a.csv"][..],
        &["compare", "a.csv", "--baseline", "not-there.json"],
        &["rules", "suggest", "a.csv", "a.csv"],
    ] {
        let said = refused(&setting, words);
        assert!(said.contains("`reenact profile DATA --out FILE`"), "{said}");
        assert!(!said.contains("cannot use"), "it is not said twice: {said}");
    }
    let said = refused(&setting, &["profile", "extrct"]);
    assert!(
        said.contains("no file or directory `extrct` here") && said.contains("extract"),
        "{said}"
    );
}

#[test]
fn a_path_that_is_not_there_is_named_with_what_could_be_meant() {
    let setting = Setting::new();
    std::fs::write(setting.path("a.csv"), "id\n1\n").unwrap();
    for words in [&["compare", "nope.csv", "a.csv"][..], &["compare", "a.csv", "nope.csv"]] {
        let said = refused(&setting, words);
        assert!(said.contains("no file or directory `nope.csv` here"), "{said}");
        assert!(said.contains("--step STEP") && !said.contains("metadata"), "{said}");
    }
    let mut alone = setting.reenact(&["profile", "nope.csv"]);
    let expected = contains("no file or directory `nope.csv` here").and(contains("--bucket"));
    alone.env_remove("REENACT_BUCKET").assert().code(2).stderr(expected);
    let nowhere = setting.path("nowhere");
    let url = format!("file://{}", nowhere.display());
    for words in [&["discover"][..], &["run", "total", "--no-inputs", "--", "true"]] {
        let mut command = setting.reenact(&["--bucket", &url]);
        let expected = contains(&url).and(contains("name a directory that mirrors a bucket"));
        let expected = expected.and(contains("the profile").not()).and(contains("endpoint").not());
        command.args(words).assert().code(2).stderr(expected);
    }
}

#[test]
fn what_holds_no_table_is_told_with_what_a_table_is() {
    let setting = Setting::new();
    std::fs::create_dir(setting.path("empty")).unwrap();
    for (file, text, why) in [
        ("broken.json", "{\"a\": [1,", Some("because EOF while parsing a value at line 1")),
        ("document.json", "{\"a\": 1}", None),
        ("notes.txt", "no table", None),
        ("empty", "", None),
    ] {
        if !text.is_empty() {
            std::fs::write(setting.path(file), text).unwrap();
        }
        let said = refused(&setting, &["profile", file]);
        assert!(said.contains(&format!("no table in {file}")), "{said}");
        assert!(said.contains("JSON array of objects"), "{said}");
        assert_eq!(said.contains("because"), why.is_some(), "{said}");
        assert!(why.is_none_or(|why| said.contains(why)), "{said}");
    }
}

#[test]
fn a_profile_that_nobody_is_logged_in_to_is_told_with_how_to_log_in() {
    let setting = Setting::new();
    std::fs::create_dir(setting.path(".aws")).unwrap();
    let config = "[profile work]\nregion = us-east-1\nsso_start_url = https://acme.example/start\nsso_region = us-east-1\n\
        sso_account_id = 123456789012\nsso_role_name = reader\n";
    std::fs::write(setting.path(".aws/config"), config).unwrap();
    let said = refused(&setting, &["discover", "--profile", "work"]);
    assert!(said.contains("`aws sso login`"), "{said}");
}

#[test]
fn where_nothing_can_be_written_is_told_before_the_work() {
    let setting = Setting::new();
    std::fs::create_dir(setting.path("directory")).unwrap();
    std::fs::write(setting.path("a.csv"), "id\n1\n").unwrap();
    for form in ["--junit", "--markdown"] {
        for (file, why) in [("missing/report", "no such directory"), ("directory", "a directory")] {
            let words = ["run", "total", form, file, "--input", "rows=extract.rows", "--", "true"];
            assert!(refused(&setting, &words).contains(why), "{form} {file}");
        }
    }
    assert!(files(&setting.path("runs")).is_empty(), "no step was run for it");
    for words in [
        &["profile", "a.csv", "--out", "missing/p.json"][..],
        &["rules", "suggest", "a.csv", "--out", "missing/r.toml"],
        &["report", "render", "--into", "missing/r.html"],
        &["scenario", "init", "--into", "missing/r.toml"],
        &["fetch", "extract", "--into", "a.csv/below"],
    ] {
        let said = refused(&setting, words);
        assert!(said.contains("name another"), "{words:?}: {said}");
    }
    assert_eq!(setting.server.requests(), []);
}

#[test]
fn what_is_no_run_is_told_with_how_to_name_one() {
    let setting = Setting::new();
    std::fs::create_dir(setting.path("empty")).unwrap();
    std::fs::write(setting.path("a.csv"), "id\n1\n").unwrap();
    for command in ["open", "render"] {
        for run in ["not-there", "empty"] {
            let said = refused(&setting, &["report", command, run]);
            assert!(said.contains(run) && said.contains("name the directory of a run"), "{said}");
        }
    }
    setting.run_total(SAME).assert().code(0);
    let runs = files(&setting.path("runs"));
    let page = runs.iter().find(|path| path.ends_with("report.html")).unwrap().to_str().unwrap();
    setting.reenact(&["report", "render", page]).assert().code(0).stdout(contains("MATCHES"));
    let mut alone = setting.reenact(&["report", "open", page]);
    let expected = contains("no browser").and(contains(page)).and(contains("report render"));
    alone.env("PATH", setting.path("empty")).assert().code(2).stderr(expected);
    let said = refused(&setting, &["report", "render", "a.csv"]);
    assert!(said.contains("the recording in a.csv cannot be used"), "{said}");
}

#[test]
fn a_scenario_that_is_not_there_is_not_checked() {
    let setting = Setting::new();
    assert!(refused(&setting, &["scenario", "check"]).contains("`reenact scenario init`"));
    std::fs::write(setting.path("reenact.toml"), "pipeline = \"sales\"\n").unwrap();
    setting.reenact(&["scenario", "check"]).assert().code(0).stdout(contains("[steps.NAME]"));
    std::fs::write(setting.path("reenact.toml"), "pipeline = [\n").unwrap();
    let said = refused(&setting, &["scenario", "check"]);
    assert!(said.contains("the scenario reenact.toml cannot be used"), "{said}");
}

#[test]
fn settings_that_are_not_there_are_told_as_such() {
    let setting = Setting::new();
    std::fs::write(setting.path("wrong.toml"), "bucket = 3\n").unwrap();
    for file in ["not-there.toml", "wrong.toml"] {
        let mut command = setting.reenact(&["config", "show"]);
        let expected = contains(format!("the settings in {file} cannot be used"));
        command.env("REENACT_CONFIG", file).assert().code(2).stderr(expected);
    }
}

#[test]
fn a_size_without_a_unit_is_refused() {
    let setting = Setting::new();
    setting.run_total(SAME).assert().code(0);
    assert!(refused(&setting, &["cache", "gc", "--max-size", "10"]).contains("with a unit"));
    assert!(!files(&setting.path("cache/v1/blobs")).is_empty());
}

#[test]
fn a_number_below_the_least_is_refused_with_the_least() {
    let setting = Setting::new();
    for words in [&["discover", "--limit", "0"][..], &["run", "total", "--jobs", "0"]] {
        let said = refused(&setting, words);
        assert!(said.contains("from 1 on") && !said.contains("non-zero type"), "{said}");
    }
    for limit in ["0", "-1", "nan"] {
        let limit = format!("--time-limit={limit}");
        let said = refused(&setting, &["run", "total", &limit, "--no-inputs", "--", "true"]);
        assert!(said.contains("time limit") && said.contains("is not valid"), "{said}");
    }
    assert_eq!(setting.server.requests(), []);
}

#[test]
fn one_is_no_plural_and_few_bytes_are_no_megabytes() {
    let setting = Setting::new();
    let run = setting.run_total(SAME).assert().code(0);
    run.stdout(contains("2 objects downloaded (50 bytes), 0 found in the cache"));
    setting.publish("run-11", "2026-03-05T00:00:00Z".parse().unwrap(), "id,amount\n1,10\n");
    setting.reenact(&["cache", "purge", "--all", "--yes"]).assert().stdout(contains("1 blob,"));
    let mut alone = setting.reenact(&["run", "total", "--no-inputs", "--", "true"]);
    alone.assert().code(2).stdout(contains("1 object downloaded (15 bytes)"));
    setting.reenact(&["cache", "verify"]).assert().stdout(contains("1 blob sound (15 B)"));
}

#[test]
fn commas_and_blanks_between_columns_do_not_count() {
    let setting = Setting::new();
    std::fs::write(setting.path("a.csv"), "id,x\n1,2\n").unwrap();
    let judge = |key: &str| {
        json(&mut setting.reenact(&["--json", "compare", "a.csv", "a.csv", "--key", key]), 0)
    };
    assert_eq!(judge("id, x,"), judge("id,x"));
    assert!(
        refused(&setting, &["run", "total", "--input", "rows", "--", "true"])
            .contains("`rows` is no input")
    );
}

#[test]
fn an_empty_bucket_is_told_from_a_silent_one() {
    let setting = Setting::new();
    setting.server.bucket("void");
    let mut command = setting.reenact(&["discover", "--bucket", "void"]);
    let expected = contains("no key of void").and(contains("reenact explain"));
    command.env_remove("REENACT_PIPELINE").assert().code(0).stdout(expected);
    let expected = contains("run-9").and(contains("--limit N"));
    setting.reenact(&["discover", "--limit", "1"]).assert().code(0).stdout(expected);
}
