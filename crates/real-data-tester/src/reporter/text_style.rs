//! How a text is shown: with colours or without, and how wide.

use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table, TableStyle};
use reenact_validator::Verdict;

/// Tables with a line below their header and no other.
const LINES: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// How a text is shown: plain and as wide as it comes, as files and pipes want it, unless it is told otherwise.
///
/// What a terminal can show, and whether its user wants colours (`NO_COLOR`), is for the caller to find out.
///
/// ```
/// use reenact_real_data_tester::TextStyle;
///
/// let style = TextStyle::default().with_colours(true).with_width(80);
/// assert_ne!(style, TextStyle::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct TextStyle {
    colours: bool,
    width: Option<u16>,
}

impl TextStyle {
    /// Shows verdicts in colours.
    pub fn with_colours(self, colours: bool) -> Self {
        Self { colours, ..self }
    }

    /// Shows tables no wider than this, in characters: those that are wider row by row, one line for each of its cells.
    pub fn with_width(self, width: u16) -> Self {
        Self { width: Some(width), ..self }
    }

    /// Emphasises a word that tells a verdict.
    pub(super) fn verdict(self, verdict: Verdict, word: &str) -> String {
        if !self.colours {
            return word.to_owned();
        }
        let colour = match verdict {
            Verdict::Pass => AnsiColor::Green,
            Verdict::Fail => AnsiColor::Red,
            Verdict::Inconclusive => AnsiColor::Yellow,
        };
        let style = Style::new().bold().fg_color(Some(colour.into()));
        format!("{style}{word}{style:#}")
    }

    /// Returns rows below a header, of which the columns `right` have numbers; where that is too wide, each row as lines of its own,
    /// with the words of the header beside what they are about.
    pub(super) fn grid(self, header: &[&str], right: &[usize], rows: &[Vec<Cell>]) -> String {
        let plain = Self::default().table(header, right, rows).to_string();
        let fits = |width: u16| plain.lines().all(|line| line.chars().count() <= width.into());
        match self.width {
            Some(width) if !fits(width) => self.list(header, rows, width).to_string(),
            _ => self.table(header, right, rows).to_string(),
        }
    }

    fn table(self, header: &[&str], right: &[usize], rows: &[Vec<Cell>]) -> Table {
        let mut table = self.empty();
        table.set_header(header.iter().copied()).add_rows(rows.iter().cloned());
        for &index in right {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }

    fn list(self, header: &[&str], rows: &[Vec<Cell>], width: u16) -> Table {
        let mut table = self.empty();
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                table.add_row([""]);
            }
            table.add_rows(
                header.iter().zip(row).map(|(word, cell)| [Cell::new(word), cell.clone()]),
            );
        }
        table
    }

    fn empty(self) -> Table {
        let mut table = Table::new();
        table.load_style(LINES);
        if self.colours {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table
    }
}

/// Returns a cell that tells a verdict.
pub(super) fn verdict_cell(verdict: Verdict) -> Cell {
    let cell = Cell::new(verdict.as_str());
    match verdict {
        Verdict::Pass => cell,
        Verdict::Fail => cell.fg(Color::Red),
        Verdict::Inconclusive => cell.fg(Color::Yellow),
    }
}
