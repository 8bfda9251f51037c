//! Compares the rows of a table: match, read what is left, pair it by key, diff the cells.

use arrow::array::RecordBatch;

use super::changes::{Changes, Chunk};
use super::fingerprint::{Fingerprints, fingerprint};
use super::infer::{SAMPLE, propose_key};
use super::leftover::{read_rows, take_rows};
use super::matching::{Unmatched, duplicates, sorted, unmatched};
use super::merge::compare_sorted;
use super::residue::Residue;
use super::spill::{Spill, files_needed};
use crate::both::both_sides;
use crate::judgement::{KeyOrigin, RowComparison};
use crate::rules::Rules;
use crate::table::{Source, Target};
use crate::{Error, ErrorKind, Result};

/// The comparison and, by shared column, what is left of it.
#[derive(Debug)]
pub(crate) struct ComparedRows {
    pub(crate) comparison: RowComparison,
    pub(crate) residues: Vec<Residue>,
}

impl ComparedRows {
    /// Whether both sides hold the same rows to the last bit.
    pub(crate) fn are_equal(&self) -> bool {
        self.comparison.all_match() && self.comparison.within_tolerance == 0
    }
}

/// Compares all rows in the shared columns, by the key of these columns if there is one.
pub(crate) fn compare_rows(
    candidate: &Source,
    reference: &Source,
    targets: &[Target],
    key: &[String],
    rules: &Rules,
    memory: u64,
) -> Result<ComparedRows> {
    let key_columns = key_indices(targets, key)?;
    let given = !key.is_empty();
    let mut comparison = RowComparison {
        key: given.then(|| key.to_vec()),
        key_origin: if given { KeyOrigin::Rules } else { KeyOrigin::None },
        matched: 0,
        within_tolerance: 0,
        changed: 0,
        only_candidate: 0,
        only_reference: 0,
        duplicate_keys_candidate: given.then_some(0),
        duplicate_keys_reference: given.then_some(0),
        columns: Vec::new(),
        examples: Vec::new(),
    };
    if given {
        let mut changes = Changes::new(rules, targets, &key_columns);
        if compare_sorted(candidate, reference, targets, &key_columns, &mut changes)? {
            let residues = changes.finish(&mut comparison);
            return Ok(ComparedRows { comparison, residues });
        }
        if let Some(files) = files_needed([candidate, reference], targets, memory)? {
            let changes = Changes::new(rules, targets, &key_columns);
            let sides = [candidate, reference];
            let residues =
                compare_on_disk(sides, targets, &key_columns, files, (changes, &mut comparison))?;
            return Ok(ComparedRows { comparison, residues });
        }
    }
    let (ours, theirs) = both_sides(
        || Fingerprints::read(candidate.batches(targets), &key_columns, candidate.rows),
        || Fingerprints::read(reference.batches(targets), &key_columns, reference.rows),
    )?;
    comparison.duplicate_keys_candidate = given.then(|| duplicates(&ours.keys));
    comparison.duplicate_keys_reference = given.then(|| duplicates(&theirs.keys));
    let rest = unmatched(&ours.rows, &theirs.rows);
    comparison.matched = (ours.rows.len() - rest.candidate.len()) as u64;
    drop((ours, theirs));
    if rest == Unmatched::default() {
        return Ok(ComparedRows { comparison, residues: vec![Residue::default(); targets.len()] });
    }
    let (left, right) = both_sides(
        || read_rows(candidate.batches(targets), targets, &rest.candidate),
        || read_rows(reference.batches(targets), targets, &rest.reference),
    )?;
    let key_columns = if given {
        key_columns
    } else {
        inferred_key(candidate, reference, targets, (&left, &right))?
    };
    if !given && !key_columns.is_empty() {
        let names = key_columns.iter().map(|&index| targets[index].name.clone());
        comparison.key = Some(names.collect());
        comparison.key_origin = KeyOrigin::Inferred;
    }
    let mut changes = Changes::new(rules, targets, &key_columns);
    changes.add(&pair_by_key(&left, &right, &key_columns));
    let residues = changes.finish(&mut comparison);
    Ok(ComparedRows { comparison, residues })
}

/// Compares rows that do not fit into the memory, one file of both sides after the other.
fn compare_on_disk(
    [candidate, reference]: [&Source; 2],
    targets: &[Target],
    key: &[usize],
    files: u64,
    (mut changes, comparison): (Changes<'_>, &mut RowComparison),
) -> Result<Vec<Residue>> {
    let directory = tempfile::tempdir().map_err(|error| Error::io(&std::env::temp_dir(), error))?;
    let write = |source: &Source, name| {
        Spill::write(source.batches(targets), targets, key, files, (directory.path(), name))
    };
    let (ours, theirs) =
        both_sides(|| write(candidate, "candidate"), || write(reference, "reference"))?;
    for file in 0..files as usize {
        let (left, right) = both_sides(|| ours.read(file), || theirs.read(file))?;
        compare_held(&left, &right, key, &mut changes, comparison)?;
    }
    Ok(changes.finish(comparison))
}

/// Compares rows that are all there.
fn compare_held(
    left: &RecordBatch,
    right: &RecordBatch,
    key: &[usize],
    changes: &mut Changes<'_>,
    comparison: &mut RowComparison,
) -> Result<()> {
    let all: Vec<usize> = (0..left.num_columns()).collect();
    let add = |count: &mut Option<u64>, side: &RecordBatch| {
        *count = count.map(|count| count + duplicates(&fingerprint(side, key)));
    };
    add(&mut comparison.duplicate_keys_candidate, left);
    add(&mut comparison.duplicate_keys_reference, right);
    let rest = unmatched(&fingerprint(left, &all), &fingerprint(right, &all));
    comparison.matched += (left.num_rows() - rest.candidate.len()) as u64;
    let (left, right) = (take_rows(left, &rest.candidate)?, take_rows(right, &rest.reference)?);
    changes.add(&pair_by_key(&left, &right, key));
    Ok(())
}

fn key_indices(targets: &[Target], key: &[String]) -> Result<Vec<usize>> {
    let index = |name: &String| {
        targets.iter().position(|target| target.name == *name).ok_or_else(|| {
            Error::new(ErrorKind::UnknownName, "both sides need the key").in_column(name)
        })
    };
    key.iter().map(index).collect()
}

/// Proposes a key from the leftover rows and the first rows of the reference, and accepts it if it is unique among all rows.
fn inferred_key(
    candidate: &Source,
    reference: &Source,
    targets: &[Target],
    (left, right): (&RecordBatch, &RecordBatch),
) -> Result<Vec<usize>> {
    if left.num_rows() == 0 || right.num_rows() == 0 {
        return Ok(Vec::new());
    }
    let start: Vec<usize> = (0..SAMPLE.min(reference.rows as usize)).collect();
    let sample = read_rows(reference.batches(targets), targets, &start)?;
    let Some(key) = propose_key(left, right, &sample) else { return Ok(Vec::new()) };
    let columns: Vec<Target> = key.iter().map(|&index| targets[index].clone()).collect();
    let repeats = |source: &Source| -> Result<u64> {
        let all = Fingerprints::read(source.batches(&columns), &[], source.rows)?;
        Ok(duplicates(&all.rows))
    };
    let (ours, theirs) = both_sides(|| repeats(candidate), || repeats(reference))?;
    Ok(if ours == 0 && theirs == 0 { key } else { Vec::new() })
}

/// Pairs rows with equal keys in order of row; without a key nothing pairs.
fn pair_by_key<'a>(
    candidate: &'a RecordBatch,
    reference: &'a RecordBatch,
    key: &[usize],
) -> Chunk<'a> {
    let mut leftover = Chunk {
        candidate,
        reference,
        pairs: Vec::new(),
        only_candidate: Vec::new(),
        only_reference: Vec::new(),
    };
    if key.is_empty() {
        leftover.only_candidate = (0..candidate.num_rows()).collect();
        leftover.only_reference = (0..reference.num_rows()).collect();
        return leftover;
    }
    let left = sorted(&fingerprint(candidate, key), 0..candidate.num_rows());
    let right = sorted(&fingerprint(reference, key), 0..reference.num_rows());
    let (mut i, mut j) = (0, 0);
    while let (Some(ours), Some(theirs)) = (left.get(i), right.get(j)) {
        match ours.0.cmp(&theirs.0) {
            std::cmp::Ordering::Less => {
                leftover.only_candidate.push(ours.1);
                i += 1;
            }
            std::cmp::Ordering::Greater => {
                leftover.only_reference.push(theirs.1);
                j += 1;
            }
            std::cmp::Ordering::Equal => {
                leftover.pairs.push((ours.1, theirs.1));
                i += 1;
                j += 1;
            }
        }
    }
    leftover.only_candidate.extend(left[i..].iter().map(|entry| entry.1));
    leftover.only_reference.extend(right[j..].iter().map(|entry| entry.1));
    leftover.pairs.sort_unstable_by_key(|pair| pair.1);
    leftover.only_candidate.sort_unstable();
    leftover.only_reference.sort_unstable();
    leftover
}
