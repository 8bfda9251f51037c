//! Judges one table by the constraints that are about it.

use chrono::{DateTime, Utc};
use globset::Glob;

use super::advice;
use super::catalogue::Catalogue;
use super::pass::Pass;
use super::tally::Answer;
use crate::judgement::{Check, ColumnJudgement, Finding};
use crate::rows::Space;
use crate::rules::{Constraint, Rules};
use crate::table::Source;
use crate::{Result, Severity, Verdict};

/// What is judged, and by what.
pub(crate) struct Subject<'a> {
    pub(crate) table: &'a str,
    pub(crate) candidate: &'a Source,
    /// The other side, if its rows are there to be queried.
    #[cfg(feature = "sql")]
    pub(crate) reference: Option<&'a Source>,
    /// How many rows the reference has, if there is one.
    pub(crate) reference_rows: Option<u64>,
    /// What the comparison found of the columns.
    pub(crate) columns: &'a [ColumnJudgement],
    pub(crate) rules: &'a Rules,
    pub(crate) space: Space<'a>,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) now: DateTime<Utc>,
}

/// Which constraints were about some table.
#[derive(Debug)]
pub(crate) struct Asked(Vec<Option<String>>);

impl Asked {
    pub(crate) fn new(rules: &Rules) -> Self {
        let why = "no table of the candidate is meant".to_owned();
        Self(vec![Some(why); rules.constraints().len()])
    }

    /// Returns a finding for each constraint that was about nothing: it would pass over a slip of the pen.
    pub(crate) fn unasked(&self, rules: &Rules) -> Vec<Finding> {
        let unasked = rules.constraints().iter().zip(&self.0);
        let finding = |(constraint, why): (&Constraint, &Option<String>)| {
            let answer = Answer::inconclusive(why.clone()?);
            finding(constraint, answer, rules)
        };
        unasked.filter_map(finding).collect()
    }
}

/// Evaluates what is about this table, in one pass over the candidate.
pub(crate) fn judge_constraints(subject: &Subject<'_>, asked: &mut Asked) -> Result<Vec<Finding>> {
    let rules = subject.rules;
    let mut pass = Pass::new(subject);
    for (index, constraint) in rules.constraints().iter().enumerate() {
        if is_about(constraint, subject.table)
            && rules.level(Check::Constraint).severity().is_some()
        {
            match pass.add(index, constraint)? {
                None => asked.0[index] = None,
                Some(why) => {
                    asked.0[index] = asked.0[index].take().map(|_| why);
                }
            }
        }
    }
    let mut answers = pass.run()?;
    let mut findings = Vec::new();
    for (index, constraint) in rules.constraints().iter().enumerate() {
        let own = answers.extract_if(.., |(of, _)| *of == index).map(|(_, answer)| answer);
        findings.extend(
            merge(own.collect())
                .into_iter()
                .filter_map(|answer| finding(constraint, answer, rules)),
        );
    }
    Ok(findings)
}

fn is_about(constraint: &Constraint, table: &str) -> bool {
    constraint.table.as_ref().is_none_or(|written| {
        written == table
            || Glob::new(written).is_ok_and(|glob| glob.compile_matcher().is_match(table))
    })
}

/// One answer is enough for all columns that hold.
fn merge(answers: Vec<Answer>) -> Vec<Answer> {
    let held = answers.iter().filter(|answer| answer.verdict == Verdict::Pass).count();
    if held < 2 {
        return answers;
    }
    let (passed, mut others): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|answer| answer.verdict == Verdict::Pass && answer.rows.is_none());
    if !passed.is_empty() {
        others.push(Answer::new(Verdict::Pass, format!("{} columns hold", passed.len())));
    }
    others
}

fn finding(constraint: &Constraint, answer: Answer, rules: &Rules) -> Option<Finding> {
    let most: Severity = rules.level(Check::Constraint).severity()?;
    let severity = constraint.severity.min(most);
    let message = format!("{constraint}: {}", answer.message);
    let mut finding = Finding::new(Check::Constraint, severity, answer.verdict, message);
    finding.rule = Some(constraint.to_string());
    finding.column = answer.column;
    finding.rows = answer.rows;
    if answer.verdict != Verdict::Pass {
        let advice = constraint.recommendation.clone();
        finding.recommendation =
            Some(advice.unwrap_or_else(|| advice::of(&constraint.demand).to_owned()));
    }
    Some(finding)
}
