//! From the global options to the things they name: scenario, bucket, cache.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use reenact::cache::{Cache, CacheOptions};
use reenact::downloader::{ConnectOptions, ObjectSource, connect};
use reenact::registry::PipelineName;
use reenact::tester::{Scenario, ScenarioBuilder};

use crate::answer::{Failure, Missing};
use crate::args::Place;
use crate::config::SCENARIO_FILE;

impl Place {
    /// Returns the scenario file's content, if there is one, with what was typed put over it.
    pub(crate) fn scenario(&self) -> Result<ScenarioBuilder, Failure> {
        let mut scenario = match &self.scenario {
            Some(path) => ScenarioBuilder::open(path)?,
            None if Path::new(SCENARIO_FILE).exists() => {
                ScenarioBuilder::open(Path::new(SCENARIO_FILE))?
            }
            None => Scenario::builder(""),
        };
        if let Some(pipeline) = &self.pipeline {
            scenario = scenario.pipeline(pipeline);
        }
        if let Some(bucket) = &self.bucket {
            scenario = scenario.bucket(bucket);
        }
        if let Some(layout) = &self.layout {
            scenario = scenario.layout(layout);
        }
        Ok(scenario)
    }

    /// Returns how to reach S3.
    pub(crate) fn connection(&self) -> ConnectOptions {
        let mut options = ConnectOptions::default()
            .with_requester_pays(self.requester_pays)
            .with_anonymous(self.no_sign_request);
        if let Some(url) = &self.endpoint_url {
            options = options.with_endpoint_url(url);
        }
        if let Some(region) = &self.region {
            options = options.with_region(region);
        }
        if let Some(profile) = &self.profile {
            options = options.with_profile(profile);
        }
        options
    }

    /// Reaches the bucket.
    pub(crate) async fn source(
        &self,
        bucket: Option<&str>,
    ) -> Result<Arc<dyn ObjectSource>, Failure> {
        let bucket = bucket.ok_or_else(|| {
            Missing::new("no bucket is named: give --bucket NAME, s3://NAME or file:///DIRECTORY, or write `bucket` into reenact.toml")
        })?;
        Ok(connect(bucket, &self.connection()).await?)
    }

    /// Returns where the cache is and what its limits are.
    pub(crate) fn cache_options(&self) -> CacheOptions {
        let options = CacheOptions::default();
        match &self.cache_dir {
            Some(directory) => options.with_location(directory),
            None => options,
        }
    }

    /// Returns the directory of the cache, whether or not it is there.
    pub(crate) fn cache_root(&self) -> Result<PathBuf, Failure> {
        Ok(self.cache_options().location()?)
    }

    /// Opens the cache.
    pub(crate) fn cache(&self) -> Result<Cache, Failure> {
        Ok(Cache::open(self.cache_options())?)
    }

    /// Returns the directory below which each run has its own.
    pub(crate) fn workspace_root(&self) -> Result<PathBuf, Failure> {
        match &self.workspace {
            Some(root) => Ok(root.clone()),
            None => Ok(self.cache_root()?.join("workspaces")),
        }
    }
}

/// Returns the pipeline that is meant.
pub(crate) fn pipeline(scenario: &ScenarioBuilder) -> Result<PipelineName, Failure> {
    let name = scenario.pipeline_name().ok_or_else(|| {
        Missing::new(
            "no pipeline is named: give --pipeline NAME, or write `pipeline` into reenact.toml",
        )
    })?;
    Ok(PipelineName::parse(name)?)
}

/// Returns the scenario, if it is one already.
pub(crate) fn whole(scenario: ScenarioBuilder) -> Result<Scenario, Failure> {
    pipeline(&scenario)?;
    Ok(scenario.build()?)
}
