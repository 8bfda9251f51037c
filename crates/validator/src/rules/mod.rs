//! What is checked, how strictly, and how much each answer matters.

mod level;
mod margins;
mod text;
mod tolerance;
mod whole;

pub use level::Level;
pub use margins::Margins;
pub use text::TextFormat;
pub use tolerance::Tolerance;
pub use whole::Rules;
