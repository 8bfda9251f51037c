//! The report as one HTML file: the views of its parts, and the pictures in them.

mod axis;
mod badge;
mod bars;
mod categories;
mod cell;
mod column;
#[cfg(test)]
mod contrast_test;
mod distribution;
mod evidence;
mod findings;
mod header;
mod limits;
mod logs;
mod markup;
mod output;
mod overview;
mod page;
#[cfg(test)]
mod page_test;
mod pipeline;
mod quantity;
mod rows;
#[cfg(test)]
pub(in crate::reporter) mod sample;
mod schema;
mod staged;
mod strip;
mod summary;
mod svg;
mod table;
mod text;
mod thresholds;

use super::number;

pub use page::html;
pub(crate) use page::write;
