//! What is private, as a scenario file has it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Mask, Masking};

/// The table `masking`, not yet checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WrittenMasking {
    columns: BTreeMap<String, Mask>,
    patterns: BTreeMap<String, WrittenPattern>,
    key_variable: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenPattern {
    regex: Option<String>,
    mask: Mask,
}

impl WrittenMasking {
    pub(crate) fn masking(&self) -> Masking {
        let mut masking = Masking::new();
        for (name, mask) in &self.columns {
            masking = masking.with_column(name, *mask);
        }
        for (name, pattern) in &self.patterns {
            masking = match &pattern.regex {
                Some(regex) => masking.with_expression(name, regex, pattern.mask),
                None => masking.with_pattern(name, pattern.mask),
            };
        }
        match &self.key_variable {
            Some(name) => masking.with_key_variable(name),
            None => masking,
        }
    }
}
