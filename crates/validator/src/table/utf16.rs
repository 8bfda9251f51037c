//! Reads UTF-16 as UTF-8.

use std::io::{self, Read};

const BUFFER: usize = 1 << 16;

/// Turns a stream of UTF-16 code units into UTF-8.
pub(crate) struct Utf16Reader<R> {
    inner: R,
    unit: fn([u8; 2]) -> u16,
    bytes: Vec<u8>,
    text: Vec<u8>,
    served: usize,
    ended: bool,
}

impl<R: Read> Utf16Reader<R> {
    /// Reads code units made of two bytes by `unit`.
    pub(crate) fn new(inner: R, unit: fn([u8; 2]) -> u16) -> Self {
        Self { inner, unit, bytes: Vec::new(), text: Vec::new(), served: 0, ended: false }
    }

    /// Reads on until there is some text.
    fn fill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.served = 0;
        while self.text.is_empty() && !self.ended {
            let before = self.bytes.len();
            let taken = self.inner.by_ref().take(BUFFER as u64).read_to_end(&mut self.bytes)?;
            self.ended = taken == 0;
            debug_assert!(self.bytes.len() >= before, "reading only appends");
            self.decode()?;
        }
        Ok(())
    }

    /// Decodes all whole characters; half of one waits for the rest, which must come.
    fn decode(&mut self) -> io::Result<()> {
        let mut units: Vec<u16> =
            self.bytes.chunks_exact(2).map(|pair| (self.unit)([pair[0], pair[1]])).collect();
        let half = units.last().is_some_and(|last| (0xd800..0xdc00).contains(last));
        if half && !self.ended {
            units.pop();
        }
        let used = 2 * units.len();
        if self.ended && used < self.bytes.len() {
            return Err(broken("a character of UTF-16 is cut in two"));
        }
        let mut encoded = [0; 4];
        for character in char::decode_utf16(units) {
            let character = character.map_err(|error| broken(&error.to_string()))?;
            self.text.extend_from_slice(character.encode_utf8(&mut encoded).as_bytes());
        }
        self.bytes.drain(..used);
        Ok(())
    }
}

fn broken(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.to_owned())
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.served == self.text.len() {
            self.fill()?;
        }
        let rest = &self.text[self.served..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.served += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn text_comes_back_and_half_a_character_is_refused() {
        let text = "name,city\nann,Zürich 🚂\n".repeat(4_000);
        let bytes = utf16(&text);
        let mut read = String::new();
        Utf16Reader::new(bytes.as_slice(), u16::from_le_bytes).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
        let cut = &utf16("🚂")[..3];
        let mut reader = Utf16Reader::new(cut, u16::from_le_bytes);
        assert!(reader.read_to_string(&mut read).is_err());
        let mut lone = Utf16Reader::new([0x00, 0xd8].as_slice(), u16::from_le_bytes);
        assert!(lone.read_to_string(&mut read).is_err());
    }
}
