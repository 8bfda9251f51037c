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

    /// Breaks the text of tables so that they are no wider than this, in characters.
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

    /// Returns a table with a header, to which rows can be added; the columns `right` have numbers.
    pub(super) fn table(self, header: &[&str], right: &[usize]) -> Table {
        let mut table = Table::new();
        table.load_style(LINES).set_header(header.iter().copied());
        if self.colours {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        if let Some(width) = self.width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        for &index in right {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
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
