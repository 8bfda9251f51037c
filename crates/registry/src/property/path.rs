//! `PropertyPath`: a property of a step, in one canonical spelling for all that are in use.

use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use super::grammar::{self, Member};
use crate::error::{Error, Malformed, Repr};
use crate::name::{Fault, StepName};

const WHAT: &str = "property path";

/// The path to a property of a step, with or without the step.
///
/// All spellings in use are read, and mean the same: `properties.P`, `P`, `Steps.S.P` and
/// `{"Get": "Steps.S.P"}`; within `P`, a member of a list or map goes by `Outputs['x']`, `Outputs["x"]`,
/// `Outputs[x]`, `Outputs.x` or, by its place, `Outputs[0]`. It is written as `properties.P` or
/// `Steps.S.P` with single quotes.
///
/// ```
/// use reenact_registry::PropertyPath;
///
/// let path = PropertyPath::parse("Steps.clean.ProcessingOutputConfig.Outputs.table.S3Output.S3Uri")?;
/// assert_eq!(path.step().unwrap().as_str(), "clean");
/// assert_eq!(
///     path.to_get_expression().unwrap().to_string(),
///     r#"{"Get":"Steps.clean.ProcessingOutputConfig.Outputs['table'].S3Output.S3Uri"}"#,
/// );
///
/// let error = PropertyPath::parse("properties.Outputs['x").unwrap_err();
/// assert_eq!(error.caret().unwrap(), "properties.Outputs['x\n                   ^");
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyPath {
    /// The canonical spelling of what follows the step.
    path: Arc<str>,
    step: Option<StepName>,
}

impl PropertyPath {
    /// Reads a path in any of its spellings.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed) with the position, which is one within the inner text for
    /// `{"Get": ...}`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.starts_with('{') {
            let expression: Value =
                serde_json::from_str(text).map_err(|source| Repr::Unreadable {
                    what: WHAT,
                    text: text.to_owned(),
                    position: 0,
                    source: source.into(),
                })?;
            return Self::from_get_expression(&expression);
        }
        let malformed = |(position, reason): Fault| Malformed {
            what: WHAT,
            text: text.to_owned(),
            position,
            reason,
        };
        if let Some(rest) = text.strip_prefix("Steps.") {
            let offset = "Steps.".len();
            let Some((step, path)) = rest.split_once('.') else {
                return Err(malformed((
                    text.len(),
                    "`.` and the property of the step are missing",
                ))
                .into());
            };
            if let Some((at, reason)) = StepName::fault(step) {
                return Err(malformed((offset + at, reason)).into());
            }
            let path = canonical(path)
                .map_err(|(at, reason)| malformed((offset + step.len() + 1 + at, reason)))?;
            return Ok(Self { path, step: Some(StepName::parse(step)?) });
        }
        let offset = if text.starts_with("properties.") { "properties.".len() } else { 0 };
        let path =
            canonical(&text[offset..]).map_err(|(at, reason)| malformed((offset + at, reason)))?;
        Ok(Self { path, step: None })
    }

    /// Reads `{"Get": "Steps.S.P"}`, as a pipeline definition has it.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is another expression.
    pub fn from_get_expression(expression: &Value) -> Result<Self, Error> {
        let malformed =
            |reason| Malformed { what: WHAT, text: expression.to_string(), position: 0, reason };
        let reference = expression
            .as_object()
            .filter(|object| object.len() == 1)
            .and_then(|object| object.get("Get"));
        match reference.and_then(Value::as_str) {
            Some(text) if text.starts_with("Steps.") => Self::parse(text),
            Some(_) => Err(malformed("only `Steps.` has properties of steps").into()),
            None => Err(malformed("an expression is `{\"Get\": \"Steps.STEP.PROPERTY\"}`").into()),
        }
    }

    /// Returns the step, if the path names one.
    pub fn step(&self) -> Option<&StepName> {
        self.step.as_ref()
    }

    /// Returns the same property of `step`.
    #[must_use]
    pub fn with_step(self, step: StepName) -> Self {
        Self { step: Some(step), ..self }
    }

    /// Returns the path without its step.
    #[must_use]
    pub fn without_step(self) -> Self {
        Self { step: None, ..self }
    }

    /// Returns what a pipeline definition writes for it, or none if it names no step.
    pub fn to_get_expression(&self) -> Option<Value> {
        self.step.is_some().then(|| json!({ "Get": self.to_string() }))
    }

    /// Returns the path in its canonical spelling, without `properties.` or the step.
    pub(crate) fn as_str(&self) -> &str {
        &self.path
    }

    /// Returns the first key by which a member of a list or map goes, such as `x` in `Outputs['x']`.
    pub fn key(&self) -> Option<&str> {
        // What was written in its canonical spelling can be read.
        let members = grammar::members(&self.path).ok()?;
        members.into_iter().find_map(|member| match member {
            Member::Key(key) => Some(key),
            Member::Field(_) | Member::Index(_) => None,
        })
    }
}

fn canonical(text: &str) -> Result<Arc<str>, Fault> {
    grammar::members(text).map(|members| Arc::from(grammar::write(&members)))
}

crate::text::text_traits!(PropertyPath);

impl fmt::Display for PropertyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => write!(f, "Steps.{step}.{}", self.path),
            None => write!(f, "properties.{}", self.path),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> PropertyPath {
        PropertyPath::parse(text).unwrap()
    }

    #[test]
    fn all_spellings_meet() {
        let bare = parse("properties.ProcessingOutputConfig.Outputs['x'].S3Output.S3Uri");
        for text in [
            "ProcessingOutputConfig.Outputs['x'].S3Output.S3Uri",
            r#"properties.ProcessingOutputConfig.Outputs["x"].S3Output.S3Uri"#,
            "properties.ProcessingOutputConfig.Outputs[x].S3Output.S3Uri",
            "properties.ProcessingOutputConfig.Outputs.x.S3Output.S3Uri",
        ] {
            assert_eq!(parse(text), bare, "{text}");
        }
        let of_step = bare.clone().with_step(StepName::parse("clean").unwrap());
        for text in [
            "Steps.clean.ProcessingOutputConfig.Outputs.x.S3Output.S3Uri",
            r#"{"Get": "Steps.clean.ProcessingOutputConfig.Outputs['x'].S3Output.S3Uri"}"#,
            r#"{"Get": "Steps.clean.ProcessingOutputConfig.Outputs[\"x\"].S3Output.S3Uri"}"#,
        ] {
            assert_eq!(parse(text), of_step, "{text}");
        }
        assert_eq!(of_step.without_step(), bare);
    }

    #[test]
    fn members_that_differ_stay_apart() {
        let members = |text: &str| {
            let path = parse(text);
            let members = grammar::members(path.as_str()).unwrap();
            members.iter().map(|member| format!("{member:?}")).collect::<Vec<_>>()
        };
        assert_eq!(
            members("A[0][1].B"),
            [r#"Field("A")"#, "Index(0)", "Index(1)", r#"Field("B")"#]
        );
        assert_eq!(members("Outputs['0']"), [r#"Field("Outputs")"#, r#"Key("0")"#]);
        assert_eq!(members("FinalMetricDataList['val:acc.x]'].Value")[1], r#"Key("val:acc.x]")"#);
        assert_eq!(members(r#"A["it's"]"#)[1], r#"Key("it's")"#);
        assert_ne!(parse("A['B']"), parse("A.B"));
    }

    #[test]
    fn malformed_paths_are_refused_with_a_position() {
        for (text, position) in [
            ("", 0),
            ("properties.", 11),
            ("a..b", 2),
            ("a.", 2),
            (".a", 0),
            (" a", 0),
            ("a ", 1),
            ("Outputs['x']junk", 12),
            ("Outputs['a]b", 8),
            ("Outputs['x", 8),
            ("Outputs['x'", 7),
            ("Outputs[x", 7),
            ("Outputs[]", 8),
            ("Outputs['']", 9),
            ("Outputs['a'b]", 11),
            ("Outputs[a'b]", 9),
            ("Outputs[01]", 8),
            ("Outputs[99999999999999999999999]", 8),
            ("['x']", 0),
            ("Steps.clean", 11),
            ("Steps..A", 6),
            ("Steps.a@b.A", 7),
            ("Steps.clean.A..B", 14),
            (r#"{"Get": "Steps.clean.A.."}"#, 14),
            (r#"{"Get": "Parameters.X"}"#, 0),
            (r#"{"Get": "Steps.a.B", "x": 1}"#, 0),
            (r#"{"Get""#, 0),
        ] {
            assert_eq!(PropertyPath::parse(text).unwrap_err().position(), Some(position), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            step in proptest::option::of("[A-Za-z][A-Za-z0-9_-]{0,9}"),
            first in "[A-Za-z][A-Za-z0-9_]{0,9}",
            more in proptest::collection::vec(
                prop_oneof![
                    "\\.[A-Za-z0-9_-]{1,9}",
                    "\\['[^']{1,9}'\\]",
                    "\\[\"[^\"]{1,9}\"\\]",
                    "\\[(0|[1-9][0-9]{0,5})\\]",
                    "\\[[A-Za-z][^\\]\\['\"]{0,9}\\]",
                ],
                0..5,
            ),
        ) {
            let prefix = step.map_or_else(|| "properties.".to_owned(), |step| format!("Steps.{step}."));
            let path = parse(&format!("{prefix}{first}{}", more.concat()));
            prop_assert_eq!(&parse(&path.to_string()), &path);
            if let Some(expression) = path.to_get_expression() {
                prop_assert_eq!(&PropertyPath::from_get_expression(&expression).unwrap(), &path);
                prop_assert_eq!(&parse(&expression.to_string()), &path);
            }
            let json = serde_json::to_string(&path).unwrap();
            prop_assert_eq!(&serde_json::from_str::<PropertyPath>(&json).unwrap(), &path);
        }

        #[test]
        fn whatever_parses_is_stable(text in "[\\PC]{0,30}|[A-Za-z.\\['\"\\]0-9]{0,20}") {
            if let Ok(path) = PropertyPath::parse(&text) {
                prop_assert_eq!(&parse(&path.to_string()), &path);
            }
        }
    }
}
