//! What the journal beside a part file says: of which object it is a part, and which of its segments are there.
//!
//! The first line is a JSON object, every other one `start end digest`. A line that was not written to its end does not count.
//! Nothing in it is believed: a segment counts only if its bytes still have the digest.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::checksum::{Algorithm, Checksum};
use crate::source::ObjectMeta;
use crate::transfer::division::Division;

const VERSION: u32 = 1;

/// Of which object a part file is a part, and how it is cut. A journal with another heading is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Heading {
    version: u32,
    bucket: String,
    key: String,
    etag: Option<String>,
    version_id: Option<String>,
    size: u64,
    algorithm: Algorithm,
    segment: u64,
    part: Option<u64>,
}

/// A segment that is said to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) range: Range<u64>,
    pub(super) digest: Checksum,
}

impl Heading {
    /// Returns nothing for an object that could be replaced without notice.
    pub(super) fn new(bucket: &str, object: &ObjectMeta, division: &Division) -> Option<Self> {
        (object.etag.is_some() || object.version_id.is_some()).then(|| Self {
            version: VERSION,
            bucket: bucket.to_owned(),
            key: object.key.clone(),
            etag: object.etag.clone(),
            version_id: object.version_id.clone(),
            size: division.size,
            algorithm: division.algorithm,
            segment: division.segment,
            part: division.part,
        })
    }

    /// Returns the line that a journal begins with.
    pub(super) fn line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self).map(|text| format!("{text}\n"))
    }

    /// Reads what a journal with this heading says; nothing if it has another.
    pub(super) fn entries(&self, journal: &[u8]) -> Option<Vec<Entry>> {
        let mut lines =
            journal.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        let heading: Self = serde_json::from_slice(lines.next()?).ok()?;
        (heading == *self)
            .then(|| lines.filter_map(|line| Entry::parse(line, self.algorithm)).collect())
    }
}

impl Entry {
    pub(super) fn line(&self) -> String {
        format!("{} {} {}\n", self.range.start, self.range.end, self.digest.to_hex())
    }

    fn parse(line: &[u8], algorithm: Algorithm) -> Option<Self> {
        let mut words = std::str::from_utf8(line).ok()?.split_whitespace();
        let range = words.next()?.parse().ok()?..words.next()?.parse().ok()?;
        let digest = Checksum::from_hex(algorithm, words.next()?)?;
        words.next().is_none().then_some(Self { range, digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(etag: &str) -> Heading {
        let mut object = ObjectMeta::new("a b\n.bin", 100);
        object.etag = Some(etag.to_owned());
        Heading::new("prod", &object, &Division::new(100, 10, None, None)).unwrap()
    }

    #[test]
    fn h8_what_was_written_is_read_up_to_the_line_that_was_cut_off() {
        let entry = |start| Entry {
            range: start..start + 10,
            digest: Checksum::of(Algorithm::Crc64Nvme, &[7]),
        };
        let text = [heading("e").line().unwrap(), entry(0).line(), entry(30).line()].concat();
        let read = |text: &str| heading("e").entries(text.as_bytes());
        assert_eq!(read(&text), Some(vec![entry(0), entry(30)]));
        let cut = text.trim_end();
        assert_eq!(read(cut), Some(vec![entry(0)]));
        assert_eq!(read(""), None);
    }

    #[test]
    fn h8_a_journal_of_another_object_or_another_cut_is_of_no_use() {
        let text = heading("e").line().unwrap();
        assert_eq!(heading("other").entries(text.as_bytes()), None);
        let mut other = heading("e");
        other.segment = 20;
        assert_eq!(other.entries(text.as_bytes()), None);
        assert_eq!(
            Heading::new("prod", &ObjectMeta::new("x", 1), &Division::new(1, 1, None, None)),
            None
        );
    }

    #[test]
    fn h8_nonsense_in_a_journal_is_passed_over() {
        let digest = "0123456789abcdef";
        let lines = [
            "",
            "0",
            "0 10",
            "0 10 xyz",
            "0 10 0123456789abcdef more",
            "a b 0123456789abcdef",
            "\u{e9}",
        ];
        let text =
            format!("{}{}\n10 20 {digest}\n", heading("e").line().unwrap(), lines.join("\n"));
        assert_eq!(heading("e").entries(text.as_bytes()).map(|entries| entries.len()), Some(1));
    }
}
