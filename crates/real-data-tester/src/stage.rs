//! Lands the objects of a tree where a step may read them: the cache reserves, the downloader fills, the cache commits.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use futures::stream::iter;
use futures::{StreamExt, TryStreamExt};
use reenact_downloader::{
    DiscoveredOutput, Landed, ObjectMeta, Observer, Plan, PlanItem, PlanOptions, Transfer,
};
use reenact_registry::StepKey;
use reenact_workspace_cache::{
    Cache, Entry, Reservation, Reserved, Result as CacheResult, Waiting, stage,
};

use crate::blocking::blocking;
use crate::emitter::Emitter;
use crate::event::{Event, ObjectRecord, Origin, Provenance, Tree};
use crate::sampling::Sampling;
use crate::{Error, ErrorKind, Result, identity};

/// How many objects of one tree are looked up or downloaded at once.
const OBJECTS_AT_ONCE: usize = 16;

/// Everything that staging needs, shared by the trees of a run.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) bucket: String,
    pub(crate) transfer: Transfer,
    pub(crate) cache: Cache,
    pub(crate) emitter: Arc<Emitter>,
    /// Which part of the inputs is fetched; all of them without.
    pub(crate) sampling: Option<Sampling>,
}

impl Stage {
    /// Makes `into` a copy of production's `output`, with the bytes of the cache or, failing that, of the source.
    pub(crate) async fn land(
        &self,
        step: &StepKey,
        tree: Tree,
        output: &DiscoveredOutput,
        into: PathBuf,
    ) -> Result<()> {
        let objects = match (&self.sampling, &tree) {
            (Some(sampling), Tree::Input(_)) => sampling.objects(output),
            _ => output.objects.clone(),
        };
        let plan = Plan::new(&output.root, &objects, &PlanOptions::default()).map_err(|error| {
            Error::caused(ErrorKind::Source, format!("cannot stage `{}`", output.key), error)
        })?;
        self.emitter.emit(Event::TreePlanned {
            step: step.clone(),
            tree: tree.clone(),
            from: output.key.clone(),
            provenance: Provenance::Production,
            objects: plan.items().len(),
            bytes: plan.bytes(),
        });
        // Futures, not a closure that makes them: the compiler can tell that those may move between threads.
        let mut objects = Vec::new();
        for item in plan.items() {
            objects.push(self.ready(step, &tree, item));
        }
        let entries: Vec<(PathBuf, Entry)> =
            iter(objects).buffered(OBJECTS_AT_ONCE).try_collect().await?;
        blocking(move || stage(entries, &into)).await?.map_err(|error| {
            Error::caused(ErrorKind::Cache, format!("cannot stage `{}`", output.key), error)
        })?;
        Ok(())
    }

    /// Has one object in the cache, pinned there by the entry.
    async fn ready(
        &self,
        step: &StepKey,
        tree: &Tree,
        item: &PlanItem,
    ) -> Result<(PathBuf, Entry)> {
        let object = item.object();
        let in_cache = |error| {
            Error::caused(
                ErrorKind::Cache,
                format!("cannot keep `{}` in the cache", object.key),
                error,
            )
        };
        let mut record = ObjectRecord {
            key: object.key.clone(),
            revision: revision(object),
            version_id: object.version_id.clone(),
            size: object.size,
            origin: Origin::Cache,
        };
        let entry = match self.reserve(object).await?.map_err(in_cache)? {
            Reserved::Ready(entry) => entry,
            Reserved::Fill(reservation) => {
                let (reservation, landed) = self.download(object, reservation).await?;
                record.origin = Origin::Download { verified: landed.verified.to_string() };
                record.version_id = landed.version_id;
                blocking(move || reservation.commit()).await?.map_err(in_cache)?
            }
        };
        let (step, tree) = (step.clone(), tree.clone());
        self.emitter.emit(Event::ObjectReady { step, tree, object: record });
        Ok((item.path().to_owned(), entry))
    }

    /// Finds an object in the cache or gets the right to bring it, and tells how far another process has come that is bringing it.
    async fn reserve(&self, object: &ObjectMeta) -> Result<CacheResult<Reserved>> {
        let identity = identity::of(&self.bucket, object)?;
        let (cache, emitter, size) = (self.cache.clone(), Arc::clone(&self.emitter), object.size);
        // Lives as long as somebody waits for the answer: a run that is dropped must not leave a thread behind that goes on waiting.
        let wanted = Arc::new(());
        let still_wanted = Arc::downgrade(&wanted);
        let mut told = None;
        let watch = move |waiting: Waiting| {
            if told.replace(waiting.written) != Some(waiting.written) {
                emitter.emit(Event::ObjectAwaited { bytes: waiting.written, size });
            }
            if still_wanted.strong_count() > 0 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let reserved = blocking(move || cache.reserve_while(&identity, watch)).await;
        drop(wanted);
        reserved
    }

    async fn download(
        &self,
        object: &ObjectMeta,
        reservation: Reservation,
    ) -> Result<(Reservation, Landed)> {
        let landed = self
            .transfer
            .fetch(object, reservation.path(), &*self.emitter as &dyn Observer)
            .await
            .map_err(|error| {
                Error::caused(ErrorKind::Source, format!("cannot fetch `{}`", object.key), error)
            })?;
        Ok((reservation, landed))
    }
}

/// Returns the version id, or else the entity tag.
fn revision(object: &ObjectMeta) -> String {
    object.version_id.clone().or_else(|| object.etag.clone()).unwrap_or_default()
}
