//! Compares rows that do not fit into the memory, in files by their hash.

use arrow::array::RecordBatch;

use super::changes::{Changes, Chunk};
use super::compare::Task;
use super::fingerprint::fingerprint;
use super::leftover::{Leftover, chosen_rows, take_rows};
use super::matching::{Unmatched, duplicates, unmatched};
use super::pairing::pair_by_key;
use super::spill::{Spill, SpillWriter};
use crate::Result;
use crate::both::both_sides;
use crate::judgement::RowComparison;
use crate::table::Batches;

/// The part of the memory that the rows of one file of both sides may take.
const FILE_PART: u64 = 8;

/// The most files of a side.
const MOST_FILES: u64 = 256;

/// Compares all rows by a key, one file of both sides after the other.
pub(super) fn compare_by_key(
    task: Task<'_>,
    key: &[usize],
    sizes: [u64; 2],
    (changes, comparison): (&mut Changes<'_>, &mut RowComparison),
) -> Result<()> {
    let all: Vec<usize> = (0..task.targets.len()).collect();
    deal_sides(task, key, sizes, |[left, right]| {
        let add = |count: &mut Option<u64>, side: &RecordBatch| {
            *count = count.map(|count| count + duplicates(fingerprint(side, key)));
        };
        add(&mut comparison.duplicate_keys_candidate, &left);
        add(&mut comparison.duplicate_keys_reference, &right);
        let rest = unmatched(&fingerprint(&left, &all), &fingerprint(&right, &all));
        comparison.matched += (left.num_rows() - rest.candidate.len()) as u64;
        let (left, right) =
            (take_rows(&left, &rest.candidate)?, take_rows(&right, &rest.reference)?);
        changes.add(&pair_by_key(&left, &right, key));
        Ok(())
    })
}

/// Matches equal rows, and returns those that are left.
pub(super) fn match_rows(
    task: Task<'_>,
    sizes: [u64; 2],
    comparison: &mut RowComparison,
) -> Result<[Leftover; 2]> {
    let all: Vec<usize> = (0..task.targets.len()).collect();
    let mut kept = [start(task, &[], 1, sizes[0])?, start(task, &[], 1, sizes[1])?];
    deal_sides(task, &all, sizes, |[left, right]| {
        let rest = unmatched(&fingerprint(&left, &all), &fingerprint(&right, &all));
        comparison.matched += (left.num_rows() - rest.candidate.len()) as u64;
        kept[0].add(take_rows(&left, &rest.candidate)?)?;
        kept[1].add(take_rows(&right, &rest.reference)?)
    })?;
    let [left, right] = kept.map(SpillWriter::finish);
    Ok([Leftover::OnDisk(left?), Leftover::OnDisk(right?)])
}

/// Keeps the rows that are left.
pub(super) fn keep_rest(task: Task<'_>, sizes: [u64; 2], rest: Unmatched) -> Result<[Leftover; 2]> {
    let keep = |side: usize, rows: Vec<usize>| {
        let batches = task.sides[side].batches(task.targets);
        deal(task, &[], 1, sizes[side], chosen_rows(batches, rows)).map(Leftover::OnDisk)
    };
    let (left, right) = both_sides(|| keep(0, rest.candidate), || keep(1, rest.reference))?;
    Ok([left, right])
}

/// Pairs rows that are left by a key; without a key nothing pairs.
pub(super) fn pair_rest(
    task: Task<'_>,
    rest: &[Leftover; 2],
    key: &[usize],
    sizes: [u64; 2],
    changes: &mut Changes<'_>,
) -> Result<()> {
    if key.is_empty() {
        let empty = |batch: &RecordBatch| batch.slice(0, 0);
        for left in rest[0].batches()? {
            let left = left?;
            changes.add(&Chunk::alone([&left, &empty(&left)], [0..left.num_rows(), 0..0]));
        }
        for right in rest[1].batches()? {
            let right = right?;
            changes.add(&Chunk::alone([&empty(&right), &right], [0..0, 0..right.num_rows()]));
        }
        return Ok(());
    }
    let rows = [rest[0].rows(), rest[1].rows()];
    let files = files(task, rows[0] * sizes[0] + rows[1] * sizes[1]);
    let again = |side: usize| deal(task, key, files, sizes[side], rest[side].batches()?);
    let (ours, theirs) = both_sides(|| again(0), || again(1))?;
    each_file(task, [&ours, &theirs], |[left, right]| {
        changes.add(&pair_by_key(&left, &right, key));
        Ok(())
    })
}

/// Deals the rows of both sides out to files by the hash of some columns, and passes on one file of both after the other.
fn deal_sides(
    task: Task<'_>,
    columns: &[usize],
    sizes: [u64; 2],
    take: impl FnMut([RecordBatch; 2]) -> Result<()>,
) -> Result<()> {
    let files = files(task, task.sides[0].rows * sizes[0] + task.sides[1].rows * sizes[1]);
    let deal = |side: usize| {
        let batches = task.sides[side].batches(task.targets);
        deal(task, columns, files, sizes[side], batches)
    };
    let (ours, theirs) = both_sides(|| deal(0), || deal(1))?;
    each_file(task, [&ours, &theirs], take)
}

/// Passes on the rows of one file of both sides after the other.
fn each_file(
    task: Task<'_>,
    [ours, theirs]: [&Spill; 2],
    mut take: impl FnMut([RecordBatch; 2]) -> Result<()>,
) -> Result<()> {
    for file in 0..ours.files() {
        let (left, right) = both_sides(|| ours.read(file), || theirs.read(file))?;
        let bytes = left.get_array_memory_size() + right.get_array_memory_size();
        // What is taken of the rows may take as much again.
        let _held = task.space.budget.hold_anyway(2 * bytes as u64);
        take([left, right])?;
    }
    Ok(())
}

/// Returns into how many files so many bytes of rows are dealt out.
fn files(task: Task<'_>, bytes: u64) -> u64 {
    bytes.div_ceil((task.space.budget.limit() / FILE_PART).max(1)).clamp(1, MOST_FILES)
}

fn deal(
    task: Task<'_>,
    columns: &[usize],
    files: u64,
    size: u64,
    batches: Batches,
) -> Result<Spill> {
    let mut writer = start(task, columns, files, size)?;
    for batch in batches {
        writer.add(batch?)?;
    }
    writer.finish()
}

fn start(task: Task<'_>, columns: &[usize], files: u64, size: u64) -> Result<SpillWriter> {
    let held = task.space.budget.hold_anyway(SpillWriter::waiting_bytes(size));
    SpillWriter::start(task.space.directory, task.targets, columns, files, held)
}
