//! Compares two trees: pairs what they hold, judges each pair, and sums up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::both::both_sides;
use crate::budget::Budget;
use crate::business::{BusinessRule, Named, RuleOutcome, TablePair};
use crate::column::{Effort, judge_columns};
use crate::constraint::{Asked, Catalogue, Subject, judge_constraints};
use crate::file::judge_file;
use crate::judgement::{
    Check, Finding, IgnoreReason, IgnoredFile, Judgement, Side, TableFormat, TableJudgement,
};
use crate::rows::{ComparedRows, Task, compare_rows};
use crate::rules::Rules;
use crate::schema::compare_schemas;
use crate::table::{Source, Target};
use crate::tree::{Contents, Pair, Tree, Unit, pair};
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
        }
    }

    /// Sets how much data a comparison may hold in memory, in bytes. By default 1 GiB.
    ///
    /// A column that takes at most about one part in 64 of it is compared exactly. Of a longer one values are counted by
    /// cell, so that the distance of the distributions is known within narrow bounds that are certain; the evidence says so.
    /// Rows that do not fit are compared [on disk](Self::with_spill_directory). What holds much counts its bytes against this one
    /// budget: kept cells of text, keys and counts of columns, fingerprints and rows. Batches that pass by, a few megabytes for each
    /// thread, and what constraints gather come on top.
    #[must_use]
    pub fn with_memory_budget(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Sets the directory in which rows are kept while they are compared if they do not fit into the memory. By default it is the
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
        self.compare_within(candidate, reference, &Budget::new(self.memory))
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
                _ => whole.file(&pair)?,
            }
        }
        whole.check_names()?;
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

    fn judge_table(
        &self,
        pair: &Pair,
        [ours, theirs]: [TableFormat; 2],
        constraints: &mut Constraints,
        budget: &Budget,
    ) -> Result<TableJudgement> {
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
                    budget,
                    directory: self.spill_directory.as_deref(),
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
            queried: (Some(&reference), self.memory),
            reference_rows: Some(reference.rows),
            columns: &columns,
            rules: &self.rules,
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

/// The judgement of two trees while it grows.
pub(crate) struct Whole<'a> {
    rules: &'a Rules,
    pub(crate) judgement: Judgement,
}

impl<'a> Whole<'a> {
    pub(crate) fn new(rules: &'a Rules) -> Self {
        let judgement = Judgement {
            format_version: Judgement::FORMAT_VERSION,
            verdict: Verdict::Inconclusive,
            reason: String::new(),
            findings: Vec::new(),
            tables: Vec::new(),
            files: Vec::new(),
            ignored: Vec::new(),
        };
        Self { rules, judgement }
    }

    fn add(&mut self, check: Check, verdict: Verdict, message: String) -> Option<&mut Finding> {
        let severity = self.rules.level(check).severity()?;
        self.judgement.findings.push(Finding::new(check, severity, verdict, message));
        self.judgement.findings.last_mut()
    }

    pub(crate) fn ignored(&mut self, side: Side, tree: &Tree) {
        let ignored = tree.ignored.iter().cloned();
        self.judgement.ignored.extend(ignored.map(|(path, reason)| IgnoredFile {
            side,
            path,
            reason,
        }));
    }

    /// Whether a side is empty, which is said.
    pub(crate) fn nothing_to_compare(&mut self, no_candidate: bool, no_reference: bool) -> bool {
        let (verdict, message) = match (no_candidate, no_reference) {
            (_, true) => (Verdict::Inconclusive, "the reference holds no data to compare with"),
            (true, false) => (Verdict::Fail, "the candidate wrote no data"),
            (false, false) => return false,
        };
        self.judgement.findings.push(Finding::new(Check::Files, Severity::Error, verdict, message));
        true
    }

    pub(crate) fn unpaired(&mut self, only_candidate: &[String], only_reference: &[String]) {
        for name in only_reference {
            let empty = self.judgement.ignored.iter().any(|file| {
                file.side == Side::Candidate
                    && file.path == *name
                    && file.reason == IgnoreReason::ZeroBytes
            });
            let message = if empty {
                format!("the candidate's `{name}` is empty")
            } else {
                format!("the candidate did not write `{name}`")
            };
            if let Some(finding) = self.add(Check::MissingFile, Verdict::Fail, message) {
                finding.table = Some(name.clone());
            }
        }
        for name in only_candidate {
            let message = format!("the candidate wrote `{name}`, which the reference lacks");
            if let Some(finding) = self.add(Check::ExtraFile, Verdict::Fail, message) {
                finding.table = Some(name.clone());
            }
        }
    }

    fn file(&mut self, pair: &Pair) -> Result<()> {
        let judged = judge_file(pair, self.rules)?;
        if let Some(finding) = self.add(Check::Content, judged.judgement.verdict, judged.message) {
            finding.table = Some(pair.name.clone());
            finding.recommendation = judged.recommendation.map(str::to_owned);
        }
        self.judgement.files.push(judged.judgement);
        Ok(())
    }

    /// A rule for a table that nobody has is a slip of the pen that would switch the rule off.
    pub(crate) fn check_names(&self) -> Result<()> {
        let known = |name: &str| {
            self.judgement.table(name).is_some()
                || self.judgement.findings.iter().any(|f| f.table.as_deref() == Some(name))
        };
        match self.rules.named_tables().find(|name| !known(name)) {
            None => Ok(()),
            Some(name) => {
                let tables: Vec<&str> =
                    self.judgement.tables.iter().map(|table| table.name.as_str()).collect();
                let message = format!(
                    "the rules name table `{name}`, but the tables are: {}",
                    tables.join(", ")
                );
                Err(Error::new(ErrorKind::UnknownName, message))
            }
        }
    }

    pub(crate) fn finish(self) -> Judgement {
        let mut judgement = self.judgement;
        let deciding: Vec<&Finding> =
            judgement.all_findings().filter(|f| f.severity == Severity::Error).collect();
        let verdict = deciding.iter().map(|f| f.verdict).max().unwrap_or(Verdict::Inconclusive);
        let problems = deciding.iter().filter(|f| f.verdict == verdict).count();
        let reason = match (verdict, deciding.iter().find(|f| f.verdict == verdict)) {
            (_, None) => "nothing was checked".to_owned(),
            (Verdict::Pass, Some(_)) => format!("all {} checks passed", deciding.len()),
            (_, Some(first)) => {
                let place =
                    first.table.as_ref().map(|table| format!("{table}: ")).unwrap_or_default();
                let more = match problems - 1 {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                };
                format!("{place}{}{more}", first.message)
            }
        };
        judgement.verdict = verdict;
        judgement.reason = reason;
        judgement
    }
}

pub(crate) fn worst(findings: &[Finding]) -> Verdict {
    let deciding = findings.iter().filter(|finding| finding.severity == Severity::Error);
    deciding.map(|finding| finding.verdict).max().unwrap_or(Verdict::Inconclusive)
}
