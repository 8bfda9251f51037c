//! Where every output of a pipeline execution is, and how it is named.
