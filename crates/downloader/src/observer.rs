//! What happens during a transfer, told as it happens.

use std::time::Duration;

use crate::error::Error;
use crate::source::ObjectMeta;
use crate::transfer::Landed;

/// Something that happened. Objects are in transfer side by side, so their events interleave.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A plan begins: so many objects, so many bytes.
    #[non_exhaustive]
    Planned {
        /// How many objects will be fetched.
        objects: usize,
        /// How many bytes they have together.
        bytes: u64,
    },
    /// An object is about to be fetched.
    #[non_exhaustive]
    Started {
        /// The object.
        object: &'a ObjectMeta,
    },
    /// Bytes of an object are there already: an earlier transfer that was killed had fetched them.
    #[non_exhaustive]
    Resumed {
        /// The object.
        object: &'a ObjectMeta,
        /// How many bytes are there.
        count: u64,
    },
    /// Bytes of an object arrived.
    #[non_exhaustive]
    Bytes {
        /// The object.
        object: &'a ObjectMeta,
        /// How many bytes arrived since the last such event.
        count: u64,
    },
    /// A request failed and will be repeated.
    #[non_exhaustive]
    Retried {
        /// The object.
        object: &'a ObjectMeta,
        /// The number of the attempt that failed, from 1.
        attempt: u32,
        /// How long the next attempt waits.
        delay: Duration,
        /// Why it failed.
        error: &'a Error,
    },
    /// An object is fetched again from its start, because its checksum did not fit or because it was replaced.
    #[non_exhaustive]
    Restarted {
        /// The object as it was listed.
        object: &'a ObjectMeta,
        /// How many bytes it has now.
        size: u64,
        /// How many bytes that were told before do not count any more.
        discarded: u64,
    },
    /// An object is whole and has its final name.
    #[non_exhaustive]
    Finished {
        /// The object.
        object: &'a ObjectMeta,
        /// What became of it.
        landed: &'a Landed,
    },
    /// An object could not be fetched.
    #[non_exhaustive]
    Failed {
        /// The object.
        object: &'a ObjectMeta,
        /// Why.
        error: &'a Error,
    },
}

/// Someone who is told what happens during a transfer.
///
/// Called from the transfer itself, many times a second: return quickly. `()` is an observer that does not care, and every
/// closure over `&Event` is one.
pub trait Observer: Send + Sync {
    /// Takes note of an event.
    fn on_event(&self, event: &Event<'_>);
}

impl Observer for () {
    fn on_event(&self, _event: &Event<'_>) {}
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn on_event(&self, event: &Event<'_>) {
        self(event);
    }
}
