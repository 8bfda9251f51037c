//! Tells every event of a run to whoever listens, and keeps those that the report is folded from.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reenact_downloader::Observer;
use reenact_registry::StepKey;

use crate::event::Event;
use crate::executor::{OutputListener, Stream, Usage};
use crate::masking::Masker;
use crate::report::Report;
use crate::reporter::Reporter;
use crate::step_report::TreeReport;

/// The one place through which events leave a run.
#[derive(Debug)]
pub(crate) struct Emitter {
    kept: Mutex<Vec<Event>>,
    reporters: Vec<Arc<dyn Reporter>>,
    masker: Option<Arc<Masker>>,
}

impl Emitter {
    /// Begins a run, of whose events nothing private is told if there is a masker.
    pub(crate) fn new(reporters: Vec<Arc<dyn Reporter>>, masker: Option<Arc<Masker>>) -> Self {
        Self { kept: Mutex::new(Vec::new()), reporters, masker }
    }

    /// Tells one event; what is transient is told and not kept.
    pub(crate) fn emit(&self, event: Event) {
        let event = match &self.masker {
            Some(masker) => masker.event(event),
            None => event,
        };
        // Held while it is told, so that all listeners hear the events in the order in which they are kept.
        let mut kept = self.kept();
        for reporter in &self.reporters {
            reporter.report(&event);
        }
        if !event.is_transient() {
            kept.push(event);
        }
    }

    /// Folds what was kept.
    pub(crate) fn report(&self) -> Option<Report> {
        Report::from_events(&*self.kept())
    }

    /// Folds what was kept of staged trees.
    pub(crate) fn trees(&self) -> Vec<TreeReport> {
        TreeReport::from_events(&*self.kept())
    }

    /// Returns what a step that has ended cost.
    pub(crate) fn usage(&self, wanted: &StepKey) -> Option<Usage> {
        self.kept().iter().rev().find_map(|event| match event {
            Event::StepFinished { step, outcome } if step == wanted => Some(outcome.usage),
            _ => None,
        })
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Event>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Emitter {
    fn on_event(&self, event: &reenact_downloader::Event<'_>) {
        if let reenact_downloader::Event::Bytes { count, .. } = event {
            self.emit(Event::BytesReceived { bytes: *count });
        }
    }
}

/// Tells what a step prints as events.
pub(crate) struct Printing<'a> {
    emitter: &'a Emitter,
    step: &'a StepKey,
}

impl<'a> Printing<'a> {
    pub(crate) fn new(emitter: &'a Emitter, step: &'a StepKey) -> Self {
        Self { emitter, step }
    }
}

impl OutputListener for Printing<'_> {
    fn printed(&self, stream: Stream, text: &str) {
        let (step, text) = (self.step.clone(), text.to_owned());
        self.emitter.emit(Event::StepPrinted { step, stream, text });
    }
}
