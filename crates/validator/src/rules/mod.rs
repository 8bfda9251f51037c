//! What is checked, how strictly, and how much each answer matters.

mod bounds;
mod column;
mod constraint;
mod level;
mod margins;
mod nearest;
mod parse;
mod problem;
mod scalar;
mod selector;
mod text;
mod tolerance;
mod whole;
mod written;

pub use bounds::Bounds;
pub(crate) use constraint::Demand;
pub use constraint::{Constraint, Direction, MeanMethod, References};
pub use level::Level;
pub use margins::Margins;
pub(crate) use nearest::nearest;
pub use scalar::Scalar;
pub(crate) use selector::Selector;
pub use text::{CellType, TextFormat};
pub use tolerance::{TextTolerance, Tolerance};
pub use whole::Rules;
