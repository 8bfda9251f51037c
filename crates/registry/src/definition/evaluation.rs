//! What the expressions of a definition come to, given the values of an execution.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::Definition;
use crate::error::{Error, Repr};
use crate::location::Location;
use crate::property::PropertyPath;
use crate::registry::Registry;
use crate::suggestion::Unknown;

/// What expressions may refer to: the registry of an execution, its variables, and the values of its parameters.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    registry: &'a Registry,
    execution: BTreeMap<String, Value>,
    parameters: BTreeMap<String, Value>,
}

impl<'a> Scope<'a> {
    /// Makes `Steps.*` refer to the outputs of a registry, and `Execution.PipelineName`,
    /// `Execution.PipelineExecutionId` and `Execution.StartDateTime` to what it knows of the execution.
    pub fn new(registry: &'a Registry) -> Self {
        let execution = registry.execution();
        let known = [
            ("PipelineName", execution.pipeline().map(ToString::to_string)),
            ("PipelineExecutionId", execution.id().map(ToString::to_string)),
            ("StartDateTime", execution.started_at().map(|at| at.to_rfc3339())),
        ];
        let variables = known
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))))
            .collect();
        Self { registry, execution: variables, parameters: BTreeMap::new() }
    }

    /// Sets the value of `Execution.NAME`.
    #[must_use]
    pub fn with_execution_variable(
        mut self,
        name: impl Into<String>,
        value: impl Into<Value>,
    ) -> Self {
        self.execution.insert(name.into(), value.into());
        self
    }

    /// Sets the value of `Parameters.NAME`, in place of the default.
    #[must_use]
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }
}

impl Definition {
    /// Evaluates `Get` and `Std:Join`, wherever in `expression` they are; all else stays as it is.
    ///
    /// A reference to an output becomes `s3://bucket/key`, or the path of a local one.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) or [`Ambiguous`](crate::ErrorKind::Ambiguous) if a reference leads
    /// nowhere or to several outputs, [`Malformed`](crate::ErrorKind::Malformed) if it is none, and
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for other functions such as `Std:JsonGet`, which would have to
    /// read what a step wrote.
    pub fn evaluate(&self, expression: &Value, scope: &Scope<'_>) -> Result<Value, Error> {
        match expression {
            Value::Object(object) => match function(object) {
                Some(("Get", Value::String(reference))) => self.get(reference, expression, scope),
                Some(("Std:Join", arguments)) => self.join(arguments, scope),
                Some((name, _)) => Err(Repr::Function {
                    name: name.to_owned(),
                    expression: expression.to_string(),
                }
                .into()),
                None => {
                    let members = object
                        .iter()
                        .map(|(name, value)| Ok((name.clone(), self.evaluate(value, scope)?)));
                    members.collect::<Result<Map<_, _>, _>>().map(Value::Object)
                }
            },
            Value::Array(items) => items
                .iter()
                .map(|item| self.evaluate(item, scope))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            plain => Ok(plain.clone()),
        }
    }

    fn get(&self, reference: &str, expression: &Value, scope: &Scope<'_>) -> Result<Value, Error> {
        if let Some(name) = reference.strip_prefix("Parameters.") {
            let default = || self.parameters().find(|(known, _)| *known == name)?.1;
            return scope.parameters.get(name).or_else(default).cloned().ok_or_else(|| {
                let given = scope.parameters.keys().map(String::as_str);
                let defaults = self
                    .parameters()
                    .filter(|(_, default)| default.is_some())
                    .map(|(name, _)| name);
                Unknown::among("value of parameter", name, given.chain(defaults)).into()
            });
        }
        if let Some(name) = reference.strip_prefix("Execution.") {
            return scope.execution.get(name).cloned().ok_or_else(|| {
                Unknown::among("value of execution variable", name, scope.execution.keys()).into()
            });
        }
        let output = scope.registry.resolve(&PropertyPath::from_get_expression(expression)?)?;
        Ok(match output.location() {
            Location::S3(uri) => uri.to_string().into(),
            Location::Local(path) => path.to_string_lossy().into(),
        })
    }

    fn join(&self, arguments: &Value, scope: &Scope<'_>) -> Result<Value, Error> {
        let malformed = || Repr::Join { arguments: arguments.to_string() };
        let on = arguments.get("On").and_then(Value::as_str).ok_or_else(malformed)?;
        let values = arguments.get("Values").and_then(Value::as_array).ok_or_else(malformed)?;
        let texts = values.iter().map(|value| match self.evaluate(value, scope)? {
            Value::String(text) => Ok(text),
            scalar @ (Value::Bool(_) | Value::Number(_)) => Ok(scalar.to_string()),
            Value::Array(_) | Value::Null | Value::Object(_) => Err(malformed().into()),
        });
        texts.collect::<Result<Vec<_>, Error>>().map(|texts| texts.join(on).into())
    }
}

/// Returns the function that an object calls, and its arguments.
fn function(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, arguments) = object.iter().next().filter(|_| object.len() == 1)?;
    let calls = name.starts_with("Std:") || (name == "Get" && arguments.is_string());
    calls.then_some((name, arguments))
}
