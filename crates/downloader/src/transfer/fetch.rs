//! One object on its way to one file: requests, repetitions, verification.

use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

use crate::blocking::blocking;
use crate::checksum::{Checksum, Hasher};
use crate::directory::{Destination, PartFile};
use crate::error::{Error, ErrorKind, Result};
use crate::observer::{Event, Observer};
use crate::retry::Attempts;
use crate::source::{GetRequest, ObjectBody, ObjectMeta, ObjectSource};
use crate::transfer::write::RangeWriter;
use crate::transfer::{Landed, TransferOptions, Verified};

/// A request that brought this much before it failed is not held against the object: the next one goes on from there.
const GOOD_PART: u64 = 256 * 1024;
/// How much of a file is read at a time when it has to be hashed afterwards.
const READ_SIZE: usize = 1024 * 1024;

/// One object on its way to one file.
#[derive(Clone, Copy)]
pub(super) struct Fetch<'a> {
    pub(super) source: &'a dyn ObjectSource,
    pub(super) options: &'a TransferOptions,
    /// One for each request that may be in flight.
    pub(super) permits: &'a Semaphore,
    pub(super) deadline: Option<Instant>,
    pub(super) observer: &'a dyn Observer,
    pub(super) object: &'a ObjectMeta,
    /// Counts the requests made for the object.
    pub(super) requests: &'a AtomicU32,
}

impl Fetch<'_> {
    /// Lands the object, whole and verified, or leaves nothing.
    pub(super) async fn land(self, destination: Destination) -> Result<Landed> {
        self.observer.on_event(&Event::Started { object: self.object });
        let path = destination.path();
        let landing = self.repeat_while_corrupt(destination);
        let result = match self.deadline {
            None => landing.await,
            Some(deadline) => timeout_at(deadline, landing).await.unwrap_or_else(|elapsed| {
                Err(Error::new(ErrorKind::DeadlineExceeded).with_source(elapsed))
            }),
        };
        let requests = self.requests.load(Ordering::Relaxed);
        match result {
            Ok(verified) => {
                let landed = Landed { path, bytes: self.object.size, verified, requests };
                self.observer.on_event(&Event::Finished { object: self.object, landed: &landed });
                tracing::debug!(bytes = landed.bytes, %verified, requests, "landed");
                Ok(landed)
            }
            Err(error) => {
                let error = self.about_object(error).with_attempts(requests);
                self.observer.on_event(&Event::Failed { object: self.object, error: &error });
                tracing::debug!(%error, "failed");
                Err(error)
            }
        }
    }

    async fn repeat_while_corrupt(self, destination: Destination) -> Result<Verified> {
        let mut attempts = Attempts::new(&self.options.retry, self.deadline);
        loop {
            attempts.begin();
            match self.land_once(destination.clone()).await {
                Err(error) if error.kind() == ErrorKind::Corrupt => {
                    self.wait(attempts.failed(error)?).await;
                }
                result => return result,
            }
        }
    }

    async fn land_once(self, destination: Destination) -> Result<Verified> {
        let part = Arc::new(PartFile::new(destination));
        let one_request = self.object.size <= self.options.range_size.get().saturating_mul(2);
        let verified = if one_request {
            self.fetch_at_once(&part).await?
        } else {
            self.fetch_in_ranges(&part).await?
        };
        // Not on the blocking pool: were this future dropped meanwhile, the file would appear nevertheless.
        part.commit()?;
        Ok(verified)
    }

    /// Fetches a small object in one request; the reply tells the checksum.
    async fn fetch_at_once(self, part: &Arc<PartFile>) -> Result<Verified> {
        let mut writer = RangeWriter::new(Arc::clone(part), 0..self.object.size, self.options.sync);
        let mut expected = None;
        let request = GetRequest::pinned_to(self.object);
        self.fill(request, &mut writer, |writer, reply| {
            let carried = reply.checksum.clone().or_else(|| self.object.checksum.clone());
            expected = carried.filter(|checksum| checksum.parts().is_none());
            if let Some(checksum) = &expected {
                writer.hash_with(Hasher::new(checksum.algorithm()));
            }
        })
        .await?;
        verify(expected.as_ref(), writer.into_hasher())
    }

    /// Fetches a large object in ranges side by side; replies to ranges tell no checksum, so it is asked for first.
    async fn fetch_in_ranges(self, part: &Arc<PartFile>) -> Result<Verified> {
        let current = self.describe().await?;
        let expected = current.checksum.as_ref().or(self.object.checksum.as_ref());
        let expected = expected.filter(|checksum| checksum.parts().is_none());
        let joined = expected.map(Checksum::algorithm).filter(|algorithm| algorithm.combines());
        let mut request = GetRequest::pinned_to(self.object);
        request.if_match = request.if_match.or(current.etag);
        let fetches = ranges(self.object.size, self.options.range_size.get()).enumerate().map(
            |(index, range)| {
                let mut writer = RangeWriter::new(Arc::clone(part), range, false);
                if let Some(algorithm) = joined {
                    writer.hash_with(Hasher::new(algorithm));
                }
                let request = request.clone();
                async move {
                    self.fill(request, &mut writer, |_, _| ()).await?;
                    Ok((index, writer.into_hasher()))
                }
            },
        );
        let mut hashed: Vec<(usize, Option<Hasher>)> = stream::iter(fetches)
            .buffer_unordered(self.options.concurrency.get())
            .try_collect()
            .await?;
        hashed.sort_unstable_by_key(|(index, _)| *index);
        let hashers = hashed.into_iter().filter_map(|(_, hasher)| hasher);
        let joined = hashers.reduce(|mut whole, next| {
            whole.append(&next);
            whole
        });
        let hasher = self.complete(part, expected, joined).await?;
        verify(expected, hasher)
    }

    /// Syncs a file that was written in ranges, and hashes it if the ranges could not be.
    async fn complete(
        self,
        part: &Arc<PartFile>,
        expected: Option<&Checksum>,
        joined: Option<Hasher>,
    ) -> Result<Option<Hasher>> {
        let part = Arc::clone(part);
        let (size, sync) = (self.object.size, self.options.sync);
        let algorithm = expected.map(Checksum::algorithm);
        blocking(move || {
            let file = part.file()?;
            let hasher = match (joined, algorithm) {
                (None, Some(algorithm)) => {
                    let mut hasher = Hasher::new(algorithm);
                    hash_file(&file, size, &mut hasher).map_err(|error| part.error(error))?;
                    Some(hasher)
                }
                (joined, _) => joined,
            };
            if sync {
                file.sync_all().map_err(|error| part.error(error))?;
            }
            Ok(hasher)
        })
        .await
    }

    /// Asks what the object is now, which must be what it was when it was listed.
    async fn describe(self) -> Result<ObjectMeta> {
        let mut attempts = Attempts::new(&self.options.retry, self.deadline);
        loop {
            attempts.begin();
            self.requests.fetch_add(1, Ordering::Relaxed);
            let permit = self.permits.acquire().await;
            let result =
                self.source.head(&self.object.key, self.object.version_id.as_deref()).await;
            drop(permit);
            match result {
                Ok(current) => {
                    self.refuse_change(self.object.etag.as_deref(), &current)?;
                    return Ok(current);
                }
                Err(error) => self.wait(attempts.failed(error)?).await,
            }
        }
    }

    /// Makes requests until `writer` misses nothing. `begin` is told what the object is before the first byte is written.
    async fn fill(
        self,
        mut request: GetRequest,
        writer: &mut RangeWriter,
        begin: impl FnOnce(&mut RangeWriter, &ObjectMeta) + Send,
    ) -> Result<()> {
        let mut attempts = Attempts::new(&self.options.retry, self.deadline);
        let mut begin = Some(begin);
        loop {
            attempts.begin();
            self.requests.fetch_add(1, Ordering::Relaxed);
            let before = writer.missing().start;
            match self.receive(&mut request, writer, &mut begin).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    if writer.missing().start - before >= GOOD_PART {
                        attempts.progressed();
                    }
                    self.wait(attempts.failed(error)?).await;
                }
            }
        }
    }

    /// Makes one request for what `writer` misses.
    async fn receive<F>(
        self,
        request: &mut GetRequest,
        writer: &mut RangeWriter,
        begin: &mut Option<F>,
    ) -> Result<()>
    where
        F: FnOnce(&mut RangeWriter, &ObjectMeta) + Send,
    {
        let _permit = self.permits.acquire().await;
        let missing = writer.missing();
        request.range = (missing != (0..self.object.size)).then(|| missing.clone());
        let body = self.source.get_range(request).await?;
        self.check_reply(request, &missing, &body)?;
        // From here on only this very content will do, even if the listing had no ETag.
        request.if_match = request.if_match.take().or_else(|| body.meta.etag.clone());
        if let Some(begin) = begin.take() {
            begin(writer, &body.meta);
        }
        let received = self.receive_body(body, writer).await;
        // While the permit is held: so memory stays bounded, however many requests wait for the disk or to be repeated.
        writer.settle().await?;
        received
    }

    async fn receive_body(self, mut body: ObjectBody, writer: &mut RangeWriter) -> Result<()> {
        while let Some(bytes) = body.bytes.try_next().await? {
            self.take(bytes, writer).await?;
        }
        let missing = writer.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let reason = format!("{} of {} bytes arrived", missing.start, self.object.size);
        Err(Error::new(ErrorKind::Truncated).with_reason(reason))
    }

    async fn take(self, bytes: Bytes, writer: &mut RangeWriter) -> Result<()> {
        let (count, missing) = (bytes.len() as u64, writer.missing());
        if count > missing.end - missing.start {
            let reason = "the body is longer than what was asked for";
            return Err(Error::new(ErrorKind::UnexpectedReply).with_reason(reason));
        }
        self.observer.on_event(&Event::Bytes { object: self.object, count });
        writer.push(bytes).await
    }

    fn check_reply(
        self,
        request: &GetRequest,
        missing: &Range<u64>,
        body: &ObjectBody,
    ) -> Result<()> {
        self.refuse_change(request.if_match.as_deref(), &body.meta)?;
        if body.range == *missing {
            return Ok(());
        }
        let reason = format!("asked for bytes {missing:?}, the reply has {:?}", body.range);
        Err(Error::new(ErrorKind::UnexpectedReply).with_reason(reason))
    }

    /// Some servers ignore conditions, so that their replies have to be looked at.
    fn refuse_change(self, etag: Option<&str>, current: &ObjectMeta) -> Result<()> {
        let reason = match (etag, current.etag.as_deref()) {
            (Some(listed), Some(now)) if listed != now => {
                format!("its ETag was {listed} and is {now}")
            }
            _ if current.size != self.object.size => {
                format!("it had {} bytes and has {}", self.object.size, current.size)
            }
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Changed).with_reason(reason))
    }

    async fn wait(self, (retry, error): (crate::retry::Retry, Error)) {
        let error = self.about_object(error);
        let event = Event::Retried {
            object: self.object,
            attempt: retry.attempt,
            delay: retry.delay,
            error: &error,
        };
        self.observer.on_event(&event);
        tracing::debug!(attempt = retry.attempt, delay = ?retry.delay, %error, "repeating a request");
        sleep(retry.delay).await;
    }

    fn about_object(self, error: Error) -> Error {
        error.with_bucket(self.source.bucket().as_str()).with_key(&self.object.key)
    }
}

fn verify(expected: Option<&Checksum>, hasher: Option<Hasher>) -> Result<Verified> {
    let (Some(expected), Some(hasher)) = (expected, hasher) else {
        return Ok(Verified::Length);
    };
    let found = hasher.finish();
    if found == *expected {
        return Ok(Verified::Checksum(found.algorithm()));
    }
    let reason = format!("the object carries {expected}, its bytes have {found}");
    Err(Error::new(ErrorKind::Corrupt).with_reason(reason))
}

/// Divides an object into ranges.
fn ranges(size: u64, range_size: u64) -> impl Iterator<Item = Range<u64>> {
    let mut start = 0_u64;
    std::iter::from_fn(move || {
        let range = start..size.min(start.saturating_add(range_size));
        start = range.end;
        (!range.is_empty()).then_some(range)
    })
}

fn hash_file(file: &std::fs::File, size: u64, hasher: &mut Hasher) -> std::io::Result<()> {
    let mut buffer = vec![0; READ_SIZE];
    let mut offset = 0;
    while offset < size {
        let count = usize::try_from(size - offset).unwrap_or(READ_SIZE).min(READ_SIZE);
        file.read_exact_at(&mut buffer[..count], offset)?;
        hasher.update(&buffer[..count]);
        offset += count as u64;
    }
    Ok(())
}
