//! The stretch of a text that a reader is at: what was read of it and not yet passed on, and where that is.

use super::input::Input;
use crate::{Error, Result};

/// The longest stretch that is held, in bytes: beyond it a quote or brace was surely left open.
const LONGEST: usize = 1 << 28;

/// Bytes that were read and not yet passed on.
pub(super) struct Window {
    input: Input,
    buffer: Vec<u8>,
    /// What of the buffer holds such bytes.
    start: usize,
    end: usize,
    ended: bool,
    /// The line of the next byte, counted from 1, and its place in the decoded text.
    line: u64,
    offset: u64,
    too_long: &'static str,
}

impl Window {
    /// Starts at the first byte, with room for so many at first, and an error for what never ends.
    pub(super) fn new(input: Input, room: usize, too_long: &'static str) -> Self {
        let buffer = vec![0; room];
        Self { input, buffer, start: 0, end: 0, ended: false, line: 1, offset: 0, too_long }
    }

    /// Returns the bytes that are not yet passed on.
    pub(super) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Returns the bytes up to the next one, from so many before it.
    pub(super) fn passed(&self, bytes: usize) -> &[u8] {
        &self.buffer[self.start - bytes..self.start]
    }

    /// Whether the text has no more bytes than are here.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Returns the line of the next byte, counted from 1, and its place in the decoded text.
    pub(super) fn place(&self) -> (u64, u64) {
        (self.line, self.offset)
    }

    /// Passes on so many bytes that hold so many ends of lines.
    pub(super) fn pass(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.offset += bytes as u64;
        self.line += lines;
    }

    /// Reads more behind the bytes that are not yet passed on; false at the end.
    pub(super) fn fill(&mut self) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            if self.end >= LONGEST {
                return Err(self.malformed(self.too_long, self.place()));
            }
            self.buffer.resize(2 * self.end, 0);
        }
        let read = self.input.read(&mut self.buffer[self.end..])?;
        self.end += read;
        self.ended = read == 0;
        Ok(read > 0)
    }

    /// The error of what is at a place.
    pub(super) fn malformed(&self, message: &str, (line, offset): (u64, u64)) -> Error {
        Error::malformed(&self.input.file().path, message).at_line(line).at_offset(offset)
    }
}
