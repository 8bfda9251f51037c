//! Finding out beforehand whether a transfer can work.

mod check;
mod policy;
mod report;

pub use check::{Preflight, PreflightRequest};
pub use policy::PolicyDocument;
pub use report::{Check, Finding, PreflightReport};
