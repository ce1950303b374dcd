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
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self {
            head: head.iter().map(ToString::to_string).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row. Text from a server must be sanitized.
    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// The lines, head first. With a `width`, the last column is truncated to it.
    pub(crate) fn render(&self, width: Option<usize>) -> String {
        let has_text = |column: &usize| {
            let mut cells = self.rows.iter().filter_map(|row| row.get(*column));
            cells.any(|cell| !cell.is_empty())
        };
        let columns: Vec<_> = (0..self.head.len()).filter(has_text).collect();
        let lines: Vec<Vec<&str>> = [&self.head]
            .into_iter()
            .chain(&self.rows)
            .map(|row| {
                let cells = columns.iter().map(|column| row.get(*column));
                let cells = cells.map(|cell| cell.map_or("", String::as_str));
                cells
                    .map(|cell| if cell.is_empty() { EMPTY } else { cell })
                    .collect()
            })
            .collect();
        let widest = |column: usize| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| measure_text_width(cell)).max()
        };
        let widths: Vec<_> = (0..columns.len()).filter_map(widest).collect();
        let render_line = |line: &Vec<&str>| {
            let Some((last, cells)) = line.split_last() else {
                return String::new();
            };
            let cells = cells.iter().zip(&widths);
            let start: String = cells
                .map(|(cell, width)| pad_str(cell, *width, Alignment::Left, None) + GAP)
                .collect();
            // Up to the end of the terminal's line on which the last column starts.
            let room = width.filter(|width| *width > 0);
            let room = room.map_or(usize::MAX, |width| {
                width - measure_text_width(&start) % width
            });
            format!("{start}{}\n", truncate_str(last, room, "…"))
        };
        lines.iter().map(render_line).collect()
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
