//! The objects of a JSON file, one by one: one per line, or the elements of one array.

use serde_json::{Map, Value};

use super::input::Input;
use super::window::Window;
use crate::tree::FileEntry;
use crate::{Error, Result};

const BUFFER: usize = 1 << 17;

/// Reads objects without holding the file.
pub(crate) struct Objects {
    window: Window,
    /// The place of the object that was read last.
    last: (u64, u64),
    array: Array,
}

/// How far into an array the reader is, if the file is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Array {
    /// The first byte was not seen yet.
    Unknown,
    No,
    Open,
    Closed,
}

impl Objects {
    pub(crate) fn open(file: &FileEntry) -> Result<Self> {
        let too_long = "a JSON object does not end within 256 MiB in";
        let window = Window::new(Input::open(file)?, BUFFER, too_long);
        Ok(Self { window, last: (1, 0), array: Array::Unknown })
    }

    /// Returns the next object.
    pub(crate) fn next(&mut self) -> Result<Option<Map<String, Value>>> {
        if self.array == Array::Unknown {
            self.array = if self.peek()? == Some(b'[') { Array::Open } else { Array::No };
            if self.array == Array::Open {
                self.pass(1);
                if self.peek()? == Some(b']') {
                    self.close()?;
                }
            }
        }
        if self.array == Array::Closed {
            return Ok(None);
        }
        let first = self.peek()?;
        self.last = self.window.place();
        match first {
            None if self.array == Array::Open => Err(self.malformed("a JSON array is cut off in")),
            None => Ok(None),
            Some(b'{') => self.object().map(Some),
            Some(_) => Err(self.malformed("expected a JSON object in")),
        }
    }

    fn object(&mut self) -> Result<Map<String, Value>> {
        let length = self.length()?;
        let text = &self.window.rest()[..length];
        let parsed = serde_json::from_slice(text)
            .map_err(|error| self.malformed("broken JSON object in").because(error))?;
        self.pass(length);
        match (self.array, self.peek()?) {
            (Array::Open, Some(b',')) => self.pass(1),
            (Array::Open, Some(b']')) => self.close()?,
            (Array::Open, Some(_)) => {
                return Err(self.malformed("expected a comma after this object in"));
            }
            _ => {}
        }
        Ok(parsed)
    }

    /// Ends the array, after which nothing may follow.
    fn close(&mut self) -> Result<()> {
        self.pass(1);
        self.array = Array::Closed;
        self.last = self.window.place();
        match self.peek()? {
            None => Ok(()),
            Some(_) => Err(self.malformed("something follows the JSON array in")),
        }
    }

    /// Returns the next byte that is no white space.
    fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            let rest = self.window.rest();
            let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            if let Some(next) = rest.get(blank).copied() {
                self.pass(blank);
                return Ok(Some(next));
            }
            self.pass(blank);
            if !self.window.fill()? {
                return Ok(None);
            }
        }
    }

    /// Returns the length of the object that starts at the next byte: up to the brace that closes it, or all
    /// there is.
    fn length(&mut self) -> Result<usize> {
        let (mut at, mut depth, mut in_string, mut escaped) = (0, 0_u64, false, false);
        loop {
            while let Some(&byte) = self.window.rest().get(at) {
                at += 1;
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' if in_string => escaped = true,
                    b'"' => in_string = !in_string,
                    _ if in_string => {}
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Ok(at);
                        }
                    }
                    _ => {}
                }
            }
            if !self.window.fill()? {
                return Ok(at);
            }
        }
    }

    fn pass(&mut self, bytes: usize) {
        let passed = &self.window.rest()[..bytes];
        let lines = memchr::memchr_iter(b'\n', passed).count() as u64;
        self.window.pass(bytes, lines);
    }

    /// The error of the object that was read last.
    pub(crate) fn malformed(&self, message: &str) -> Error {
        self.window.malformed(message, self.last)
    }
}
