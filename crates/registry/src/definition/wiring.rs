//! Which outputs a definition makes which inputs.

use serde_json::Value;

use super::document::{Definition, Step};
use crate::error::{Error, Repr};
use crate::key::{OutputKey, StepKey};
use crate::lineage::{Edge, Lineage};
use crate::name::LogicalName;
use crate::property::PropertyPath;

impl Definition {
    /// Returns the lineage that the references of the definition amount to.
    ///
    /// An input goes by its `InputName` or `ChannelName`; what else refers to a step, such as the URL of a model,
    /// goes by its place among the arguments, joined with `.`. An output goes by its key, as in
    /// `Outputs['raw']`, or else by its property path.
    ///
    /// # Errors
    ///
    /// [`Dangling`](crate::ErrorKind::Dangling) if a reference leads to a step that is not in the definition,
    /// [`Cycle`](crate::ErrorKind::Cycle) if steps feed each other in a circle, and
    /// [`Malformed`](crate::ErrorKind::Malformed) if a reference is none.
    pub fn lineage(&self) -> Result<Lineage, Error> {
        let mut edges = Vec::new();
        for step in self.all_steps() {
            Walk { step, edges: &mut edges }.object_or_list(
                &step.arguments,
                None,
                &mut Vec::new(),
            )?;
        }
        let known = |edge: &Edge| self.steps().any(|step| step == edge.from().step());
        match edges.iter().find(|edge| !known(edge)) {
            Some(edge) => Err(Repr::Dangling { edge: edge.clone(), source: None }.into()),
            None => Lineage::new(edges),
        }
    }
}

/// Goes through the arguments of one step.
struct Walk<'a, 'b> {
    step: &'a Step,
    edges: &'b mut Vec<Edge>,
}

impl<'a> Walk<'a, '_> {
    fn object_or_list(
        &mut self,
        value: &'a Value,
        input: Option<&'a str>,
        place: &mut Vec<String>,
    ) -> Result<(), Error> {
        let members: Vec<(String, &Value)> = match value {
            Value::Object(object) => {
                object.iter().map(|(name, member)| (name.clone(), member)).collect()
            }
            Value::Array(items) => {
                items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
            }
            _ => return Ok(()),
        };
        if let Some(reference) =
            value.get("Get").and_then(Value::as_str).filter(|_| members.len() == 1)
        {
            return if reference.starts_with("Steps.") {
                self.edge(value, input, place)
            } else {
                Ok(())
            };
        }
        let named =
            ["InputName", "ChannelName"].into_iter().find_map(|name| value.get(name)?.as_str());
        for (name, member) in members {
            // The branches of a condition are steps of their own.
            if place.is_empty() && matches!(name.as_str(), "IfSteps" | "ElseSteps") {
                continue;
            }
            place.push(name);
            self.object_or_list(member, named.or(input), place)?;
            place.pop();
        }
        Ok(())
    }

    fn edge(
        &mut self,
        expression: &Value,
        input: Option<&str>,
        place: &[String],
    ) -> Result<(), Error> {
        let path = PropertyPath::from_get_expression(expression)?;
        // `Get` always names the step.
        let Some(step) = path.step().cloned() else {
            return Ok(());
        };
        let output = match path.key() {
            Some(key) => LogicalName::parse(key)?,
            None => LogicalName::parse(path.as_str())?,
        };
        let input = match input {
            Some(name) => LogicalName::parse(name)?,
            None => LogicalName::parse(&place.join("."))?,
        };
        let edge =
            Edge::new(OutputKey::new(step, output), StepKey::new(self.step.name.clone()), input);
        self.edges.push(edge.with_property_path(path));
        Ok(())
    }
}
