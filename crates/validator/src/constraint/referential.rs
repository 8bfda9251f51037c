//! Whether the values of some columns occur in the columns of another table.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array as _, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema};
use foldhash::fast::FixedState;

use super::rows::{Evaluator, Obstacle, Rows};
use super::tally::{Answer, Tally};
use crate::Result;
use crate::budget::Holding;
use crate::rows::{Ascending, Prints, Space, fingerprint};
use crate::table::{Source, Target, canonical_type, common_type};

/// The part of what is left of the memory that the known fingerprints may take.
const KNOWN_PART: u64 = 4;

/// What a fingerprint takes among those that are looked up, at most, in bytes.
const KNOWN_BYTES: u64 = 32;

/// Of how many values that occur nowhere rows are looked for as examples, where all are on disk.
const FEW: usize = 10_000;

/// Holds what passes by against the fingerprints of all values that may occur.
pub(crate) struct Referential {
    own: Columns,
    /// What is read again for examples: what identifies a row, then the columns.
    targets: Vec<Target>,
    known: Known,
    tally: Tally,
}

/// The columns of this side, and the types in which they are compared.
struct Columns {
    places: Vec<usize>,
    types: Vec<DataType>,
}

/// What may occur.
enum Known {
    Held {
        prints: HashSet<u64, FixedState>,
        _held: Holding,
    },
    /// Beyond the memory fingerprints of both tables are sorted, and compared in the end.
    Sorted {
        known: Prints,
        own: Prints,
    },
}

impl Referential {
    /// Reads the referenced columns; the inner `Err` says why they can't be compared.
    pub(crate) fn new(
        places: Vec<usize>,
        targets: Vec<Target>,
        (other, other_columns): (&Source, &[String]),
        (rows, space): (u64, Space<'_>),
        tally: Tally,
    ) -> Result<Result<Self, String>> {
        let own = &targets[targets.len() - places.len()..];
        let mut wanted = Vec::with_capacity(own.len());
        for (own, name) in own.iter().zip(other_columns) {
            let Some(field) = other.field(name) else {
                return Ok(Err(format!("the referenced table has no column `{name}`")));
            };
            let data_type = common_type(&own.data_type, &canonical_type(field.data_type()));
            wanted.push(Target { name: name.clone(), data_type });
        }
        let known = Known::read(other, &wanted, rows, space)?;
        let types = wanted.into_iter().map(|target| target.data_type).collect();
        Ok(Ok(Self { own: Columns { places, types }, targets, known, tally }))
    }
}

impl Evaluator for Referential {
    fn observe(&mut self, rows: &Rows<'_>) -> Result<(), Obstacle> {
        let complete = self.own.complete(rows.batch)?;
        let checked = complete.len() as u64;
        match &mut self.known {
            Known::Held { prints, .. } => {
                let is_missing = |(row, print)| (!prints.contains(&print)).then_some(row);
                let failing: Vec<usize> = complete.into_iter().filter_map(is_missing).collect();
                self.tally.add(rows, checked, &failing, &self.own.places);
            }
            Known::Sorted { own, .. } => {
                own.add(complete.into_iter().map(|(_, print)| print))?;
                self.tally.count(checked, 0);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, source: &Source) -> Result<Answer> {
        let Self { own, targets, known, mut tally } = *self;
        if let Known::Sorted { known, own: ours } = known {
            let (count, missing) = missing(ours.ascending()?, known.ascending()?)?;
            tally.count(0, count);
            if count > 0 {
                own.show(source, &targets, &missing, &mut tally)?;
            }
        }
        Ok(tally.conclude("rows", "refer to what the other table does not hold"))
    }
}

impl Known {
    /// Reads all values of a table that may occur.
    fn read(other: &Source, targets: &[Target], rows: u64, space: Space<'_>) -> Result<Self> {
        let all: Vec<usize> = (0..targets.len()).collect();
        let budget = space.budget.at_most(space.budget.left() / KNOWN_PART);
        let mut held = budget.hold_nothing();
        let mut known = HashSet::<u64, FixedState>::default();
        let mut batches = other.batches(targets);
        for batch in batches.by_ref() {
            let prints = fingerprint(&batch?, &all);
            if known.len() + prints.len() > known.capacity() {
                let more = known.capacity().max(prints.len());
                if !held.grow(KNOWN_BYTES * more as u64) {
                    let mut sorted = Prints::new(other.rows, space);
                    drop(held);
                    sorted.add(known)?;
                    sorted.add(prints)?;
                    for batch in batches {
                        sorted.add(fingerprint(&batch?, &all))?;
                    }
                    return Ok(Self::Sorted { known: sorted, own: Prints::new(rows, space) });
                }
                known.reserve(more);
            }
            known.extend(prints);
        }
        Ok(Self::Held { prints: known, _held: held })
    }
}

impl Columns {
    /// Returns the rows without a null, with their fingerprints in the types of comparison.
    fn complete(&self, batch: &RecordBatch) -> Result<Vec<(usize, u64)>, String> {
        let own = self.in_common_types(batch)?;
        let all: Vec<usize> = (0..own.num_columns()).collect();
        let is_complete = |row: usize| own.columns().iter().all(|column| column.is_valid(row));
        let prints = fingerprint(&own, &all).into_iter().enumerate();
        Ok(prints.filter(|(row, _)| is_complete(*row)).collect())
    }

    /// Reads rows of fingerprints that occur nowhere, until there are enough examples.
    fn show(
        mut self,
        source: &Source,
        targets: &[Target],
        missing: &HashSet<u64, FixedState>,
        tally: &mut Tally,
    ) -> Result<()> {
        let first = targets.len() - self.places.len();
        let identity: Vec<usize> = (0..first).collect();
        self.places = (first..targets.len()).collect();
        let mut before = 0;
        for batch in source.batches(targets) {
            let batch = batch?;
            let rows = Rows { batch: &batch, before, identity: &identity };
            // All values were in these types before.
            let complete = self.complete(&batch).unwrap_or_default();
            let is_missing = |(row, print)| missing.contains(&print).then_some(row);
            let failing: Vec<usize> = complete.into_iter().filter_map(is_missing).collect();
            tally.show(&rows, &failing, &self.places);
            if tally.has_examples() {
                break;
            }
            before += batch.num_rows() as u64;
        }
        Ok(())
    }

    fn in_common_types(&self, batch: &RecordBatch) -> Result<RecordBatch, String> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        let mut columns = Vec::with_capacity(self.places.len());
        let mut fields = Vec::with_capacity(self.places.len());
        for (index, data_type) in self.places.iter().zip(&self.types) {
            let own = batch.column(*index);
            // The text of arrow's error shows the value.
            let cast = cast_with_options(own, data_type, &options).map_err(|_value| {
                format!("a value of type {} does not fit {data_type}", own.data_type())
            })?;
            columns.push(cast);
            fields.push(Field::new(
                batch.schema_ref().field(*index).name(),
                data_type.clone(),
                true,
            ));
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .map_err(|error| error.to_string())
    }
}

/// Returns how many of this side's fingerprints are not among the known ones, and some of them.
fn missing(own: Ascending, mut known: Ascending) -> Result<(u64, HashSet<u64, FixedState>)> {
    let mut count = 0;
    let mut some = HashSet::default();
    let mut next = known.next().transpose()?;
    for print in own {
        let print = print?;
        while next.is_some_and(|known| known < print) {
            next = known.next().transpose()?;
        }
        if next != Some(print) {
            count += 1;
            if some.len() < FEW {
                some.insert(print);
            }
        }
    }
    Ok((count, some))
}
