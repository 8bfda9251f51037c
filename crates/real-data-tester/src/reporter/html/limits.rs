//! How much is shown: what is bounded, and which columns are drawn. What is left out is in `report.json`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use reenact_validator::Verdict;

use crate::report::Report;

/// How many of each a whole page shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Steps that are told of in full.
    pub(super) steps: usize,
    /// Columns with pictures.
    pub(super) plots: usize,
    /// Columns in a line of a compact table.
    pub(super) columns: usize,
    /// Findings.
    pub(super) findings: usize,
    /// Cells of example rows.
    pub(super) cells: usize,
    /// Tables and files.
    pub(super) tables: usize,
    /// Staged objects, and other lines of lists.
    pub(super) lines: usize,
}

impl Limits {
    /// What a reader can use and a browser shows without a pause.
    pub(super) const FULL: Self = Self {
        steps: 200,
        plots: 200,
        columns: 1_200,
        findings: 1_000,
        cells: 4_000,
        tables: 200,
        lines: 800,
    };

    /// Half as much of everything.
    #[must_use]
    pub(super) fn halved(self) -> Self {
        Self {
            steps: self.steps.div_ceil(2),
            plots: self.plots / 2,
            columns: self.columns / 2,
            findings: self.findings / 2,
            cells: self.cells / 2,
            tables: self.tables.div_ceil(2),
            lines: self.lines / 2,
        }
    }

    /// Leaves of a report the steps that are told of: those that did not pass before the others, in their order.
    pub(super) fn steps_of(self, report: &Report) -> Cow<'_, Report> {
        if report.steps.len() <= self.steps {
            return Cow::Borrowed(report);
        }
        let mut places: Vec<usize> = (0..report.steps.len()).collect();
        places.sort_by_key(|&place| report.steps[place].verdict == Verdict::Pass);
        places.truncate(self.steps);
        places.sort_unstable();
        let steps = places.into_iter().map(|place| report.steps[place].clone()).collect();
        Cow::Owned(Report { steps, ..report.clone() })
    }
}

/// What may still be shown, and which columns are drawn.
#[derive(Debug)]
pub(super) struct Budget {
    left: Limits,
    drawn: BTreeSet<Place>,
}

/// Where a column stands: its output, table and place in the table.
pub(super) type Place = (usize, usize, usize);

/// Takes up to `wanted` of what is left.
pub(super) fn take(left: &mut usize, wanted: usize) -> usize {
    let taken = wanted.min(*left);
    *left -= taken;
    taken
}

impl Budget {
    /// Chooses the columns that are drawn: of all tables, those that differ, then those that moved most.
    pub(super) fn new(report: &Report, limits: Limits) -> Self {
        let mut moved = Vec::new();
        for (output, judged) in report.outputs().enumerate() {
            let tables = judged.judgement.iter().flat_map(|judgement| &judgement.tables);
            for (table, judged) in tables.enumerate().take(limits.tables) {
                let worth = judged
                    .columns
                    .iter()
                    .enumerate()
                    .filter(|(_, column)| super::column::moved(column));
                moved.extend(worth.map(|(index, column)| (column, (output, table, index))));
            }
        }
        moved.sort_by(|(a, _), (b, _)| b.verdict.cmp(&a.verdict).then(b.moved.total_cmp(&a.moved)));
        let drawn = moved.into_iter().take(limits.plots).map(|(_, place)| place).collect();
        Self { left: limits, drawn }
    }

    pub(super) fn draws(&self, place: Place) -> bool {
        self.drawn.contains(&place)
    }

    pub(super) fn columns(&mut self, wanted: usize) -> usize {
        take(&mut self.left.columns, wanted)
    }

    pub(super) fn findings(&mut self, wanted: usize) -> usize {
        take(&mut self.left.findings, wanted)
    }

    pub(super) fn cells(&mut self, wanted: usize) -> usize {
        take(&mut self.left.cells, wanted)
    }

    pub(super) fn tables(&mut self, wanted: usize) -> usize {
        take(&mut self.left.tables, wanted)
    }

    pub(super) fn lines(&mut self, wanted: usize) -> usize {
        take(&mut self.left.lines, wanted)
    }
}
