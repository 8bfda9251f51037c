//! Finds and lands the objects of a pipeline execution.
