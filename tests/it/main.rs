//! The integration tests: the public surface of the facade over real HTTP, and what must stay true of the workspace.

mod architecture;
mod production;
mod replay;
mod tidy;
