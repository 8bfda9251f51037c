//! The tables that a constraint may refer to, by name.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::Result;
use crate::judgement::{Side, TableFormat};
use crate::rows::Space;
use crate::rules::Rules;
use crate::table::Source;
use crate::tree::{Contents, FileEntry, Tree};

/// Where the tables of both sides are, and those that were registered.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    tables: BTreeMap<(Side, String), (TableFormat, Vec<FileEntry>)>,
}

impl Catalogue {
    /// Adds the tables of a tree under their own names.
    pub(crate) fn add(&mut self, side: Side, tree: &Tree) {
        for (name, unit) in &tree.units {
            if let Contents::Table(format) = unit.contents {
                self.tables.insert((side, name.clone()), (format, unit.files.clone()));
            }
        }
    }

    /// Adds what was registered under a name: its one table under that name, of several each as `name/table`.
    pub(crate) fn register(&mut self, registered: &[(String, PathBuf)]) -> Result<()> {
        for (name, path) in registered {
            let tree = Tree::scan(path)?;
            let tables: Vec<_> = tree
                .units
                .iter()
                .filter_map(|(table, unit)| match unit.contents {
                    Contents::Table(format) => Some((table, (format, unit.files.clone()))),
                    _ => None,
                })
                .collect();
            let is_one = tables.len() == 1;
            for (table, files) in tables {
                let name = if is_one { name.clone() } else { format!("{name}/{table}") };
                for side in [Side::Candidate, Side::Reference] {
                    self.tables.insert((side, name.clone()), files.clone());
                }
            }
        }
        Ok(())
    }

    /// Opens a table; `None` if there is none of this name.
    pub(crate) fn open(
        &self,
        side: Side,
        name: &str,
        rules: &Rules,
        space: Space<'_>,
    ) -> Result<Option<Source>> {
        let found = self.tables.get(&(side, name.to_owned()));
        let open = |(format, files): &(TableFormat, Vec<FileEntry>)| {
            Source::open(*format, files, rules.text(), &space.budget.at_most(0))
        };
        found.map(open).transpose()
    }

    pub(crate) fn names(&self, side: Side) -> impl Iterator<Item = &str> {
        self.tables.keys().filter(move |(of, _)| *of == side).map(|(_, name)| name.as_str())
    }
}
