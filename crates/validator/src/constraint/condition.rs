//! Whether an SQL condition holds for every row.

use arrow::array::Array as _;

use super::expression::{Expression, evaluate};
use super::rows::{Evaluator, Obstacle, Rows};
use super::tally::{Answer, Tally};
use crate::table::Source;

/// A condition, and where its columns stand in a batch.
pub(crate) struct Condition {
    expression: Expression,
    columns: Vec<usize>,
    undecided: u64,
    tally: Tally,
}

impl Condition {
    pub(crate) fn new(expression: Expression, columns: Vec<usize>, tally: Tally) -> Self {
        Self { expression, columns, undecided: 0, tally }
    }
}

impl Evaluator for Condition {
    fn observe(&mut self, rows: &Rows<'_>) -> Result<(), Obstacle> {
        let columns = rows.batch.project(&self.columns).map_err(|error| error.to_string())?;
        let answers = evaluate(&self.expression, &columns)?;
        let failing: Vec<usize> = (0..answers.len())
            .filter(|row| answers.is_valid(*row) && !answers.value(*row))
            .collect();
        self.undecided += answers.null_count() as u64;
        self.tally.add(
            rows,
            (answers.len() - answers.null_count()) as u64,
            &failing,
            &self.columns,
        );
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Source) -> crate::Result<Answer> {
        let mut answer = self.tally.conclude("rows", "break the condition");
        if self.undecided > 0 {
            answer.message = format!("{}; left open by a null: {}", answer.message, self.undecided);
        }
        Ok(answer)
    }
}
