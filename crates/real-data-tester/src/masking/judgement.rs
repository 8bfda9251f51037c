//! Masks what a comparison says of the data.

use std::collections::BTreeMap;

use reenact_validator::{
    Category, CellChange, Check, ColumnJudgement, DocumentDifference, Finding, Judgement, Plot,
    RowComparison, RowKey, TableJudgement,
};

use super::{Mask, Masker};

/// What may be said of a masked column: names, types and counts, and effects that have no unit. Other checks may quote its values.
const HARMLESS: [Check; 9] = [
    Check::MissingColumn,
    Check::ExtraColumn,
    Check::ColumnOrder,
    Check::ColumnType,
    Check::Nullability,
    Check::Rows,
    Check::Distribution,
    Check::Mean,
    Check::NullRate,
];

impl Masker {
    /// Masks rows, categories, summaries and plots of masked columns, and all free text.
    pub(super) fn judgement(&self, judgement: &mut Judgement) {
        let mut told = Vec::new();
        for finding in &mut judgement.findings {
            told.extend(self.finding(finding));
        }
        for table in &mut judgement.tables {
            for finding in &mut table.findings {
                told.extend(self.finding(finding));
            }
            self.table(table);
        }
        for file in &mut judgement.files {
            for difference in &mut file.differences {
                self.difference(difference);
            }
        }
        // The reason repeats a finding, which was masked as a whole.
        for (before, after) in told {
            judgement.reason = judgement.reason.replace(&before, &after);
        }
        self.clean(&mut judgement.reason);
    }

    /// Returns the message before and after, if it changed.
    fn finding(&self, finding: &mut Finding) -> Option<(String, String)> {
        let before = finding.message.clone();
        let masked = finding.column.as_ref().is_some_and(|name| self.column(name).is_some());
        if masked && !HARMLESS.contains(&finding.check) {
            finding.message =
                format!("what it says of a masked column is not shown: {}", finding.verdict);
            finding.recommendation = None;
        }
        self.clean(&mut finding.message);
        if let Some(recommendation) = &mut finding.recommendation {
            self.clean(recommendation);
        }
        for row in finding.rows.iter_mut().flat_map(|rows| &mut rows.examples) {
            for cell in &mut row.cells {
                self.value(&mut cell.value, &cell.column);
            }
        }
        (before != finding.message).then(|| (before, finding.message.clone()))
    }

    fn table(&self, table: &mut TableJudgement) {
        if let Some(rows) = &mut table.rows {
            self.rows(rows);
        }
        for column in &mut table.columns {
            self.clean(&mut column.sentence);
            for test in &mut column.tests {
                self.clean(&mut test.sentence);
            }
            match self.column(&column.name) {
                Some(mask) => self.masked_column(column, mask),
                None => self.open_column(column),
            }
        }
    }

    /// Keeps counts and effects; what has the unit of the values goes.
    fn masked_column(&self, column: &mut ColumnJudgement, mask: Mask) {
        column.candidate.numbers = None;
        column.reference.numbers = None;
        match &mut column.plot {
            Some(Plot::Categories { top, .. }) => {
                for category in top.iter_mut() {
                    category.value = self.show(&category.value, mask);
                }
                merge(top);
            }
            plot => *plot = None,
        }
    }

    fn open_column(&self, column: &mut ColumnJudgement) {
        if let Some(Plot::Categories { top, .. }) = &mut column.plot {
            for category in top.iter_mut() {
                category.value = self.scrub_patterns(&category.value).into_owned();
            }
            merge(top);
        }
    }

    fn rows(&self, rows: &mut RowComparison) {
        let key = rows.key.clone().unwrap_or_default();
        for example in &mut rows.examples {
            if let Some(values) = &mut example.key {
                self.row_key(values, &key);
            }
            for cell in &mut example.cells {
                self.cell(cell);
            }
        }
        for largest in rows.columns.iter_mut().flat_map(|column| &mut column.largest) {
            self.row_key(&mut largest.key, &key);
            self.cell(&mut largest.cell);
        }
    }

    fn row_key(&self, key: &mut RowKey, columns: &[String]) {
        for (value, column) in key.values.iter_mut().zip(columns) {
            self.value(value, column);
        }
    }

    fn cell(&self, cell: &mut CellChange) {
        self.value(&mut cell.candidate, &cell.column);
        self.value(&mut cell.reference, &cell.column);
        if self.column(&cell.column).is_some() {
            cell.difference = None;
        }
    }

    fn value(&self, value: &mut Option<String>, column: &str) {
        if let Some(value) = value {
            *value = match self.column(column) {
                Some(mask) => self.show(value, mask),
                None => self.scrub_patterns(value).into_owned(),
            };
        }
    }

    /// Of a JSON document's difference, the values are masked if one of the names in its path is.
    fn difference(&self, difference: &mut DocumentDifference) {
        let mut names = difference.path.split(['.', '[', ']']);
        let masked = names.any(|name| self.column(name).is_some());
        let values = [&mut difference.candidate, &mut difference.reference];
        for value in values.into_iter().flatten() {
            if masked {
                super::masker::REDACTED.clone_into(value);
            } else {
                self.clean(value);
            }
        }
    }
}

/// Adds up categories that have become one.
fn merge(categories: &mut Vec<Category>) {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut merged: Vec<Category> = Vec::new();
    for category in categories.drain(..) {
        if let Some(&place) = places.get(&category.value) {
            merged[place].candidate += category.candidate;
            merged[place].reference += category.reference;
        } else {
            places.insert(category.value.clone(), merged.len());
            merged.push(category);
        }
    }
    *categories = merged;
}
