//! Runs a step as a closure in this process: for steps written in Rust, and for tests.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::error::chain;
use crate::executor::{Ending, OutputListener, StepExecutor, StepOutcome, StepRequest, Usage};
use crate::{Error, Result};

/// What a closure may fail with.
pub type StepError = Box<dyn std::error::Error + Send + Sync>;

type StepFunction = dyn Fn(&StepRequest) -> Result<(), StepError> + Send + Sync;

/// A [`StepExecutor`] that calls a closure on a thread of its own.
///
/// Of its cost only the wall time is known, and of its limits only that on time is kept. A closure cannot be ended from outside: after its
/// time limit the step has failed, and the closure's thread goes on until it returns. A panic is a failure of the step.
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

    fn run<'a>(
        &'a self,
        request: &'a StepRequest,
        _: &'a dyn OutputListener,
    ) -> BoxFuture<'a, Result<StepOutcome>> {
        async move {
            let started = Instant::now();
            let called = self.call(request.clone())?;
            let ending = match request.limits.time {
                None => called.await,
                Some(limit) => match tokio::time::timeout(limit, called).await {
                    Ok(ended) => ended,
                    Err(_elapsed) => Ok(Ending::TimedOut { limit }),
                },
            };
            let ending = ending.unwrap_or_else(|_| Ending::Failed {
                message: "the closure ended without an answer".to_owned(),
            });
            Ok(StepOutcome::new(ending, Usage::of_wall(started.elapsed())))
        }
        .boxed()
    }
}

impl FnExecutor {
    /// Calls the closure on a thread that nobody has to wait for.
    fn call(&self, request: StepRequest) -> Result<oneshot::Receiver<Ending>> {
        let function = Arc::clone(&self.function);
        let (done, ended) = oneshot::channel();
        let name = format!("step {}", request.step);
        let call = move || {
            let called = catch_unwind(AssertUnwindSafe(|| function(&request)));
            // Nobody waits any more for a closure that has outlived its time limit.
            drop(done.send(ending(called)));
        };
        std::thread::Builder::new()
            .name(name)
            .spawn(call)
            .map_err(|error| Error::not_started(format!("`{}`", self.name), error))?;
        Ok(ended)
    }
}

fn ending(called: std::thread::Result<Result<(), StepError>>) -> Ending {
    match called {
        Ok(Ok(())) => Ending::Exited { code: 0 },
        Ok(Err(error)) => Ending::Failed { message: chain(&*error) },
        Err(panic) => {
            let words = panic.downcast_ref::<&str>().copied();
            let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            Ending::Failed { message: format!("it panicked: {}", words.unwrap_or("without words")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::executor::Unheard;

    fn request() -> StepRequest {
        StepRequest::new("s".parse().unwrap(), Path::new("run"))
    }

    async fn ending_of(executor: &FnExecutor, request: &StepRequest) -> Ending {
        executor.run(request, &Unheard).await.unwrap().ending
    }

    #[tokio::test]
    async fn a_closure_ends_well_or_with_its_error() {
        let well = FnExecutor::new("well", |request| {
            assert_eq!(request.output("totals"), Path::new("run/outputs/totals"));
            Ok(())
        });
        assert_eq!(ending_of(&well, &request()).await, Ending::Exited { code: 0 });
        let ill = FnExecutor::new("ill", |_| Err("no such column".into()));
        let message = "no such column".to_owned();
        assert_eq!(ending_of(&ill, &request()).await, Ending::Failed { message });
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_of_the_step() {
        let ill = FnExecutor::new("ill", |_| panic!("no such {}", "row"));
        let message = "it panicked: no such row".to_owned();
        assert_eq!(ending_of(&ill, &request()).await, Ending::Failed { message });
    }

    #[tokio::test]
    async fn a_closure_that_outlives_its_limit_has_failed() {
        let mut request = request();
        let limit = Duration::from_millis(20);
        request.limits.time = Some(limit);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let held = std::sync::Mutex::new(held);
        let slow = FnExecutor::new("slow", move |_| Ok(held.lock().unwrap().recv()?));
        assert_eq!(ending_of(&slow, &request).await, Ending::TimedOut { limit });
        drop(release);
    }
}
