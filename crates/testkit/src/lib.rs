//! An in-process S3 server and fixtures for tests of data pipelines.
