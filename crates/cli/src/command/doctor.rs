//! `reenact doctor`: what a run would need, checked one by one.

use reenact::downloader::{Finding, Preflight, PreflightReport, PreflightRequest};
use serde_json::json;

use crate::answer::{Answer, Failure};
use crate::args::Place;
use crate::exit;

pub(crate) async fn doctor(place: &Place) -> Result<Answer, Failure> {
    let scenario = place.scenario()?;
    let source = place.source(scenario.bucket_name()).await?;
    let cache = place.cache()?;
    let request = PreflightRequest::below("").with_destination(cache.directory());
    let report = Preflight::new(source).check(&request).await;
    let healthy = report.is_ready();
    let exit = if healthy { exit::MATCH } else { exit::UNKNOWN };
    let document = json!({ "healthy": healthy, "cache": cache.directory(), "preflight": report });
    Ok(Answer::new(&document, text(&report))?.with_exit(exit))
}

fn text(report: &PreflightReport) -> String {
    if report.findings.is_empty() {
        return format!(
            "bucket {} can be listed and read, and there is room for the cache",
            report.bucket
        );
    }
    report.findings.iter().map(finding).collect()
}

fn finding(finding: &Finding) -> String {
    let causes = crate::terminal::chain(&finding.error).join("\n  because ");
    let policy = finding
        .policy
        .as_ref()
        .map_or_else(String::new, |policy| format!("\n  this policy would grant it: {policy}"));
    format!("{:?}: {causes}{policy}\n", finding.check)
}
