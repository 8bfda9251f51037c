//! A written list of what S3 answers, case by case, runnable against this test kit and against any other server.

mod access;
mod case;
mod listing;
mod multipart;
mod reading;
mod writing;

pub use self::case::{Case, Trial, cases};
