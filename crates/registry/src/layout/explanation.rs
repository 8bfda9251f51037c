//! `Explanation`: how a key is read, and by which layouts.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::compiled::Layout;
use super::fields::KeyFields;
use super::mismatch::Mismatch;

/// How one key is read: by the layout that was asked, and by all that have a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The key.
    pub key: String,
    /// What each layout makes of it; first the one that was asked.
    pub attempts: Vec<Attempt>,
}

/// What one layout makes of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// The name of the layout, if it has one.
    pub preset: Option<String>,
    /// The template of the layout.
    pub template: String,
    /// What the key tells, or why the layout does not fit.
    pub outcome: Result<KeyFields, Mismatch>,
}

impl Layout {
    /// Tells what this layout and all presets make of a key.
    ///
    /// ```
    /// use reenact_registry::Layout;
    ///
    /// let explanation = Layout::seed().explain("MODS/flights_1.2/clean/training/table/part-0.csv");
    /// assert!(explanation.attempts[0].outcome.is_err());
    /// assert!(explanation.fitting().any(|attempt| attempt.preset.as_deref() == Some("mods-job-type")));
    /// ```
    pub fn explain(&self, key: &str) -> Explanation {
        let attempt = |preset: Option<&str>, layout: &Self| Attempt {
            preset: preset.map(str::to_owned),
            template: layout.template().to_owned(),
            outcome: layout.match_key(key),
        };
        let mut presets: Vec<_> = Self::presets().collect();
        let own = presets
            .iter()
            .position(|(_, layout)| layout == self)
            .map(|index| presets.remove(index).0);
        let others = presets.iter().map(|(name, layout)| attempt(Some(*name), layout));
        Explanation {
            key: key.to_owned(),
            attempts: std::iter::once(attempt(own, self)).chain(others).collect(),
        }
    }
}

impl Explanation {
    /// Lists the layouts that fit.
    pub fn fitting(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.outcome.is_ok())
    }
}

/// One paragraph for each layout.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.key)?;
        for attempt in &self.attempts {
            write!(
                f,
                "\n{}\n  {}\n",
                attempt.preset.as_deref().unwrap_or("(own layout)"),
                attempt.template
            )?;
            match &attempt.outcome {
                Ok(fields) => fields.describe(f)?,
                Err(mismatch) => writeln!(f, "  does not fit: {mismatch}")?,
            }
        }
        Ok(())
    }
}
