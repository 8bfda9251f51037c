//! Finds out, before anything is made or fetched, whether what the cache lacks can be fetched.

use std::sync::Arc;

use reenact_downloader::{DiscoveredOutput, ObjectMeta, ObjectSource, Preflight, PreflightRequest};
use reenact_workspace_cache::Cache;

use crate::blocking::blocking;
use crate::{Error, ErrorKind, Result, identity};

/// Fails with the first thing that stands in the way; what is in the cache already needs nothing.
pub(crate) async fn check(
    source: &Arc<dyn ObjectSource>,
    cache: &Cache,
    outputs: &[&DiscoveredOutput],
) -> Result<()> {
    let objects = outputs.iter().flat_map(|output| output.objects.iter().cloned()).collect();
    let (looking, bucket) = (cache.clone(), source.bucket().to_string());
    let missing = blocking(move || missing(&looking, &bucket, objects)).await??;
    let Some(first) = outputs.first().filter(|_| !missing.is_empty()) else {
        return Ok(());
    };
    let request = PreflightRequest::below(&first.root)
        .with_objects(missing)
        .with_destination(cache.directory());
    let mut report = Preflight::new(Arc::clone(source)).check(&request).await;
    if report.is_ready() {
        return Ok(());
    }
    let finding = report.findings.swap_remove(0);
    let advice = finding.policy.as_ref().map_or_else(String::new, |policy| {
        format!("; this policy would grant what is missing: {policy}")
    });
    Err(Error::caused(
        ErrorKind::Source,
        format!("the inputs cannot be fetched{advice}"),
        finding.error,
    ))
}

fn missing(cache: &Cache, bucket: &str, objects: Vec<ObjectMeta>) -> Result<Vec<ObjectMeta>> {
    let mut missing = Vec::new();
    for object in objects {
        let found = cache.lookup(&identity::of(bucket, &object)?).map_err(|error| {
            Error::caused(ErrorKind::Cache, "cannot look into the cache", error)
        })?;
        if found.is_none() {
            missing.push(object);
        }
    }
    Ok(missing)
}
