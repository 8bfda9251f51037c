//! Writes rules whose thresholds come from how much past executions differ from each other.

use std::collections::{BTreeMap, BTreeSet};

use super::suggested_text::Text;
use super::table::TableProfile;
use super::whole::Profile;
use crate::judgement::{Check, ColumnJudgement, Statistic, Test};
use crate::{Error, ErrorKind, Level, Result, Rules, Validator};

/// Rules that past executions suggest, with comments that say where each threshold comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    rules: Rules,
    toml: String,
}

impl Suggestion {
    /// Returns the rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Returns them as a rule file with comments.
    pub fn toml(&self) -> &str {
        &self.toml
    }
}

/// The largest effect of one kind between two executions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    /// The far end of its interval.
    pub(super) reach: f64,
    /// Which execution was compared with which.
    pub(super) pair: (usize, usize),
}

/// How far the executions differ from each other in one column, by the name of the margin.
pub(super) type Spread = BTreeMap<&'static str, Seen>;

/// Suggests rules from the profiles of past executions, each with the name by which the comments call it.
///
/// Every execution is compared with every other. The margin of a column is the far end of the widest interval that was seen, times
/// `n / (n - 1)` for `n` executions: what has been seen of a range falls short of the range by about that. Limits of row counts and of
/// values are widened likewise, by an `(n - 1)`th of how much they varied. Rows are not compared, since the rows of other executions
/// differ. The rules hold for each of the executions, compared with the profile of any other of them.
///
/// ```
/// use reenact_validator::{Profile, ProfileOptions, Rules, Validator, Verdict, suggest};
///
/// let directory = tempfile::tempdir()?;
/// let mut executions = Vec::new();
/// for month in 1..4 {
///     let path = directory.path().join(format!("2013-{month:02}.csv"));
///     let rows = (0..2_000 + month).map(|i| format!("{}\n", (i * 37 + month) % 1_000));
///     std::fs::write(&path, "delay\n".to_owned() + &rows.collect::<String>())?;
///     executions.push((format!("2013-{month:02}"), Profile::of(&path, &ProfileOptions::new())?));
/// }
/// let suggestion = suggest(&executions)?;
/// assert!(suggestion.toml().contains("from 3 executions"));
/// assert_eq!(&Rules::from_toml(suggestion.toml())?, suggestion.rules());
///
/// let validator = Validator::new(suggestion.rules().clone());
/// let judgement = validator.compare_with_profile(&directory.path().join("2013-03.csv"), &executions[0].1)?;
/// assert_eq!(judgement.verdict, Verdict::Pass);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::InvalidRules`] with fewer than two executions, or if they have no table in common.
pub fn suggest(executions: &[(String, Profile)]) -> Result<Suggestion> {
    if executions.len() < 2 {
        let message = "one execution does not show how much executions vary: give the profiles of at least two";
        return Err(Error::new(ErrorKind::InvalidRules, message));
    }
    let aligned = Aligned::of(executions)?;
    let variation = aligned.variation();
    let toml = Text::of(&aligned, &variation).finish();
    let rules = Rules::from_toml(&toml)?;
    Ok(Suggestion { rules, toml })
}

/// The profiles of one table, with the executions that they are of.
pub(super) type Held<'a> = Vec<(usize, &'a TableProfile)>;

/// The tables of all executions, each with its profiles and the executions they are of.
pub(super) struct Aligned<'a> {
    pub(super) names: Vec<&'a str>,
    /// By name; the name is absent if each execution has one table, whatever its name.
    pub(super) tables: Vec<(Option<&'a str>, Held<'a>)>,
    /// Whether an execution has a table that another lacks.
    pub(super) some_lack_tables: bool,
}

/// What differs between executions.
#[derive(Debug, Default)]
pub(super) struct Variation {
    pub(super) columns: BTreeMap<String, Spread>,
    /// Columns whose schema differs, or that can't be compared in every pair.
    pub(super) unfit: BTreeSet<String>,
}

impl<'a> Aligned<'a> {
    fn of(executions: &'a [(String, Profile)]) -> Result<Self> {
        let names = executions.iter().map(|(name, _)| name.as_str()).collect();
        let profiles = || executions.iter().map(|(_, profile)| profile);
        if profiles().all(|profile| profile.tables().len() == 1) {
            let tables = profiles().flat_map(Profile::tables).enumerate().collect();
            return Ok(Self { names, tables: vec![(None, tables)], some_lack_tables: false });
        }
        let all: BTreeSet<&str> =
            profiles().flat_map(Profile::tables).map(TableProfile::name).collect();
        let mut tables = Vec::new();
        for name in &all {
            let held = profiles().enumerate();
            let held: Vec<_> =
                held.filter_map(|(index, profile)| Some((index, profile.table(name)?))).collect();
            tables.push((Some(*name), held));
        }
        let complete = tables.iter().filter(|table| table.1.len() == executions.len()).count();
        if complete == 0 {
            let message = "no table is in all of the profiles";
            return Err(Error::new(ErrorKind::InvalidRules, message));
        }
        let some_lack_tables = complete < all.len();
        Ok(Self { names, tables, some_lack_tables })
    }

    fn variation(&self) -> Variation {
        let rules = Rules::new().with_level(Check::Rows, Level::Off);
        let validator = Validator::new(rules);
        let mut variation = Variation::default();
        for (_, tables) in &self.tables {
            // A table that only one execution has must pass at least beside itself.
            let alone = tables.len() == 1;
            for (candidate, ours) in tables {
                let others = tables.iter().filter(|other| alone || other.0 != *candidate);
                for (reference, theirs) in others {
                    let judged = validator.judge_profile(ours, theirs);
                    let unfit = judged
                        .findings
                        .iter()
                        .filter(|finding| finding.decides() && is_of_schema(finding.check));
                    variation.unfit.extend(unfit.filter_map(|finding| finding.column.clone()));
                    for column in &judged.columns {
                        variation.add(column, (*candidate, *reference));
                    }
                }
            }
        }
        variation.columns.retain(|name, _| !variation.unfit.contains(name));
        variation
    }
}

fn is_of_schema(check: Check) -> bool {
    matches!(
        check,
        Check::MissingColumn | Check::ExtraColumn | Check::ColumnType | Check::DuplicateColumn
    )
}

impl Variation {
    fn add(&mut self, column: &ColumnJudgement, pair: (usize, usize)) {
        for test in column.tests.iter().filter(|test| test.decides) {
            let (Some(margin), Some(reach)) = (margin_of(test.statistic), reach(test)) else {
                self.unfit.insert(column.name.clone());
                continue;
            };
            let spread = self.columns.entry(column.name.clone()).or_default();
            let seen = spread.entry(margin).or_insert(Seen { reach, pair });
            if reach > seen.reach {
                *seen = Seen { reach, pair };
            }
        }
    }
}

fn margin_of(statistic: Statistic) -> Option<&'static str> {
    Some(match statistic {
        Statistic::KolmogorovSmirnov => "distribution",
        Statistic::TotalVariation => "categories",
        Statistic::WelchMean => "mean",
        Statistic::NullRate => "null_rate",
        _ => return None,
    })
}

fn reach(test: &Test) -> Option<f64> {
    test.interval.map(|interval| interval.low.abs().max(interval.high.abs()))
}
