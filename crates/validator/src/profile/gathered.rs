//! Brings the profiles of a column on both sides into the form in which columns are judged.

use arrow::datatypes::DataType;

use super::column::{ColumnProfile, TextProfile};
use super::numbers::NumberProfile;
use crate::column::{Categories, Content, Gathered, KeySpace, Numbers, float_key, integer_key};
use crate::histogram::{Cell, KeyHistogram};

/// Up to so many values that are all known they are listed, for p-values that are exact.
const LISTED: u64 = 1 << 16;

/// Returns both sides of a column as of the type in which they are compared.
pub(super) fn gathered(
    candidate: &ColumnProfile,
    baseline: &ColumnProfile,
    data_type: &DataType,
) -> (Gathered, Gathered) {
    let columns = [candidate, baseline];
    let mut contents = columns.map(|_| Content::Empty);
    if let (Some(space), [Some(ours), Some(theirs)]) =
        (KeySpace::of(data_type), columns.map(|column| column.numbers.as_ref()))
    {
        let sides = [ours, theirs].map(|numbers| numbers.in_space(space));
        if let [Some(ours), Some(theirs)] = &sides {
            let few = |numbers: &KeyHistogram| numbers.is_exact() && numbers.total() <= LISTED;
            let listed = few(ours) && few(theirs);
            let mut sides = sides.into_iter().flatten();
            contents = columns.map(|column| {
                let moments = column.numbers.as_ref().map(|numbers| numbers.moments);
                let histogram = sides.next().unwrap_or_default();
                let moments = moments.unwrap_or_default();
                Content::Numbers(Numbers::of_histogram(space, moments, histogram, listed))
            });
        }
    } else if let [Some(ours), Some(theirs)] = columns.map(|column| column.text.as_ref()) {
        let masked = ours.masked || theirs.masked;
        let is_few = ours.is_complete() && theirs.is_complete();
        contents = columns.map(|column| match &column.text {
            Some(text) if is_few => Content::Categories(text.categories(masked)),
            Some(text) => {
                let lengths = lengths(&text.lengths);
                Content::Categories(Categories::uncounted(lengths, column.distinct().count))
            }
            None => Content::Empty,
        });
    }
    let side = |column: &ColumnProfile, content| Gathered {
        rows: column.rows,
        nulls: column.nulls,
        nans: column.nans,
        infinite: column.numbers.as_ref().map_or(0, NumberProfile::infinite),
        content,
    };
    let [ours, theirs] = contents;
    (side(candidate, ours), side(baseline, theirs))
}

impl NumberProfile {
    /// Returns the cells with their ends as keys of another space, infinite ends as well; `None` if they have none there.
    fn in_space(&self, space: KeySpace) -> Option<KeyHistogram> {
        let infinite = |value: f64, count: u64| {
            let key = float_key(value);
            (count > 0).then_some(Cell { low: key, high: key, count })
        };
        let mut cells: Vec<Cell> =
            infinite(f64::NEG_INFINITY, self.negative_infinite).into_iter().collect();
        for cell in &self.cells {
            let (low, high) =
                (self.space.key_in(space, cell.low)?, self.space.key_in(space, cell.high)?);
            cells.push(Cell { low, high, count: cell.count });
        }
        cells.extend(infinite(f64::INFINITY, self.positive_infinite));
        Some(cells.into_iter().collect())
    }
}

impl KeySpace {
    /// Returns the key of the same value in another space; `None` if that has none for it.
    pub(super) fn key_in(self, other: Self, key: u64) -> Option<u64> {
        let integer = (key ^ (1 << 63)).cast_signed();
        match (self, other) {
            (own, other) if own == other => Some(key),
            (Self::Integer | Self::Unsigned, Self::Float) => Some(float_key(self.number(key))),
            (Self::Days, Self::Ticks(per_second)) => {
                integer.checked_mul(86_400)?.checked_mul(per_second).map(integer_key)
            }
            (Self::Ticks(from), Self::Ticks(to)) if to % from == 0 => {
                integer.checked_mul(to / from).map(integer_key)
            }
            _ => None,
        }
    }
}

/// Returns the lengths of text as numbers to compare.
fn lengths(profile: &NumberProfile) -> Numbers {
    let histogram: KeyHistogram = profile.cells.iter().copied().collect();
    Numbers::of_histogram(profile.space, profile.moments, histogram, false)
}

impl TextProfile {
    fn categories(&self, masked: bool) -> Categories {
        let counts = self.frequent.clone().map(|mut frequent| {
            if masked && !self.masked {
                frequent.mask();
            }
            frequent.counts
        });
        Categories::of_counts(counts.unwrap_or_default())
    }
}
