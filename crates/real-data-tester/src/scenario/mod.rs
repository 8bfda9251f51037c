//! What will be run, from code or from TOML.

mod builder;
mod diagnostic;
mod draft;
mod input;
mod model;
mod one_or_file;
mod problem;
mod schema;
mod step_rules;
mod written;

pub use builder::{ScenarioBuilder, StepBuilder};
pub use model::Scenario;
pub(crate) use model::Step;
pub use schema::SCENARIO_SCHEMA;
