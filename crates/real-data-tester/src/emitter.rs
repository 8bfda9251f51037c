//! Tells every event of a run to whoever listens, and keeps those that the report is folded from.

use std::sync::{Arc, Mutex, PoisonError};

use reenact_downloader::Observer;

use crate::event::Event;
use crate::report::{Report, TreeReport};
use crate::reporter::Reporter;

/// The one place through which events leave a run.
#[derive(Debug)]
pub(crate) struct Emitter {
    kept: Mutex<Vec<Event>>,
    reporters: Vec<Arc<dyn Reporter>>,
}

impl Emitter {
    pub(crate) fn new(reporters: Vec<Arc<dyn Reporter>>) -> Self {
        Self { kept: Mutex::new(Vec::new()), reporters }
    }

    /// Tells one event; progress is told and not kept.
    pub(crate) fn emit(&self, event: Event) {
        for reporter in &self.reporters {
            reporter.report(&event);
        }
        if !matches!(event, Event::BytesReceived { .. }) {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        }
    }

    /// Folds what was kept.
    pub(crate) fn report(&self) -> Option<Report> {
        Report::from_events(&*self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Folds what was kept of staged trees.
    pub(crate) fn trees(&self) -> Vec<TreeReport> {
        TreeReport::from_events(&*self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Emitter {
    fn on_event(&self, event: &reenact_downloader::Event<'_>) {
        if let reenact_downloader::Event::Bytes { count, .. } = event {
            self.emit(Event::BytesReceived { bytes: *count });
        }
    }
}
