//! What a step prints: kept in a file of bounded size, its beginning and its end, and told while it is printed.

use std::collections::VecDeque;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fs_err::File;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::executor::{OutputListener, Stream};
use crate::{Error, Result};

/// How much is read at once.
const CHUNK: usize = 64 * 1024;
/// The most that is kept of the end of a log that is too long.
const END_BYTES: u64 = 1024 * 1024;
/// How much of a log's end a report shows.
const TAIL_BYTES: u64 = 4 * 1024;

/// A log while it is written.
pub(super) struct Log {
    path: PathBuf,
    file: File,
    stream: Stream,
    /// How much of the beginning may still be written.
    room: u64,
    /// The end of what did not find room, in pieces.
    end: VecDeque<Vec<u8>>,
    end_bytes: u64,
    most_end_bytes: u64,
    left_out: u64,
    /// The bytes of a character that has not been read to its end.
    begun: Vec<u8>,
}

impl Log {
    /// Makes the file at `path`; of what is printed `limit` bytes are kept.
    pub(super) fn create(path: PathBuf, stream: Stream, limit: u64) -> Result<Self> {
        let file =
            File::create(&path).map_err(|error| Error::workspace("write the log", &path, error))?;
        let most_end_bytes = END_BYTES.min(limit / 2);
        Ok(Self {
            path,
            file,
            stream,
            room: limit - most_end_bytes,
            end: VecDeque::new(),
            end_bytes: 0,
            most_end_bytes,
            left_out: 0,
            begun: Vec::new(),
        })
    }

    /// Takes everything from `pipe` until no process can write to it any more.
    pub(super) async fn follow(
        &mut self,
        mut pipe: impl AsyncRead + Unpin,
        listener: &dyn OutputListener,
    ) -> std::io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = pipe.read(&mut chunk).await?;
            if count == 0 {
                return Ok(());
            }
            self.take(&chunk[..count], listener)?;
        }
    }

    fn take(&mut self, bytes: &[u8], listener: &dyn OutputListener) -> std::io::Result<()> {
        let fits = usize::try_from(self.room).unwrap_or(usize::MAX).min(bytes.len());
        let (kept, rest) = bytes.split_at(fits);
        if !kept.is_empty() {
            self.file.write_all(kept)?;
            self.room -= kept.len() as u64;
            self.tell(kept, listener);
        }
        if !rest.is_empty() {
            self.end.push_back(rest.to_vec());
            self.end_bytes += rest.len() as u64;
        }
        while let Some(first) = self.end.front()
            && self.end_bytes - first.len() as u64 >= self.most_end_bytes
        {
            self.left_out += first.len() as u64;
            self.end_bytes -= first.len() as u64;
            self.end.pop_front();
        }
        Ok(())
    }

    /// Tells what was printed, in whole characters.
    fn tell(&mut self, bytes: &[u8], listener: &dyn OutputListener) {
        self.begun.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.begun) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.begun.len(),
        };
        let rest = self.begun.split_off(whole);
        if !self.begun.is_empty() {
            listener.printed(self.stream, &String::from_utf8_lossy(&self.begun));
        }
        self.begun = rest;
    }

    /// Writes the end of a log that was too long, and returns its last lines.
    pub(super) fn finish(mut self) -> Result<(PathBuf, String)> {
        let written = self.write_end();
        written.map_err(|error| Error::workspace("write the log", &self.path, error))?;
        let tail = tail(&self.path);
        Ok((self.path, tail))
    }

    fn write_end(&mut self) -> std::io::Result<()> {
        if self.left_out > 0 {
            let note = format!("\n[reenact left out {} bytes of the log here]\n", self.left_out);
            self.file.write_all(note.as_bytes())?;
        }
        for piece in &self.end {
            self.file.write_all(piece)?;
        }
        self.file.flush()
    }
}

/// Returns the end of a log as text; a log that cannot be read has none.
fn tail(path: &Path) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl OutputListener for Heard {
        fn printed(&self, _: Stream, text: &str) {
            self.0.lock().unwrap().push(text.to_owned());
        }
    }

    fn log(limit: u64, pieces: &[&[u8]]) -> (String, String, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("stdout.log");
        let mut log = Log::create(path.clone(), Stream::Stdout, limit).unwrap();
        let heard = Heard::default();
        for piece in pieces {
            log.take(piece, &heard).unwrap();
        }
        let (_, tail) = log.finish().unwrap();
        let text = String::from_utf8_lossy(&fs_err::read(path).unwrap()).into_owned();
        (text, tail, heard.0.into_inner().unwrap())
    }

    #[test]
    fn a_log_that_is_too_long_keeps_its_beginning_and_its_end() {
        let (text, tail, heard) = log(8, &[b"begi", b"nning", b"middle", b"more", b" end"]);
        assert_eq!(text, "begi\n[reenact left out 15 bytes of the log here]\n end");
        assert_eq!(heard, ["begi"]);
        assert!(tail.ends_with("end"));
    }

    #[test]
    fn a_log_that_fits_is_kept_as_it_is() {
        let (text, tail, _) = log(100, &[b"one\n", b"two\n"]);
        assert_eq!((text.as_str(), tail.as_str()), ("one\ntwo\n", "one\ntwo"));
        let (text, ..) = log(8, &[b"12345678"]);
        assert_eq!(text, "12345678");
    }

    #[test]
    fn characters_are_told_whole_and_bytes_that_are_no_text_do_no_harm() {
        let (_, _, heard) = log(100, &[b"a\xc3", b"\xa4b", b"\xff\xfe"]);
        assert_eq!(heard, ["a", "äb", "\u{fffd}\u{fffd}"]);
    }
}
