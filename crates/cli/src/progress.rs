//! Shows on standard error how far the work is: by a bar, or line by line for those who want to know more.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressState, ProgressStyle};
use reenact::tester::{Event, Reporter};
use reenact::validator::Observer;

use crate::args::Place;
use crate::narration::Narration;

/// How often a bar shows that work goes on although nothing arrives.
const TICK: Duration = Duration::from_millis(200);

const ROWS_SO_FAR: &str = "{spinner} {wide_msg}  {human_pos} rows  {rate}";
const ROWS_OF_ALL: &str =
    "{spinner} {wide_msg}  {bar:10} {human_pos}/{human_len} rows  {rate}  {eta} left";

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
pub(crate) fn bar(place: &Place, doing: impl Into<Cow<'static, str>>) -> ProgressBar {
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
        bar.set_style(style.with_key("rate", write_rate));
    }
}

/// Writes how many rows a second brings, which is no matter of fractions.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is not below 0"
)]
fn write_rate(state: &ProgressState, text: &mut dyn Write) {
    // There is no way to tell that a bar cannot be drawn.
    write!(text, "{}/s", HumanCount(state.per_sec() as u64)).unwrap_or_default();
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

/// A bar of rows, of which more come to be expected the further the work is.
#[derive(Debug)]
struct Rows {
    bar: ProgressBar,
}

/// Returns who tells how far tables are read.
pub(crate) fn rows(place: &Place, doing: String) -> Arc<dyn Observer> {
    let bar = bar(place, doing);
    set_template(&bar, ROWS_SO_FAR);
    Arc::new(Rows { bar })
}

impl Observer for Rows {
    fn expects(&self, rows: u64) {
        self.bar.inc_length(rows);
        set_template(&self.bar, ROWS_OF_ALL);
        self.bar.tick();
    }

    fn passes(&self, rows: u64) {
        self.bar.inc(rows);
        // Text that is read for the first time is counted by that.
        if self.bar.length().is_some_and(|length| self.bar.position() > length) {
            set_template(&self.bar, ROWS_SO_FAR);
        }
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
