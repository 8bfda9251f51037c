//! `reenact cache`: what is in the shared cache, whether it is sound, and what may go.

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use indicatif::{HumanBytes, ProgressBar};
use reenact::cache::{Cache, Depth, EvictionPlan, Retention, StoredObject};
use serde_json::json;

use crate::answer::{Answer, Failure};
use crate::args::{self, Place};
use crate::exit;

pub(crate) fn cache(place: &Place, options: &args::Cache) -> Result<Answer, Failure> {
    let cache = place.cache()?;
    match options {
        args::Cache::Ls => ls(&cache),
        args::Cache::Path => {
            Answer::new(&cache.directory(), cache.directory().display().to_string())
        }
        args::Cache::Verify => verify(&cache, place.quiet),
        args::Cache::Gc { dry_run } => gc(&cache, *dry_run),
    }
}

fn ls(cache: &Cache) -> Result<Answer, Failure> {
    let objects = cache.objects()?;
    let usage = cache.usage()?;
    let text = format!(
        "{}\n{} objects, {} on disk",
        table(&objects),
        usage.objects,
        HumanBytes(usage.blobs.bytes)
    );
    Answer::new(&json!({ "objects": objects, "usage": usage }), text)
}

fn table(objects: &[StoredObject]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["BUCKET", "KEY", "SIZE", "LAST USED"]);
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
fn verify(cache: &Cache, quiet: bool) -> Result<Answer, Failure> {
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(0) };
    let report = cache.verify(Depth::Full, |progress| {
        bar.set_length(progress.of_bytes);
        bar.set_position(progress.bytes);
    })?;
    bar.finish_and_clear();
    let text = format!(
        "{} blobs are sound ({}), {} were missing, {} are in quarantine, {} belong to no object",
        report.sound,
        HumanBytes(report.sound_bytes),
        report.missing.len(),
        report.quarantined.len(),
        report.orphans
    );
    let exit = if report.is_sound() { exit::MATCH } else { exit::DIFFERS };
    Ok(Answer::new(&report, text)?.with_exit(exit))
}

fn gc(cache: &Cache, dry_run: bool) -> Result<Answer, Failure> {
    let plan = cache.plan(&Retention::default())?;
    if dry_run {
        return Answer::new(&json!({ "plan": plan }), format!("would remove {}", extent(&plan)));
    }
    let freed = cache.apply(&plan)?.freed_bytes();
    let swept = cache.sweep()?;
    let text = format!(
        "removed {} of blobs over the limits, {} orphans and {} abandoned downloads",
        HumanBytes(freed),
        swept.orphans,
        swept.abandoned_fills
    );
    Answer::new(&json!({ "plan": plan, "freed_bytes": freed, "swept": swept }), text)
}

fn extent(plan: &EvictionPlan) -> String {
    format!(
        "{} blobs ({}) and keep {} ({})",
        plan.evictions.len(),
        HumanBytes(plan.freed_bytes()),
        plan.kept_blobs,
        HumanBytes(plan.kept_bytes)
    )
}
