//! The registry as its users see it: the seed's defects, manifests, layouts and pipelines.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ambiguity;
mod layouts;
mod manifests;
mod pipelines;
mod schema;
mod seed_defects;
