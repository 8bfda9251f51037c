//! Naming an execution without knowing its id.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use reenact_registry::ExecutionId;

use crate::error::{Error, ErrorKind, Result};

const LATEST: &str = "latest";

/// Which execution of a pipeline: `latest`, `latest~2` (the second before it), an id, the ARN of an execution of a SageMaker
/// pipeline, which ends with its id, or a date, which is that of the latest execution of the day (UTC) unless it is an id.
///
/// ```
/// use reenact_downloader::ExecutionSelector;
///
/// assert_eq!("latest".parse::<ExecutionSelector>()?, ExecutionSelector::Latest { before: 0 });
/// assert_eq!("latest~2".parse::<ExecutionSelector>()?, ExecutionSelector::Latest { before: 2 });
/// assert_eq!("2013-01".parse::<ExecutionSelector>()?.to_string(), "2013-01");
/// let arn = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/flights/execution/a1b2c3d4e5f6";
/// assert_eq!(arn.parse::<ExecutionSelector>()?.to_string(), "a1b2c3d4e5f6");
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
    /// By an id that is also a date: the execution of that id or, if there is none, the latest of that day.
    IdOrDay {
        /// The id.
        id: ExecutionId,
        /// The day, in UTC.
        day: NaiveDate,
    },
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
            let reason = format!(
                "{text:?} selects no execution: write latest, latest~N, an id, an ARN or a date"
            );
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
        let id = ExecutionId::parse(id_of_arn(text).unwrap_or(text));
        let id = id.map_err(|source| invalid().with_source(source))?;
        Ok(match id.as_str().parse() {
            Ok(day) => Self::IdOrDay { id, day },
            Err(_) => Self::Id(id),
        })
    }
}

/// Returns the id in the ARN of an execution of a SageMaker pipeline.
fn id_of_arn(text: &str) -> Option<&str> {
    let (resource, id) = text.strip_prefix("arn:")?.rsplit_once("/execution/")?;
    resource.contains(":pipeline/").then_some(id)
}

impl fmt::Display for ExecutionSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest { before: 0 } => formatter.write_str(LATEST),
            Self::Latest { before } => write!(formatter, "{LATEST}~{before}"),
            Self::Id(id) | Self::IdOrDay { id, .. } => id.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_written_back_as_they_were() {
        for text in ["latest", "latest~3", "2013-01", "2013-01-31", "latest-build"] {
            assert_eq!(text.parse::<ExecutionSelector>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn d11_what_could_reach_elsewhere_is_refused() {
        for text in ["", "a/b", "..", "latest~", "latest~x", "latest~-1", "arn:aws:s3:::bucket/key"]
        {
            assert_eq!(
                text.parse::<ExecutionSelector>().expect_err(text).kind(),
                ErrorKind::Invalid
            );
        }
    }
}
