//! Validated names: once one exists, it can be part of a key, a path and a reference.

use std::sync::Arc;

use crate::error::{Error, Malformed};

/// The most bytes one component of a path may have on the file systems in use.
const LONGEST: usize = 255;

/// Where a text stops being a name, and why.
pub(crate) type Fault = (usize, &'static str);

/// Finds the first reason why `text` cannot be a name of any sort.
pub(crate) fn fault(text: &str) -> Option<Fault> {
    if text.is_empty() {
        return Some((0, "a name cannot be empty"));
    }
    if matches!(text, "." | "..") {
        return Some((0, "a name cannot be a relative directory"));
    }
    if let Some(found) = text.char_indices().find_map(|(at, c)| match c {
        '/' => Some((at, "a name cannot hold `/`")),
        c if c.is_control() => Some((at, "a name cannot hold a control character")),
        _ => None,
    }) {
        return Some(found);
    }
    if text.starts_with(char::is_whitespace) {
        return Some((0, "a name cannot start with white space"));
    }
    let trimmed = text.trim_end().len();
    if trimmed < text.len() {
        return Some((trimmed, "a name cannot end with white space"));
    }
    (text.len() > LONGEST)
        .then(|| (text.floor_char_boundary(LONGEST), "a name cannot exceed 255 bytes"))
}

fn step_fault(text: &str) -> Option<Fault> {
    fault(text).or_else(|| {
        text.char_indices().find_map(|(at, c)| match c {
            '.' => Some((at, "a step name cannot hold `.`, which parts it from its output")),
            '@' => Some((at, "a step name cannot hold `@`, which parts it from its job type")),
            _ => None,
        })
    })
}

fn job_type_fault(text: &str) -> Option<Fault> {
    fault(text).or_else(|| {
        text.char_indices()
            .find(|(_, c)| !matches!(c, 'a'..='z' | '0'..='9' | '_' | '-'))
            .map(|(at, _)| (at, "a job type holds lower-case letters, digits, `_` and `-` only"))
    })
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $fault:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes `text` as it is, or says what is wrong with it.
            ///
            /// # Errors
            ///
            /// [`Malformed`](crate::ErrorKind::Malformed), with the position.
            pub fn parse(text: &str) -> Result<Self, Error> {
                match Self::fault(text) {
                    None => Ok(Self(Arc::from(text))),
                    Some((position, reason)) => {
                        Err(Malformed { what: $what, text: text.to_owned(), position, reason }.into())
                    }
                }
            }

            /// Returns the name as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            pub(crate) fn fault(text: &str) -> Option<Fault> {
                $fault(text)
            }
        }

        crate::text::text_traits!($name);

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name! {
    /// The name of a pipeline.
    ///
    /// Like every name here it is one component of a path: not empty, at most 255 bytes, without `/`,
    /// control characters, or white space at its ends, and neither `.` nor `..`.
    ///
    /// ```
    /// use reenact_registry::PipelineName;
    ///
    /// let name = PipelineName::parse("flights")?;
    /// assert_eq!(name.as_str(), "flights");
    ///
    /// let error = PipelineName::parse("a/b").unwrap_err();
    /// assert_eq!(error.position(), Some(1));
    /// assert_eq!(error.to_string(), "pipeline name `a/b` is malformed at character 2: a name cannot hold `/`");
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    PipelineName, "pipeline name", fault
}

name! {
    /// The name of one run of a pipeline.
    ExecutionId, "execution id", fault
}

name! {
    /// The name of a step, in whatever spelling it was registered.
    ///
    /// It holds neither `.` nor `@`, so that `step@job.output` can be taken apart in one way only.
    StepName, "step name", step_fault
}

name! {
    /// The name of one input or output of a step.
    LogicalName, "logical name", fault
}

name! {
    /// What a step was run for: `training`, `validation`, `testing`, `calibration` or another word.
    ///
    /// It holds lower-case ASCII letters, digits, `_` and `-` only.
    JobType, "job type", job_type_fault
}

name! {
    /// What sort of thing an output is, such as `S3Uri` or `ModelArtifacts`.
    DataType, "data type", fault
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_refused_with_its_position() {
        let long = format!("{}é", "x".repeat(254));
        for (text, position) in [
            ("", 0),
            (".", 0),
            ("..", 0),
            ("a/b", 1),
            ("a\0", 1),
            ("a\u{7f}b", 1),
            (" a", 0),
            ("a \n", 2),
            ("a\u{a0}", 1),
            (long.as_str(), 254),
        ] {
            assert_eq!(fault(text).map(|(at, _)| at), Some(position), "{text:?}");
        }
    }

    #[test]
    fn awkward_but_legal_names_are_kept_as_they_are() {
        for text in ["...", "a b", "Zürich", "model.tar.gz", "x@y", "-", &"x".repeat(255)] {
            assert_eq!(LogicalName::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn each_name_has_its_own_rules() {
        assert_eq!(StepName::parse("a.b").unwrap_err().position(), Some(1));
        assert_eq!(StepName::parse("a@b").unwrap_err().position(), Some(1));
        assert_eq!(JobType::parse("Training").unwrap_err().position(), Some(0));
        assert!(JobType::parse("pre_training-2").is_ok());
    }

    #[test]
    fn names_travel_through_json_as_strings() {
        let name: StepName = serde_json::from_str(r#""clean""#).unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), r#""clean""#);
        let error = serde_json::from_str::<StepName>(r#""a/b""#).unwrap_err();
        assert!(error.to_string().contains("cannot hold `/`"), "{error}");
    }
}
