//! Who listens to a run, and the forms in which its report is given.

pub(crate) mod html;
pub(crate) mod json;
mod junit;
mod listener;
mod markdown;
mod number;
mod recording;
mod schema;
mod terminal;
mod text_style;

pub use html::html;
pub use junit::junit;
pub use listener::{Recorder, Reporter};
pub use markdown::markdown;
pub use recording::Recording;
pub use schema::REPORT_SCHEMA;
pub use terminal::{judgement_summary, judgement_summary_in, summary, summary_in};
pub use text_style::TextStyle;
