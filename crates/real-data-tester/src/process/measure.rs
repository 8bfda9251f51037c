//! What the system tells about processes: memory, and bytes read and written. What it does not tell is absent.

use std::path::Path;

/// Returns the largest resident set that a process has had so far, in bytes.
pub(super) fn peak_rss(process: &str) -> Option<u64> {
    kilobytes(&format!("/proc/{process}/status"), "VmHWM:")
}

/// Returns the resident set of a process in bytes; pages that it shares with others count in full.
pub(super) fn rss(pid: i32) -> Option<u64> {
    kilobytes(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// Returns the resident set of a process in bytes; pages that it shares with others count in proportion. Dearer than [`rss`].
pub(super) fn proportional_rss(pid: i32) -> Option<u64> {
    kilobytes(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

/// Returns a process and all that descend from it, as far as they have not been orphaned.
pub(super) fn family(leader: i32) -> Vec<i32> {
    let mut family = vec![leader];
    let mut next = 0;
    while let Some(pid) = family.get(next) {
        let children = children(*pid);
        family.extend(children);
        next += 1;
    }
    family
}

fn children(pid: i32) -> Vec<i32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = threads.flatten().map(|thread| thread.path().join("children"));
    let lists = lists.filter_map(|list| std::fs::read_to_string(list).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>()
        })
        .collect()
}

/// Returns how many bytes a process, and the children it has waited for, have read and written by system calls.
///
/// The system still tells it after the process has ended, as long as nobody has waited for it.
pub(super) fn transferred(pid: i32) -> Option<(u64, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    let value = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok())
    };
    Some((value("rchar:")?, value("wchar:")?))
}

/// Returns how many bytes the files below a directory have. Links are not followed, and what cannot be read counts nothing.
pub(super) fn bytes_below(directory: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => bytes_below(&entry.path()),
        Ok(found) if found.is_file() => found.len(),
        _ => 0,
    });
    sizes.sum()
}

fn kilobytes(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
