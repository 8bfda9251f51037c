//! `reenact cleanup`: what nobody needs any more, in the cache and among the directories of runs.

use std::time::SystemTime;

use indicatif::HumanBytes;
use reenact::cache::{Retention, Workspace};
use serde_json::json;

use super::cache::{days_of, extent};
use crate::answer::{Answer, Failure, count};
use crate::args::{Cleanup, Place};

pub(crate) fn cleanup(place: &Place, options: &Cleanup) -> Result<Answer, Failure> {
    let cache = place.cache()?;
    let plan = cache.plan(&Retention::default())?;
    let old = old_runs(place, options.older_than)?;
    let names: Vec<String> = old.iter().map(|run| run.name().to_owned()).collect();
    if options.dry_run {
        let text =
            format!("would remove {}, and of the cache {}", count(old.len(), "run"), extent(&plan));
        return Answer::new(&json!({ "plan": plan, "runs": names }), text);
    }
    let freed = cache.apply(&plan)?.freed_bytes();
    let swept = cache.sweep()?;
    for run in old {
        run.remove()?;
    }
    let text =
        format!("removed {}, and {} of the cache", count(names.len(), "run"), HumanBytes(freed));
    Answer::new(&json!({ "plan": plan, "freed_bytes": freed, "swept": swept, "runs": names }), text)
}

/// Lists the runs whose directories were last written to before then.
fn old_runs(place: &Place, days: u32) -> Result<Vec<Workspace>, Failure> {
    let root = place.workspace_root()?;
    let limit = SystemTime::now().checked_sub(days_of(days));
    let mut old = Vec::new();
    for run in Workspace::list(&root)? {
        let written = fs_err::metadata(run.path())?.modified()?;
        if limit.is_some_and(|limit| written < limit) {
            old.push(run);
        }
    }
    Ok(old)
}
