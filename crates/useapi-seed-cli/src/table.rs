//! Tables for people, as `status`, `jobs` and `list` print them.

use console::{Alignment, Term, measure_text_width, pad_str, truncate_str};

/// What separates two columns.
const GAP: &str = "  ";
/// Stands for an empty cell, so that every row has as many fields as the head.
const EMPTY: &str = "-";

/// Rows below a head, in columns as wide as their longest cell. A column that is empty
/// in every row is left out.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// The cells of each, its heading first.
    columns: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        let columns = head.iter().map(|heading| vec![(*heading).to_owned()]);
        Self {
            columns: columns.collect(),
        }
    }

    /// Adds a row. Text from a server must be sanitized.
    pub(crate) fn push(&mut self, row: Vec<String>) {
        for (column, cell) in self.columns.iter_mut().zip(row) {
            column.push(cell);
        }
    }

    /// The lines, head first. With a `width`, the last column is truncated to it.
    pub(crate) fn render(&self, width: Option<usize>) -> String {
        let has_text = |cells: &&Vec<String>| cells.iter().skip(1).any(|cell| !cell.is_empty());
        let mut columns: Vec<_> = self.columns.iter().filter(has_text).collect();
        let last = columns.pop().map_or(&[][..], Vec::as_slice);
        let mut lines = vec![String::new(); last.len()];
        let shown = |cell: &String| if cell.is_empty() { EMPTY } else { cell }.to_owned();
        for cells in columns {
            let widths = cells.iter().map(|cell| measure_text_width(cell));
            let width = widths.max().unwrap_or(0);
            for (line, cell) in lines.iter_mut().zip(cells) {
                *line += &pad_str(&shown(cell), width, Alignment::Left, None);
                *line += GAP;
            }
        }
        for (line, cell) in lines.iter_mut().zip(last) {
            // Up to the end of the terminal's line on which the last column starts.
            let room = width.filter(|width| *width > 0);
            let room = room.map_or(usize::MAX, |width| width - measure_text_width(line) % width);
            *line += &truncate_str(&shown(cell), room, "…");
        }
        lines.join("\n") + "\n"
    }
}

/// For [`Table::render`]: the width of the terminal on stdout, if it is one.
pub(crate) fn terminal_width() -> Option<usize> {
    let (_, columns) = Term::stdout().size_checked()?;
    Some(columns.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[[&str; 3]]) -> Table {
        let mut table = Table::new(&["ID", "STATUS", "PROMPT"]);
        for row in rows {
            table.push(row.iter().map(ToString::to_string).collect());
        }
        table
    }

    #[test]
    fn last_column_is_cut_to_the_width() {
        let table = table(&[["5", "completed", "猫 in a field"], ["12", "failed", ""]]);
        assert_eq!(
            table.render(None),
            "ID  STATUS     PROMPT\n5   completed  猫 in a field\n12  failed     -\n"
        );
        assert_eq!(
            table.render(Some(21)),
            "ID  STATUS     PROMPT\n5   completed  猫 in…\n12  failed     -\n"
        );
        // The terminal wraps the line within the column before.
        assert!(table.render(Some(10)).contains("\n5   completed  猫 i…\n"));
    }

    #[test]
    fn empty_column_is_left_out() {
        let table = table(&[["5", "failed", ""], ["6", "", ""]]);
        assert_eq!(table.render(None), "ID  STATUS\n5   failed\n6   -\n");
    }
}
