//! One thing that was checked, and how it stands.

use std::error::Error;

use reenact::downloader::PolicyDocument;
use serde::Serialize;

use crate::terminal::chain;

/// How something that was checked stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// As it should be.
    Good,
    /// Worth knowing; no run fails of it.
    Notice,
    /// Not tried, since something else stands in the way, or since there is nothing to try it on.
    Untried,
    /// Runs will fail.
    Bad,
}

/// One thing that was checked.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) state: State,
    pub(super) text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) causes: Vec<String>,
    /// What would grant the missing permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<PolicyDocument>,
}

impl Finding {
    pub(super) fn new(check: &'static str, state: State, text: impl Into<String>) -> Self {
        Self { check, state, text: text.into(), causes: Vec::new(), policy: None }
    }

    pub(super) fn good(check: &'static str, text: impl Into<String>) -> Self {
        Self::new(check, State::Good, text)
    }

    pub(super) fn bad(check: &'static str, error: &(dyn Error + 'static)) -> Self {
        let mut causes = chain(error);
        let text = causes.remove(0);
        Self { causes, ..Self::new(check, State::Bad, text) }
    }

    /// Returns a line, with more below it if something is wrong.
    pub(super) fn told(&self) -> String {
        let mark = match self.state {
            State::Good => "ok",
            State::Notice => "note",
            State::Untried => "-",
            State::Bad => "BAD",
        };
        let below = " ".repeat(21);
        let line = format!("{mark:<5} {:<14} {}\n", self.check, self.text);
        let causes = self
            .causes
            .iter()
            .map(|cause| format!("{below}because {}\n", cause.replace('\n', "; ")));
        let policy = self
            .policy
            .iter()
            .map(|policy| format!("{below}this policy would grant it:\n{policy}\n"));
        std::iter::once(line).chain(causes).chain(policy).collect()
    }
}
