//! Compares two trees: pairs what they hold, judges each pair, and sums up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::both::both_sides;
use crate::budget::Budget;
use crate::business::{BusinessRule, Named, RuleOutcome, TablePair};
use crate::column::{Effort, judge_columns};
use crate::constraint::{Asked, Catalogue, Subject, judge_constraints};
use crate::judgement::{Check, Finding, Judgement, Side, TableFormat, TableJudgement};
use crate::observer::{Observer, Watch};
use crate::rows::{ComparedRows, Space, Task, compare_rows};
use crate::rules::Rules;
use crate::schema::compare_schemas;
use crate::table::{Source, Target};
use crate::tree::{Contents, Pair, Tree, Unit, pair};
use crate::whole::{Whole, worst};
use crate::{Error, ErrorKind, Level, Result, Severity, Verdict};

/// Judges whether what new code wrote is as good as what production wrote.
///
/// See the [crate documentation](crate) for an example.
#[derive(Debug)]
pub struct Validator {
    pub(crate) rules: Rules,
    pub(crate) business: Vec<Box<dyn BusinessRule>>,
    tables: Vec<(String, PathBuf)>,
    now: Option<DateTime<Utc>>,
    pub(crate) memory: u64,
    spill_directory: Option<PathBuf>,
    exact: bool,
    shares_rules: bool,
    observer: Option<Arc<dyn Observer>>,
}

/// What a comparison may hold by default, in bytes.
const MEMORY: u64 = 1 << 30;

/// The part of the memory budget that the cells of a text table may take on each side.
const KEPT_PART: u64 = 4;

impl Default for Validator {
    fn default() -> Self {
        Self::new(Rules::default())
    }
}

impl Validator {
    /// Creates a validator with these rules.
    pub fn new(rules: Rules) -> Self {
        let (business, tables) = (Vec::new(), Vec::new());
        Self {
            rules,
            business,
            tables,
            now: None,
            memory: MEMORY,
            spill_directory: None,
            exact: false,
            shares_rules: false,
            observer: None,
        }
    }

    /// Sets how much data a comparison may hold in memory, in bytes. By default 1 GiB.
    ///
    /// A column that takes at most about one part in 64 of it is compared exactly. Of a longer one values are counted by
    /// cell, so that the distance of the distributions is known within narrow bounds that are certain; the evidence says so.
    /// Rows that do not fit are compared [on disk](Self::with_spill_directory), and so is what constraints gather of them. All that
    /// holds much counts its bytes against this one budget: kept cells of text, footers, keys and counts of columns, fingerprints,
    /// rows, and batches that pass by. What there is no way around, such as one batch for each thread, is taken even where a small
    /// budget does not have it; buffers of libraries that unpack files come on top, about a megabyte for each column that is read.
    #[must_use]
    pub fn with_memory_budget(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Sets the directory in which rows, or fingerprints of them, are kept that do not fit into the memory. By default it is the
    /// system's directory for temporary files. Nothing stays there.
    #[must_use]
    pub fn with_spill_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.spill_directory = Some(directory.into());
        self
    }

    /// Sets whether distances of distributions are made exact even where bounds suffice for the verdict. By default they
    /// are not, as it takes long columns further reads of the data.
    #[must_use]
    pub fn with_exact_distances(mut self, exact: bool) -> Self {
        self.exact = exact;
        self
    }

    /// Sets whether the rules are those of other comparisons as well, as of several outputs of one step. Then a key that fits no
    /// table of this one is a warning; by default it is an error, since it must be misspelt.
    #[must_use]
    pub fn with_shared_rules(mut self, shared: bool) -> Self {
        self.shares_rules = shared;
        self
    }

    /// Adds a business rule that is a closure.
    #[must_use]
    pub fn with_business_rule<F>(self, name: impl Into<String>, check: F) -> Self
    where
        F: Fn(TablePair) -> Result<RuleOutcome> + Send + Sync + 'static,
    {
        self.with_boxed_rule(Box::new(Named::new(name.into(), check)))
    }

    /// Adds a business rule.
    #[must_use]
    pub fn with_boxed_rule(mut self, rule: Box<dyn BusinessRule>) -> Self {
        self.business.push(rule);
        self
    }

    /// Registers a file or directory under a name that constraints may refer to, such as another output of the pipeline.
    ///
    /// If it holds several tables, each is called by the name, a `/`, and its own name.
    #[must_use]
    pub fn with_table(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.tables.push((name.into(), path.into()));
        self
    }

    /// Tells somebody how far a comparison is while it is made. By default nobody.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Sets the time that ages are measured from. By default it is the clock's when the comparison starts.
    #[must_use]
    pub fn with_now(mut self, now: DateTime<Utc>) -> Self {
        self.now = Some(now);
        self
    }

    /// Returns the rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Compares what the candidate holds with what the reference holds, each a file or a directory.
    ///
    /// Differences, missing files and empty outputs are findings of the judgement, not errors.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] or [`ErrorKind::Unreadable`] if a path can't be read,
    /// [`ErrorKind::Malformed`] or [`ErrorKind::InconsistentParts`] if a file is broken,
    /// [`ErrorKind::InvalidRules`] or [`ErrorKind::UnknownName`] if the rules don't fit. A business rule that returns
    /// [`ErrorKind::BusinessRule`] or panics is an inconclusive finding.
    pub fn compare(&self, candidate: &Path, reference: &Path) -> Result<Judgement> {
        self.compare_within(candidate, reference, &self.budget())
    }

    /// Returns what one comparison may hold.
    pub(crate) fn budget(&self) -> Budget {
        Budget::new(self.memory).watched(Watch::by(self.observer.clone()))
    }

    /// As [`compare`](Self::compare), within a budget that others may share.
    pub(crate) fn compare_within(
        &self,
        candidate: &Path,
        reference: &Path,
        budget: &Budget,
    ) -> Result<Judgement> {
        self.rules.check()?;
        let (ours, theirs) = (Tree::scan(candidate)?, Tree::scan(reference)?);
        let mut constraints = self.constraints(&ours, &theirs)?;
        let mut whole = Whole::new(&self.rules);
        whole.ignored(Side::Candidate, &ours);
        whole.ignored(Side::Reference, &theirs);
        if whole.nothing_to_compare(ours.units.is_empty(), theirs.units.is_empty()) {
            return Ok(whole.finish());
        }
        let pairing = pair(ours, theirs, candidate.is_file() || reference.is_file());
        whole.unpaired(&pairing.only_candidate, &pairing.only_reference);
        for pair in pairing.both {
            match (pair.candidate.contents, pair.reference.contents) {
                (Contents::Table(ours), Contents::Table(theirs)) => {
                    let formats = [ours, theirs];
                    let table = self.judge_table(&pair, formats, &mut constraints, budget)?;
                    whole.judgement.tables.push(table);
                }
                _ => whole.file(&pair, budget)?,
            }
        }
        whole.check_names()?;
        self.check_key(&whole)?;
        whole.judgement.findings.extend(constraints.asked.unasked(&self.rules));
        Ok(whole.finish())
    }

    pub(crate) fn constraints(&self, candidate: &Tree, reference: &Tree) -> Result<Constraints> {
        let mut catalogue = Catalogue::default();
        catalogue.register(&self.tables)?;
        catalogue.add(Side::Candidate, candidate);
        catalogue.add(Side::Reference, reference);
        let now = self.now.unwrap_or_else(Utc::now);
        Ok(Constraints { catalogue, now, asked: Asked::new(&self.rules) })
    }

    pub(crate) fn check_key(&self, whole: &Whole<'_>) -> Result<()> {
        if self.shares_rules { Ok(()) } else { whole.check_key() }
    }

    /// Returns what may be held, and where what is more goes.
    pub(crate) fn space<'a>(&'a self, budget: &'a Budget) -> Space<'a> {
        Space { budget, directory: self.spill_directory.as_deref() }
    }

    fn judge_table(
        &self,
        pair: &Pair,
        [ours, theirs]: [TableFormat; 2],
        constraints: &mut Constraints,
        budget: &Budget,
    ) -> Result<TableJudgement> {
        let space = self.space(budget);
        let kept = budget.at_most(budget.limit() / KEPT_PART);
        let open =
            |format, unit: &Unit| Source::open(format, &unit.files, self.rules.text(), &kept);
        let (candidate, reference) =
            both_sides(|| open(ours, &pair.candidate), || open(theirs, &pair.reference))?;
        let (shared, mut findings) =
            compare_schemas(candidate.declared(), reference.declared(), &self.rules);
        let targets: Vec<Target> = shared.iter().map(|column| column.target.clone()).collect();
        let mut columns = Vec::new();
        let mut rows = None;
        if !targets.is_empty() {
            let compared = if self.rules.level(Check::Rows) == Level::Off {
                None
            } else {
                let key = self.key_for(&pair.name, &targets);
                findings.extend(self.unused_key(&pair.name, key));
                let task = Task {
                    sides: [&candidate, &reference],
                    targets: &targets,
                    rules: &self.rules,
                    space,
                };
                Some(compare_rows(task, key)?)
            };
            findings.extend(
                compared.as_ref().and_then(|rows| self.rows_finding(&candidate, &reference, rows)),
            );
            if self.asks_of_columns() {
                let sides = (&candidate, &reference);
                let effort = Effort { budget, exact: self.exact };
                let (judged, found) =
                    judge_columns(sides, &shared, compared.as_ref(), &self.rules, effort)?;
                columns = judged;
                findings.extend(found);
            }
            rows = compared.map(|compared| compared.comparison);
        }
        let subject = Subject {
            table: &pair.name,
            candidate: &candidate,
            #[cfg(feature = "sql")]
            reference: Some(&reference),
            reference_rows: Some(reference.rows),
            columns: &columns,
            rules: &self.rules,
            space,
            catalogue: &constraints.catalogue,
            now: constraints.now,
        };
        findings.extend(judge_constraints(&subject, &mut constraints.asked)?);
        for rule in &self.business {
            findings.extend(self.ask(rule.as_ref(), &pair.name, &candidate, &reference)?);
        }
        for finding in &mut findings {
            finding.table = Some(pair.name.clone());
        }
        Ok(TableJudgement {
            name: pair.name.clone(),
            format: theirs,
            verdict: worst(&findings),
            candidate: candidate.summary(),
            reference: reference.summary(),
            findings,
            rows,
            columns,
        })
    }

    /// Whether any check looks at the values of columns.
    fn asks_of_columns(&self) -> bool {
        let checks = [Check::Distribution, Check::Mean, Check::NullRate];
        checks.into_iter().any(|check| self.rules.level(check) != Level::Off)
    }

    /// A table's own key always applies; the general key applies where all its columns exist.
    fn key_for(&self, table: &str, targets: &[Target]) -> &[String] {
        let key = self.rules.key_of(table);
        let has = |name: &String| targets.iter().any(|target| target.name == *name);
        if self.rules.has_own_key(table) || key.iter().all(has) { key } else { &[] }
    }

    /// Says that a key does not fit a table, since a misspelt key would otherwise be passed over.
    fn unused_key(&self, table: &str, used: &[String]) -> Option<Finding> {
        let wanted = self.rules.key_of(table);
        if wanted == used || self.rules.level(Check::Rows) == Level::Off {
            return None;
        }
        let message = format!(
            "the key {} is not among the columns of both sides, so rows were compared without it",
            wanted.join(", ")
        );
        Some(
            Finding::new(Check::Rows, Severity::Warning, Verdict::Inconclusive, message)
                .advise("name columns of this table, or give it a key of its own in the rules"),
        )
    }

    fn rows_finding(
        &self,
        candidate: &Source,
        reference: &Source,
        compared: &ComparedRows,
    ) -> Option<Finding> {
        let severity = self.rules.level(Check::Rows).severity()?;
        let rows = &compared.comparison;
        if candidate.rows == 0 && reference.rows == 0 {
            let message = "neither side has a row";
            return Some(Finding::new(Check::Rows, severity, Verdict::Inconclusive, message));
        }
        let rate = rows.difference_rate();
        let accepted = rate <= self.rules.max_changed_rows();
        let verdict = if accepted { Verdict::Pass } else { Verdict::Fail };
        let place = if compared.on_disk {
            "; they do not fit into the memory budget and were compared on disk"
        } else {
            ""
        };
        let message = format!(
            "{} rows match, {} changed, {} only in the candidate, {} only in the reference{place}",
            rows.matched, rows.changed, rows.only_candidate, rows.only_reference
        );
        Some(Finding::new(Check::Rows, severity, verdict, message))
    }

    fn ask(
        &self,
        rule: &dyn BusinessRule,
        table: &str,
        candidate: &Source,
        reference: &Source,
    ) -> Result<Option<Finding>> {
        let Some(severity) = self.rules.level(Check::Business).severity() else { return Ok(None) };
        let rows = |source: &Source| source.batches(&source.targets());
        let tables = TablePair::new(table.to_owned(), rows(candidate), rows(reference));
        let outcome = match answer(rule, tables) {
            // The rule could not be evaluated; what else was found still holds.
            Err(error) if error.kind() == ErrorKind::BusinessRule => {
                RuleOutcome::inconclusive(error.to_string())
                    .advise("mend the rule, or what it depends on")
            }
            outcome => outcome?,
        };
        let message = format!("{}: {}", rule.name(), outcome.message);
        let mut finding = Finding::new(Check::Business, severity, outcome.verdict, message);
        finding.rule = Some(rule.name().to_owned());
        finding.recommendation = outcome.recommendation;
        finding.rows = outcome.rows;
        Ok(Some(finding))
    }
}

/// Asks a business rule, which is foreign code and may panic.
fn answer(rule: &dyn BusinessRule, tables: TablePair) -> Result<RuleOutcome> {
    catch_unwind(AssertUnwindSafe(|| rule.check(tables)))
        .unwrap_or_else(|_| Err(Error::business_rule("the rule panicked")))
}

/// What the constraints of a comparison share.
pub(crate) struct Constraints {
    pub(crate) catalogue: Catalogue,
    pub(crate) now: DateTime<Utc>,
    pub(crate) asked: Asked,
}
