//! Runs the sessions of the README and of the guides as a user would: in a shell, in one directory, against one production.

mod block;
mod ci;
mod examples;
mod session;
mod world;
