//! Random numbers that are the same on every machine and in every later version.

/// A stream of random numbers of its own for each purpose: BLAKE3's extendable output, which is specified, over seed and purpose.
pub(super) struct Stream(blake3::OutputReader);

impl Stream {
    /// Begins the stream of `seed` for what the parts of `purpose` name together.
    pub(super) fn new(seed: u64, purpose: &[&str]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("reenact 2026-11-24 synthetic data");
        hasher.update(&seed.to_le_bytes());
        for part in purpose {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(hasher.finalize_xof())
    }

    /// Draws a whole number.
    pub(super) fn number(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// Draws a number between 0 and 1, neither of which it is.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
    pub(super) fn share(&mut self) -> f64 {
        ((self.number() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Draws a place below `length`, which is not 0.
    pub(super) fn below(&mut self, length: usize) -> usize {
        usize::try_from(self.number() % (length as u64)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_its_seed_and_purpose_alone() {
        let draw = |seed, purpose: &[&str]| Stream::new(seed, purpose).number();
        assert_eq!(draw(7, &["a", "b"]), draw(7, &["a", "b"]));
        assert_ne!(draw(7, &["a", "b"]), draw(8, &["a", "b"]));
        assert_ne!(draw(7, &["a", "b"]), draw(7, &["ab", ""]));
        let mut stream = Stream::new(1, &[]);
        let mean = (0..10_000).map(|_| stream.share()).sum::<f64>() / 10_000.0;
        // The mean of 10,000 uniform numbers has a standard deviation of 0.0029.
        assert!((mean - 0.5).abs() < 0.018, "{mean}");
    }
}
