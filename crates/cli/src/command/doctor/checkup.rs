//! Asks the bucket, the disks and the system for all that a run needs, and tells it in a fixed order.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use indicatif::HumanBytes;
use reenact::downloader::{
    self, Bucket, Circumstances, ErrorKind, ObjectSource, PolicyDocument, Preflight,
    PreflightReport, PreflightRequest,
};
use reenact::registry::{KeyFields, PipelineName};
use reenact::tester::ScenarioBuilder;
use serde_json::json;

use super::finding::{Finding, State};
use super::program;
use crate::answer::{Answer, Failure};
use crate::args::Place;
use crate::exit;

/// From how many seconds on a clock that is off is worth a word.
const NOTABLE_SKEW: u64 = 60;

/// What was found out.
struct Checkup {
    findings: Vec<Finding>,
    policy: Option<PolicyDocument>,
    preflight: Option<PreflightReport>,
}

pub(crate) async fn doctor(place: &Place) -> Result<Answer, Failure> {
    let scenario = place.scenario()?;
    let prefix = prefix(&scenario)?;
    let mut checkup = match place.source(scenario.bucket_name()).await {
        Ok(source) => bucket(place, source, &prefix).await?,
        Err(failure) => Checkup {
            findings: vec![Finding::bad(unreached(&*failure), &*failure)],
            policy: None,
            preflight: None,
        },
    };
    checkup.findings.extend(program::all());
    let healthy = checkup.findings.iter().all(|finding| finding.state != State::Bad);
    let exit = if healthy { exit::MATCH } else { exit::UNKNOWN };
    let document = json!({
        "healthy": healthy,
        "checks": checkup.findings,
        "policy": checkup.policy,
        "preflight": checkup.preflight,
    });
    Ok(Answer::new(&document, text(&checkup))?.with_exit(exit))
}

/// Says of what keeps the bucket from being asked at all which of the things that doctor tells it is.
fn unreached(failure: &(dyn Error + Send + Sync + 'static)) -> &'static str {
    match failure.downcast_ref::<downloader::Error>().map(downloader::Error::kind) {
        Some(ErrorKind::NoCredentials) => "credentials",
        _ => "bucket",
    }
}

/// Returns below which prefix runs list and read: that of the pipeline if it is named, else that of all.
fn prefix(scenario: &ScenarioBuilder) -> Result<String, Failure> {
    let mut fields = KeyFields::default();
    if let Some(pipeline) = scenario.pipeline_name().filter(|name| !name.is_empty()) {
        fields = fields.with_pipeline(PipelineName::parse(pipeline)?);
    }
    Ok(scenario.key_layout()?.prefix(&fields).literal)
}

async fn bucket(
    place: &Place,
    source: Arc<dyn ObjectSource>,
    prefix: &str,
) -> Result<Checkup, Failure> {
    let name = source.bucket().clone();
    let workspace = place.workspace_root()?;
    let mut request = PreflightRequest::below(prefix).with_workspace(&workspace);
    let cache = place.cache();
    if let Ok(cache) = &cache {
        request = request.with_destination(cache.directory());
    }
    let report = Preflight::new(source).check(&request).await;
    let mut findings = Vec::new();
    match name.directory() {
        None => findings.extend(server(&report, &name)),
        Some(_) => findings.extend(or_good(&report, "bucket", name.as_str())),
    }
    findings.extend(permissions(&report, prefix));
    findings.push(match &cache {
        Ok(cache) => disk("cache", cache.directory(), &report, report.free_bytes),
        Err(failure) => Finding::bad("cache", &**failure),
    });
    findings.push(disk("workspace", &workspace, &report, report.workspace_free_bytes));
    let policy = PolicyDocument::reading(&name, prefix);
    Ok(Checkup { findings, policy, preflight: Some(report) })
}

/// Tells who asks whom: what only a server has.
fn server(report: &PreflightReport, bucket: &Bucket) -> Vec<Finding> {
    let Circumstances { caller, credentials_from, address, .. } = &report.circumstances;
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".to_owned());
    let credentials = about(report, "credentials");
    let identity = if credentials.is_empty() {
        Finding::good("identity", known(caller))
    } else {
        untried("identity")
    };
    let mut findings = if credentials.is_empty() {
        vec![Finding::good("credentials", known(credentials_from))]
    } else {
        credentials
    };
    findings.push(identity);
    let endpoint = address.as_ref().map(|address| or_good(report, "endpoint", address));
    findings.extend(endpoint.unwrap_or_else(|| vec![untried("endpoint")]));
    if findings.iter().all(|finding| finding.state == State::Good) {
        findings.extend(or_good(report, "bucket", bucket.as_str()));
    } else {
        findings.push(untried("bucket"));
    }
    findings.push(region(report));
    findings.push(clock(report));
    findings
}

/// Tells what is wrong with a thing, or else `text`.
fn or_good(report: &PreflightReport, check: &'static str, text: &str) -> Vec<Finding> {
    let found = about(report, check);
    if found.is_empty() { vec![Finding::good(check, text)] } else { found }
}

fn region(report: &PreflightReport) -> Finding {
    if let Some(found) = about(report, "region").pop() {
        return found;
    }
    let Circumstances { region, configured_region, .. } = &report.circumstances;
    match (region, configured_region) {
        (Some(region), Some(before)) => {
            let text = format!(
                "{region}; it was looked for in {before} first: --region {region} saves a request"
            );
            Finding::new("region", State::Notice, text)
        }
        (Some(region), None) => Finding::good("region", region),
        (None, _) => untried("region"),
    }
}

fn clock(report: &PreflightReport) -> Finding {
    if let Some(found) = about(report, "clock").pop() {
        return found;
    }
    match report.circumstances.clock_ahead_seconds {
        Some(ahead) if ahead.unsigned_abs() >= NOTABLE_SKEW => {
            let than = if ahead > 0 { "behind" } else { "ahead of" };
            let text = format!(
                "this machine's is {} s {than} the server's; requests are signed with the server's time, but set it",
                ahead.unsigned_abs()
            );
            Finding::new("clock", State::Notice, text)
        }
        Some(_) => Finding::good("clock", "agrees with the server's"),
        None => untried("clock"),
    }
}

/// Tells each permission; one that nothing could be tried on is not called granted.
fn permissions(report: &PreflightReport, prefix: &str) -> Vec<Finding> {
    let below = if prefix.is_empty() { "everything" } else { prefix };
    let mut findings = about(report, "s3:ListBucket");
    let listed = report.findings.iter().all(|finding| finding.check != downloader::Check::List);
    if findings.is_empty() {
        findings.push(if listed {
            Finding::good("s3:ListBucket", format!("granted below {below}"))
        } else {
            untried("s3:ListBucket")
        });
    }
    let read = about(report, "s3:GetObject");
    let decrypt = about(report, "kms:Decrypt");
    if read.is_empty() && decrypt.is_empty() {
        findings.push(if report.bytes > 0 {
            Finding::good("s3:GetObject", format!("granted below {below}"))
        } else if listed {
            let text = format!("not tried: there is no object below {below}");
            Finding::new("s3:GetObject", State::Untried, text)
        } else {
            untried("s3:GetObject")
        });
    }
    findings.extend(read);
    findings.extend(decrypt);
    findings.extend(about(report, "archive"));
    findings
}

fn disk(
    check: &'static str,
    directory: &Path,
    report: &PreflightReport,
    free: Option<u64>,
) -> Finding {
    let found = report.findings.iter().find(|finding| {
        finding.check == downloader::Check::Disk
            && finding
                .error
                .path()
                .is_some_and(|path| path == directory || directory.starts_with(path))
    });
    match (found, free) {
        (Some(found), _) => Finding::bad(check, &found.error),
        (None, Some(free)) => {
            Finding::good(check, format!("{}: {} free", directory.display(), HumanBytes(free)))
        }
        (None, None) => untried(check),
    }
}

fn untried(check: &'static str) -> Finding {
    Finding::new(check, State::Untried, "not tried: something else stands in the way")
}

/// Returns what the preflight found to be wrong with one thing.
fn about(report: &PreflightReport, check: &'static str) -> Vec<Finding> {
    let found = report.findings.iter().filter(|finding| subject(finding) == check);
    found
        .map(|finding| Finding {
            policy: finding.policy.clone(),
            ..Finding::bad(check, &finding.error)
        })
        .collect()
}

/// Says which of the things that doctor tells something is wrong with.
fn subject(finding: &downloader::Finding) -> &'static str {
    match finding.kind() {
        ErrorKind::NoCredentials | ErrorKind::BadCredentials | ErrorKind::ExpiredCredentials => {
            "credentials"
        }
        ErrorKind::ClockSkew => "clock",
        ErrorKind::WrongRegion => "region",
        ErrorKind::BucketNotFound => "bucket",
        ErrorKind::Archived => "archive",
        ErrorKind::AccessDenied => match finding.permission() {
            Some("kms:Decrypt") => "kms:Decrypt",
            Some("s3:GetObject") => "s3:GetObject",
            _ => "s3:ListBucket",
        },
        _ if finding.check == downloader::Check::Disk => "disk",
        _ => "endpoint",
    }
}

fn text(checkup: &Checkup) -> String {
    let mut told: Vec<String> = checkup.findings.iter().map(Finding::told).collect();
    told.extend(checkup.policy.as_ref().map(|policy| {
        format!("\nThis policy grants all that reenact needs, and no more:\n{policy}")
    }));
    told.concat()
}
