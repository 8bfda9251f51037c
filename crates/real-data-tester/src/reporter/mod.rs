//! Who listens to a run, and the forms in which its report is given.

pub(crate) mod html;
pub(crate) mod json;
mod listener;
mod recording;
mod terminal;

pub use html::html;
pub use listener::{Recorder, Reporter};
pub use recording::Recording;
pub use terminal::{judgement_summary, summary};
