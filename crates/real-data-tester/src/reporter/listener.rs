//! The seam between a run and whoever shows it while it goes on.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::event::Event;

/// Listens to the events of a run, in order. It is called on the run's own threads: be quick.
pub trait Reporter: fmt::Debug + Send + Sync {
    /// Takes one event.
    fn report(&self, event: &Event);
}

/// A [`Reporter`] that keeps every event.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Vec<Event>>);

impl Recorder {
    /// Returns the events so far.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Reporter for Recorder {
    fn report(&self, event: &Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }
}
