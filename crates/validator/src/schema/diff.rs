//! Finds every difference between two schemas, and the columns that both sides share.

use std::collections::{BTreeSet, HashMap};

use arrow::datatypes::{DataType, Field, Fields, Schema};

use super::relation::{Relation, relate};
use crate::judgement::{Check, Finding};
use crate::rules::{Rules, nearest};
use crate::table::{Target, canonical_type, common_type};
use crate::{Severity, Verdict};

/// A column of both sides, in the type in which it is compared.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) target: Target,
    /// Its place in the reference's schema.
    pub(crate) schema_index: usize,
}

/// The columns of one side, and whether their types were inferred from text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declared<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) inferred: bool,
}

/// Compares the columns of both sides, in the order of the reference.
pub(crate) fn compare_schemas(
    candidate: Declared<'_>,
    reference: Declared<'_>,
    rules: &Rules,
) -> (Vec<Shared>, Vec<Finding>) {
    let inferred = candidate.inferred || reference.inferred;
    let (candidate, reference) = (candidate.schema, reference.schema);
    let mut diff = Diff { rules, inferred, findings: Vec::new() };
    let mut shared: Vec<Shared> = Vec::new();
    diff.duplicates(candidate, reference);
    for (schema_index, field) in reference.fields().iter().enumerate() {
        let known = shared.iter().any(|column| column.target.name == *field.name());
        if known || rules.ignores(field.name(), field.data_type()) {
            continue;
        }
        let Ok(other) = candidate.field_with_name(field.name()) else {
            diff.missing(field.name(), field, candidate.fields());
            continue;
        };
        diff.field(field.name(), other, field);
        let data_type =
            common_type(&canonical_type(other.data_type()), &canonical_type(field.data_type()));
        shared.push(Shared {
            target: Target { name: field.name().clone(), data_type },
            schema_index,
        });
    }
    for field in candidate.fields() {
        let ignored = rules.ignores(field.name(), field.data_type());
        if !ignored && reference.field_with_name(field.name()).is_err() {
            diff.extra(field.name(), field);
        }
    }
    diff.order(candidate, &shared);
    diff.metadata(None, candidate.metadata(), reference.metadata());
    diff.passes();
    (shared, diff.findings)
}

/// What encodes types for one library or writer, and says nothing of the data.
const WRITERS_OWN: [&str; 5] = ["ARROW:", "PARQUET:", "org.apache.spark", "pandas", "writer.model"];

struct Diff<'a> {
    rules: &'a Rules,
    /// Whether a side's types were inferred from text.
    inferred: bool,
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

    /// Compares one field of both sides, and what is nested in it. `path` names it from its column on.
    fn field(&mut self, path: &str, candidate: &Field, reference: &Field) {
        if !self.inferred {
            self.nullability(path, candidate, reference);
        }
        self.metadata(Some(path), candidate.metadata(), reference.metadata());
        match (nested(candidate.data_type()), nested(reference.data_type())) {
            (Some(Nested::Fields(ours)), Some(Nested::Fields(theirs))) => {
                self.fields(path, ours, theirs);
            }
            (Some(Nested::Items(ours)), Some(Nested::Items(theirs))) => {
                self.field(&format!("{path}[]"), ours, theirs);
            }
            _ => self.types(path, candidate.data_type(), reference.data_type()),
        }
    }

    fn fields(&mut self, path: &str, candidate: &Fields, reference: &Fields) {
        for field in reference {
            let path = format!("{path}.{}", field.name());
            match candidate.find(field.name()) {
                Some((_, other)) => self.field(&path, other, field),
                None => self.missing(&path, field, candidate),
            }
        }
        for field in candidate {
            if reference.find(field.name()).is_none() {
                self.extra(&format!("{path}.{}", field.name()), field);
            }
        }
    }

    fn missing(&mut self, path: &str, field: &Field, candidate: &Fields) {
        let alike = nearest(field.name(), candidate.iter().map(|other| other.name().as_str()));
        let advice = match alike {
            Some(other) if other.eq_ignore_ascii_case(field.name()) => {
                format!("the candidate has `{other}`: check the letter case")
            }
            Some(other) => {
                format!(
                    "write the column, unless the candidate's `{other}` is its new name; ignore it in the rules if it was dropped on purpose"
                )
            }
            None => {
                "write the column, or ignore it in the rules if it was dropped on purpose".into()
            }
        };
        let message = format!("the candidate lacks column `{path}` ({})", field.data_type());
        self.add(Check::MissingColumn, Severity::Error, Some(path), message, &advice);
    }

    fn extra(&mut self, path: &str, field: &Field) {
        let message = format!(
            "the candidate has a column `{path}` ({}) that the reference lacks",
            field.data_type()
        );
        let advice = "ignore the column in the rules if it was added on purpose";
        self.add(Check::ExtraColumn, Severity::Error, Some(path), message, advice);
    }

    /// Only the first of several columns of one name can be compared.
    fn duplicates(&mut self, candidate: &Schema, reference: &Schema) {
        let count = |schema: &Schema, name: &str| {
            schema.fields().iter().filter(|field| field.name() == name).count()
        };
        let names: BTreeSet<&String> =
            candidate.fields().iter().chain(reference.fields()).map(|field| field.name()).collect();
        for name in names {
            let (ours, theirs) = (count(candidate, name), count(reference, name));
            if ours.max(theirs) > 1 {
                let at_most = if ours == theirs { Severity::Warning } else { Severity::Error };
                let message = format!(
                    "column `{name}` is there {ours} times in the candidate and {theirs} times in the reference; only the first is compared"
                );
                let advice = "give every column a name of its own";
                self.add(Check::DuplicateColumn, at_most, Some(name), message, advice);
            }
        }
    }

    /// Types inferred from text say what the values happen to look like, so among numbers only a
    /// declared type is a promise that can be broken.
    fn types(&mut self, path: &str, ours: &DataType, theirs: &DataType) {
        let numbers = ours.is_numeric() && theirs.is_numeric();
        let (at_most, what) = match relate(ours, theirs) {
            Relation::Same | Relation::Unknown => return,
            Relation::Wider => (Severity::Warning, "is wider"),
            Relation::Narrower if self.inferred => (Severity::Warning, "is narrower"),
            Relation::Narrower => (Severity::Error, "is narrower"),
            Relation::Unlike if self.inferred && numbers => (Severity::Warning, "differs"),
            Relation::Unlike => (Severity::Error, "differs"),
        };
        let message = format!("the type of column `{path}` {what}: {ours} instead of {theirs}");
        self.add(Check::ColumnType, at_most, Some(path), message, advice_on_types(ours, theirs));
    }

    fn nullability(&mut self, path: &str, candidate: &Field, reference: &Field) {
        let message = match (candidate.is_nullable(), reference.is_nullable()) {
            (true, false) => {
                format!("column `{path}` may hold nulls, which the reference rules out")
            }
            (false, true) => {
                format!("column `{path}` rules out nulls, which the reference may hold")
            }
            _ => return,
        };
        let advice = "declare the column as production does";
        self.add(Check::Nullability, Severity::Error, Some(path), message, advice);
    }

    /// The keys are named and not the values, which may be long, or data.
    fn metadata(
        &mut self,
        path: Option<&str>,
        candidate: &HashMap<String, String>,
        reference: &HashMap<String, String>,
    ) {
        let own = |key: &&String| !WRITERS_OWN.iter().any(|prefix| key.starts_with(prefix));
        let keys: BTreeSet<&String> =
            candidate.keys().chain(reference.keys()).filter(own).collect();
        let differing: Vec<&str> = keys
            .into_iter()
            .filter(|key| candidate.get(*key) != reference.get(*key))
            .map(String::as_str)
            .collect();
        if differing.is_empty() {
            return;
        }
        let of = path.map_or_else(|| "the table".to_owned(), |path| format!("column `{path}`"));
        let message = format!("the metadata of {of} differ in: {}", differing.join(", "));
        let advice = "matters only to readers that look at it";
        self.add(Check::Metadata, Severity::Error, path, message, advice);
    }

    fn order(&mut self, candidate: &Schema, shared: &[Shared]) {
        let wanted: Vec<&str> = shared.iter().map(|column| column.target.name.as_str()).collect();
        let mut found: Vec<&str> = Vec::with_capacity(wanted.len());
        for field in candidate.fields() {
            let name = field.name().as_str();
            if wanted.contains(&name) && !found.contains(&name) {
                found.push(name);
            }
        }
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
            (Check::DuplicateColumn, "every column has a name of its own"),
            (Check::ColumnType, "the shared columns have the same types"),
            (Check::ColumnOrder, "the shared columns are in the same order"),
            (Check::Nullability, "the shared columns are equally nullable"),
            (Check::Metadata, "the metadata are the same"),
        ] {
            let found = self.findings.iter().any(|finding| finding.check == check);
            if let (false, Some(severity)) = (found, self.rules.level(check).severity()) {
                self.findings.push(Finding::new(check, severity, Verdict::Pass, message));
            }
        }
    }
}

/// What is nested in a type.
enum Nested<'a> {
    Fields(&'a Fields),
    Items(&'a Field),
}

fn nested(data_type: &DataType) -> Option<Nested<'_>> {
    match data_type {
        DataType::Struct(fields) => Some(Nested::Fields(fields)),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => Some(Nested::Items(item)),
        DataType::Dictionary(_, values) => nested(values),
        DataType::RunEndEncoded(_, values) => nested(values.data_type()),
        _ => None,
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
