//! Runs Python scripts that have a `main` function, as they are.

mod executor;

pub use executor::PythonExecutor;
pub(crate) use executor::{arguments, directory_of, find_script};
