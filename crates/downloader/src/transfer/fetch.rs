//! One object on its way to one file.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::{Instant, timeout_at};

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
    /// Lands the object, whole and verified, or leaves nothing.
    pub(super) async fn land(self, destination: Destination) -> Result<Landed> {
        self.tell(&Event::Started { object: self.planned });
        let landing = self.persist(destination);
        let result = match self.deadline {
            None => landing.await,
            Some(deadline) => timeout_at(deadline, landing).await.unwrap_or_else(|elapsed| {
                Err(Error::new(ErrorKind::DeadlineExceeded).with_source(elapsed))
            }),
        };
        match result {
            Ok(landed) => {
                self.tell(&Event::Finished { object: self.planned, landed: &landed });
                let Landed { bytes, verified, requests, .. } = &landed;
                tracing::debug!(bytes, %verified, requests, "landed");
                Ok(landed)
            }
            Err(error) => {
                let requests = self.tally.requests.load(Ordering::Relaxed);
                let error = self.about_object(self.say_need(error)).with_attempts(requests);
                self.tell(&Event::Failed { object: self.planned, error: &error });
                tracing::debug!(%error, "failed");
                Err(error)
            }
        }
    }

    /// Begins anew when the content was not what it should be and, if that is wanted, when the object was replaced.
    async fn persist(self, destination: Destination) -> Result<Landed> {
        let mut attempts = self.attempts();
        let mut replacement = None;
        loop {
            attempts.begin();
            let fetch = Fetch { object: replacement.as_ref().unwrap_or(self.planned), ..self };
            let error = match fetch.land_once(destination.clone()).await {
                Ok(verified) => return Ok(fetch.landed(&destination, verified)),
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

    async fn land_once(self, destination: Destination) -> Result<Verified> {
        let is_small = self.object.size <= self.shared.options.range_size.get().saturating_mul(2);
        if is_small {
            self.land_at_once(destination).await
        } else {
            // Not part of the future of small objects, of which there are many.
            Box::pin(self.land_in_segments(destination)).await
        }
    }

    /// Fetches a small object in one request; the reply tells the checksum.
    async fn land_at_once(self, destination: Destination) -> Result<Verified> {
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
        // Not on the blocking pool: were this future dropped meanwhile, the file would appear nevertheless.
        part.commit()?;
        Ok(verified)
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
