//! Shows on standard error how far a run or a download is: by a bar, or line by line for those who want to know more.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use reenact::tester::{Event, Reporter};

use crate::args::Place;
use crate::narration::Narration;

/// How often a bar shows that work goes on although nothing arrives.
const TICK: Duration = Duration::from_millis(200);

/// A bar of bytes with a line for what is being done.
#[derive(Debug)]
struct Progress {
    bar: ProgressBar,
}

/// Returns who tells how far a run or a download is.
pub(crate) fn watcher(place: &Place) -> Arc<dyn Reporter> {
    if place.verbose > 0 {
        Arc::new(Narration)
    } else {
        Arc::new(Progress { bar: bar(place, "fetching") })
    }
}

/// Returns a bar of which only what is done is seen until its [length](show_bytes) is known; and nothing where that is not wanted,
/// or where standard error is no terminal.
pub(crate) fn bar(place: &Place, doing: &'static str) -> ProgressBar {
    if place.quiet || place.verbose > 0 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0).with_message(doing);
    set_template(&bar, "{spinner} {wide_msg}");
    bar.enable_steady_tick(TICK);
    bar
}

/// Shows bytes, their rate and the time that is left.
pub(crate) fn show_bytes(bar: &ProgressBar) {
    set_template(
        bar,
        "{spinner} {wide_msg}  {bar:16} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left",
    );
}

fn set_template(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

impl Reporter for Progress {
    fn report(&self, event: &Event) {
        match event {
            Event::RunStarted(header) => {
                self.bar.set_message(format!("fetching for {}", header.step_names()));
            }
            Event::TreePlanned { bytes, .. } => {
                show_bytes(&self.bar);
                self.bar.inc_length(*bytes);
            }
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
