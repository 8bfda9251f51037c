//! Programs that only some steps, or some commands, need.

use std::path::PathBuf;
use std::process::Command;

use super::finding::{Finding, State};

const BROWSERS: [&str; 6] =
    ["xdg-open", "open", "chromium", "chromium-browser", "google-chrome", "firefox"];

/// Looks for each of them. That one is not there keeps no run from its end unless its step needs it.
pub(super) fn all() -> Vec<Finding> {
    vec![
        versioned("python3", "steps that are Python scripts need it"),
        versioned(
            "bwrap",
            "steps with SageMaker's fixed paths, and sandboxed ones, need bubblewrap",
        ),
        browser(),
    ]
}

fn versioned(name: &'static str, purpose: &str) -> Finding {
    let output = Command::new(name).arg("--version").output();
    match output {
        Ok(output) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout);
            let version = version.lines().next().unwrap_or_default().trim().to_owned();
            Finding::good(name, version)
        }
        Ok(output) => Finding::new(
            name,
            State::Notice,
            format!("does not start ({}); {purpose}", output.status),
        ),
        Err(error) => Finding::new(name, State::Notice, format!("not found ({error}); {purpose}")),
    }
}

fn browser() -> Finding {
    let Some(path) = BROWSERS.iter().find_map(|name| on_path(name)) else {
        let text = "not found; `report open` needs one, the pages can be read elsewhere";
        return Finding::new("browser", State::Notice, text);
    };
    Finding::good("browser", path.display().to_string())
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
}
