//! Exit codes, for every command that has more than one: scripts rely on them.

use crate::production::{SAME, Setting, files};

/// A scenario whose step does this.
fn scenario(script: &str) -> String {
    format!(
        "[steps.total]\ncommand = [\"sh\", \"-c\", '{script}', \"sh\", \"{{inputs}}\", \"{{outputs}}\"]\n\
         inputs = {{ rows = \"extract.rows\" }}\n"
    )
}

/// A step that loses a row.
const LOSES: &str = r#"head -n 3 "$1"/rows/rows.csv > "$2"/totals/rows.csv"#;
const FAILS: &str = "exit 7";

fn ends(setting: &Setting, words: &[&str], code: i32) {
    let output = setting.reenact(words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
}

#[test]
fn a_verdict_is_0_1_or_2_whatever_asked_for_it() {
    let setting = Setting::new();
    for (script, code) in [(SAME, 0), (LOSES, 1), (FAILS, 2), ("true", 2)] {
        std::fs::write(setting.path("reenact.toml"), scenario(script)).unwrap();
        for words in [&["run", "total"][..], &["run", "total", "--chain"], &["test-real-data"]] {
            ends(&setting, words, code);
        }
        ends(&setting, &["report", "render"], 0);
    }
    for (name, rows) in [
        ("a.csv", "id\n1\n"),
        ("b.csv", "id\n2\n"),
        ("empty.csv", "id\n"),
        ("broken.csv", "id\n1,2\n"),
    ] {
        std::fs::write(setting.path(name), rows).unwrap();
    }
    ends(&setting, &["profile", "a.csv", "--out", "a.json"], 0);
    for (right, code) in
        [("a.csv", 0), ("b.csv", 1), ("empty.csv", 1), ("broken.csv", 2), ("gone.csv", 2)]
    {
        ends(&setting, &["compare", right, "a.csv"], code);
    }
    ends(&setting, &["compare", "empty.csv", "empty.csv"], 2);
    ends(&setting, &["compare", "b.csv", "--baseline", "gone.json"], 2);
    for (right, code) in [("latest", 0), ("latest~1", 1), ("latest~9", 2)] {
        ends(&setting, &["compare", "latest", right, "--step", "total"], code);
    }
}

#[test]
fn without_production_a_step_runs_well_or_it_cannot_be_told() {
    let setting = Setting::new();
    std::fs::create_dir_all(setting.path("data/extract/rows")).unwrap();
    std::fs::write(setting.path("data/extract/rows/rows.csv"), "id\n1\n").unwrap();
    for (script, code) in [(SAME, 0), (FAILS, 2)] {
        let outputs = format!("{}outputs = [\"totals\"]\n", scenario(script));
        std::fs::write(setting.path("reenact.toml"), outputs).unwrap();
        for words in [&["run", "total", "--mode", "isolation"][..], &["run", "--mode", "pipeline"]]
        {
            let words = [words, &["--local-data", "data"]].concat();
            ends(&setting, &words, code);
        }
    }
}

#[test]
fn what_is_looked_after_is_0_if_it_was_sound_and_1_if_it_was_not() {
    let setting = Setting::new();
    setting.run_total(SAME).assert().code(0);
    ends(&setting, &["cache", "verify"], 0);
    let blob = files(&setting.path("cache/v1/blobs")).remove(0);
    let mut permissions = std::fs::metadata(&blob).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
    std::fs::set_permissions(&blob, permissions).unwrap();
    std::fs::write(&blob, "somebody wrote here").unwrap();
    ends(&setting, &["cache", "verify"], 1);
    // It is out of the way now, and fetched again.
    ends(&setting, &["cache", "verify"], 0);
    setting.run_total(SAME).assert().code(0);
    ends(&setting, &["explain", "pipelines/sales/run-9/total/output/totals/rows.csv"], 0);
    ends(&setting, &["explain", "elsewhere/rows.csv"], 1);
    ends(&setting, &["doctor"], 0);
    setting.server.stop();
    ends(&setting, &["doctor"], 2);
    ends(&setting, &["discover"], 2);
    ends(&setting, &["cache", "ls"], 0);
}
