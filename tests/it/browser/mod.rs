//! The HTML report in a real browser: what a person sees, hears from the console, and can press.

mod driver;
mod page;
mod reported;
