//! Which rows of two sides are equal, as multisets of fingerprints.

/// The rows without an equal on the other side, as ascending row numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Unmatched {
    pub(crate) candidate: Vec<usize>,
    pub(crate) reference: Vec<usize>,
}

/// Pairs equal fingerprints one to one and returns what remains.
pub(crate) fn unmatched(candidate: &[u64], reference: &[u64]) -> Unmatched {
    // A replay usually writes its rows in the order of production, so only the rows that differ
    // from the one at the same place need sorting.
    let differs = |row: &usize| candidate.get(*row) != reference.get(*row);
    let candidates = sorted(candidate, (0..candidate.len()).filter(differs));
    let references = sorted(reference, (0..reference.len()).filter(differs));
    let mut rest = Unmatched::default();
    let (mut i, mut j) = (0, 0);
    while let (Some(left), Some(right)) = (candidates.get(i), references.get(j)) {
        match left.0.cmp(&right.0) {
            std::cmp::Ordering::Less => {
                rest.candidate.push(left.1);
                i += 1;
            }
            std::cmp::Ordering::Greater => {
                rest.reference.push(right.1);
                j += 1;
            }
            std::cmp::Ordering::Equal => {
                i += 1;
                j += 1;
            }
        }
    }
    rest.candidate.extend(candidates[i..].iter().map(|entry| entry.1));
    rest.reference.extend(references[j..].iter().map(|entry| entry.1));
    rest.candidate.sort_unstable();
    rest.reference.sort_unstable();
    rest
}

/// Returns fingerprints with their rows, sorted, so that equals pair in order of row.
pub(crate) fn sorted(fingerprints: &[u64], rows: impl Iterator<Item = usize>) -> Vec<(u64, usize)> {
    let mut entries: Vec<(u64, usize)> = rows.map(|row| (fingerprints[row], row)).collect();
    entries.sort_unstable();
    entries
}

/// Returns how many fingerprints repeat an earlier one.
pub(crate) fn duplicates(mut fingerprints: Vec<u64>) -> u64 {
    fingerprints.sort_unstable();
    fingerprints.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_but_multiplicity_does() {
        assert_eq!(unmatched(&[1, 2, 3], &[3, 1, 2]), Unmatched::default());
        let rest = unmatched(&[7, 7, 8], &[8, 7]);
        assert_eq!((rest.candidate.len(), rest.reference.len()), (1, 0));
        assert_eq!(unmatched(&[], &[5]), Unmatched { candidate: vec![], reference: vec![0] });
    }

    #[test]
    fn duplicates_count_beyond_the_first() {
        assert_eq!(duplicates(vec![4, 1, 4, 4, 1]), 3);
    }
}
