//! Finds every difference between two schemas, and the columns that both sides share.

use arrow::datatypes::{DataType, Field, Schema};

use super::relation::{Relation, relate};
use crate::judgement::{Check, Finding};
use crate::rules::Rules;
use crate::table::{Source, Target, canonical_type, common_type};
use crate::{Severity, Verdict};

/// A column of both sides, in the type in which it is compared.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) target: Target,
    /// Its place in the reference's schema.
    pub(crate) schema_index: usize,
}

/// Compares the columns of both sides, in the order of the reference.
pub(crate) fn compare_schemas(
    candidate: &Source,
    reference: &Source,
    rules: &Rules,
) -> (Vec<Shared>, Vec<Finding>) {
    let mut diff = Diff { rules, findings: Vec::new() };
    let mut shared = Vec::new();
    for (schema_index, field) in reference.schema.fields().iter().enumerate() {
        if rules.ignores(field.name()) {
            continue;
        }
        let Some(other) = candidate.field(field.name()) else {
            diff.missing(field, &candidate.schema);
            continue;
        };
        let inferred = candidate.is_inferred() || reference.is_inferred();
        diff.types(other, field, inferred);
        if !inferred {
            diff.nullability(other, field);
        }
        let data_type =
            common_type(&canonical_type(other.data_type()), &canonical_type(field.data_type()));
        shared.push(Shared {
            target: Target { name: field.name().clone(), data_type },
            schema_index,
        });
    }
    for field in candidate.schema.fields() {
        if !rules.ignores(field.name()) && reference.field(field.name()).is_none() {
            diff.extra(field);
        }
    }
    diff.order(&candidate.schema, &shared);
    diff.passes();
    (shared, diff.findings)
}

struct Diff<'a> {
    rules: &'a Rules,
    findings: Vec<Finding>,
}

impl Diff<'_> {
    fn add(
        &mut self,
        check: Check,
        at_most: Severity,
        column: Option<&str>,
        message: String,
        advice: &str,
    ) {
        let Some(severity) = self.rules.level(check).severity() else { return };
        let mut finding =
            Finding::new(check, severity.min(at_most), Verdict::Fail, message).advise(advice);
        finding.column = column.map(str::to_owned);
        self.findings.push(finding);
    }

    fn missing(&mut self, field: &Field, candidate: &Schema) {
        let name = field.name();
        let alike = candidate.fields().iter().find(|other| other.name().eq_ignore_ascii_case(name));
        let advice = match alike {
            Some(other) => format!("the candidate has `{}`: check the letter case", other.name()),
            None => {
                "write the column, or ignore it in the rules if it was dropped on purpose".into()
            }
        };
        let message = format!("the candidate lacks column `{name}` ({})", field.data_type());
        self.add(Check::MissingColumn, Severity::Error, Some(name), message, &advice);
    }

    fn extra(&mut self, field: &Field) {
        let name = field.name();
        let message = format!(
            "the candidate has a column `{name}` ({}) that the reference lacks",
            field.data_type()
        );
        let advice = "ignore the column in the rules if it was added on purpose";
        self.add(Check::ExtraColumn, Severity::Error, Some(name), message, advice);
    }

    /// Types inferred from text say what the values happen to look like, so among numbers only a
    /// declared type is a promise that can be broken.
    fn types(&mut self, candidate: &Field, reference: &Field, inferred: bool) {
        let (ours, theirs) = (candidate.data_type(), reference.data_type());
        let numbers = ours.is_numeric() && theirs.is_numeric();
        let (at_most, what) = match relate(ours, theirs) {
            Relation::Same | Relation::Unknown => return,
            Relation::Wider => (Severity::Warning, "is wider"),
            Relation::Narrower if inferred => (Severity::Warning, "is narrower"),
            Relation::Narrower => (Severity::Error, "is narrower"),
            Relation::Unlike if inferred && numbers => (Severity::Warning, "differs"),
            Relation::Unlike => (Severity::Error, "differs"),
        };
        let name = reference.name();
        let message = format!("the type of column `{name}` {what}: {ours} instead of {theirs}");
        self.add(Check::ColumnType, at_most, Some(name), message, advice_on_types(ours, theirs));
    }

    fn nullability(&mut self, candidate: &Field, reference: &Field) {
        let name = reference.name();
        let message = match (candidate.is_nullable(), reference.is_nullable()) {
            (true, false) => {
                format!("column `{name}` may hold nulls, which the reference rules out")
            }
            (false, true) => {
                format!("column `{name}` rules out nulls, which the reference may hold")
            }
            _ => return,
        };
        self.add(
            Check::Nullability,
            Severity::Error,
            Some(name),
            message,
            "declare the column as production does",
        );
    }

    fn order(&mut self, candidate: &Schema, shared: &[Shared]) {
        let wanted: Vec<&str> = shared.iter().map(|column| column.target.name.as_str()).collect();
        let found: Vec<&str> = candidate
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .filter(|name| wanted.contains(name))
            .collect();
        if found == wanted {
            return;
        }
        let message = format!(
            "the columns are in another order: {} instead of {}",
            found.join(", "),
            wanted.join(", "),
        );
        let advice = "matters only to readers that go by position; write the columns in the old order if one does";
        self.add(Check::ColumnOrder, Severity::Error, None, message, advice);
    }

    /// Says of each check that is on and found nothing that it passed.
    fn passes(&mut self) {
        for (check, message) in [
            (Check::MissingColumn, "the candidate has every column of the reference"),
            (Check::ExtraColumn, "the candidate has no column beyond the reference's"),
            (Check::ColumnType, "the shared columns have the same types"),
            (Check::ColumnOrder, "the shared columns are in the same order"),
            (Check::Nullability, "the shared columns are equally nullable"),
        ] {
            let found = self.findings.iter().any(|finding| finding.check == check);
            if let (false, Some(severity)) = (found, self.rules.level(check).severity()) {
                self.findings.push(Finding::new(check, severity, Verdict::Pass, message));
            }
        }
    }
}

fn advice_on_types(candidate: &DataType, reference: &DataType) -> &'static str {
    let time = |data_type: &DataType| matches!(data_type, DataType::Timestamp(..));
    if time(candidate) && time(reference) {
        "write times with the unit and zone that production uses"
    } else if candidate.is_floating() && reference.is_integer() {
        "cast the column back to integers; nulls often turn integers into floats on the way"
    } else {
        "cast the column to the type that production writes"
    }
}
