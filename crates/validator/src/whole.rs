//! The judgement of two trees while it grows: what is found is added, names are checked, and a verdict concludes.

use std::collections::BTreeSet;

use crate::budget::Budget;
use crate::file::judge_file;
use crate::judgement::{
    Check, Finding, IgnoreReason, IgnoredFile, Judgement, Side, TableJudgement,
};
use crate::rules::{Rules, nearest};
use crate::tree::{Pair, Tree};
use crate::{Error, ErrorKind, Level, Result, Severity, Verdict};

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

    pub(crate) fn file(&mut self, pair: &Pair, budget: &Budget) -> Result<()> {
        let judged = judge_file(pair, self.rules, budget)?;
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

    /// A key that fits no table is a slip of the pen as well, and rows would be compared without it.
    pub(crate) fn check_key(&self) -> Result<()> {
        let key = self.rules.general_key();
        let tables = || {
            let tables = self.judgement.tables.iter();
            tables.filter(|table| !self.rules.has_own_key(&table.name))
        };
        let columns = |table: &'_ TableJudgement| -> BTreeSet<String> {
            let sides = [&table.candidate, &table.reference];
            sides.iter().flat_map(|side| &side.columns).map(|column| column.name.clone()).collect()
        };
        let fits = |columns: &BTreeSet<String>| key.iter().all(|name| columns.contains(name));
        if key.is_empty() || self.rules.level(Check::Rows) == Level::Off || tables().count() == 0 {
            return Ok(());
        }
        let known: Vec<BTreeSet<String>> = tables().map(columns).collect();
        if known.iter().any(fits) {
            return Ok(());
        }
        let all: BTreeSet<&str> = known.iter().flatten().map(String::as_str).collect();
        let unknown: Vec<String> = key
            .iter()
            .filter(|name| !all.contains(name.as_str()))
            .map(|name| match nearest(name, all.iter().copied()) {
                Some(near) => format!("no column `{name}` (did you mean `{near}`?)"),
                None => format!("no column `{name}`"),
            })
            .collect();
        let what = match unknown.as_slice() {
            [] => format!("no table has all columns of the key {}", key.join(", ")),
            unknown => format!("the key does not fit: there is {}", unknown.join(" and ")),
        };
        Err(Error::new(ErrorKind::UnknownName, what))
    }

    pub(crate) fn finish(self) -> Judgement {
        let mut judgement = self.judgement;
        let deciding: Vec<&Finding> =
            judgement.all_findings().filter(|f| f.severity == Severity::Error).collect();
        let verdict = deciding.iter().map(|f| f.verdict).max().unwrap_or(Verdict::Inconclusive);
        let problems = deciding.iter().filter(|f| f.verdict == verdict).count();
        let reason = match (verdict, deciding.iter().find(|f| f.verdict == verdict)) {
            (_, None) => "nothing was checked".to_owned(),
            (Verdict::Pass, Some(_)) => match deciding.len() {
                1 => "the only check passed".to_owned(),
                all => format!("all {all} checks passed"),
            },
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
