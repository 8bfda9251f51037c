//! Two sorted samples merged into their distinct values.

/// Returns how often each distinct value occurs in both samples, in ascending order of the values.
pub(crate) fn tie_groups(first: &[u64], second: &[u64]) -> Vec<(u64, u64)> {
    let mut groups = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let Some(key) = match (first.get(i), second.get(j)) {
        (Some(a), Some(b)) => Some(*a.min(b)),
        (a, b) => a.or(b).copied(),
    } {
        let run = |keys: &[u64]| keys.iter().take_while(|other| **other == key).count();
        let (ours, theirs) = (run(&first[i..]), run(&second[j..]));
        groups.push((ours as u64, theirs as u64));
        i += ours;
        j += theirs;
    }
    groups
}
