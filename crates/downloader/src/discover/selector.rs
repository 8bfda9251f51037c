//! Naming an execution without knowing its id.

use std::fmt;
use std::str::FromStr;

use reenact_registry::ExecutionId;

use crate::error::{Error, ErrorKind, Result};

const LATEST: &str = "latest";

/// Which execution of a pipeline: `latest`, `latest~2` (the second before it), or an id.
///
/// ```
/// use reenact_downloader::ExecutionSelector;
///
/// assert_eq!("latest".parse::<ExecutionSelector>()?, ExecutionSelector::Latest { before: 0 });
/// assert_eq!("latest~2".parse::<ExecutionSelector>()?, ExecutionSelector::Latest { before: 2 });
/// assert_eq!("2013-01".parse::<ExecutionSelector>()?.to_string(), "2013-01");
/// # Ok::<(), reenact_downloader::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExecutionSelector {
    /// By recency.
    Latest {
        /// How many executions are newer.
        before: usize,
    },
    /// By id.
    Id(ExecutionId),
}

impl Default for ExecutionSelector {
    /// Selects the latest execution.
    fn default() -> Self {
        Self::Latest { before: 0 }
    }
}

impl FromStr for ExecutionSelector {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = || {
            let reason = format!("{text:?} selects no execution: write latest, latest~N, or an id");
            Error::new(ErrorKind::Invalid).with_reason(reason)
        };
        if text == LATEST {
            return Ok(Self::default());
        }
        if let Some(before) = text.strip_prefix(LATEST).and_then(|rest| rest.strip_prefix('~')) {
            return match before.parse() {
                Ok(before) => Ok(Self::Latest { before }),
                Err(source) => Err(invalid().with_source(source)),
            };
        }
        ExecutionId::parse(text).map(Self::Id).map_err(|source| invalid().with_source(source))
    }
}

impl fmt::Display for ExecutionSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest { before: 0 } => formatter.write_str(LATEST),
            Self::Latest { before } => write!(formatter, "{LATEST}~{before}"),
            Self::Id(id) => id.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_written_back_as_they_were() {
        for text in ["latest", "latest~3", "2013-01", "latest-build"] {
            assert_eq!(text.parse::<ExecutionSelector>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn d11_what_could_reach_elsewhere_is_refused() {
        for text in ["", "a/b", "..", "latest~", "latest~x", "latest~-1"] {
            assert_eq!(
                text.parse::<ExecutionSelector>().expect_err(text).kind(),
                ErrorKind::Invalid
            );
        }
    }
}
