//! Holds data, or another profile, against a profile: schema, distributions, constraints, but no rows.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};

use super::column::ColumnProfile;
use super::gathered::gathered;
use super::options::ProfileOptions;
use super::table::TableProfile;
use super::whole::Profile;
use crate::budget::Budget;
use crate::column::judge_gathered;
use crate::constraint::{Subject, judge_constraints};
use crate::judgement::{
    Check, ColumnJudgement, ColumnType, Finding, Judgement, Side, TableFormat, TableJudgement,
    TableSide,
};
use crate::schema::{Declared, Shared, compare_schemas};
use crate::table::Source;
use crate::tree::{Contents, Tree, Unit};
use crate::validator::Constraints;
use crate::whole::{Whole, worst};
use crate::{Level, Result, Severity, Validator, Verdict};

/// The part of the memory budget that the cells of a text table may take.
const KEPT_PART: u64 = 4;

/// The tables of both sides, paired by name.
struct Paired<'a, T> {
    both: Vec<(T, &'a TableProfile)>,
    only_candidate: Vec<String>,
    only_baseline: Vec<String>,
}

impl Validator {
    /// Compares what the candidate holds, a file or a directory, with the profile of earlier data.
    ///
    /// Schema, distributions, means, missing values and the constraints of the rules are judged as
    /// [`compare`](Self::compare) does, with the distances between distributions known within bounds. Rows can't be
    /// compared, business rules can't be asked (each is inconclusive), and files that are no tables are passed over.
    ///
    /// # Errors
    /// As [`compare`](Self::compare).
    pub fn compare_with_profile(&self, candidate: &Path, baseline: &Profile) -> Result<Judgement> {
        self.rules.check()?;
        let tree = Tree::scan(candidate)?;
        let mut constraints = self.constraints(&tree, &Tree::default())?;
        let mut whole = Whole::new(&self.rules);
        whole.ignored(Side::Candidate, &tree);
        let paired = pair_units(tree, baseline, candidate.is_file());
        if whole.nothing_to_compare(paired.is_empty(), baseline.tables().is_empty()) {
            return Ok(whole.finish());
        }
        whole.unpaired(&paired.only_candidate, &paired.only_baseline);
        let budget = self.budget();
        let kept = budget.at_most(budget.limit() / KEPT_PART);
        for ((format, unit), baseline) in &paired.both {
            let text = self.rules.text();
            let source = Source::open(*format, &unit.files, text, &kept)?;
            let judged = self.judge_source(&source, baseline, &mut constraints, &budget)?;
            whole.judgement.tables.push(judged);
        }
        whole.check_names()?;
        self.check_key(&whole)?;
        whole.judgement.findings.extend(constraints.asked.unasked(&self.rules));
        Ok(whole.finish())
    }

    /// Compares two profiles, the candidate's with that of earlier data.
    ///
    /// As [`compare_with_profile`](Self::compare_with_profile), except that constraints are inconclusive: they need the data.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRules`](crate::ErrorKind::InvalidRules) or [`ErrorKind::UnknownName`](crate::ErrorKind::UnknownName)
    /// if the rules don't fit.
    pub fn compare_profiles(&self, candidate: &Profile, baseline: &Profile) -> Result<Judgement> {
        self.rules.check()?;
        let constraints = self.constraints(&Tree::default(), &Tree::default())?;
        let mut whole = Whole::new(&self.rules);
        let tables = candidate.tables().iter().map(|table| (table.name.clone(), table));
        let paired = Paired::of(tables.collect(), baseline, false);
        if whole.nothing_to_compare(paired.is_empty(), baseline.tables().is_empty()) {
            return Ok(whole.finish());
        }
        whole.unpaired(&paired.only_candidate, &paired.only_baseline);
        for (ours, theirs) in &paired.both {
            whole.judgement.tables.push(self.judge_profile(ours, theirs));
        }
        whole.check_names()?;
        self.check_key(&whole)?;
        whole.judgement.findings.extend(constraints.asked.unasked(&self.rules));
        Ok(whole.finish())
    }

    fn judge_source(
        &self,
        source: &Source,
        baseline: &TableProfile,
        constraints: &mut Constraints,
        budget: &Budget,
    ) -> Result<TableJudgement> {
        // A profile keeps no metadata to compare.
        let plain = source.schema.clone().with_metadata(HashMap::new());
        let ours = Declared { schema: &without_metadata(&plain), inferred: source.is_inferred() };
        let theirs = Declared { schema: &baseline.schema(), inferred: baseline.is_inferred() };
        let (shared, findings) = compare_schemas(ours, theirs, &self.rules);
        let options = as_in(baseline);
        let fields: Vec<(&Field, DataType)> = shared
            .iter()
            .filter_map(|column| {
                let field = source.field(&column.target.name)?;
                Some((field, column.target.data_type.clone()))
            })
            .collect();
        let ours = TableProfile::of_columns(&baseline.name, source, &fields, &options)?;
        let (columns, mut findings) = self.judge_columns(&ours, baseline, shared, findings);
        let subject = Subject {
            table: &baseline.name,
            candidate: source,
            #[cfg(feature = "sql")]
            reference: None,
            reference_rows: Some(baseline.rows),
            columns: &columns,
            rules: &self.rules,
            space: self.space(budget),
            catalogue: &constraints.catalogue,
            now: constraints.now,
        };
        findings.extend(judge_constraints(&subject, &mut constraints.asked)?);
        Ok(judged(source.summary(), source.format, baseline, columns, findings))
    }

    pub(super) fn judge_profile(
        &self,
        ours: &TableProfile,
        baseline: &TableProfile,
    ) -> TableJudgement {
        let declared = Declared { schema: &ours.schema(), inferred: ours.is_inferred() };
        let theirs = Declared { schema: &baseline.schema(), inferred: baseline.is_inferred() };
        let (shared, findings) = compare_schemas(declared, theirs, &self.rules);
        let (columns, findings) = self.judge_columns(ours, baseline, shared, findings);
        judged(ours.side(), ours.format, baseline, columns, findings)
    }

    fn judge_columns(
        &self,
        ours: &TableProfile,
        theirs: &TableProfile,
        shared: Vec<Shared>,
        mut findings: Vec<Finding>,
    ) -> (Vec<ColumnJudgement>, Vec<Finding>) {
        let mut pairs = Vec::with_capacity(shared.len());
        for column in shared {
            let name = &column.target.name;
            let (Some(ours), Some(theirs)) = (ours.column(name), theirs.column(name)) else {
                continue;
            };
            let (ours, theirs) = gathered(ours, theirs, &column.target.data_type);
            pairs.push((column, ours, theirs));
        }
        let (columns, found) = judge_gathered(&pairs, &self.rules);
        findings.extend(found);
        if self.rules.level(Check::Rows) != Level::Off {
            let message = "a profile holds no rows, so rows were not compared";
            let rows = Finding::new(Check::Rows, Severity::Info, Verdict::Inconclusive, message);
            findings.push(rows);
        }
        if let Some(severity) = self.rules.level(Check::Business).severity() {
            findings.extend(self.business.iter().map(|rule| {
                let message =
                    format!("{}: a profile holds no rows that could be looked at", rule.name());
                let verdict = Verdict::Inconclusive;
                let mut finding = Finding::new(Check::Business, severity, verdict, message);
                finding.rule = Some(rule.name().to_owned());
                finding.advise("compare with the data itself to ask this rule")
            }));
        }
        (columns, findings)
    }
}

fn judged(
    candidate: TableSide,
    format: TableFormat,
    baseline: &TableProfile,
    columns: Vec<ColumnJudgement>,
    mut findings: Vec<Finding>,
) -> TableJudgement {
    for finding in &mut findings {
        finding.table = Some(baseline.name.clone());
    }
    TableJudgement {
        name: baseline.name.clone(),
        format,
        verdict: worst(&findings),
        candidate,
        reference: baseline.side(),
        findings,
        rows: None,
        columns,
    }
}

impl<'a, T> Paired<'a, T> {
    /// Pairs by name; if there is one table on each side that is a file, or part files, these two.
    fn of(mut tables: BTreeMap<String, T>, baseline: &'a Profile, is_file: bool) -> Self {
        let mut paired =
            Self { both: Vec::new(), only_candidate: Vec::new(), only_baseline: Vec::new() };
        if let ([known], true) = (baseline.tables(), tables.len() == 1) {
            let parts = known.name.contains('*') || tables.keys().any(|name| name.contains('*'));
            if is_file || parts {
                paired.both.extend(tables.into_values().map(|table| (table, known)));
                return paired;
            }
        }
        for known in baseline.tables() {
            match tables.remove(&known.name) {
                Some(table) => paired.both.push((table, known)),
                None => paired.only_baseline.push(known.name.clone()),
            }
        }
        paired.only_candidate = tables.into_keys().collect();
        paired
    }

    fn is_empty(&self) -> bool {
        self.both.is_empty() && self.only_candidate.is_empty()
    }
}

/// Pairs the tables of a tree; a JSON document of one object is one if the profile has it as a table.
fn pair_units(tree: Tree, baseline: &Profile, is_file: bool) -> Paired<'_, (TableFormat, Unit)> {
    let table = |(name, unit): (String, Unit)| {
        let format = match unit.contents {
            Contents::Table(format) => Some(format),
            Contents::Json => baseline.table(&name).map(TableProfile::format),
            Contents::Opaque => None,
        };
        format.map(|format| (name, (format, unit)))
    };
    Paired::of(tree.units.into_iter().filter_map(table).collect(), baseline, is_file)
}

/// Returns options that keep of each column what its profile has.
fn as_in(baseline: &TableProfile) -> ProfileOptions {
    let named = |column: &ColumnProfile| format!("name:{}", column.name);
    let clear = |column: &&ColumnProfile| column.text.as_ref().is_some_and(|text| !text.masked);
    let columns = baseline.columns.iter();
    ProfileOptions::new()
        .with_clear_text(columns.clone().filter(clear).map(named))
        .without_values_of(columns.filter(|column| column.left_out).map(named))
}

fn without_metadata(schema: &Schema) -> Schema {
    let plain = |field: &Arc<Field>| field.as_ref().clone().with_metadata(HashMap::new());
    Schema::new(schema.fields().iter().map(plain).collect::<Vec<_>>())
}

impl TableProfile {
    fn schema(&self) -> Schema {
        let field = |column: &ColumnProfile| {
            Field::new(&column.name, column.data_type.clone(), column.nullable)
        };
        Schema::new(self.columns.iter().map(field).collect::<Vec<_>>())
    }

    fn is_inferred(&self) -> bool {
        !matches!(self.format, TableFormat::Parquet | TableFormat::ArrowIpc)
    }

    fn side(&self) -> TableSide {
        let column = |column: &ColumnProfile| ColumnType {
            name: column.name.clone(),
            type_name: column.data_type.to_string(),
            nullable: column.nullable,
        };
        TableSide {
            files: Vec::new(),
            bytes: self.bytes,
            rows: self.rows,
            columns: self.columns.iter().map(column).collect(),
        }
    }
}
