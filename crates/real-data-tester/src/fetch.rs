//! Brings outputs of an execution into a directory, through the cache, without running anything.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use futures::future::try_join_all;
use reenact_downloader::{DiscoveredOutput, ObjectMeta, ObjectSource, Transfer, TransferOptions};
use reenact_registry::StepKey;
use reenact_workspace_cache::{Cache, CacheOptions};

use crate::blocking::blocking;
use crate::emitter::Emitter;
use crate::event::{Event, Tree};
use crate::preflight;
use crate::reporter::Reporter;
use crate::stage::Stage;
use crate::step_report::TreeReport;
use crate::{Error, ErrorKind, Result};

/// Lands what production wrote where a person can look at it.
#[derive(Debug)]
pub struct Fetcher {
    source: Arc<dyn ObjectSource>,
    cache: CacheOptions,
    reporters: Vec<Arc<dyn Reporter>>,
}

impl Fetcher {
    /// Takes where production's outputs are.
    pub fn new(source: Arc<dyn ObjectSource>) -> Self {
        Self { source, cache: CacheOptions::default(), reporters: Vec::new() }
    }

    /// Sets the cache. By default the one that all programs of the user share.
    #[must_use]
    pub fn with_cache(mut self, cache: CacheOptions) -> Self {
        self.cache = cache;
        self
    }

    /// Adds a listener.
    #[must_use]
    pub fn with_reporter(mut self, reporter: Arc<dyn Reporter>) -> Self {
        self.reporters.push(reporter);
        self
    }

    /// Returns the objects of `outputs` that the cache lacks, which would have to be downloaded. Nothing is fetched.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Cache`] if the cache cannot be looked into.
    pub async fn lacking(&self, outputs: &[&DiscoveredOutput]) -> Result<Vec<ObjectMeta>> {
        let roots = preflight::lacking(&self.source, &self.open_cache().await?, outputs).await?;
        Ok(roots.into_iter().flat_map(|(_, objects)| objects).collect())
    }

    /// Makes a directory below `into` for each of `outputs`, named after it, and returns what is in them. Outputs of several steps
    /// are in a directory of their step.
    ///
    /// Each of those directories must be missing or empty; it appears whole or not at all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Source`] for what cannot be fetched, [`ErrorKind::Cache`] for what cannot be kept or staged.
    pub async fn fetch(
        &self,
        outputs: &[&DiscoveredOutput],
        into: &Path,
    ) -> Result<Vec<TreeReport>> {
        let cache = self.open_cache().await?;
        preflight::check(&self.source, &cache, into, outputs).await?;
        let emitter = Arc::new(Emitter::new(self.reporters.clone(), None));
        let stage = Stage {
            transfer: Transfer::new(Arc::clone(&self.source), TransferOptions::default()),
            bucket: self.source.bucket().as_str().to_owned(),
            cache,
            emitter: Arc::clone(&emitter),
            sampling: None,
        };
        let mut landing = Vec::new();
        let steps: BTreeSet<&StepKey> =
            outputs.iter().map(|output| output.key.step_key()).collect();
        for output in outputs {
            let name = output.key.logical_name().clone();
            let into = match steps.len() {
                0 | 1 => into.join(name.as_str()),
                _ => into.join(output.key.step_key().to_string()).join(name.as_str()),
            };
            landing.push(stage.land(output.key.step_key(), Tree::Copy(name), output, into));
        }
        try_join_all(landing).await?;
        for output in outputs {
            let tree = Tree::Copy(output.key.logical_name().clone());
            emitter.emit(Event::TreeStaged { step: output.key.step_key().clone(), tree });
        }
        Ok(emitter.trees())
    }
    async fn open_cache(&self) -> Result<Cache> {
        let options = self.cache.clone();
        blocking(move || Cache::open(options))
            .await?
            .map_err(|error| Error::caused(ErrorKind::Cache, "cannot open the cache", error))
    }
}
