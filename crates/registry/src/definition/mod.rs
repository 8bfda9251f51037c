//! Pipeline definitions, the JSON that SageMaker keeps of a pipeline: what refers to what, and what it comes to.

mod document;
mod evaluation;
mod wiring;

pub use document::Definition;
pub use evaluation::Scope;
