//! Runs a pipeline step on the inputs that production had and judges what it writes.
