//! Which unit of the candidate answers which unit of the reference.

use super::{Contents, Tree, Unit};
use crate::judgement::TableFormat;

/// The units of two trees, matched.
#[derive(Debug, Default)]
pub(crate) struct Pairing {
    pub(crate) both: Vec<Pair>,
    pub(crate) only_candidate: Vec<String>,
    pub(crate) only_reference: Vec<String>,
}

/// Two units that are compared, under the reference's name.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) candidate: Unit,
    pub(crate) reference: Unit,
}

/// Pairs units by name.
///
/// Two exceptions hold when there is exactly one unit on each side: if one of the roots is a file,
/// the two are paired, since the caller chose them; and a directory of part files is paired with a
/// single file of the same format, since how many files a table is split into does not matter.
pub(crate) fn pair(candidate: Tree, reference: Tree, either_is_file: bool) -> Pairing {
    let mut pairing = Pairing::default();
    let mut candidates = candidate.units;
    let mut references = reference.units;
    if let ([(left_name, left)], [(right_name, right)]) = (
        candidates.iter().collect::<Vec<_>>().as_slice(),
        references.iter().collect::<Vec<_>>().as_slice(),
    ) {
        let split_differently = left.contents == right.contents
            && (left_name.contains('*') || right_name.contains('*'));
        if either_is_file || split_differently {
            let name = (*right_name).clone();
            let candidate = candidates.pop_first();
            let reference = references.pop_first();
            if let (Some((_, candidate)), Some((_, reference))) = (candidate, reference) {
                pairing.both.push(Pair::new(name, candidate, reference));
            }
            return pairing;
        }
    }
    for (name, reference) in references {
        match candidates.remove(&name) {
            Some(candidate) => pairing.both.push(Pair::new(name, candidate, reference)),
            None => pairing.only_reference.push(name),
        }
    }
    pairing.only_candidate = candidates.into_keys().collect();
    pairing
}

impl Pair {
    /// A `.json` file with one line, or with an empty array, is a document by itself, but a table beside one
    /// with more.
    fn new(name: String, mut candidate: Unit, mut reference: Unit) -> Self {
        let is_table = |other: Contents| match other {
            Contents::Table(format) => {
                matches!(format, TableFormat::JsonLines | TableFormat::JsonArray)
            }
            Contents::Json | Contents::Opaque => false,
        };
        match (candidate.contents, reference.contents) {
            (Contents::Json, other) if is_table(other) => candidate.contents = other,
            (other, Contents::Json) if is_table(other) => reference.contents = other,
            _ => {}
        }
        Self { name, candidate, reference }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(names: &[(&str, Contents)]) -> Tree {
        let unit = |contents| Unit { contents, files: Vec::new() };
        let units = names.iter().map(|(name, contents)| ((*name).to_owned(), unit(*contents)));
        Tree { units: units.collect(), ignored: Vec::new() }
    }

    const PARQUET: Contents = Contents::Table(TableFormat::Parquet);

    fn names(pairing: &Pairing) -> Vec<&str> {
        pairing.both.iter().map(|pair| pair.name.as_str()).collect()
    }

    #[test]
    fn units_pair_by_name() {
        let left = tree(&[("a.json", Contents::Json), ("b.bin", Contents::Opaque)]);
        let right = tree(&[("a.json", Contents::Json), ("c.bin", Contents::Opaque)]);
        let pairing = pair(left, right, false);
        assert_eq!(names(&pairing), ["a.json"]);
        assert_eq!(pairing.only_candidate, ["b.bin"]);
        assert_eq!(pairing.only_reference, ["c.bin"]);
    }

    #[test]
    fn one_file_answers_part_files_but_not_another_name() {
        let parts = || tree(&[("*.parquet", PARQUET)]);
        let clean = || tree(&[("clean.parquet", PARQUET)]);
        let cleaned = || tree(&[("cleaned.parquet", PARQUET)]);
        assert_eq!(names(&pair(clean(), parts(), false)), ["*.parquet"]);
        assert!(names(&pair(clean(), cleaned(), false)).is_empty());
        assert_eq!(names(&pair(clean(), cleaned(), true)), ["cleaned.parquet"]);
    }

    #[test]
    fn a_one_line_json_file_is_a_table_beside_json_lines() {
        let lines = Contents::Table(TableFormat::JsonLines);
        let pairing = pair(tree(&[("a.json", Contents::Json)]), tree(&[("a.json", lines)]), false);
        assert_eq!(pairing.both[0].candidate.contents, lines);
    }
}
