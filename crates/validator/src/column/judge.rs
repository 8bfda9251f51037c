//! Judges all shared columns of a table.

use super::gather::{Content, Gathered};
use super::number;
use super::plot;
use super::summary::summarise;
use super::verdict::SideCounts;
use crate::both::both_sides;
use crate::judgement::{ColumnJudgement, ColumnKind, Finding, Test};
use crate::rows::{ComparedRows, Residue};
use crate::rules::Rules;
use crate::schema::Shared;
use crate::stats::largest_gap;
use crate::table::{Batches, Cells, Source, Target};
use crate::{Result, Verdict};

/// What the sort keys of the columns that are read in one pass may take together, in bytes.
const PASS_BYTES: u64 = 512 << 20;

/// Both sides of one column, and how much of it the row comparison left open.
#[derive(Debug)]
pub(crate) struct Column<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) candidate: &'a Gathered,
    pub(crate) reference: &'a Gathered,
    pub(crate) residue: &'a Residue,
}

/// Compares every shared column, most moved first, and says what the deciding tests found.
pub(crate) fn judge_columns(
    candidate: &Source,
    reference: &Source,
    shared: &[Shared],
    compared: &ComparedRows,
    rules: &Rules,
) -> Result<(Vec<ColumnJudgement>, Vec<Finding>)> {
    let rows = (candidate.rows + reference.rows).max(1);
    let at_once = usize::try_from(PASS_BYTES / (8 * rows)).unwrap_or(usize::MAX).max(1);
    let mut columns = Vec::with_capacity(shared.len());
    for (group, residues) in shared.chunks(at_once).zip(compared.residues.chunks(at_once)) {
        let targets: Vec<Target> = group.iter().map(|column| column.target.clone()).collect();
        let (ours, theirs) = if compared.comparison.all_match() {
            // Both sides hold the same rows, so one of them tells about both.
            (None, gather(reference.batches(&targets), &targets)?)
        } else {
            let read = |source: &Source| gather(source.batches(&targets), &targets);
            let (ours, theirs) = both_sides(|| read(candidate), || read(reference))?;
            (Some(ours), theirs)
        };
        let ours = ours.as_ref().unwrap_or(&theirs);
        for (index, shared) in group.iter().enumerate() {
            let column = Column {
                shared,
                candidate: &ours[index],
                reference: &theirs[index],
                residue: &residues[index],
            };
            columns.push(column.judge(rules));
        }
    }
    columns.sort_by(|a, b| b.verdict.cmp(&a.verdict).then(b.moved.total_cmp(&a.moved)));
    Ok((columns, Vec::new()))
}

fn gather(batches: Batches, targets: &[Target]) -> Result<Vec<Gathered>> {
    let mut columns: Vec<Gathered> =
        targets.iter().map(|target| Gathered::new(&target.data_type)).collect();
    for batch in batches {
        let batch = batch?;
        for (gathered, array) in columns.iter_mut().zip(batch.columns()) {
            gathered.add(&Cells::new(array));
        }
    }
    columns.iter_mut().for_each(Gathered::finish);
    Ok(columns)
}

impl Column<'_> {
    fn judge(&self, rules: &Rules) -> ColumnJudgement {
        let critical = ((2.0 / (1.0 - rules.confidence())).ln() / 2.0).sqrt();
        let (mut tests, mut drawn): (Vec<Test>, _) = (Vec::new(), None);
        let kind = match (&self.candidate.content, &self.reference.content) {
            (Content::Numbers(ours), Content::Numbers(theirs))
                if number::comparable(ours, theirs) =>
            {
                let gap = largest_gap(&ours.keys, &theirs.keys);
                let margin = rules.margins().distribution;
                tests.push(number::kolmogorov_smirnov(self, gap.as_ref(), margin, critical));
                drawn = plot::draw_numbers(ours, theirs, gap.as_ref());
                ColumnKind::Number
            }
            (Content::Categories(ours), Content::Categories(theirs))
                if ours.is_few() && theirs.is_few() =>
            {
                drawn = Some(plot::draw_categories(ours, theirs));
                ColumnKind::Category
            }
            (Content::Empty, Content::Empty) => ColumnKind::Empty,
            _ => ColumnKind::Text,
        };
        let verdict = tests.iter().map(|test| test.verdict).max().unwrap_or(Verdict::Pass);
        ColumnJudgement {
            name: self.shared.target.name.clone(),
            schema_index: self.shared.schema_index,
            kind,
            type_name: self.shared.target.data_type.to_string(),
            verdict,
            sentence: String::new(),
            moved: 0.0,
            candidate: summarise(self.candidate),
            reference: summarise(self.reference),
            tests,
            plot: drawn,
        }
    }

    /// Returns how many values are present on each side, and how many of them are open.
    pub(crate) fn present_counts(&self) -> SideCounts {
        let present = |side: &Gathered| side.rows - side.nulls - side.nans;
        SideCounts {
            candidate: present(self.candidate),
            reference: present(self.reference),
            open_candidate: self.residue.candidate.present,
            open_reference: self.residue.reference.present,
        }
    }
}
