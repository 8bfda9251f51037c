//! The `flights` pipeline that the examples and the integration tests replay: three real programs over real data.

pub mod flights;
