//! A shared content cache and run directories on the local disk.
