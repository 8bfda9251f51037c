//! Requests for the bytes of an object, repeated until all have come.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::time::sleep;

use crate::error::{Error, ErrorKind, Result};
use crate::observer::Event;
use crate::retry::{Attempts, Retry};
use crate::source::{GetRequest, ObjectBody, ObjectMeta};
use crate::transfer::fetch::Fetch;
use crate::transfer::streams::Stream;
use crate::transfer::watch::Watch;
use crate::transfer::write::Writer;

/// A request that brought this much before it failed is not held against the object: the next one goes on from there.
const GOOD_PART: u64 = 256 * 1024;

impl<'a> Fetch<'a> {
    pub(super) fn attempts(self) -> Attempts<'a> {
        Attempts::new(&self.shared.options.retry, self.deadline, &self.shared.budget)
    }

    /// Asks what the object is now.
    pub(super) async fn describe(self) -> Result<ObjectMeta> {
        let (source, object) = (&self.shared.source, self.object);
        self.ask(|| source.head(&object.key, object.version_id.as_deref())).await
    }

    /// Asks how long a part is that the object was uploaded in.
    pub(super) async fn part_length(self, number: NonZeroU32) -> Result<Option<u64>> {
        self.ask(|| self.shared.source.part_length(self.object, number)).await
    }

    /// Makes a request that brings no content until it is answered.
    async fn ask<T>(self, request: impl Fn() -> BoxFuture<'a, Result<T>> + Send) -> Result<T> {
        let watch = self.watch();
        let mut attempts = self.attempts();
        loop {
            self.count(&mut attempts);
            let pass = self.shared.throttle.pass().await;
            let result = watch.answer(request()).await;
            pass.learn(&result);
            drop(pass);
            match result {
                Ok(answer) => {
                    attempts.succeeded();
                    return Ok(answer);
                }
                Err(error) => self.wait(attempts.failed(error)?).await,
            }
        }
    }

    /// Makes requests until `writer` misses nothing. `begin` is told what the object is before the first byte is written.
    pub(super) async fn fill(
        self,
        mut request: GetRequest,
        writer: &mut Writer,
        stream: Option<&Stream<'_>>,
        begin: impl FnOnce(&mut Writer, &ObjectMeta) + Send,
    ) -> Result<()> {
        let mut attempts = self.attempts();
        let mut begin = Some(begin);
        loop {
            self.count(&mut attempts);
            let before = writer.missing();
            let pass = self.shared.throttle.pass().await;
            let result = self.receive(&mut request, writer, stream, &mut begin).await;
            pass.learn(&result);
            drop(pass);
            let arrived = writer.missing().start - before.start;
            match result {
                Ok(()) => break,
                // What breaks after the last byte has come takes nothing away.
                Err(error)
                    if error.is_transient() && arrived > 0 && writer.missing().is_empty() =>
                {
                    break;
                }
                Err(error) => {
                    if arrived >= GOOD_PART {
                        attempts.progressed();
                    }
                    self.wait(attempts.failed(error)?).await;
                }
            }
        }
        attempts.succeeded();
        Ok(())
    }

    /// Makes one request for what `writer` misses.
    async fn receive<F>(
        self,
        request: &mut GetRequest,
        writer: &mut Writer,
        stream: Option<&Stream<'_>>,
        begin: &mut Option<F>,
    ) -> Result<()>
    where
        F: FnOnce(&mut Writer, &ObjectMeta) + Send,
    {
        let mut watch = self.watch();
        let missing = writer.missing();
        request.range = (missing != (0..self.object.size)).then(|| missing.clone());
        let body = watch.answer(self.shared.source.get_range(request)).await?;
        self.check_reply(request, &missing, &body)?;
        self.tally.see(&body.meta);
        // From here on only this very content will do, even if the listing had no ETag.
        request.if_match = request.if_match.take().or_else(|| body.meta.etag.clone());
        if let Some(begin) = begin.take() {
            begin(writer, &body.meta);
        }
        let received = self.receive_body(body, &mut watch, writer, stream).await;
        // While the pass is held: so memory stays bounded, however many requests wait for the disk or to be repeated.
        writer.settle().await?;
        received
    }

    async fn receive_body(
        self,
        mut body: ObjectBody,
        watch: &mut Watch,
        writer: &mut Writer,
        stream: Option<&Stream<'_>>,
    ) -> Result<()> {
        while let Some(bytes) = watch.next(&mut body.bytes).await? {
            if let Some(stream) = stream {
                stream.received(bytes.len() as u64);
            }
            self.take(bytes, writer).await?;
        }
        let missing = writer.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let reason = format!("{} of {} bytes arrived", missing.start, self.object.size);
        Err(Error::new(ErrorKind::Truncated).with_reason(reason))
    }

    async fn take(self, mut bytes: Bytes, writer: &mut Writer) -> Result<()> {
        let missing = writer.missing();
        if bytes.len() as u64 > missing.end - missing.start {
            let reason = "the body is longer than what was asked for";
            return Err(Error::new(ErrorKind::UnexpectedReply).with_reason(reason));
        }
        // Segment by segment, so that no more than one is lost if the process is killed.
        while !bytes.is_empty() {
            let most = usize::try_from(writer.up_to_cut()).unwrap_or(usize::MAX);
            let piece = bytes.split_to(bytes.len().min(most));
            let count = piece.len() as u64;
            self.tally.told.fetch_add(count, Ordering::Relaxed);
            self.tell(&Event::Bytes { object: self.planned, count });
            writer.push(piece).await?;
        }
        Ok(())
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
    pub(super) fn refuse_change(self, etag: Option<&str>, current: &ObjectMeta) -> Result<()> {
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

    pub(super) async fn wait(self, (retry, error): (Retry, Error)) {
        let error = self.about_object(error);
        self.tell(&Event::Retried {
            object: self.planned,
            attempt: retry.attempt,
            delay: retry.delay,
            error: &error,
        });
        tracing::debug!(attempt = retry.attempt, delay = ?retry.delay, %error, "repeating a request");
        sleep(retry.delay).await;
    }

    fn count(self, attempts: &mut Attempts<'_>) {
        attempts.begin();
        self.tally.requests.fetch_add(1, Ordering::Relaxed);
    }

    fn watch(self) -> Watch {
        Watch::new(self.shared.options.stall_window, self.shared.options.least_rate)
    }
}
