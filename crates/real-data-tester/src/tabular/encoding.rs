//! Writes text in the encoding that a file had.

use std::io::{self, Write};
use std::str::Utf8Error;

use reenact_validator::TextEncoding;

/// Takes UTF-8 and passes it on in another encoding, after its byte-order mark.
pub(super) struct Encoder<W> {
    inner: W,
    encoding: TextEncoding,
    /// The beginning of a character whose end has not come yet.
    pending: Vec<u8>,
}

impl<W: Write> Encoder<W> {
    pub(super) fn new(mut inner: W, encoding: TextEncoding) -> io::Result<Self> {
        match encoding {
            TextEncoding::Utf8WithMark => inner.write_all(b"\xef\xbb\xbf")?,
            TextEncoding::Utf16LittleEndian => inner.write_all(b"\xff\xfe")?,
            TextEncoding::Utf16BigEndian => inner.write_all(b"\xfe\xff")?,
            _ => {}
        }
        Ok(Self { inner, encoding, pending: Vec::new() })
    }

    /// Ends the text; half a character is none.
    pub(super) fn finish(self) -> io::Result<W> {
        std::str::from_utf8(&self.pending).map_err(no_text)?;
        Ok(self.inner)
    }

    /// Writes all whole characters.
    fn encode(&mut self, bytes: fn(u16) -> [u8; 2]) -> io::Result<()> {
        let whole = match std::str::from_utf8(&self.pending) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(error) => return Err(no_text(error)),
        };
        let text = std::str::from_utf8(&self.pending[..whole]).map_err(no_text)?;
        let encoded: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
        self.inner.write_all(&encoded)?;
        self.pending.drain(..whole);
        Ok(())
    }
}

fn no_text(error: Utf8Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let unit = match self.encoding {
            TextEncoding::Utf16LittleEndian => u16::to_le_bytes,
            TextEncoding::Utf16BigEndian => u16::to_be_bytes,
            _ => return self.inner.write(bytes),
        };
        self.pending.extend_from_slice(bytes);
        self.encode(unit)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_encoded_however_they_are_cut() {
        let text = "name,Zürich 🚂\n";
        for (encoding, mark) in [
            (TextEncoding::Utf16LittleEndian, u16::to_le_bytes as fn(u16) -> [u8; 2]),
            (TextEncoding::Utf16BigEndian, u16::to_be_bytes),
        ] {
            let mut encoder = Encoder::new(Vec::new(), encoding).unwrap();
            for byte in text.as_bytes() {
                encoder.write_all(&[*byte]).unwrap();
            }
            let expected: Vec<u8> =
                [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(mark).collect();
            assert_eq!(encoder.finish().unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let encoder = || Encoder::new(Vec::new(), TextEncoding::Utf16LittleEndian).unwrap();
        assert!(encoder().write_all(b"\xff").is_err());
        let mut cut = encoder();
        cut.write_all(&"🚂".as_bytes()[..2]).unwrap();
        assert!(cut.finish().is_err());
    }
}
