//! Tables for people, as `status`, `jobs` and `list` print them.

use console::{Alignment, measure_text_width, pad_str, truncate_str};

/// What separates two columns.
const GAP: &str = "  ";

/// Rows below a head, in columns that are as wide as their longest cell.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        let head = head.iter().map(ToString::to_string).collect();
        Self { rows: vec![head] }
    }

    /// Adds a row. Text from a server must be sanitized.
    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// The lines, head first. Within a `width`, the last column is cut.
    pub(crate) fn render(&self, width: Option<usize>) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths: Vec<_> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                let widths = cells.map(|cell| measure_text_width(cell));
                widths.max().unwrap_or_default()
            })
            .collect();
        let lines = self.rows.iter().map(|row| {
            let cells = row.iter().zip(&widths);
            let cells = cells.map(|(cell, width)| pad_str(cell, *width, Alignment::Left, None));
            let line = cells.collect::<Vec<_>>().join(GAP);
            let line = line.trim_end();
            width.map_or(line.to_owned(), |width| {
                truncate_str(line, width, "…").into_owned()
            }) + "\n"
        });
        lines.collect()
    }
}

/// The width for [`Table::render`]: that of the terminal on stdout, if it is one.
pub(crate) fn terminal_width() -> Option<usize> {
    let (_, columns) = console::Term::stdout().size_checked()?;
    Some(columns.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_the_last_is_cut() {
        let mut table = Table::new(&["ID", "STATUS", "PROMPT"]);
        table.push(vec!["5".into(), "completed".into(), "猫 in a field".into()]);
        table.push(vec!["12".into(), "failed".into(), String::new()]);
        assert_eq!(
            table.render(None),
            "ID  STATUS     PROMPT\n5   completed  猫 in a field\n12  failed\n"
        );
        assert_eq!(
            table.render(Some(21)),
            "ID  STATUS     PROMPT\n5   completed  猫 in…\n12  failed\n"
        );
    }
}
