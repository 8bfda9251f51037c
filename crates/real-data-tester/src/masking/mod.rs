//! Keeps what is private from leaving a run: in reports, events and logs.

mod card_number;
mod dictionary;
mod event;
mod judgement;
mod log;
mod mask;
mod masker;
mod model;
mod pattern;
mod secret;
mod shape;
mod written;

pub(crate) use dictionary::MOST_VALUES;
pub(crate) use log::scrub_logs;
pub use mask::Mask;
pub(crate) use masker::Masker;
pub use model::Masking;
pub(crate) use secret::Secret;
pub(crate) use written::WrittenMasking;
