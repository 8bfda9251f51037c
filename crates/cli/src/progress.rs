//! Shows on standard error how far a run or a download is.

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use reenact::tester::{Event, Reporter};

/// A bar of bytes with a line for what is being done.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Shows a bar, unless `quiet` or where standard error is no terminal.
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(0) };
        let style = ProgressStyle::with_template(
            "{spinner} {msg}  {bar:24} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}",
        );
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self { bar }
    }
}

impl Reporter for Progress {
    fn report(&self, event: &Event) {
        match event {
            Event::RunStarted(header) => {
                self.bar.set_message(format!("fetching for {}", header.step_names()));
            }
            Event::TreePlanned { bytes, .. } => self.bar.inc_length(*bytes),
            Event::BytesReceived { bytes } => self.bar.inc(*bytes),
            Event::ObjectAwaited { bytes, size } => {
                self.bar.set_message(format!(
                    "waiting for another process: {} of {}",
                    HumanBytes(*bytes),
                    HumanBytes(*size)
                ));
            }
            Event::ObjectReady { object, .. } if object.was_cached() => self.bar.inc(object.size),
            Event::StepStarted { step } => self.bar.set_message(format!("running `{step}`")),
            Event::StepFinished { step, .. } => self.bar.set_message(format!("judging `{step}`")),
            Event::RunFinished { .. } => self.bar.finish_and_clear(),
            _ => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
