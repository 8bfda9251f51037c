//! Finds out, before anything is made or fetched, whether what the cache lacks can be fetched.

use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::iter;
use reenact_downloader::{
    Check, DiscoveredOutput, Finding, ObjectMeta, ObjectSource, PolicyDocument, Preflight,
    PreflightRequest,
};
use reenact_workspace_cache::Cache;
use serde_json::{Value, json};

use crate::blocking::blocking;
use crate::{Error, ErrorKind, Result, identity};

/// How many roots are asked for at once.
const ROOTS_AT_ONCE: usize = 16;
/// How many obstacles are told.
const MOST_OBSTACLES: usize = 10;

/// Fails with what stands in the way of fetching `outputs`, each of which is asked for; what is in the cache already needs nothing.
///
/// They will be used in `workspace`.
pub(crate) async fn check(
    source: &Arc<dyn ObjectSource>,
    cache: &Cache,
    workspace: &Path,
    outputs: &[&DiscoveredOutput],
) -> Result<()> {
    let missing = lacking(source, cache, outputs).await?;
    let preflight = Preflight::new(Arc::clone(source));
    let requests = requests(missing, cache.directory(), workspace);
    let mut asked = Vec::new();
    for (place, request) in requests.iter().enumerate() {
        asked.push(findings(&preflight, request, place == 0));
    }
    let found: Vec<Vec<Finding>> = iter(asked).buffered(ROOTS_AT_ONCE).collect().await;
    refuse(found.into_iter().flatten().collect())
}

/// Where objects lie, and which.
pub(crate) type Root = (String, Vec<ObjectMeta>);

/// Returns the objects of the outputs that the cache lacks.
pub(crate) async fn lacking(
    source: &Arc<dyn ObjectSource>,
    cache: &Cache,
    outputs: &[&DiscoveredOutput],
) -> Result<Vec<Root>> {
    let (looking, bucket) = (cache.clone(), source.bucket().to_string());
    let roots = outputs.iter().map(|output| (output.root.clone(), output.objects.clone()));
    let roots: Vec<Root> = roots.collect();
    blocking(move || missing(&looking, &bucket, roots)).await?
}

/// Leaves the objects that the cache lacks, and the roots that have some.
fn missing(cache: &Cache, bucket: &str, roots: Vec<Root>) -> Result<Vec<Root>> {
    let mut lacking = Vec::new();
    for (root, objects) in roots {
        let mut missing = Vec::new();
        for object in objects {
            let found = cache.lookup(&identity::of(bucket, &object)?).map_err(|error| {
                Error::caused(ErrorKind::Cache, "cannot look into the cache", error)
            })?;
            if found.is_none() {
                missing.push(object);
            }
        }
        if !missing.is_empty() {
            lacking.push((root, missing));
        }
    }
    Ok(lacking)
}

/// Asks for each root. The first request stands for all objects where the disks are looked at, since they have to take them all.
fn requests(roots: Vec<Root>, cache: &Path, workspace: &Path) -> Vec<PreflightRequest> {
    let all: Vec<ObjectMeta> =
        roots.iter().flat_map(|(_, objects)| objects.iter().cloned()).collect();
    let mut all = Some(all);
    let request = |(root, objects): Root| {
        let request = PreflightRequest::below(root);
        match all.take() {
            None => request.with_objects(objects),
            Some(all) => {
                request.with_objects(all).with_destination(cache).with_workspace(workspace)
            }
        }
    };
    roots.into_iter().map(request).collect()
}

/// Returns what stands in the way below one root.
async fn findings(
    preflight: &Preflight,
    request: &PreflightRequest,
    is_first: bool,
) -> Vec<Finding> {
    let mut findings = preflight.check(request).await.findings;
    // The first request has told of the archived objects of all roots.
    findings.retain(|finding| is_first || finding.check != Check::Archive);
    findings
}

/// Tells all obstacles, with the policy that would remove those that are missing permissions.
fn refuse(mut findings: Vec<Finding>) -> Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    let policies = findings.iter().filter_map(|finding| finding.policy.as_ref());
    let policy = merged(policies.map(PolicyDocument::as_json));
    let first = findings.remove(0);
    let mut parts = vec!["the inputs cannot be fetched".to_owned()];
    parts
        .extend(findings.iter().take(MOST_OBSTACLES).map(|other| format!("also: {}", other.error)));
    if let Some(more @ 1..) = findings.len().checked_sub(MOST_OBSTACLES) {
        parts.push(format!("and {more} more"));
    }
    parts.extend(
        policy.map(|policy| format!("this policy would grant what is missing: {policy:#}")),
    );
    Err(Error::caused(ErrorKind::Source, parts.join("; "), first.error))
}

/// Makes one policy of several.
fn merged<'a>(policies: impl Iterator<Item = &'a Value>) -> Option<Value> {
    let statements = policies.filter_map(|policy| policy.get("Statement")?.as_array());
    let mut all: Vec<&Value> = Vec::new();
    for statement in statements.flatten() {
        if !all.contains(&statement) {
            all.push(statement);
        }
    }
    (!all.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": all }))
}
