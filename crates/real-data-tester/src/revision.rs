//! Which revision of the code under test ran, as Git tells it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

/// The variables by which whoever started us may have told Git of another repository.
const ELSEWHERE: [&str; 3] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"];

/// The revision of the repository that a step's code lies in.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRevision {
    /// The commit that is checked out, as Git names it.
    pub commit: String,
    /// Whether files that Git knows have been changed since.
    pub modified: bool,
}

impl CodeRevision {
    /// Asks Git; nothing where the directory is in no repository, or where there is no Git.
    fn of(directory: &Path) -> Option<Self> {
        let commit = git(directory, &["rev-parse", "--verify", "HEAD"])?;
        let status = ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"];
        let modified = !git(directory, &status)?.is_empty();
        Some(Self { commit, modified })
    }

    /// Asks Git once for each directory.
    pub(crate) fn of_each(directories: Vec<Option<PathBuf>>) -> Vec<Option<Self>> {
        let mut known: BTreeMap<PathBuf, Option<Self>> = BTreeMap::new();
        let revision = |directory: PathBuf| {
            known.entry(directory).or_insert_with_key(|directory| Self::of(directory)).clone()
        };
        let mut revision = revision;
        directories.into_iter().map(|directory| directory.and_then(&mut revision)).collect()
    }
}

impl std::fmt::Display for CodeRevision {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.commit)?;
        if self.modified { formatter.write_str(", with changes") } else { Ok(()) }
    }
}

/// Returns what Git says, unless it fails.
fn git(directory: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    for variable in ELSEWHERE {
        command.env_remove(variable);
    }
    command.arg("-C").arg(directory).args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(directory: &Path, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        git(directory, &[&identity, arguments].concat())
            .unwrap_or_else(|| panic!("git {arguments:?}"))
    }

    #[test]
    fn the_commit_is_told_with_whether_files_have_changed() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path();
        if git(place, &["--version"]).is_none() {
            assert!(std::env::var("REENACT_REQUIRE").is_err(), "git is required");
            return;
        }
        assert_eq!(CodeRevision::of(place), None, "no repository");
        run(place, &["init", "--quiet"]);
        assert_eq!(CodeRevision::of(place), None, "no commit");
        fs_err::write(place.join("step.py"), "1").unwrap();
        run(place, &["add", "step.py"]);
        run(place, &["commit", "--quiet", "--message", "Begin"]);
        let commit = run(place, &["rev-parse", "HEAD"]);
        let clean = CodeRevision::of(place).unwrap();
        assert_eq!(clean, CodeRevision { commit: commit.clone(), modified: false });
        fs_err::write(place.join("step.py"), "2").unwrap();
        fs_err::create_dir(place.join("inner")).unwrap();
        let inner = CodeRevision::of(&place.join("inner")).unwrap();
        assert_eq!(inner.to_string(), format!("{commit}, with changes"));
        let each = CodeRevision::of_each(vec![Some(place.to_owned()), None, Some("/none".into())]);
        assert_eq!(each, [Some(inner), None, None]);
    }
}
