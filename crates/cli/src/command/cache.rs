//! `reenact cache`: what is in the shared cache, whether it is sound, and what may go.

use std::time::Duration;

use indicatif::HumanBytes;
use reenact::cache::{Cache, Depth, EvictionPlan, Retention, StoredObject};
use serde_json::json;

use crate::answer::{Answer, Failure, Missing, count};
use crate::args::{self, Gc, Place, Purge};
use crate::exit;
use crate::progress;
use crate::terminal;

pub(crate) fn cache(place: &Place, options: &args::Cache) -> Result<Answer, Failure> {
    let cache = place.cache()?;
    match options {
        args::Cache::Ls => ls(&cache),
        args::Cache::Path => {
            Answer::new(&cache.directory(), cache.directory().display().to_string())
        }
        args::Cache::Verify => verify(&cache, place),
        args::Cache::Gc(options) => gc(&cache, options),
        args::Cache::Purge(options) => purge(&cache, place, options),
    }
}

fn ls(cache: &Cache) -> Result<Answer, Failure> {
    let objects = cache.objects()?;
    let usage = cache.usage()?;
    let text = format!(
        "{}\n{}, {} on disk",
        table(&objects),
        count(objects.len(), "object"),
        HumanBytes(usage.blobs.bytes)
    );
    Answer::new(&json!({ "objects": objects, "usage": usage }), text)
}

fn table(objects: &[StoredObject]) -> String {
    let mut table = terminal::table(["BUCKET", "KEY", "SIZE", "LAST USED"], &[2]);
    for object in objects {
        table.add_row([
            object.identity.bucket().to_owned(),
            object.identity.key().to_owned(),
            HumanBytes(object.identity.size()).to_string(),
            object.last_used.format("%Y-%m-%d %H:%M").to_string(),
        ]);
    }
    table.trim_fmt()
}

/// Ends with 1 if something was wrong; what was wrong is mended by then.
fn verify(cache: &Cache, place: &Place) -> Result<Answer, Failure> {
    let bar = progress::bar(place, "reading");
    let report = cache.verify(Depth::Full, |read| {
        if bar.length() == Some(0) {
            progress::show_bytes(&bar);
        }
        bar.set_length(read.of_bytes);
        bar.set_position(read.bytes);
    })?;
    bar.finish_and_clear();
    let text = format!(
        "{} sound ({}), {} missing, {} in quarantine, {} of no object",
        count(report.sound, "blob"),
        HumanBytes(report.sound_bytes),
        report.missing.len(),
        report.quarantined.len(),
        report.orphans
    );
    let exit = if report.is_sound() { exit::MATCH } else { exit::DIFFERS };
    Ok(Answer::new(&report, text)?.with_exit(exit))
}

fn gc(cache: &Cache, options: &Gc) -> Result<Answer, Failure> {
    let plan = cache.plan(&retention(options))?;
    if options.dry_run {
        return Answer::new(&json!({ "plan": plan }), format!("would remove {}", extent(&plan)));
    }
    let evicted = cache.apply(&plan)?;
    let swept = cache.sweep()?;
    let freed = evicted.freed_bytes();
    let text = format!(
        "removed {} of blobs over the limits, {} and {}",
        HumanBytes(freed),
        count(swept.orphans, "orphan"),
        count(swept.abandoned_fills, "abandoned download")
    );
    Answer::new(&json!({ "plan": plan, "freed_bytes": freed, "swept": swept }), text)
}

/// Returns the usual limits with what was typed put over them.
fn retention(options: &Gc) -> Retention {
    let mut retention = Retention::default();
    if let Some(size) = options.max_size {
        retention = retention.with_max_bytes(Some(size.0));
    }
    if let Some(days) = options.max_age {
        retention = retention.with_max_age(Some(days_of(days)));
    }
    if let Some(size) = options.keep_free {
        retention = retention.with_min_free_bytes(Some(size.0));
    }
    retention
}

pub(super) fn days_of(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 24 * 60 * 60)
}

pub(super) fn extent(plan: &EvictionPlan) -> String {
    format!(
        "{} ({}) and keep {} ({})",
        count(plan.evictions.len(), "blob"),
        HumanBytes(plan.freed_bytes()),
        plan.kept_blobs,
        HumanBytes(plan.kept_bytes)
    )
}

fn purge(cache: &Cache, place: &Place, options: &Purge) -> Result<Answer, Failure> {
    let bucket = place.scenario()?.bucket_name().map(str::to_owned);
    let bucket = match (options.all, &bucket) {
        (true, _) => None,
        (false, Some(bucket)) => Some(bucket.strip_prefix("s3://").unwrap_or(bucket)),
        (false, None) => {
            return Err(
                Missing::new("nothing to purge is named: give --bucket NAME or --all").into()
            );
        }
    };
    let prefix = options.prefix.as_deref().unwrap_or_default();
    let within = |object: &StoredObject| {
        bucket.is_none_or(|bucket| object.identity.bucket() == bucket)
            && object.identity.key().starts_with(prefix)
    };
    if !options.yes {
        let objects: Vec<_> = cache.objects()?.into_iter().filter(within).collect();
        let bytes = objects.iter().map(|object| object.identity.size()).sum();
        let text = format!(
            "would forget {}, {}; give --yes to do it",
            count(objects.len(), "object"),
            HumanBytes(bytes)
        );
        return Answer::new(&json!({ "objects": objects, "bytes": bytes, "purged": false }), text);
    }
    let report = match bucket {
        Some(bucket) => cache.purge(bucket, prefix)?,
        None => cache.purge_all()?,
    };
    let text = format!(
        "forgot {} and removed {}, {}; {} in use and kept",
        count(report.objects, "object"),
        count(report.blobs, "blob"),
        HumanBytes(report.bytes),
        report.in_use.len()
    );
    let exit = if report.in_use.is_empty() { exit::MATCH } else { exit::UNKNOWN };
    Ok(Answer::new(&report, text)?.with_exit(exit))
}
