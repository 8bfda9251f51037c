//! Keeping the newest of many executions.

use chrono::{DateTime, Utc};
use reenact_registry::ExecutionId;

use crate::discover::execution::DiscoveredExecution;

/// By what executions are ordered: when, and then by id.
pub(super) type Rank = (Option<DateTime<Utc>>, ExecutionId);

/// The newest executions seen so far: hardly more than are wanted.
#[derive(Debug)]
pub(super) struct Newest {
    wanted: usize,
    kept: Vec<DiscoveredExecution>,
}

impl Newest {
    pub(super) fn new(wanted: usize) -> Self {
        Self { wanted, kept: Vec::new() }
    }

    pub(super) fn add(&mut self, execution: DiscoveredExecution) {
        self.kept.push(execution);
        // Now and then, so that sorting costs nothing to speak of.
        if self.kept.len() >= self.wanted.saturating_mul(2) {
            self.settle();
        }
    }

    /// Returns the rank of the last execution that is wanted of these and `others` together; nothing if all are.
    pub(super) fn last_wanted(&self, others: impl Iterator<Item = Rank>) -> Option<Rank> {
        let mut ranks: Vec<_> = self.kept.iter().map(rank).chain(others).collect();
        ranks.sort_unstable_by(|left, right| right.cmp(left));
        ranks.into_iter().nth(self.wanted - 1)
    }

    /// Returns the executions that are wanted, newest first.
    pub(super) fn into_sorted(mut self) -> Vec<DiscoveredExecution> {
        self.settle();
        self.kept
    }

    fn settle(&mut self) {
        self.kept.sort_by_cached_key(|execution| std::cmp::Reverse(rank(execution)));
        self.kept.truncate(self.wanted);
    }
}

fn rank(execution: &DiscoveredExecution) -> Rank {
    (execution.time(), execution.id.clone())
}
