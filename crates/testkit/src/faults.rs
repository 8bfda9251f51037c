//! Scripted faults: which requests they meet and what happens to those.

use std::num::NonZeroU64;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use crate::log::{Operation, Subject};

/// Something that goes wrong while a request is answered, at the HTTP level, so that any client meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// 500 `InternalError`.
    InternalError,
    /// 503 `SlowDown`, with `Retry-After` (whole seconds) if given.
    SlowDown {
        /// How long the client is told to wait.
        retry_after: Option<Duration>,
    },
    /// 403 `AccessDenied`.
    AccessDenied,
    /// 403 `AccessDenied` whose message says that the key of an encrypted object may not be used.
    DecryptDenied,
    /// 400 `ExpiredToken`: the session's credentials have run out.
    ExpiredToken,
    /// 403 `RequestTimeTooSkewed`. See [`S3Server::set_clock_offset`](crate::S3Server::set_clock_offset) for a clock
    /// that is off, to which a client can adjust.
    RequestTimeTooSkewed,
    /// 301 `PermanentRedirect`: the bucket is in another region.
    WrongRegion {
        /// The region that the answer names.
        region: String,
    },
    /// 307 with nothing but a `Location`, as a proxy redirects.
    Redirect {
        /// The address that the answer names.
        location: String,
    },
    /// The connection is reset before anything is answered.
    Refuse,
    /// The connection is reset after this many bytes of the body; fewer may arrive.
    Reset {
        /// Bytes of the body.
        after: u64,
    },
    /// The connection is closed in good order after this many bytes, short of the announced length.
    Truncate {
        /// Bytes of the body.
        after: u64,
    },
    /// The body has no announced length and ends, in good order, after this many bytes.
    TruncateUnannounced {
        /// Bytes of the body.
        after: u64,
    },
    /// Nothing more is sent after this many bytes, but the connection stays open.
    Stall {
        /// Bytes of the body.
        after: u64,
    },
    /// The answer comes as over a slow link.
    Slow {
        /// How long the first byte takes.
        delay: Duration,
        /// How fast the body flows on this connection; none is as fast as it can.
        bytes_per_second: Option<NonZeroU64>,
    },
    /// One byte of the body is wrong.
    Corrupt {
        /// Which, counted from the start of this body.
        at: u64,
    },
    /// The body is one byte longer than it should be, and announced so.
    WrongLength,
    /// The answer carries a checksum that its body does not have.
    WrongChecksum,
    /// Something else is answered, as given: a listing that no S3 server would make, a proxy's error page.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body, sent as `application/xml`.
        body: Bytes,
    },
    /// The object is replaced before it is read: the client meets another body with another ETag.
    Replace {
        /// What the object holds from now on.
        body: Bytes,
    },
    /// The object is deleted before it is read.
    Delete,
}

/// Which requests a fault meets: all, unless narrowed.
///
/// ```
/// use reenact_testkit::{Matcher, Operation};
///
/// let second_read = Matcher::operation(Operation::GetObject).key("a/b.csv").nth(2);
/// let first_listings = Matcher::operation(Operation::ListObjectsV2).prefix("a/").first(3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matcher {
    operation: Option<Operation>,
    bucket: Option<String>,
    key: Option<String>,
    prefix: Option<String>,
    skip: u64,
    count: Option<u64>,
}

impl Matcher {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Every request for this operation.
    pub fn operation(operation: Operation) -> Self {
        Self { operation: Some(operation), ..Self::default() }
    }

    /// Only in this bucket.
    #[must_use]
    pub fn bucket(mut self, name: impl Into<String>) -> Self {
        self.bucket = Some(name.into());
        self
    }

    /// Only for the object with this key.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Only for keys, or listings of prefixes, that start with this text.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Only the `n`-th matching request, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.skip = n.saturating_sub(1);
        self.count = Some(1);
        self
    }

    /// Only the first `n` matching requests; of those that come [after](Self::after) some, if that is said before.
    #[must_use]
    pub fn first(mut self, n: u64) -> Self {
        self.count = Some(n);
        self
    }

    /// Only after `n` matching requests.
    #[must_use]
    pub fn after(mut self, n: u64) -> Self {
        self.skip = n;
        self
    }

    fn matches(&self, subject: &Subject) -> bool {
        let name = subject.key.as_deref().or(subject.prefix.as_deref());
        self.operation.is_none_or(|operation| operation == subject.operation)
            && self.bucket.as_ref().is_none_or(|bucket| subject.bucket.as_ref() == Some(bucket))
            && self.key.as_ref().is_none_or(|key| subject.key.as_ref() == Some(key))
            && self
                .prefix
                .as_ref()
                .is_none_or(|prefix| name.is_some_and(|name| name.starts_with(prefix)))
    }
}

/// The faults that a server plays.
///
/// A request meets the first fault, in the order they were added, whose matcher takes it. Requests are counted in the
/// order they arrive, so a script is as deterministic as the client is.
#[derive(Debug, Default)]
pub struct Faults {
    script: Mutex<Vec<Line>>,
}

#[derive(Debug)]
struct Line {
    matcher: Matcher,
    fault: Fault,
    seen: u64,
    played: u64,
}

impl Faults {
    /// Adds a fault for the requests that `matcher` takes.
    pub fn on(&self, matcher: Matcher, fault: Fault) {
        self.script().push(Line { matcher, fault, seen: 0, played: 0 });
    }

    /// Removes every fault.
    pub fn clear(&self) {
        self.script().clear();
    }

    /// How often a fault was played since the last [`clear`](Self::clear): a test that expects a fault should see that it came.
    pub fn played(&self) -> u64 {
        self.script().iter().map(|line| line.played).sum()
    }

    /// The faults that nothing has met yet.
    pub(crate) fn waiting(&self) -> Vec<(Matcher, Fault)> {
        let script = self.script();
        let waiting = script.iter().filter(|line| line.played == 0);
        waiting.map(|line| (line.matcher.clone(), line.fault.clone())).collect()
    }

    /// The fault that a request meets.
    pub(crate) fn next(&self, subject: &Subject) -> Option<Fault> {
        self.script().iter_mut().find_map(|line| {
            if !line.matcher.matches(subject) {
                return None;
            }
            line.seen += 1;
            let position = line.seen.checked_sub(line.matcher.skip + 1)?;
            if line.matcher.count.is_some_and(|count| position >= count) {
                return None;
            }
            line.played += 1;
            Some(line.fault.clone())
        })
    }

    fn script(&self) -> MutexGuard<'_, Vec<Line>> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults, Matcher};
    use crate::log::{Operation, Subject};

    fn get(key: &str) -> Subject {
        Subject {
            operation: Operation::GetObject,
            bucket: Some("bucket".to_owned()),
            key: Some(key.to_owned()),
            prefix: None,
        }
    }

    #[test]
    fn nth_counts_only_what_the_matcher_takes() {
        let faults = Faults::default();
        faults.on(Matcher::operation(Operation::GetObject).key("a").nth(2), Fault::AccessDenied);
        let met: Vec<bool> =
            ["a", "b", "a", "a"].iter().map(|key| faults.next(&get(key)).is_some()).collect();
        assert_eq!(met, [false, false, true, false]);
        assert_eq!(faults.played(), 1);
    }

    #[test]
    fn after_and_first_go_together() {
        let faults = Faults::default();
        faults.on(Matcher::any().after(1).first(2), Fault::AccessDenied);
        let met: Vec<bool> = (0..4).map(|_| faults.next(&get("a")).is_some()).collect();
        assert_eq!(met, [false, true, true, false]);
    }

    #[test]
    fn first_fault_that_takes_a_request_wins() {
        let faults = Faults::default();
        faults.on(Matcher::any().prefix("a/").first(1), Fault::InternalError);
        faults.on(Matcher::any(), Fault::AccessDenied);
        assert_eq!(faults.next(&get("a/x")), Some(Fault::InternalError));
        assert_eq!(faults.next(&get("a/x")), Some(Fault::AccessDenied));
        assert_eq!(faults.next(&get("b/x")), Some(Fault::AccessDenied));
    }
}
