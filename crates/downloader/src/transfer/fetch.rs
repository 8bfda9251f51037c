//! One object on its way to one file.

use std::future::Future;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::directory::Destination;
use crate::error::{Error, ErrorKind, Result};
use crate::observer::{Event, Observer};
use crate::source::{GetRequest, ObjectMeta};
use crate::transfer::part::{Claim, PartFile};
use crate::transfer::run::Shared;
use crate::transfer::write::Writer;
use crate::transfer::{Landed, Verified, WhenReplaced, verify};

/// One object on its way to one file.
#[derive(Clone, Copy)]
pub(super) struct Fetch<'a> {
    pub(super) shared: &'a Shared,
    pub(super) deadline: Option<Instant>,
    pub(super) observer: &'a dyn Observer,
    /// The object as it was listed, which events are about.
    pub(super) planned: &'a ObjectMeta,
    /// The object as it is fetched: as it was listed, or as it is since it was replaced.
    pub(super) object: &'a ObjectMeta,
    pub(super) tally: &'a Tally,
}

/// An object whose bytes are all there, and right: it only lacks its name.
#[derive(Debug)]
pub(super) struct Whole {
    part: Claim,
    landed: Landed,
}

/// What is counted for one object.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The requests made.
    pub(super) requests: AtomicU32,
    /// The bytes that were told and still count.
    pub(super) told: AtomicU64,
    /// The bytes that were there already.
    pub(super) resumed: AtomicU64,
    /// The version that the last reply was from, in a bucket that keeps versions.
    pub(super) version_id: Mutex<Option<String>>,
}

impl Tally {
    /// Remembers which version a reply is from. A listing does not tell it.
    pub(super) fn see(&self, reply: &ObjectMeta) {
        if reply.version_id.is_some() {
            let mut version_id = self.version_id.lock().unwrap_or_else(PoisonError::into_inner);
            version_id.clone_from(&reply.version_id);
        }
    }

    fn version_id(&self) -> Option<String> {
        self.version_id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Fetch<'_> {
    /// Fetches the object into a part file, whole and verified, or leaves nothing.
    pub(super) async fn fetch(self, destination: Destination) -> Result<Whole> {
        self.tell(&Event::Started { object: self.planned });
        self.in_time(self.persist(destination)).await
    }

    /// Lets an object that is whole appear under its name.
    pub(super) async fn appear(self, whole: Whole) -> Result<Landed> {
        let Whole { part, landed } = whole;
        let appearing = async {
            // What could not be written is of no use to whoever comes later.
            self.sync(&part).await.inspect_err(|_| part.keep(false))?;
            // Not on the blocking pool: were this future dropped meanwhile, the file would appear nevertheless.
            part.commit()
        };
        self.in_time(appearing).await?;
        self.tell(&Event::Finished { object: self.planned, landed: &landed });
        let Landed { bytes, verified, requests, .. } = &landed;
        tracing::debug!(bytes, %verified, requests, "landed");
        Ok(landed)
    }

    /// Waits for a part of the work as long as there is time, and tells its failure.
    async fn in_time<T>(self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let bucket = self.shared.source.bucket();
        let (key, size) = (&self.planned.key, self.planned.size);
        let work = work.instrument(tracing::debug_span!("fetch", %bucket, key, size));
        let result = match self.deadline {
            None => work.await,
            Some(deadline) => timeout_at(deadline, work).await.unwrap_or_else(|elapsed| {
                Err(Error::new(ErrorKind::DeadlineExceeded).with_source(elapsed))
            }),
        };
        result.map_err(|error| {
            let requests = self.tally.requests.load(Ordering::Relaxed);
            let error = self.about_object(self.say_need(error)).with_attempts(requests);
            self.tell(&Event::Failed { object: self.planned, error: &error });
            tracing::debug!(%error, "failed");
            error
        })
    }

    /// Begins anew when the content was not what it should be and, if that is wanted, when the object was replaced.
    async fn persist(self, destination: Destination) -> Result<Whole> {
        let mut attempts = self.attempts();
        let mut replacement = None;
        loop {
            attempts.begin();
            let fetch = Fetch { object: replacement.as_ref().unwrap_or(self.planned), ..self };
            let error = match fetch.fetch_once(destination.clone()).await {
                Ok((part, verified)) => {
                    return Ok(Whole { part, landed: fetch.landed(&destination, verified) });
                }
                Err(error) => error,
            };
            let is_replaced = match error.kind() {
                ErrorKind::Corrupt => false,
                ErrorKind::Changed
                    if self.shared.options.when_replaced == WhenReplaced::Restart =>
                {
                    true
                }
                _ => return Err(error),
            };
            self.wait(attempts.failed_as_a_whole(error)?).await;
            let current = if is_replaced { Some(Box::pin(self.describe()).await?) } else { None };
            self.tell(&Event::Restarted {
                object: self.planned,
                size: current.as_ref().map_or(fetch.object.size, |current| current.size),
                discarded: self.tally.told.swap(0, Ordering::Relaxed),
            });
            replacement = current.or(replacement);
        }
    }

    fn landed(self, destination: &Destination, verified: Verified) -> Landed {
        Landed {
            path: destination.path(),
            bytes: self.object.size,
            etag: self.object.etag.clone(),
            version_id: self.object.version_id.clone().or_else(|| self.tally.version_id()),
            verified,
            requests: self.tally.requests.load(Ordering::Relaxed),
            resumed: self.tally.resumed.load(Ordering::Relaxed),
        }
    }

    async fn fetch_once(self, destination: Destination) -> Result<(Claim, Verified)> {
        let is_small = self.object.size <= self.shared.options.range_size.get().saturating_mul(2);
        if is_small {
            self.fetch_at_once(destination).await
        } else {
            // Not part of the future of small objects, of which there are many.
            Box::pin(self.fetch_in_segments(destination)).await
        }
    }

    /// Fetches a small object in one request; the reply tells the checksum.
    async fn fetch_at_once(self, destination: Destination) -> Result<(Claim, Verified)> {
        let part = Claim::new(PartFile::new(destination));
        let mut writer = Writer::new(Arc::clone(&part), 0..self.object.size);
        let mut expected = None;
        self.fill(GetRequest::pinned_to(self.object), &mut writer, None, |writer, reply| {
            expected = reply.checksum.clone().or_else(|| self.object.checksum.clone());
            if let Some(whole) = expected.as_ref().filter(|checksum| checksum.parts().is_none()) {
                writer.hash_with(whole.algorithm());
            }
        })
        .await?;
        let verified = match (expected, writer.into_checksum().await?) {
            (None, _) => Verified::Length,
            (Some(expected), Some(found)) => verify::compare(&expected, &found)?,
            (Some(composite), None) => {
                Box::pin(self.verify_composite(&part, &composite, None)).await?
            }
        };
        Ok((part, verified))
    }

    pub(super) fn tell(self, event: &Event<'_>) {
        self.observer.on_event(event);
    }

    /// Says how much room the object needs that found none.
    fn say_need(self, error: Error) -> Error {
        if error.kind() == ErrorKind::DiskFull {
            error.with_reason(format!("{} bytes are needed", self.object.size))
        } else {
            error
        }
    }

    pub(super) fn about_object(self, error: Error) -> Error {
        error.with_bucket(self.shared.source.bucket().as_str()).with_key(&self.object.key)
    }
}
