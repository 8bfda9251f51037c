//! Shows how far a run is: a bar of bytes on standard error, and a line for each stage.

use indicatif::{ProgressBar, ProgressStyle};
use reenact::tester::{Event, Origin, Reporter};

/// A bar that follows the events of a run.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("  {msg} {bar:30} {bytes}/{total_bytes}") {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Reporter for Progress {
    fn report(&self, event: &Event) {
        match event {
            Event::RunStarted(header) => {
                self.0.set_message(format!("staging for {}", header.step_names()));
            }
            Event::TreePlanned { bytes, .. } => self.0.inc_length(*bytes),
            Event::BytesReceived { bytes } => self.0.inc(*bytes),
            Event::ObjectReady { object, .. } if object.origin == Origin::Cache => {
                self.0.inc(object.size);
            }
            Event::StepStarted { .. } => self.0.set_message("running the candidate"),
            Event::StepFinished { .. } => self.0.set_message("comparing with production"),
            Event::RunFinished { .. } => self.0.finish_and_clear(),
            _ => {}
        }
    }
}
