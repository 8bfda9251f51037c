//! The downloader against real files and a real server, over HTTP.

mod conformance;
mod discover;
mod faults;
mod fixture;
mod preflight;
mod refusals;
mod transfer;
