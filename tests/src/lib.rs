//! Runs the Markdown of `docs/` as tests.
