//! What is kept on disk and how it goes away: `cache gc`, `cache purge`, `cleanup`.

use predicates::str::contains;

use crate::production::{SAME, Setting, files, json};

#[test]
fn a_purge_forgets_a_prefix_only_when_it_is_told_to() {
    let setting = Setting::new();
    setting.run_total(SAME).assert().code(0);
    let prefix = "pipelines/sales/run-9/extract/";
    let told = json(&mut setting.reenact(&["--json", "cache", "purge", "--prefix", prefix]), 0);
    assert_eq!(
        (told["purged"].as_bool(), told["objects"].as_array().unwrap().len()),
        (Some(false), 1)
    );
    let done =
        json(&mut setting.reenact(&["--json", "cache", "purge", "--prefix", prefix, "--yes"]), 0);
    assert_eq!(done["objects"], 1);
    let left = json(&mut setting.reenact(&["--json", "cache", "ls"]), 0);
    assert_eq!(left["objects"].as_array().unwrap().len(), 1);
    json(&mut setting.reenact(&["--json", "cache", "purge", "--all", "--yes"]), 0);
    assert!(files(&setting.path("cache/v1/blobs")).is_empty());
}

#[test]
fn a_purge_of_nothing_named_is_refused() {
    let setting = Setting::new();
    let mut command = setting.reenact(&["cache", "purge", "--yes"]);
    command.env_remove("REENACT_BUCKET").assert().code(2).stderr(contains("--all"));
}

#[test]
fn the_limits_of_gc_can_be_given() {
    let setting = Setting::new();
    setting.run_total(SAME).assert().code(0);
    let blobs = || files(&setting.path("cache/v1/blobs")).len();
    let before = blobs();
    assert!(before > 0);
    setting.reenact(&["cache", "gc", "--max-size", "1B", "--dry-run"]).assert().code(0);
    assert_eq!(blobs(), before);
    setting.reenact(&["cache", "gc", "--max-size", "1B"]).assert().code(0);
    assert_eq!(blobs(), 0);
    setting
        .reenact(&["cache", "gc", "--max-size", "many"])
        .assert()
        .code(2)
        .stderr(contains("10GiB"));
}

#[test]
fn c5_cleanup_removes_old_runs_and_can_be_tried_first() {
    let setting = Setting::new();
    setting.run_total(SAME).assert().code(0);
    let runs = || std::fs::read_dir(setting.path("runs")).unwrap().count();
    let told =
        json(&mut setting.reenact(&["--json", "cleanup", "--older-than", "0", "--dry-run"]), 0);
    assert_eq!((told["runs"].as_array().unwrap().len(), runs()), (1, 1));
    setting.reenact(&["cleanup"]).assert().code(0);
    assert_eq!(runs(), 1, "a run of today is not old");
    setting.reenact(&["cleanup-cache", "--older-than", "0"]).assert().code(0);
    assert_eq!(runs(), 0);
}
