//! A run's events as JSON Lines: written while it goes on, read again to fold the same report.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use fs_err::File;

use crate::event::Event;
use crate::report::Report;
use crate::reporter::Reporter;
use crate::{Error, ErrorKind, Result};

/// A [`Reporter`] that writes each event as one line; an event is on the disk before the next thing happens.
///
/// The first event that fails to be recorded is a warning in the log and ends the recording, but no run.
#[derive(Debug)]
pub struct Recording(Mutex<Option<File>>);

impl Recording {
    /// Makes the file at `path`, which must not be there yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Workspace`] if it cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        let file =
            File::create_new(path).map_err(|error| Error::workspace("record to", path, error))?;
        Ok(Self(Mutex::new(Some(file))))
    }
}

impl Reporter for Recording {
    fn report(&self, event: &Event) {
        if event.is_transient() {
            return;
        }
        let mut recording = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = recording.as_mut() else { return };
        let written =
            serde_json::to_vec(event).map_err(std::io::Error::from).and_then(|mut line| {
                line.push(b'\n');
                file.write_all(&line)
            });
        if let Err(error) = written {
            tracing::warn!(%error, "the recording of the run ends here");
            // What would come after a line that broke off could not be read.
            *recording = None;
        }
    }
}

impl Report {
    /// Folds a run that was recorded: by [`Recording`], or as `events.jsonl` in the run's directory.
    ///
    /// A last line that breaks off, as a killed process leaves it, is passed over.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Workspace`] for what cannot be read, a line that is no event, with its number, and a recording that has no beginning.
    pub fn from_recording(recording: impl Read) -> Result<Self> {
        let unreadable =
            |error| Error::caused(ErrorKind::Workspace, "cannot read the recording", error);
        let mut lines = BufReader::new(recording);
        let mut events: Vec<Event> = Vec::new();
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(unreadable)? == 0
                || !line.ends_with(b"\n")
            {
                break;
            }
            let event = serde_json::from_slice(&line).map_err(|error| {
                let message = format!("line {number} of the recording is no event of a run");
                Error::caused(ErrorKind::Workspace, message, error)
            })?;
            events.push(event);
        }
        Self::from_events(&events).ok_or_else(|| {
            Error::new(ErrorKind::Workspace, "the recording does not begin with the start of a run")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_recording_ends_with_the_first_event_that_has_no_room() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let recording = Recording(Mutex::new(Some(full)));
        recording.report(&Event::BytesReceived { bytes: 1 });
        assert!(recording.0.lock().unwrap().is_some(), "what is transient is not recorded");
        recording.report(&Event::Interrupted);
        assert!(recording.0.lock().unwrap().is_none());
        recording.report(&Event::Interrupted);
    }
}
