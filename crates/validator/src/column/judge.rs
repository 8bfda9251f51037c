//! Judges all shared columns of a table.

use super::conclusion::conclude;
use super::gather::{Content, Gathered};
use super::numbers::gap;
use super::pass::Pass;
use super::summary::summarise;
use super::verdict::SideCounts;
use super::{category, distinct, missing, number, on_request, plot};
use crate::budget::Budget;
use crate::histogram::GapBounds;
use crate::judgement::{ColumnJudgement, ColumnKind, Finding, Plot, Test};
use crate::parallel::parallel;
use crate::rows::{ComparedRows, Residue};
use crate::rules::{Margins, Rules};
use crate::schema::Shared;
use crate::stats::normal_quantile;
use crate::table::{Source, Target};
use crate::{Result, Verdict};

/// Both sides of one column, and how much of it the row comparison left open.
#[derive(Debug)]
pub(crate) struct Column<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) candidate: &'a Gathered,
    pub(crate) reference: &'a Gathered,
    pub(crate) residue: Residue,
    /// What is certain of the gap of the distribution functions, of numbers.
    gap: Option<&'a GapBounds>,
    /// Whether the gap was to be exact, and the memory did not do for it.
    pub(crate) short_of_memory: bool,
}

/// Compares every shared column, most moved first, and says what the deciding tests found.
pub(crate) fn judge_columns(
    (candidate, reference): (&Source, &Source),
    shared: &[Shared],
    compared: Option<&ComparedRows>,
    rules: &Rules,
    Effort { budget, exact }: Effort<'_>,
) -> Result<(Vec<ColumnJudgement>, Vec<Finding>)> {
    let all: Vec<Target> = shared.iter().map(|column| column.target.clone()).collect();
    let whole = Pass { candidate, reference, targets: &all, budget, exact };
    let level = Level::new(rules, shared.len());
    let same = compared.is_some_and(ComparedRows::are_equal);
    let mut columns = Vec::with_capacity(shared.len());
    let at_once = whole.columns_at_once();
    for (group, targets) in shared.chunks(at_once).zip(all.chunks(at_once)) {
        let pass = Pass { targets, ..whole };
        let known = columns.len();
        let residue = |index: usize| compared.map(|compared| &compared.residues[known + index]);
        let level_of = |index: usize| level.of(&group[index].target, rules);
        let wanted = |index: usize, gap: &GapBounds, sides: [&Gathered; 2]| {
            let column = || Column::new(&group[index], sides, residue(index), Some(gap));
            exact || column().depends_on_exact(gap, &level_of(index))
        };
        let gathered = if same { pass.gather_same()? } else { pass.gather(&wanted)? };
        let indices: Vec<usize> = (0..group.len()).collect();
        columns.extend(parallel(&indices, |&index| {
            let sides = [gathered.candidate(index), gathered.reference(index)];
            let gap = gathered.gap(index);
            let short_of_memory =
                gap.is_some_and(|gap| !gap.is_exact() && wanted(index, gap, sides));
            let column = Column::new(&group[index], sides, residue(index), gap);
            let column = Column { short_of_memory, ..column };
            Ok(column.judge(&level_of(index), rules))
        })?);
    }
    let findings = conclude(&mut columns, rules);
    Ok((columns, findings))
}

/// What a comparison of columns may take, and what it must find.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort<'a> {
    pub(crate) budget: &'a Budget,
    /// Whether distances are made exact that need not be for the verdict.
    pub(crate) exact: bool,
}

/// Compares columns whose values were gathered before, and of whose rows nothing is known.
pub(crate) fn judge_gathered(
    columns: &[(Shared, Gathered, Gathered)],
    rules: &Rules,
) -> (Vec<ColumnJudgement>, Vec<Finding>) {
    let level = Level::new(rules, columns.len());
    let judge = |(shared, candidate, reference): &(Shared, Gathered, Gathered)| {
        let gap = match (&candidate.content, &reference.content) {
            (Content::Numbers(ours), Content::Numbers(theirs)) => gap(ours, theirs),
            _ => None,
        };
        let residue = Residue { candidate: candidate.all_open(), reference: reference.all_open() };
        let gap = gap.as_ref();
        let column = Column { shared, candidate, reference, residue, gap, short_of_memory: false };
        column.judge(&level.of(&shared.target, rules), rules)
    };
    let mut judged = columns.iter().map(judge).collect::<Vec<_>>();
    let findings = conclude(&mut judged, rules);
    (judged, findings)
}

/// The most intervals of a column that decide: distribution, mean, missing values.
const INTERVALS: usize = 3;

/// How strictly the columns of a table are judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    pub(crate) margins: Margins,
    /// The chance that one interval does not hold the truth: its share of what the rules allow for all
    /// intervals of the table, by Bonferroni.
    pub(crate) alpha: f64,
}

impl Level {
    fn new(rules: &Rules, columns: usize) -> Self {
        let intervals = (columns.max(1) * INTERVALS) as f64;
        Self { margins: rules.margins(), alpha: (1.0 - rules.confidence()) / intervals }
    }

    /// Returns the level of one column, whose margins may be its own.
    fn of(&self, target: &Target, rules: &Rules) -> Self {
        Self { margins: rules.margins_of(&target.name, &target.data_type), ..*self }
    }

    /// Returns the factor of the interval of Dvoretzky, Kiefer and Wolfowitz (Massart's constant, 1990).
    pub(crate) fn critical(&self) -> f64 {
        ((2.0 / self.alpha).ln() / 2.0).sqrt()
    }

    /// Returns the two-sided quantile of the normal distribution.
    pub(crate) fn z(&self) -> f64 {
        normal_quantile(1.0 - self.alpha / 2.0)
    }
}

impl<'a> Column<'a> {
    /// Takes what a comparison of rows left open of the column; without one nothing is known to be equal.
    fn new(
        shared: &'a Shared,
        [candidate, reference]: [&'a Gathered; 2],
        residue: Option<&Residue>,
        gap: Option<&'a GapBounds>,
    ) -> Self {
        let all = || Residue { candidate: candidate.all_open(), reference: reference.all_open() };
        let residue = residue.cloned().unwrap_or_else(all);
        Self { shared, candidate, reference, residue, gap, short_of_memory: false }
    }

    fn judge(&self, level: &Level, rules: &Rules) -> ColumnJudgement {
        let (kind, mut tests, plot) = self.compare(level, rules);
        let [candidate, reference] = [self.candidate, self.reference].map(summarise);
        if kind != ColumnKind::Empty {
            tests.push(missing::compare(self, level));
            tests.extend(distinct::compare(&candidate, &reference));
        }
        tests.sort_by_key(|test| !test.decides);
        ColumnJudgement {
            name: self.shared.target.name.clone(),
            schema_index: self.shared.schema_index,
            kind,
            type_name: self.shared.target.data_type.to_string(),
            verdict: Verdict::Pass,
            sentence: String::new(),
            choice: String::new(),
            moved: 0.0,
            candidate,
            reference,
            tests,
            plot,
        }
    }

    /// Whether a distance anywhere between these bounds could lead to another verdict than the bounds do.
    fn depends_on_exact(&self, gap: &GapBounds, level: &Level) -> bool {
        let half = self.present_counts().half_width(level.critical());
        let margin = level.margins.distribution;
        let (least, most) = (gap.least.distance(), gap.largest_distance());
        let is_between = |edge: f64| least <= edge && edge < most;
        // At a distance up to the first the verdict is pass, beyond the second it is fail.
        is_between(margin - half) || is_between(margin + half)
    }

    fn compare(&self, level: &Level, rules: &Rules) -> (ColumnKind, Vec<Test>, Option<Plot>) {
        if self.is_all_missing() {
            return (ColumnKind::Empty, Vec::new(), None);
        }
        match (&self.candidate.content, &self.reference.content) {
            (Content::Numbers(ours), Content::Numbers(theirs))
                if number::comparable(ours, theirs) =>
            {
                let mut tests =
                    vec![number::kolmogorov_smirnov(self, (ours, theirs), self.gap, level)];
                if self.gap.is_some() {
                    tests.push(number::mean(self, &ours.moments, &theirs.moments, level));
                    tests.extend(number::transport(ours, theirs));
                    tests.extend(number::quantile_shift(ours, theirs));
                    tests.extend(number::population_stability(ours, theirs));
                    tests.extend(number::counts(ours, theirs));
                    tests.extend(on_request::compare(ours, theirs, &rules.statistics(), level));
                }
                let drawn = plot::draw_numbers(ours, theirs, self.gap);
                let kind = if ours.space.is_time() { ColumnKind::Time } else { ColumnKind::Number };
                (kind, tests, drawn)
            }
            (Content::Categories(ours), Content::Categories(theirs))
                if ours.is_few() && theirs.is_few() =>
            {
                let tests = category::compare(self, ours, theirs, level);
                (ColumnKind::Category, tests, Some(plot::draw_categories(ours, theirs)))
            }
            (Content::Categories(ours), Content::Categories(theirs)) => {
                let lengths = ours.lengths.as_deref().zip(theirs.lengths.as_deref());
                let tests = lengths.map(|lengths| number::lengths(self, lengths, level));
                (ColumnKind::Text, tests.into_iter().collect(), None)
            }
            (Content::Empty, Content::Empty) => (ColumnKind::Empty, Vec::new(), None),
            _ => (ColumnKind::Text, Vec::new(), None),
        }
    }

    /// Whether both sides have rows, and none of them a value.
    fn is_all_missing(&self) -> bool {
        let sides = [self.candidate, self.reference];
        sides.iter().all(|side| side.rows > 0 && side.rows == side.nulls + side.nans)
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
