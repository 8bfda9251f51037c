//! Ctrl-C and termination: the first ends what runs and leaves its report, the second ends everything at once.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reenact::tester::{Event, Interrupt, Reporter};
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::oneshot;

use crate::answer::Failure;
use crate::exit;

/// What asks a process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Interrupt,
    Terminate,
}

/// The work was ended before there was anything to report.
#[derive(Debug)]
pub(crate) struct Interrupted(pub(crate) Signal);

/// Ends runs when a signal comes. It listens to them, to know whether there is a report to wait for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interruption {
    interrupt: Interrupt,
    has_begun: Arc<AtomicBool>,
}

struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Interruption {
    /// Returns what a runner has to be given.
    pub(crate) fn interrupt(&self) -> Interrupt {
        self.interrupt.clone()
    }

    /// Does the work, and returns with what came of it the signal that ended it before its time, if one did.
    ///
    /// A second signal ends the process at once, whatever it is at.
    pub(crate) async fn heed<T>(
        &self,
        mut work: impl Future<Output = Result<T, Failure>> + Unpin,
    ) -> Result<(T, Option<Signal>), Failure> {
        let (first, told) = oneshot::channel();
        let watch = tokio::spawn(watch(Signals::listen()?, first));
        let signal = tokio::select! {
            done = &mut work => {
                watch.abort();
                return Ok((done?, None));
            }
            signal = told => signal?,
        };
        if !self.has_begun.load(Ordering::Relaxed) {
            return Err(Interrupted(signal).into());
        }
        self.interrupt.raise();
        Ok((work.await?, Some(signal)))
    }
}

/// Tells of the first signal, and ends the process with the second.
#[expect(
    clippy::exit,
    reason = "who asks twice does not want to wait for anything that is still to be put in order"
)]
async fn watch(mut signals: Signals, first: oneshot::Sender<Signal>) {
    let signal = signals.next().await;
    if first.send(signal).is_ok() {
        let again = signals.next().await;
        std::process::exit(again.exit().into());
    }
}

impl Reporter for Interruption {
    fn report(&self, event: &Event) {
        if matches!(event, Event::RunStarted(_)) {
            self.has_begun.store(true, Ordering::Relaxed);
        }
    }
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

impl Signal {
    pub(crate) fn exit(self) -> u8 {
        match self {
            Self::Interrupt => exit::INTERRUPTED,
            Self::Terminate => exit::TERMINATED,
        }
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Signal::Interrupt => "interrupted before there was anything to report",
            Signal::Terminate => "terminated before there was anything to report",
        })
    }
}

impl std::error::Error for Interrupted {}
