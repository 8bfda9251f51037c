//! Compares the rows of a table: match, read what is left, pair it by key, diff the cells.

use arrow::array::RecordBatch;

use super::changes::Changes;
use super::fingerprint::Fingerprints;
use super::infer::infer_key;
use super::leftover::{Leftover, read_rows};
use super::matching::{Unmatched, duplicates, unmatched};
use super::merge::compare_sorted;
use super::on_disk;
use super::pairing::pair_by_key;
use super::prints::Space;
use super::residue::Residue;
use crate::both::both_sides;
use crate::budget::Holding;
use crate::judgement::{KeyOrigin, RowComparison};
use crate::rules::Rules;
use crate::table::{Source, Target};
use crate::{Error, ErrorKind, Result};

/// What matching a row by its fingerprints takes at most, in bytes: those of row and key, and a place among the sorted ones.
const MATCHING_BYTES: u64 = 32;

/// The part of the budget that the rows may take, since what is made of them takes as much.
const ROWS_PART: u64 = 2;

/// The comparison and, by shared column, what is left of it.
#[derive(Debug)]
pub(crate) struct ComparedRows {
    pub(crate) comparison: RowComparison,
    pub(crate) residues: Vec<Residue>,
    /// Whether rows were kept on disk while they were compared.
    pub(crate) on_disk: bool,
}

impl ComparedRows {
    /// Whether both sides hold the same rows to the last bit.
    pub(crate) fn are_equal(&self) -> bool {
        self.comparison.all_match() && self.comparison.within_tolerance == 0
    }
}

/// What is compared, and what it may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    /// The candidate and the reference.
    pub(crate) sides: [&'a Source; 2],
    /// The shared columns.
    pub(crate) targets: &'a [Target],
    pub(crate) rules: &'a Rules,
    pub(crate) space: Space<'a>,
}

/// Compares all rows in the shared columns, by the key of these columns if there is one.
pub(crate) fn compare_rows(task: Task<'_>, key: &[String]) -> Result<ComparedRows> {
    let key_columns = key_indices(task.targets, key)?;
    let given = !key.is_empty();
    let comparison = RowComparison {
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
        by_given_key(task, &key_columns, comparison)
    } else {
        without_given_key(task, comparison)
    }
}

/// Merges rows that are sorted by the key, and matches others by their fingerprints, in memory or on disk.
fn by_given_key(
    task: Task<'_>,
    key: &[usize],
    mut comparison: RowComparison,
) -> Result<ComparedRows> {
    let mut changes = Changes::new(task, key);
    if compare_sorted(task, key, &mut changes)? {
        let residues = changes.finish(&mut comparison);
        return Ok(ComparedRows { comparison, residues, on_disk: false });
    }
    let mut changes = Changes::new(task, key);
    let sizes = task.row_sizes()?;
    let rows = task.sides.map(|side| side.rows);
    let held = task.hold(bytes(rows, sizes) + MATCHING_BYTES * (rows[0] + rows[1]));
    if held.is_some() {
        let rest = match_rows(task, key, &mut comparison)?;
        let [left, right] = read_rest(task, rest)?;
        changes.add(&pair_by_key(&left, &right, key));
    } else {
        on_disk::compare_by_key(task, key, sizes, (&mut changes, &mut comparison))?;
    }
    let residues = changes.finish(&mut comparison);
    Ok(ComparedRows { comparison, residues, on_disk: held.is_none() })
}

/// Matches rows as multisets, and pairs what is left by a key that is found in the data, if there is one.
fn without_given_key(task: Task<'_>, mut comparison: RowComparison) -> Result<ComparedRows> {
    let sizes = task.row_sizes()?;
    let rows = task.sides.map(|side| side.rows);
    let matching = task.hold(MATCHING_BYTES * (rows[0] + rows[1]));
    let mut held = None;
    let rest = if matching.is_some() {
        let rest = match_rows(task, &[], &mut comparison)?;
        drop(matching);
        let left = [rest.candidate.len() as u64, rest.reference.len() as u64];
        held = task.hold(bytes(left, sizes));
        if held.is_some() {
            read_rest(task, rest)?.map(Leftover::Held)
        } else {
            on_disk::keep_rest(task, sizes, rest)?
        }
    } else {
        on_disk::match_rows(task, sizes, &mut comparison)?
    };
    let key = infer_key(task, [&rest[0], &rest[1]])?;
    if !key.is_empty() {
        let names = key.iter().map(|&index| task.targets[index].name.clone());
        comparison.key = Some(names.collect());
        comparison.key_origin = KeyOrigin::Inferred;
    }
    let mut changes = Changes::new(task, &key);
    if let [Leftover::Held(left), Leftover::Held(right)] = &rest {
        changes.add(&pair_by_key(left, right, &key));
    } else {
        on_disk::pair_rest(task, &rest, &key, sizes, &mut changes)?;
    }
    let residues = changes.finish(&mut comparison);
    Ok(ComparedRows { comparison, residues, on_disk: held.is_none() })
}

/// Matches equal rows by fingerprints that are held, and returns those that are left.
fn match_rows(task: Task<'_>, key: &[usize], comparison: &mut RowComparison) -> Result<Unmatched> {
    let read = |side: &Source| Fingerprints::read(side.batches(task.targets), key, side.rows);
    let [candidate, reference] = task.sides;
    let (mut ours, mut theirs) = both_sides(|| read(candidate), || read(reference))?;
    let repeated = |count: Option<u64>, keys: &mut Vec<u64>| {
        count.map(|count| count + duplicates(std::mem::take(keys)))
    };
    let counts = (comparison.duplicate_keys_candidate, comparison.duplicate_keys_reference);
    comparison.duplicate_keys_candidate = repeated(counts.0, &mut ours.keys);
    comparison.duplicate_keys_reference = repeated(counts.1, &mut theirs.keys);
    let rest = unmatched(&ours.rows, &theirs.rows);
    comparison.matched += (ours.rows.len() - rest.candidate.len()) as u64;
    Ok(rest)
}

/// Reads the rows that are left.
fn read_rest(task: Task<'_>, rest: Unmatched) -> Result<[RecordBatch; 2]> {
    let [candidate, reference] = task.sides;
    let read =
        |side: &Source, rows: Vec<usize>| read_rows(side.batches(task.targets), task.targets, rows);
    let (left, right) =
        both_sides(|| read(candidate, rest.candidate), || read(reference, rest.reference))?;
    Ok([left, right])
}

/// Returns how many bytes so many rows of the candidate and the reference take.
fn bytes(rows: [u64; 2], sizes: [u64; 2]) -> u64 {
    rows[0] * sizes[0] + rows[1] * sizes[1]
}

impl Task<'_> {
    /// Holds so many bytes, if rows may take as many.
    fn hold(self, bytes: u64) -> Option<Holding> {
        self.space.budget.at_most(self.space.budget.limit() / ROWS_PART).hold(bytes)
    }

    /// Returns how many bytes a row of each side takes, as the first ones do.
    fn row_sizes(self) -> Result<[u64; 2]> {
        let size = |side: &Source| {
            let first = side.batches(self.targets).next().transpose()?;
            let size = |batch: RecordBatch| {
                (batch.get_array_memory_size() / batch.num_rows().max(1)) as u64
            };
            Ok(first.map_or(0, size))
        };
        Ok([size(self.sides[0])?, size(self.sides[1])?])
    }
}

fn key_indices(targets: &[Target], key: &[String]) -> Result<Vec<usize>> {
    let index = |name: &String| {
        targets.iter().position(|target| target.name == *name).ok_or_else(|| {
            Error::new(ErrorKind::UnknownName, "both sides need the key").in_column(name)
        })
    };
    key.iter().map(index).collect()
}
