//! How the program behaves whatever the command: one JSON document, exit codes, signals, pipes, widths, colours, words mistyped.

use std::process::{Child, Command, Stdio};

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::production::{SAME, Setting, files, json};
use crate::reference::leaves;

/// A scenario whose step `total` copies its input.
const SCENARIO: &str = r#"
pipeline = "sales"
[steps.total]
command = ["sh", "-c", 'cp "$1"/rows/rows.csv "$2"/totals/rows.csv', "sh", "{inputs}", "{outputs}"]
inputs = { rows = "extract.rows" }
"#;

/// What to type after each command so that it does its job, and what it then ends with.
const JOBS: &[(&str, &[&str], i32)] = &[
    ("discover", &[], 0),
    ("fetch", &["extract", "--into", "fetched"], 0),
    ("run", &["total"], 0),
    ("compare", &["reenact.toml", "reenact.toml"], 0),
    ("profile", &["extract.rows", "--out", "rows.profile.json"], 0),
    ("rules suggest", &["rows.profile.json", "rows.profile.json"], 0),
    ("test-real-data", &[], 0),
    ("scenario init", &["--into", "new.toml"], 0),
    ("scenario check", &[], 0),
    ("report open", &[], 0),
    ("report render", &["--format", "markdown"], 0),
    ("cache ls", &[], 0),
    ("cache path", &[], 0),
    ("cache verify", &[], 0),
    ("cache gc", &[], 0),
    ("cache purge", &["--all"], 0),
    ("cleanup", &[], 0),
    ("doctor", &[], 0),
    ("explain", &["pipelines/sales/run-9/total/output/totals/rows.csv"], 0),
    ("config show", &[], 0),
    ("completions", &["bash"], 0),
    ("man", &["--into", "pages"], 0),
];

/// A user with a scenario, a run that was made, and a browser that opens nothing.
fn setting() -> Setting {
    let setting = Setting::new();
    std::fs::write(setting.path("reenact.toml"), SCENARIO).unwrap();
    setting.run_total(SAME).assert().code(0);
    let browser = setting.path("xdg-open");
    std::fs::write(&browser, "#!/bin/sh\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(browser, executable).unwrap();
    setting
}

/// The command as a process of the standard library, whose signals and pipes a test can reach.
fn process(command: &assert_cmd::Command) -> Command {
    let mut process = Command::new(command.get_program());
    process.args(command.get_args()).env_clear().current_dir(command.get_current_dir().unwrap());
    process.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    process
}

#[test]
fn with_json_every_command_prints_one_document_and_without_it_a_text() {
    let setting = setting();
    let path = std::env::join_paths(
        [setting.home.path().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let known: Vec<&str> = JOBS.iter().map(|(command, ..)| *command).collect();
    for command in leaves() {
        assert!(known.contains(&command.as_str()), "`{command}` has no line in JOBS");
    }
    for (command, words, exit) in JOBS {
        let command: Vec<&str> = command.split(' ').chain(words.iter().copied()).collect();
        let mut with_json = setting.reenact(&command);
        let document = json(with_json.arg("--json").env("PATH", &path), *exit);
        assert!(document.get("error").is_none(), "{command:?}: {document}");
        // A second time what was made is in the way; that is an answer too.
        let mut plain = setting.reenact(&command);
        let output = plain.env("PATH", &path).output().unwrap();
        assert!(!output.stdout.is_empty() || !output.stderr.is_empty(), "{command:?} says nothing");
        assert!(!output.stdout.starts_with(b"{\n"), "{command:?} prints JSON unasked");
        assert!(!output.stderr.windows(5).any(|text| text == b"panic"), "{command:?}");
    }
}

#[test]
fn with_json_every_failure_is_one_document_too() {
    let setting = Setting::new();
    for words in [
        &["discover", "sails"][..],
        &["fetch", "extrct", "--dry-run"],
        &["run", "totl", "--no-inputs", "--", "true"],
        &["compare", "not-there.csv", "not-there.csv"],
        &["test-real-data"],
        &["scenario", "init", "--from", "never"],
        &["report", "render"],
        &["cache", "gc", "--cache-dir", "/dev/null/x"],
        &["cleanup", "--cache-dir", "/dev/null/x"],
        &["config", "show", "--bogus"],
        &["frobnicate"],
        &["run"],
    ] {
        let document = json(setting.reenact(&["--json"]).args(words), 2);
        let told = document["error"].as_array().unwrap();
        assert!(told[0].as_str().is_some_and(|text| !text.is_empty()), "{words:?}: {document}");
    }
}

#[test]
fn help_and_version_end_with_0_and_no_command_with_2() {
    let setting = Setting::new();
    for words in
        [&["--help"][..], &["--version"], &["help"], &["run", "--help"], &["help", "cache"]]
    {
        setting.reenact(words).assert().code(0).stderr("");
    }
    for words in [&[][..], &["cache"], &["report"], &["scenario"], &["config"]] {
        setting.reenact(words).assert().code(2).stdout("");
    }
}

#[test]
fn what_is_mistyped_is_met_with_what_was_meant() {
    let setting = Setting::new();
    for (words, said) in [
        (&["discvoer"][..], "discover"),
        (&["fetch", "x", "--buket", "a"], "--bucket"),
        (&["run", "total", "--mode", "replya"], "replay"),
        (&["cache", "vreify"], "verify"),
        (&["report", "render", "--format", "jnit"], "junit"),
        (&["discover", "sails"], "sales"),
        (&["fetch", "extarct", "--dry-run"], "extract"),
        (&["fetch", "extract.row", "--dry-run"], "extract.rows"),
        (&["run", "toatl", "--no-inputs", "--", "true"], "total"),
        (&["run", "total", "--input", "rows=extract.rwos", "--", "true"], "extract.rows"),
        (&["discover", "--layout", "sagemaker-procesing"], "sagemaker-processing"),
    ] {
        setting.reenact(words).assert().code(2).stdout("").stderr(contains(said));
    }
}

#[test]
fn usage_names_no_option_that_only_the_environment_gave() {
    let setting = Setting::new();
    let expected = contains("Usage: reenact run [OPTIONS]").and(contains("--cache-dir").not());
    setting.reenact(&["run"]).assert().code(2).stderr(expected);
}

/// Starts `reenact run` with a step that says that it runs, and waits until it does.
fn running(setting: &Setting) -> (Child, String) {
    running_with(setting, &[])
}

/// The same with some options more.
fn running_with(setting: &Setting, options: &[&str]) -> (Child, String) {
    let pid = setting.path("pid");
    let script = format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 1000", pid.display());
    let mut command = setting.reenact(&["run", "total", "--input", "rows=extract.rows"]);
    command.args(options).args(["--", "sh", "-c", &script, "sh", "{inputs}", "{outputs}"]);
    let mut child = process(&command);
    let child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    while !pid.exists() {
        std::thread::yield_now();
    }
    (child, std::fs::read_to_string(&pid).unwrap().trim().to_owned())
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(status.unwrap().success());
}

#[test]
fn an_interrupted_run_ends_its_step_and_leaves_a_report() {
    for (signal, exit) in [("-INT", 130), ("-TERM", 143)] {
        let setting = Setting::new();
        let (child, step) = running(&setting);
        send(signal, &child);
        let told = child.wait_with_output().unwrap();
        assert_eq!(told.status.code(), Some(exit), "{signal}");
        let told = String::from_utf8(told.stdout).unwrap();
        assert!(told.contains("interrupted while step `total` ran"), "{told}");
        while std::path::Path::new("/proc").join(&step).exists() {
            std::thread::yield_now();
        }
        let reports = files(&setting.path("runs"));
        assert!(reports.iter().any(|path| path.ends_with("report.html")), "{reports:?}");
        let again = json(&mut setting.reenact(&["--json", "report", "render"]), 0);
        assert_eq!(
            (&again["interrupted"], &again["verdict"]),
            (&true.into(), &"inconclusive".into())
        );
    }
}

#[test]
fn a_second_signal_ends_what_the_first_has_to_wait_for() {
    let setting = Setting::new();
    // Nobody reads from the pipe, so that the report, once written, is never given in its second form.
    let pipe = setting.path("junit.xml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (mut child, _) = running_with(&setting, &["--junit", "junit.xml"]);
    send("-INT", &child);
    while !files(&setting.path("runs")).iter().any(|path| path.ends_with("report.html")) {
        std::thread::yield_now();
    }
    assert_eq!(child.try_wait().unwrap(), None, "the first signal waits for the report");
    send("-INT", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn an_interrupted_download_can_be_repeated() {
    use reenact_testkit::{Fault, Matcher, Operation};
    let setting = Setting::new();
    let on_get = Matcher::operation(Operation::GetObject)
        .key("pipelines/sales/run-9/extract/output/rows/rows.csv");
    setting.server.faults().on(on_get.after(1), Fault::Stall { after: 3 });
    let fetch = ["fetch", "extract", "--into", "fetched"];
    let mut child = process(&setting.reenact(&fetch)).stderr(Stdio::null()).spawn().unwrap();
    while setting.server.faults().played() == 0 {
        std::thread::yield_now();
    }
    send("-INT", &child);
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2), "a shell says 130");
    assert!(!setting.path("fetched/rows").exists());
    setting.server.faults().clear();
    setting.reenact(&fetch).assert().code(0);
    assert!(setting.path("fetched/rows/rows.csv").exists());
}

#[test]
fn a_reader_that_goes_away_is_no_reason_to_complain() {
    let setting = Setting::new();
    for words in [&["discover"][..], &["--help"], &["completions", "zsh"], &["doctor", "--json"]] {
        let mut child = process(&setting.reenact(words));
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{words:?}");
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let full = std::path::Path::new("/dev/full");
    if !full.exists() {
        // Only Linux has a device that is always full.
        return;
    }
    let setting = Setting::new();
    for words in [&["discover"][..], &["discover", "--json"], &["config", "show"]] {
        let mut child = process(&setting.reenact(words));
        child.stdout(std::fs::OpenOptions::new().write(true).open(full).unwrap());
        let output = child.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("cannot be written"));
    }
}

#[test]
fn nothing_is_coloured_and_no_bar_is_drawn_where_there_is_no_terminal() {
    let setting = Setting::new();
    for words in
        [&["discover", "-vvv"][..], &["doctor", "-vv"], &["fetch", "extract", "--into", "x", "-v"]]
    {
        for (name, value) in [("CLICOLOR", "1"), ("NO_COLOR", "1")] {
            let output = setting.reenact(words).env(name, value).output().unwrap();
            for text in [&output.stdout, &output.stderr] {
                assert!(!text.contains(&b'\x1b') && !text.contains(&b'\r'), "{words:?} {name}");
            }
        }
    }
}

#[test]
fn quiet_says_nothing_on_the_side_and_verbose_says_more_each_time() {
    let setting = Setting::new();
    let said = |flags: &[&str]| {
        let output = setting.reenact(&["discover"]).args(flags).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        output.stderr.len()
    };
    assert_eq!((said(&[]), said(&["-q"])), (0, 0));
    assert!(said(&["-vvv"]) > said(&["-v"]));
}

#[test]
fn verbose_tells_settings_and_what_a_run_does_step_by_step() {
    let setting = Setting::new();
    let mut command = setting.reenact(&["run", "total", "-v", "--input", "rows=extract.rows"]);
    let script = r#"echo halfway; cp "$1"/rows/rows.csv "$2"/totals/"#;
    command.args(["--", "sh", "-c", script, "sh", "{inputs}", "{outputs}"]);
    let output = command.assert().code(0).get_output().clone();
    let told = String::from_utf8(output.stderr).unwrap();
    let mut rest = told.as_str();
    for next in [
        "bucket is acme (environment: REENACT_BUCKET)",
        "step `total` of `sales`, execution `run-9`",
        "input `rows` of `total` is extract.rows: 1 object",
        "`total` begins",
        "`total` prints: halfway",
        "`total` exited with code 0 after",
        "output `totals` of `total`: pass",
    ] {
        let (_, after) = rest.split_once(next).unwrap_or_else(|| panic!("no {next:?} in: {rest}"));
        rest = after;
    }
    let mut twice = setting.reenact(&["fetch", "extract", "--into", "fetched", "-vv"]);
    twice.assert().code(0).stderr(contains("rows.csv (25 B) was in the cache"));
}

#[test]
fn tables_fit_a_narrow_terminal_and_are_not_cut_in_a_pipe() {
    let setting = Setting::new();
    let widest = |columns: &str| {
        let mut command = setting.reenact(&["discover"]);
        let output = command.env("COLUMNS", columns).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.chars().count()).max().unwrap()
    };
    assert!(widest("50") <= 50, "{}", widest("50"));
    // Where no word has room, it is not tried; where nothing is told, nothing is cut.
    assert_eq!(widest("3"), widest("40"));
    assert!(widest("0") > 60);
    assert!(widest("200") > 60);
    let output = setting.reenact(&["discover"]).output().unwrap();
    assert!(
        String::from_utf8(output.stdout).unwrap().lines().any(|line| line.contains("total.totals"))
    );
    setting.reenact(&["run", "--help"]).env("COLUMNS", "40").assert().code(0);
}
