//! What is seen on a terminal, a real one that `script` opens: colours, a bar, and tables as wide as it is.

use std::num::NonZeroU64;
use std::time::Duration;

use reenact_testkit::{Fault, Matcher, Operation};

use crate::needs::has;
use crate::production::Setting;

/// Returns all that a terminal of 60 columns is sent by a command of the shell, in an environment with these variables.
fn seen(setting: &Setting, command: &str, variables: &[(&str, &str)]) -> String {
    let binary = env!("CARGO_BIN_EXE_reenact");
    let line = format!("stty cols 60 rows 20; {binary} {command}");
    let prepared = setting.reenact(&[]);
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    script.env_clear().current_dir(setting.home.path());
    script.envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
    script.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").envs(variables.iter().copied());
    let output = script.output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Returns a text without what moves the cursor or changes colours.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ';');
        rest = rest.get(1..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

#[test]
fn colours_are_shown_unless_the_environment_wants_none() {
    if !has("script") {
        return;
    }
    let setting = Setting::new();
    let red = "\u{1b}[31m";
    for command in ["discover --bogus", "discover sails", "fetch extract.rwos --dry-run"] {
        assert!(seen(&setting, command, &[]).contains(red), "{command}");
        for (name, value) in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
            let text = seen(&setting, command, &[(name, value)]);
            assert!(
                text.contains("error: ") && !text.contains('\u{1b}'),
                "{command} {name}: {text}"
            );
        }
        let mut piped = setting.reenact(&command.split(' ').collect::<Vec<_>>());
        let output = piped.env("CLICOLOR_FORCE", "1").output().unwrap();
        assert!(String::from_utf8(output.stderr).unwrap().contains(red), "{command}");
    }
    let log = seen(&setting, "discover -v", &[]);
    assert!(log.contains('\u{1b}') && plain(&log).contains(" INFO bucket is acme"), "{log}");
    assert!(!seen(&setting, "discover -v", &[("NO_COLOR", "1")]).contains('\u{1b}'));
}

#[test]
fn a_download_shows_bytes_rate_and_time_left_within_the_width_of_the_terminal() {
    if !has("script") {
        return;
    }
    let setting = Setting::new();
    let slow = || {
        let reads = Matcher::operation(Operation::GetObject);
        let bytes_per_second = NonZeroU64::new(100);
        setting.server.faults().on(reads, Fault::Slow { delay: Duration::ZERO, bytes_per_second });
    };
    slow();
    let shown = plain(&seen(&setting, "fetch extract --into fetched", &[]));
    let frames: Vec<&str> =
        shown.split(['\r', '\n']).filter(|frame| frame.contains("fetching")).collect();
    let told = |frame: &&str| ["/25 B", "B/s", "s left"].iter().all(|part| frame.contains(part));
    assert!(frames.iter().any(told), "{frames:?}");
    assert!(frames.iter().all(|frame| frame.chars().count() <= 60), "{frames:?}");
    assert!(shown.trim_end().ends_with("into fetched"), "{shown}");
    for quiet in ["--quiet", "-v"] {
        let shown = seen(
            &setting,
            &format!(
                "cache purge --all --yes; {0} fetch extract --into {quiet} {quiet}",
                env!("CARGO_BIN_EXE_reenact")
            ),
            &[],
        );
        assert!(!plain(&shown).contains(" left"), "{shown}");
    }
    let dumb = seen(&setting, "fetch extract --into dumb", &[("TERM", "dumb")]);
    assert!(!dumb.contains('\u{1b}') && dumb.trim_end().ends_with("into dumb"), "{dumb}");
}

#[test]
fn comparing_and_profiling_show_rows_and_time_left() {
    if !has("script") {
        return;
    }
    let setting = Setting::new();
    std::fs::write(setting.path("a.csv"), "id,x\n1,2\n2,3\n3,4\n").unwrap();
    for (command, doing) in [
        ("compare a.csv a.csv", "comparing a.csv"),
        ("profile a.csv", "profiling a.csv"),
        ("profile extract.rows", "profiling extract.rows"),
    ] {
        let shown = plain(&seen(&setting, command, &[]));
        let first_letters = &doing[..8];
        let frames: Vec<&str> =
            shown.split(['\r', '\n']).filter(|frame| frame.contains(first_letters)).collect();
        let told = |frame: &&str| [" rows", "/s", " left"].iter().all(|part| frame.contains(part));
        assert!(shown.contains(doing) && frames.iter().any(told), "{command}: {shown:?}");
        assert!(frames.iter().all(|frame| frame.chars().count() <= 60), "{frames:?}");
        for (flag, variables) in [(" --quiet", &[][..]), (" -v", &[]), ("", &[("TERM", "dumb")])] {
            let shown = plain(&seen(&setting, &format!("{command}{flag}"), variables));
            assert!(!shown.contains(doing) && !shown.is_empty(), "{command}{flag}: {shown}");
        }
        let piped = setting.reenact(&command.split(' ').collect::<Vec<_>>()).output().unwrap();
        assert_eq!(String::from_utf8(piped.stderr).unwrap(), "", "{command}");
    }
}

#[test]
fn tables_are_as_wide_as_the_terminal() {
    if !has("script") {
        return;
    }
    let setting = Setting::new();
    let shown = plain(&seen(&setting, "discover", &[]));
    let widest = shown.lines().map(|line| line.trim_end().chars().count()).max().unwrap();
    assert!(shown.contains("run-10") && widest <= 60, "{shown}");
    let help = plain(&seen(&setting, "run --help", &[]));
    assert!(help.contains("--sample-key"), "{help}");
}

#[test]
fn a_report_has_coloured_verdicts_and_tables_that_the_terminal_has_room_for() {
    if !has("script") {
        return;
    }
    let setting = Setting::new();
    let loses = r#"head -n 3 "$1"/rows/rows.csv > "$2"/totals/rows.csv"#;
    setting.run_total(loses).assert().code(1);
    let shown = seen(&setting, "report render", &[]);
    assert!(shown.contains("\u{1b}[1m\u{1b}[31mDIFFERS\u{1b}[0m"), "{shown:?}");
    let shown = plain(&shown);
    // Too wide for the terminal as it is, the table is told row by row.
    let told = |line: &str, words: [&str; 2]| line.split_whitespace().eq(words);
    for words in [["verdict", "fail"], ["matched", "2"]] {
        assert!(shown.lines().any(|line| told(line, words)), "{words:?}: {shown}");
    }
    assert!(!shown.contains('─'), "no line that is broken goes all across: {shown}");
    for (name, value) in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
        let plain = seen(&setting, "report render", &[(name, value)]);
        assert!(plain.contains("DIFFERS") && !plain.contains('\u{1b}'), "{name}: {plain}");
    }
    let piped = setting.reenact(&["report", "render"]).output().unwrap();
    assert!(!piped.stdout.contains(&b'\x1b'), "a pipe has no colours");
    let file = setting.path("report.txt");
    let into = format!("report render --into {}", file.display());
    seen(&setting, &into, &[]);
    assert!(!std::fs::read_to_string(file).unwrap().contains('\u{1b}'), "a file has none either");
}
