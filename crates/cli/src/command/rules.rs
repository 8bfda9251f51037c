//! `reenact rules suggest`: a rule file from how much past executions differ.

use std::path::Path;

use reenact::validator::{Profile, Suggestion, suggest};
use serde_json::json;

use super::compare::saved;
use crate::answer::{Answer, Failure};
use crate::args::{Rules, Suggest};
use crate::target;

pub(crate) fn rules(options: &Rules) -> Result<Answer, Failure> {
    match options {
        Rules::Suggest(options) => suggested(options),
    }
}

fn suggested(options: &Suggest) -> Result<Answer, Failure> {
    if let Some(out) = &options.out {
        target::file(out)?;
    }
    let mut executions = Vec::with_capacity(options.profiles.len());
    for path in &options.profiles {
        executions.push((name(path), saved(path)?));
    }
    let suggestion = suggest(&executions)?;
    let text = match &options.out {
        Some(out) => {
            fs_err::write(out, suggestion.toml())?;
            format!("wrote rules from {} executions into {}", executions.len(), out.display())
        }
        None => suggestion.toml().trim_end().to_owned(),
    };
    answer(&executions, &suggestion, text)
}

fn answer(
    executions: &[(String, Profile)],
    suggestion: &Suggestion,
    text: String,
) -> Result<Answer, Failure> {
    let names: Vec<&str> = executions.iter().map(|(name, _)| name.as_str()).collect();
    let document = json!({
        "executions": names,
        "rules": suggestion.rules(),
        "toml": suggestion.toml(),
    });
    Answer::new(&document, text)
}

/// Calls an execution by its file, without what all such files end with.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let name = name.strip_suffix(".json").unwrap_or(&name);
    name.strip_suffix(".profile").unwrap_or(name).to_owned()
}
