//! The one pass over the candidate in which all constraints on a table are evaluated.

use super::bind::Columns;
use super::condition::Condition;
use super::expression::Expression;
use super::freshness::Freshness;
use super::judge::Subject;
use super::monotone::Monotone;
use super::referential::Referential;
use super::rows::{Evaluator, Obstacle, Rows};
use super::tally::{Answer, Tally};
use super::unique::Unique;
use super::value::EachValue;
use super::{row_count, statistical};
use crate::Result;
use crate::rows::Space;
use crate::rules::{Constraint, Demand, References, nearest};
use crate::table::Target;

/// The evaluators of all constraints on a table, and the columns that they read.
pub(crate) struct Pass<'a> {
    subject: &'a Subject<'a>,
    /// First those that identify a row.
    targets: Vec<Target>,
    identity: usize,
    evaluators: Vec<Running>,
    answers: Vec<(usize, Answer)>,
}

/// An evaluator of the constraint of this index.
struct Running {
    index: usize,
    column: Option<String>,
    evaluator: Box<dyn Evaluator>,
    gave_up: Option<String>,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(subject: &'a Subject<'a>) -> Self {
        let key = Columns::named(subject.rules.key_of(subject.table), subject.candidate);
        let targets = if key.missing.is_empty() { key.found } else { Vec::new() };
        let identity = targets.len();
        Self { subject, targets, identity, evaluators: Vec::new(), answers: Vec::new() }
    }

    /// Prepares a constraint. Returns why it is not about this table, if it is not.
    pub(crate) fn add(&mut self, index: usize, constraint: &Constraint) -> Result<Option<String>> {
        let candidate = self.subject.candidate;
        match &constraint.demand {
            Demand::RowCount { bounds, max_change } => {
                let reference = self.subject.reference_rows;
                let answer = row_count::judge(candidate.rows, reference, bounds, *max_change);
                self.answers.push((index, answer));
                Ok(None)
            }
            Demand::Expression(text) => match Expression::parse(text) {
                Ok(expression) => {
                    let columns = Columns::named(&expression.columns, candidate);
                    self.add_columns(index, constraint, &columns, Some(expression))
                }
                Err(why) => Ok(Some(why)),
            },
            #[cfg(feature = "sql")]
            Demand::Sql(query) => {
                let answer = super::sql::judge(query, constraint.max_failing, self.subject)?;
                self.answers.push((index, answer));
                Ok(None)
            }
            _ => {
                let columns = Columns::select(constraint, candidate);
                self.add_columns(index, constraint, &columns, None)
            }
        }
    }

    fn add_columns(
        &mut self,
        index: usize,
        constraint: &Constraint,
        columns: &Columns,
        expression: Option<Expression>,
    ) -> Result<Option<String>> {
        let complaint = columns.complaint(self.subject.candidate);
        let none = columns.found.is_empty();
        if none && constraint.table.is_none() {
            return Ok(Some(complaint));
        }
        if none || !columns.missing.is_empty() {
            self.answers.push((index, Answer::inconclusive(complaint)));
            let is_joint = matches!(
                constraint.demand,
                Demand::Unique | Demand::Referential(_) | Demand::Expression(_)
            );
            if none || is_joint {
                return Ok(None);
            }
        }
        if let Some(expression) = expression {
            let condition =
                Condition::new(expression, self.places(columns), self.tally(constraint));
            self.run_with(index, None, Ok(Box::new(condition)));
            return Ok(None);
        }
        match &constraint.demand {
            Demand::Unique => {
                let places = self.places(columns);
                let (targets, extent) = (self.read_again(columns), self.extent());
                let unique = Unique::new(places, targets, extent, self.tally(constraint));
                self.run_with(index, None, Ok(Box::new(unique)));
            }
            Demand::Referential(references) => {
                self.add_referential(index, constraint, references, columns)?;
            }
            Demand::KsTest { .. } | Demand::MeanComparison { .. } | Demand::Statistic { .. } => {
                let compared = columns
                    .found
                    .iter()
                    .map(|target| (index, self.compared(&constraint.demand, target)));
                let answers: Vec<_> = compared.collect();
                self.answers.extend(answers);
            }
            _ => {
                for target in &columns.found {
                    self.add_column(index, constraint, target);
                }
            }
        }
        Ok(None)
    }

    fn add_column(&mut self, index: usize, constraint: &Constraint, target: &Target) {
        let Target { name, data_type } = target;
        let place = self.place(target);
        let tally = self.tally(constraint);
        let evaluator: Result<Box<dyn Evaluator>, String> = match &constraint.demand {
            Demand::Monotone(direction) => Monotone::new(name, place, data_type, *direction, tally)
                .map(|found| Box::new(found) as _),
            Demand::Freshness(max_age) => {
                Freshness::new(name, place, data_type, *max_age, self.subject.now)
                    .map(|found| Box::new(found) as _)
            }
            demand => EachValue::new(demand, name, place, data_type, tally)
                .map(|found| Box::new(found) as _),
        };
        self.run_with(index, Some(name), evaluator);
    }

    fn add_referential(
        &mut self,
        index: usize,
        constraint: &Constraint,
        references: &References,
        columns: &Columns,
    ) -> Result<()> {
        let Subject { catalogue, rules, space, .. } = self.subject;
        let evaluator = match catalogue.open(references.side, &references.table, rules, *space)? {
            None => {
                let hint = nearest(&references.table, catalogue.names(references.side))
                    .map(|name| format!(", did you mean `{name}`?"))
                    .unwrap_or_default();
                Err(format!("the {} has no table `{}`{hint}", references.side, references.table))
            }
            Some(other) => {
                let places = self.places(columns);
                let (targets, extent) = (self.read_again(columns), self.extent());
                let referenced = (&other, references.columns.as_slice());
                let tally = self.tally(constraint);
                Referential::new(places, targets, referenced, extent, tally)?
                    .map(|found| Box::new(found) as Box<dyn Evaluator>)
            }
        };
        self.run_with(index, None, evaluator);
        Ok(())
    }

    fn run_with(
        &mut self,
        index: usize,
        column: Option<&str>,
        evaluator: Result<Box<dyn Evaluator>, String>,
    ) {
        let column = column.map(str::to_owned);
        match evaluator {
            Ok(evaluator) => {
                self.evaluators.push(Running { index, column, evaluator, gave_up: None });
            }
            Err(why) => self.answers.push((index, Answer { column, ..Answer::inconclusive(why) })),
        }
    }

    fn compared(&self, demand: &Demand, target: &Target) -> Answer {
        match self.subject.columns.iter().find(|column| column.name == target.name) {
            Some(column) => statistical::judge(demand, column),
            None => Answer::inconclusive(
                "the column was not compared: the reference lacks it, or it is ignored",
            )
            .of_column(&target.name),
        }
    }

    fn tally(&self, constraint: &Constraint) -> Tally {
        Tally::new(constraint.max_failing, self.subject.rules.max_examples())
    }

    /// Returns what is read again to show rows: what identifies them, then the columns.
    fn read_again(&self, columns: &Columns) -> Vec<Target> {
        [&self.targets[..self.identity], &columns.found].concat()
    }

    /// Returns how many rows there are, and what may be held of them.
    fn extent(&self) -> (u64, Space<'a>) {
        (self.subject.candidate.rows, self.subject.space)
    }

    fn places(&mut self, columns: &Columns) -> Vec<usize> {
        columns.found.iter().map(|target| self.place(target)).collect()
    }

    /// Returns where a column stands in the batches that are read.
    fn place(&mut self, target: &Target) -> usize {
        self.targets.iter().position(|known| known == target).unwrap_or_else(|| {
            self.targets.push(target.clone());
            self.targets.len() - 1
        })
    }

    /// Reads the candidate once, if any constraint needs it, and returns the answers with the indices of their constraints.
    pub(crate) fn run(mut self) -> Result<Vec<(usize, Answer)>> {
        if !self.evaluators.is_empty() {
            let identity: Vec<usize> = (0..self.identity).collect();
            let mut before = 0;
            for batch in self.subject.candidate.batches(&self.targets) {
                let batch = batch?;
                let rows = Rows { batch: &batch, before, identity: &identity };
                for running in
                    self.evaluators.iter_mut().filter(|running| running.gave_up.is_none())
                {
                    match running.evaluator.observe(&rows) {
                        Ok(()) => {}
                        Err(Obstacle::Senseless(why)) => running.gave_up = Some(why),
                        Err(Obstacle::Error(error)) => return Err(error),
                    }
                }
                before += batch.num_rows() as u64;
            }
        }
        for Running { index, column, evaluator, gave_up } in self.evaluators {
            let answer = match gave_up {
                None => evaluator.finish(self.subject.candidate)?,
                Some(why) => Answer { column, ..Answer::inconclusive(why) },
            };
            self.answers.push((index, answer));
        }
        Ok(self.answers)
    }
}
