//! How a large object is cut into segments, each hashed and noted by itself.

use std::ops::Range;

use crate::checksum::{Algorithm, Checksum};

/// The most segments that an object is cut into, so that what is known of them stays small.
const MOST_SEGMENTS: u64 = 10_000;
/// The longest segment for the sake of a digest that cannot be joined from shorter ones.
const LONGEST_PART: u64 = 64 * 1024 * 1024;

/// How a large object is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Division {
    pub(super) size: u64,
    /// How the segments are hashed.
    pub(super) algorithm: Algorithm,
    /// Every multiple of it is a cut.
    pub(super) segment: u64,
    /// The length of the parts it was uploaded in: every multiple of it is a cut, too.
    pub(super) part: Option<u64>,
}

impl Division {
    /// Cuts an object of `size` bytes into segments of about `segment` bytes such that their digests tell the `expected`
    /// checksum, if that can be. `part` is the length of the parts it was uploaded in, if it is known.
    pub(super) fn new(
        size: u64,
        segment: u64,
        expected: Option<&Checksum>,
        part: Option<u64>,
    ) -> Self {
        let part =
            part.filter(|part| *part > 0 && expected.is_some_and(|sum| sum.parts().is_some()));
        let segment = segment.max(size.div_ceil(MOST_SEGMENTS)).max(1);
        let by_default = Self { size, algorithm: Algorithm::Crc64Nvme, segment, part: None };
        match (expected.map(Checksum::algorithm), part) {
            (Some(algorithm), part) if algorithm.combines() => {
                Self { algorithm, part, ..by_default }
            }
            (Some(algorithm), Some(length)) if length <= LONGEST_PART => {
                Self { algorithm, segment: length, part, ..by_default }
            }
            _ => by_default,
        }
    }

    /// Returns where the segment that `offset` lies in ends.
    pub(super) fn cut_after(&self, offset: u64) -> u64 {
        let next = |length: u64| (offset / length + 1).saturating_mul(length);
        let cut = next(self.segment).min(self.part.map_or(u64::MAX, next));
        cut.min(self.size)
    }

    /// Returns the segments in order.
    pub(super) fn segments(&self) -> impl Iterator<Item = Range<u64>> {
        let mut start = 0;
        std::iter::from_fn(move || {
            let range = start..self.cut_after(start);
            start = range.end;
            (!range.is_empty()).then_some(range)
        })
    }

    /// Returns the checksum of the kind of `expected` that digests of all segments, in order, add up to; nothing if they do not.
    pub(super) fn join(&self, expected: &Checksum, digests: &[Checksum]) -> Option<Checksum> {
        if expected.algorithm() != self.algorithm {
            return None;
        }
        let segments = || self.segments().zip(digests);
        let Some(count) = expected.parts() else { return joined(segments()) };
        let length = self.part?;
        let parts: Option<Vec<_>> = (0..u64::from(count.get()))
            .map(|number| {
                let part = number * length..(number + 1).saturating_mul(length);
                joined(
                    segments()
                        .skip_while(|(range, _)| range.start < part.start)
                        .take_while(|(range, _)| range.start < part.end),
                )
            })
            .collect();
        Checksum::of_parts(self.algorithm, &parts?)
    }
}

fn joined<'a>(segments: impl Iterator<Item = (Range<u64>, &'a Checksum)>) -> Option<Checksum> {
    let mut whole: Option<Checksum> = None;
    for (range, digest) in segments {
        whole = Some(match whole {
            None => digest.clone(),
            Some(whole) => whole.followed_by(digest, range.end - range.start)?,
        });
    }
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALGORITHMS: [Algorithm; 5] = [
        Algorithm::Crc32,
        Algorithm::Crc32c,
        Algorithm::Crc64Nvme,
        Algorithm::Sha1,
        Algorithm::Sha256,
    ];

    fn digests(division: &Division, content: &[u8]) -> Vec<Checksum> {
        let at = |offset| usize::try_from(offset).unwrap();
        division
            .segments()
            .map(|range| Checksum::of(division.algorithm, &content[at(range.start)..at(range.end)]))
            .collect()
    }

    #[test]
    fn an_object_of_any_size_has_few_segments() {
        for size in [0, 1, 8 << 20, 5 << 40, u64::MAX] {
            let division = Division::new(size, 8 << 20, None, None);
            assert!(division.segments().count() <= 10_001, "{size}");
        }
    }

    #[test]
    fn a_digest_that_cannot_be_joined_does_not_make_segments_huge() {
        let sha = Checksum::of_parts(Algorithm::Sha256, &[Checksum::of(Algorithm::Sha256, b"x")]);
        let division = Division::new(1 << 40, 8 << 20, sha.as_ref(), Some(5 << 30));
        assert_eq!((division.algorithm, division.part), (Algorithm::Crc64Nvme, None));
    }

    proptest! {
        #[test]
        fn h17_digests_of_segments_tell_the_whole_and_the_composite_checksum(
            content in prop::collection::vec(any::<u8>(), 1..400),
            segment in 1_u64..100,
            part in 1_usize..100,
            algorithm in prop::sample::select(&ALGORITHMS[..]),
        ) {
            let size = content.len() as u64;
            let parts: Vec<_> = content.chunks(part).map(|part| Checksum::of(algorithm, part)).collect();
            let composite = Checksum::of_parts(algorithm, &parts).unwrap();
            let division = Division::new(size, segment, Some(&composite), Some(part as u64));
            prop_assert_eq!(division.join(&composite, &digests(&division, &content)), Some(composite));

            let whole = Checksum::of(algorithm, &content);
            let division = Division::new(size, segment, Some(&whole), None);
            let joined = division.join(&whole, &digests(&division, &content));
            prop_assert_eq!(joined, algorithm.combines().then_some(whole));
        }

        #[test]
        fn segments_follow_each_other_from_end_to_end(
            size in 0_u64..10_000, segment in 1_u64..5_000, part in prop::option::of(1_u64..5_000),
        ) {
            let composite = Checksum::of_parts(Algorithm::Crc32, &[Checksum::of(Algorithm::Crc32, b"x")]);
            let division = Division::new(size, segment, composite.as_ref(), part);
            let mut end = 0;
            for range in division.segments() {
                prop_assert_eq!(range.start, end);
                prop_assert!(range.end > range.start);
                end = range.end;
            }
            prop_assert_eq!(end, size);
        }
    }
}
