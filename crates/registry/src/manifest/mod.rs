//! Manifests: a registry written down as JSON.

mod read;
mod seed;
mod write;
