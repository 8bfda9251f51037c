//! A large object on its way: in segments, by several streams, going on where a killed process stopped.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};

use crate::blocking::blocking;
use crate::checksum::{Algorithm, Checksum};
use crate::directory::Destination;
use crate::error::Result;
use crate::observer::Event;
use crate::source::{GetRequest, ObjectMeta};
use crate::transfer::Verified;
use crate::transfer::division::Division;
use crate::transfer::fetch::Fetch;
use crate::transfer::journal::Heading;
use crate::transfer::ledger::Ledger;
use crate::transfer::part::{Claim, PartFile, check_entries};
use crate::transfer::streams::Stream;
use crate::transfer::verify;
use crate::transfer::write::{AtWork, Writer};

/// The most segments that are asked for at once, where the network is fast.
const MOST_AT_ONCE: u64 = 8;
/// Who wants shorter segments than this wants short requests: they are asked for one by one.
const SHORT: u64 = 1024 * 1024;

impl Fetch<'_> {
    /// Fetches a large object in segments. Replies to ranges tell no checksum, so it is asked for first.
    pub(super) async fn fetch_in_segments(
        self,
        destination: Destination,
    ) -> Result<(Claim, Verified)> {
        let current = self.describe().await?;
        self.refuse_change(self.object.etag.as_deref(), &current)?;
        let expected = current.checksum.as_ref().or(self.object.checksum.as_ref());
        let division = self.divide(expected).await?;
        let mut object = self.object.clone();
        object.etag = object.etag.or_else(|| current.etag.clone());
        let (part, ledger) = self.resume(destination, &object, division).await?;
        let fetched = self.fetch_segments(&part, &ledger, &GetRequest::pinned_to(&object)).await;
        let verified = match fetched {
            Ok(()) => self.conclude(&part, &ledger, expected).await,
            Err(error) => Err(error),
        };
        let verified = verified.inspect_err(|error| {
            // Of no use to whoever comes later, unless it was only the way here that failed.
            part.keep(error.is_transient() && self.shared.options.keep_partial);
        })?;
        Ok((part, verified))
    }

    /// Cuts the object such that the expected checksum can be computed on the way.
    async fn divide(self, expected: Option<&Checksum>) -> Result<Division> {
        let size = self.object.size;
        let part = match expected.and_then(Checksum::parts) {
            None => None,
            Some(count) => self
                .part_length(NonZeroU32::MIN)
                .await?
                .filter(|first| verify::equal_parts(size, count.get(), *first).is_some()),
        };
        Ok(Division::new(size, self.shared.options.range_size.get(), expected, part))
    }

    /// Opens the part file and finds what a killed process has left of the object.
    async fn resume(
        self,
        destination: Destination,
        object: &ObjectMeta,
        division: Division,
    ) -> Result<(Claim, Arc<Ledger>)> {
        let heading = Heading::new(self.shared.source.bucket().as_str(), object, &division);
        let ledger = Arc::new(Ledger::new(division));
        let Some(heading) = heading else {
            return Ok((Claim::new(PartFile::new(destination)), ledger));
        };
        let keep = self.shared.options.keep_partial;
        let (part, ledger) = blocking(move || {
            let (part, entries) = PartFile::with_journal(destination, &heading)?;
            let part = Claim::new(part);
            part.keep(keep);
            for entry in check_entries(&*part.file()?, entries) {
                ledger.complete(&entry.range, entry.digest);
            }
            Ok((part, ledger))
        })
        .await?;
        let count = ledger.bytes();
        if count > 0 {
            self.tally.told.store(count, Ordering::Relaxed);
            self.tally.resumed.store(count, Ordering::Relaxed);
            self.tell(&Event::Resumed { object: self.planned, count });
            tracing::debug!(bytes = count, "going on where an earlier transfer stopped");
        }
        Ok((part, ledger))
    }

    /// Fetches what is missing. When it returns, nobody writes to the part file any more.
    async fn fetch_segments(
        self,
        part: &Arc<PartFile>,
        ledger: &Arc<Ledger>,
        request: &GetRequest,
    ) -> Result<()> {
        let (at_work, mut ended) = AtWork::channel();
        let fetched = self.fetch_in_streams(part, ledger, request, at_work).await;
        // A stream that was given up may still be writing, and as long as it is, the file is locked for whoever wants to go on with it.
        ended.recv().await;
        fetched
    }

    /// Has as many streams fetch as there may be, until one fails.
    async fn fetch_in_streams(
        self,
        part: &Arc<PartFile>,
        ledger: &Arc<Ledger>,
        request: &GetRequest,
        at_work: AtWork,
    ) -> Result<()> {
        let mut working = FuturesUnordered::new();
        while ledger.is_open() {
            tokio::select! {
                stream = self.shared.streams.acquire() => {
                    working.push(self.work(stream, part, ledger, request, &at_work));
                }
                Some(result) = working.next() => result?,
            }
        }
        working.try_collect().await
    }

    /// Fetches segments with one stream, until none is left or there are too many streams.
    async fn work(
        self,
        stream: Stream<'_>,
        part: &Arc<PartFile>,
        ledger: &Arc<Ledger>,
        request: &GetRequest,
        at_work: &AtWork,
    ) -> Result<()> {
        let segment = ledger.division.segment;
        let most = if segment < SHORT { segment } else { segment.saturating_mul(MOST_AT_ONCE) };
        while let Some(range) = ledger.take(stream.request_size().min(most)) {
            let ledger = Arc::clone(ledger);
            let mut writer = Writer::in_segments(Arc::clone(part), range, ledger, at_work.clone());
            if self.shared.streams.are_few() {
                writer = writer.at_once(&self.shared.write_pace);
            }
            self.fill(request.clone(), &mut writer, Some(&stream), |_, _| ()).await?;
            if self.shared.options.sync {
                part.begin_sync(at_work.clone());
            }
            if stream.is_surplus() {
                break;
            }
        }
        Ok(())
    }

    /// Compares the content of the file with what the object carries.
    async fn conclude(
        self,
        part: &Arc<PartFile>,
        ledger: &Ledger,
        expected: Option<&Checksum>,
    ) -> Result<Verified> {
        let found = expected.and_then(|expected| ledger.checksum(expected));
        let unread = expected.filter(|expected| found.is_none() && expected.parts().is_none());
        let found = match unread.map(Checksum::algorithm) {
            None => found,
            Some(algorithm) => Some(self.read_whole(part, algorithm).await?),
        };
        match (expected, found) {
            (Some(expected), found) if expected.parts().is_some() => {
                self.verify_composite(part, expected, found).await
            }
            (Some(expected), Some(found)) => verify::compare(expected, &found),
            _ => Ok(Verified::Length),
        }
    }

    /// Hashes the whole file once more.
    async fn read_whole(self, part: &Arc<PartFile>, algorithm: Algorithm) -> Result<Checksum> {
        let (part, size) = (Arc::clone(part), self.object.size);
        blocking(move || {
            let read = verify::read_checksum(&*part.file()?, 0..size, algorithm);
            read.map_err(|error| part.error(error))
        })
        .await
    }

    /// Compares content with a composite checksum. `found` is what it has if all parts are as long as the first.
    pub(super) async fn verify_composite(
        self,
        part: &Arc<PartFile>,
        expected: &Checksum,
        found: Option<Checksum>,
    ) -> Result<Verified> {
        if let Some(verified) = found.and_then(|found| verify::compare(expected, &found).ok()) {
            return Ok(verified);
        }
        let Some(lengths) = self.part_lengths(expected).await? else { return Ok(Verified::Length) };
        let (part, algorithm) = (Arc::clone(part), expected.algorithm());
        let found = blocking(move || {
            let file = part.file()?;
            verify::read_composite(&file, &lengths, algorithm).map_err(|error| part.error(error))
        })
        .await?;
        found.map_or(Ok(Verified::Length), |found| verify::compare(expected, &found))
    }

    /// Asks for the length of each part that the object was uploaded in; nothing if the source cannot tell.
    async fn part_lengths(self, expected: &Checksum) -> Result<Option<Vec<u64>>> {
        let count = expected.parts().map_or(0, NonZeroU32::get);
        let asking: Vec<_> = (1..=count)
            .filter_map(NonZeroU32::new)
            .map(|number| self.part_length(number))
            .collect();
        let concurrency = self.shared.options.concurrency.get();
        let lengths: Vec<Option<u64>> =
            stream::iter(asking).buffered(concurrency).try_collect().await?;
        let lengths: Option<Vec<u64>> = lengths.into_iter().collect();
        let total = |lengths: &Vec<u64>| {
            lengths.iter().try_fold(0_u64, |sum, length| sum.checked_add(*length))
        };
        Ok(lengths.filter(|lengths| total(lengths) == Some(self.object.size)))
    }
}
