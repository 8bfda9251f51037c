//! Which segments of an object are there, which are on their way, and which are still to be fetched.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::checksum::Checksum;
use crate::transfer::division::Division;

/// The segments of one object, shared by those who fetch them.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) division: Division,
    segments: Mutex<Vec<Segment>>,
}

#[derive(Debug)]
struct Segment {
    range: Range<u64>,
    state: State,
}

#[derive(Debug)]
enum State {
    Open,
    Taken,
    Done(Checksum),
}

impl Ledger {
    pub(super) fn new(division: Division) -> Self {
        let segments =
            division.segments().map(|range| Segment { range, state: State::Open }).collect();
        Self { division, segments: Mutex::new(segments) }
    }

    /// Takes the first segments that nobody has taken yet and that lie side by side: one at least, and no more than `bytes`.
    pub(super) fn take(&self, bytes: u64) -> Option<Range<u64>> {
        let mut segments = self.segments();
        let mut open = segments
            .iter_mut()
            .skip_while(|segment| !matches!(segment.state, State::Open))
            .take_while(|segment| matches!(segment.state, State::Open));
        let first = open.next()?;
        first.state = State::Taken;
        let mut taken = first.range.clone();
        for segment in open.take_while(|segment| segment.range.end - taken.start <= bytes) {
            segment.state = State::Taken;
            taken.end = segment.range.end;
        }
        Some(taken)
    }

    /// Returns whether there is something left to take.
    pub(super) fn is_open(&self) -> bool {
        self.segments().iter().any(|segment| matches!(segment.state, State::Open))
    }

    /// Notes that a segment is there. Returns whether it is one.
    pub(super) fn complete(&self, range: &Range<u64>, digest: Checksum) -> bool {
        let mut segments = self.segments();
        let found = segments.binary_search_by_key(&range.start, |segment| segment.range.start);
        match found.ok().map(|index| &mut segments[index]) {
            Some(segment) if segment.range == *range => {
                segment.state = State::Done(digest);
                true
            }
            _ => false,
        }
    }

    /// Returns how many bytes are there.
    pub(super) fn bytes(&self) -> u64 {
        let done = |segment: &&Segment| matches!(segment.state, State::Done(_));
        self.segments()
            .iter()
            .filter(done)
            .map(|segment| segment.range.end - segment.range.start)
            .sum()
    }

    /// Returns the checksum of the kind of `expected` that the segments add up to; nothing if they cannot tell.
    pub(super) fn checksum(&self, expected: &Checksum) -> Option<Checksum> {
        let digests: Option<Vec<_>> = self
            .segments()
            .iter()
            .map(|segment| match &segment.state {
                State::Done(digest) => Some(digest.clone()),
                State::Open | State::Taken => None,
            })
            .collect();
        self.division.join(expected, &digests?)
    }

    fn segments(&self) -> MutexGuard<'_, Vec<Segment>> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::Algorithm;

    #[test]
    fn every_segment_is_taken_once_and_what_is_there_is_not_taken() {
        let ledger = Ledger::new(Division::new(95, 10, None, None));
        let digest = || Checksum::of(Algorithm::Crc64Nvme, b"");
        assert!(ledger.complete(&(30..40), digest()));
        assert!(!ledger.complete(&(30..50), digest()), "that is no segment");
        let taken: Vec<_> = std::iter::from_fn(|| ledger.take(25)).collect();
        assert_eq!(taken, [0..20, 20..30, 40..60, 60..80, 80..95]);
        assert!(!ledger.is_open());
        assert_eq!(ledger.bytes(), 10);
    }
}
