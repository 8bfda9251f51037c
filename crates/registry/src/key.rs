//! `StepKey` and `OutputKey`: what tells one step, and one output, of an execution from all others.

use std::fmt;

use crate::error::{Error, Malformed};
use crate::name::{JobType, LogicalName, StepName};

/// One step of an execution: its name, and the job type where the same step runs for several.
///
/// In writing it is `step` or `step@job`.
///
/// ```
/// use reenact_registry::StepKey;
///
/// let key = StepKey::parse("TabularPreprocessing@training")?;
/// assert_eq!(key.step().as_str(), "TabularPreprocessing");
/// assert_eq!(key.job_type().unwrap().as_str(), "training");
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepKey {
    step: StepName,
    job_type: Option<JobType>,
}

/// One output of an execution: its step, and its logical name.
///
/// In writing it is `step.output`, or `step@job.output` where the step ran for a job type. Neither a
/// step nor a job type holds a `.`, so the first one always ends the step; the output may hold more.
///
/// ```
/// use reenact_registry::OutputKey;
///
/// let key = OutputKey::parse("TabularPreprocessing@training.processed_data")?;
/// assert_eq!(key.step().as_str(), "TabularPreprocessing");
/// assert_eq!(key.job_type().unwrap().as_str(), "training");
/// assert_eq!(key.logical_name().as_str(), "processed_data");
/// assert_eq!(OutputKey::parse("train.model.tar.gz")?.logical_name().as_str(), "model.tar.gz");
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutputKey {
    step: StepKey,
    logical_name: LogicalName,
}

impl StepKey {
    /// Names a step that runs for no particular job type.
    pub fn new(step: StepName) -> Self {
        Self { step, job_type: None }
    }

    /// Returns the same step, run for `job_type`.
    #[must_use]
    pub fn with_job_type(self, job_type: impl Into<Option<JobType>>) -> Self {
        Self { job_type: job_type.into(), ..self }
    }

    /// Reads `step` or `step@job`.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed), with the position.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_within(text, text, "step")
    }

    /// Reads `text`, the start of `whole`, in whose terms a fault is told.
    fn parse_within(text: &str, whole: &str, what: &'static str) -> Result<Self, Error> {
        let (step, job_type) = match text.split_once('@') {
            Some((step, job_type)) => (step, Some(job_type)),
            None => (text, None),
        };
        let fault = StepName::fault(step).or_else(|| {
            let (at, reason) = JobType::fault(job_type?)?;
            Some((step.len() + 1 + at, reason))
        });
        if let Some((position, reason)) = fault {
            return Err(Malformed { what, text: whole.to_owned(), position, reason }.into());
        }
        Ok(Self {
            step: StepName::parse(step)?,
            job_type: job_type.map(JobType::parse).transpose()?,
        })
    }

    /// Returns the name of the step.
    pub fn step(&self) -> &StepName {
        &self.step
    }

    /// Returns the job type the step ran for, if it is known to have one.
    pub fn job_type(&self) -> Option<&JobType> {
        self.job_type.as_ref()
    }

    /// Names one output of this step.
    pub fn output(&self, logical_name: LogicalName) -> OutputKey {
        OutputKey { step: self.clone(), logical_name }
    }
}

impl OutputKey {
    /// Names an output of a step that runs for no particular job type.
    pub fn new(step: StepName, logical_name: LogicalName) -> Self {
        Self { step: StepKey::new(step), logical_name }
    }

    /// Returns the same output of the step, run for `job_type`.
    #[must_use]
    pub fn with_job_type(self, job_type: impl Into<Option<JobType>>) -> Self {
        Self { step: self.step.with_job_type(job_type), ..self }
    }

    /// Reads `step.output` or `step@job.output`.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed), with the position.
    pub fn parse(text: &str) -> Result<Self, Error> {
        const WHAT: &str = "output";
        let malformed =
            |position, reason| Malformed { what: WHAT, text: text.to_owned(), position, reason };
        let Some((step, logical_name)) = text.split_once('.') else {
            return Err(malformed(text.len(), "`.` and the name of the output are missing").into());
        };
        let step_key = StepKey::parse_within(step, text, WHAT)?;
        match LogicalName::fault(logical_name) {
            Some((at, reason)) => Err(malformed(step.len() + 1 + at, reason).into()),
            None => Ok(Self { step: step_key, logical_name: LogicalName::parse(logical_name)? }),
        }
    }

    /// Returns the step with its job type.
    pub fn step_key(&self) -> &StepKey {
        &self.step
    }

    /// Returns the name of the step.
    pub fn step(&self) -> &StepName {
        &self.step.step
    }

    /// Returns the job type the step ran for, if it is known to have one.
    pub fn job_type(&self) -> Option<&JobType> {
        self.step.job_type()
    }

    /// Returns the logical name of the output.
    pub fn logical_name(&self) -> &LogicalName {
        &self.logical_name
    }
}

impl From<StepName> for StepKey {
    fn from(step: StepName) -> Self {
        Self::new(step)
    }
}

crate::text::text_traits!(StepKey);
crate::text::text_traits!(OutputKey);

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.step.as_str())?;
        match &self.job_type {
            Some(job_type) => write!(f, "@{job_type}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for OutputKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.step, self.logical_name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn faults_are_told_in_terms_of_the_whole_text() {
        for (text, position) in [
            ("clean", 5),
            (".x", 0),
            ("a.", 2),
            ("a@.x", 2),
            ("a@Big.x", 2),
            ("a@b@c.x", 3),
            ("a.b/c", 3),
        ] {
            let error = OutputKey::parse(text).unwrap_err();
            assert_eq!(error.position(), Some(position), "{error}");
            assert!(error.to_string().starts_with(&format!("output `{text}`")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            step in "[A-Za-z][A-Za-z0-9_ é-]{0,10}[a-z]",
            job in proptest::option::of("[a-z0-9_-]{1,9}"),
            name in "[^/\\p{C}\\s]{3,12}",
        ) {
            let key = OutputKey::new(StepName::parse(&step).unwrap(), LogicalName::parse(&name).unwrap())
                .with_job_type(job.map(|job| JobType::parse(&job).unwrap()));
            prop_assert_eq!(&OutputKey::parse(&key.to_string()).unwrap(), &key);
            prop_assert_eq!(&StepKey::parse(&key.step_key().to_string()).unwrap(), key.step_key());
        }
    }
}
