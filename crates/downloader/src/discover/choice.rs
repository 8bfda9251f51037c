//! Choosing one execution of a pipeline.

use std::num::NonZeroUsize;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use reenact_registry::{ExecutionId, PipelineName};

use crate::discover::discovery::Discovery;
use crate::discover::execution::DiscoveredExecution;
use crate::discover::options::DiscoverOptions;
use crate::discover::selector::ExecutionSelector;
use crate::error::{ErrorKind, Result};

impl Discovery {
    /// Returns the selected execution of a pipeline.
    ///
    /// # Errors
    ///
    /// As [`executions`](Self::executions) and [`execution`](Self::execution).
    pub async fn select(
        &self,
        pipeline: &PipelineName,
        selector: &ExecutionSelector,
    ) -> Result<DiscoveredExecution> {
        let before = match selector {
            ExecutionSelector::Id(id) => return self.execution(pipeline, id).await,
            ExecutionSelector::IdOrDay { id, day } => {
                return self.id_or_day(pipeline, id, *day).await;
            }
            ExecutionSelector::Latest { before } => *before,
        };
        let wanted = NonZeroUsize::MIN.saturating_add(before);
        let options = DiscoverOptions::default().with_limit(wanted);
        let mut executions = self.executions(pipeline, &options).await?.executions;
        if before < executions.len() {
            return Ok(executions.swap_remove(before));
        }
        let known = executions.iter().map(|execution| execution.id.to_string()).collect();
        Err(self.unknown_execution(pipeline, &selector.to_string(), known))
    }

    /// Returns the execution of this id or, if there is none, the latest of that day.
    async fn id_or_day(
        &self,
        pipeline: &PipelineName,
        id: &ExecutionId,
        day: NaiveDate,
    ) -> Result<DiscoveredExecution> {
        let unknown = match self.execution(pipeline, id).await {
            Err(error) if error.kind() == ErrorKind::UnknownExecution => error,
            answer => return answer,
        };
        let midnight = day.and_time(NaiveTime::MIN).and_utc();
        let options = DiscoverOptions::default()
            .with_limit(NonZeroUsize::MIN)
            .with_since(midnight)
            .with_until(midnight + TimeDelta::days(1));
        self.executions(pipeline, &options).await?.executions.pop().ok_or(unknown)
    }
}
