//! Runs a step as a closure in this process: for steps written in Rust, and for tests.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::Result;
use crate::blocking::blocking;
use crate::executor::{Ending, StepExecutor, StepOutcome, StepRequest, Usage};

/// What a closure may fail with.
pub type StepError = Box<dyn std::error::Error + Send + Sync>;

type StepFunction = dyn Fn(&StepRequest) -> Result<(), StepError> + Send + Sync;

/// A [`StepExecutor`] that calls a closure on a thread of its own.
///
/// Of its cost only the wall time is known. A closure cannot be ended from outside: it is told its time limit in the request and nothing
/// enforces it.
#[derive(Clone)]
pub struct FnExecutor {
    name: String,
    function: Arc<StepFunction>,
}

impl FnExecutor {
    /// Takes a name for the report and what to call.
    pub fn new(
        name: impl Into<String>,
        function: impl Fn(&StepRequest) -> Result<(), StepError> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), function: Arc::new(function) }
    }
}

impl fmt::Debug for FnExecutor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("FnExecutor").field(&self.name).finish()
    }
}

impl StepExecutor for FnExecutor {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn run<'a>(&'a self, request: &'a StepRequest) -> BoxFuture<'a, Result<StepOutcome>> {
        let (function, request) = (Arc::clone(&self.function), request.clone());
        async move {
            let started = Instant::now();
            let ending = match blocking(move || function(&request)).await? {
                Ok(()) => Ending::Exited { code: 0 },
                Err(error) => Ending::Failed { message: error.to_string() },
            };
            Ok(StepOutcome::new(ending, Usage::of_wall(started.elapsed())))
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn request() -> StepRequest {
        StepRequest {
            step: "s".parse().unwrap(),
            inputs: "inputs".into(),
            outputs: "outputs".into(),
            logs: "logs".into(),
            input_names: Vec::new(),
            output_names: Vec::new(),
            environment: BTreeMap::new(),
            time_limit: None,
        }
    }

    #[tokio::test]
    async fn a_closure_ends_well_or_with_its_error() {
        let well = FnExecutor::new("well", |request| {
            assert_eq!(request.output("totals"), std::path::Path::new("outputs/totals"));
            Ok(())
        });
        assert!(well.run(&request()).await.unwrap().succeeded());
        let ill = FnExecutor::new("ill", |_| Err("no such column".into()));
        let outcome = ill.run(&request()).await.unwrap();
        assert_eq!(outcome.ending, Ending::Failed { message: "no such column".to_owned() });
        assert_eq!(outcome.usage.peak_rss, None);
    }
}
