//! Which columns of a table a constraint is about.

use arrow::datatypes::Field;

use crate::rules::{Constraint, Selector, nearest};
use crate::table::{Source, Target, canonical_type};

/// What a constraint is about in one table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Columns {
    /// In the order of the table; for columns given by name, in the order of the constraint.
    pub(crate) found: Vec<Target>,
    /// Names that the table lacks.
    pub(crate) missing: Vec<String>,
}

impl Columns {
    /// Finds the columns that a constraint selects.
    pub(crate) fn select(constraint: &Constraint, table: &Source) -> Self {
        let mut columns = Self::default();
        for written in &constraint.columns {
            match Selector::parse(written) {
                Ok(Selector::Name(name)) => columns.add_named(&name, table),
                Ok(selector) => {
                    for field in table.schema.fields() {
                        if selector.matches(field.name(), field.data_type()) {
                            columns.add(field);
                        }
                    }
                }
                // Rules are checked before they are applied.
                Err(_) => columns.missing.push(written.clone()),
            }
        }
        columns
    }

    /// Finds columns of these names.
    pub(crate) fn named(names: &[String], table: &Source) -> Self {
        let mut columns = Self::default();
        for name in names {
            columns.add_named(name, table);
        }
        columns
    }

    fn add_named(&mut self, name: &str, table: &Source) {
        match table.field(name) {
            Some(field) => self.add(field),
            None => self.missing.push(name.to_owned()),
        }
    }

    fn add(&mut self, field: &Field) {
        if self.found.iter().all(|target| target.name != *field.name()) {
            let data_type = canonical_type(field.data_type());
            self.found.push(Target { name: field.name().clone(), data_type });
        }
    }

    /// Says which names are missing, and what they are like.
    pub(crate) fn complaint(&self, table: &Source) -> String {
        let known = table.schema.fields().iter().map(|field| field.name().as_str());
        let known: Vec<&str> = known.collect();
        let name = |missing: &String| match nearest(missing, known.iter().copied()) {
            Some(name) => format!("`{missing}` (did you mean `{name}`?)"),
            None => format!("`{missing}`"),
        };
        match self.missing.as_slice() {
            [] => "no column of the table is meant".to_owned(),
            missing => {
                format!(
                    "the candidate has no column {}",
                    missing.iter().map(name).collect::<Vec<_>>().join(", ")
                )
            }
        }
    }
}
