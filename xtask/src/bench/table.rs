//! Figures beside their goals, as the README has them.

use std::fmt;

/// Rows of a table.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

struct Row {
    figure: String,
    measured: String,
    goal: String,
    is_met: Option<bool>,
}

impl Table {
    /// How many times as much as another's it is, which is to be at most `goal`.
    pub(super) fn ratio(&mut self, figure: &str, ours: f64, theirs: f64, unit: &Unit, goal: f64) {
        let ratio = ours / theirs;
        self.rows.push(Row {
            figure: figure.to_owned(),
            measured: format!("{ratio:.2} ({} to {})", unit.show(ours), unit.show(theirs)),
            goal: format!("at most {goal:.2}"),
            is_met: Some(ratio <= goal),
        });
    }

    /// As such, which is to be at most `goal`.
    pub(super) fn value(&mut self, figure: &str, measured: f64, unit: &Unit, goal: f64) {
        self.rows.push(Row {
            figure: figure.to_owned(),
            measured: unit.show(measured),
            goal: format!("at most {}", unit.show(goal)),
            is_met: Some(measured <= goal),
        });
    }

    /// What has no goal.
    pub(super) fn remark(&mut self, figure: &str, measured: f64, unit: &Unit) {
        self.rows.push(Row {
            figure: figure.to_owned(),
            measured: unit.show(measured),
            goal: String::new(),
            is_met: None,
        });
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| figure | measured | goal | |\n| --- | --- | --- | --- |"
        )?;
        for row in &self.rows {
            let verdict = match row.is_met {
                Some(true) => "met",
                Some(false) => "missed",
                None => "",
            };
            let (figure, measured, goal) = (&row.figure, &row.measured, &row.goal);
            writeln!(f, "| {figure} | {measured} | {goal} | {verdict} |")?;
        }
        Ok(())
    }
}

/// What is counted.
pub(super) enum Unit {
    Bytes,
    Instructions,
    Microseconds,
    Milliseconds,
    Seconds,
}

impl Unit {
    fn show(&self, number: f64) -> String {
        match self {
            Self::Bytes if number >= 1024.0 * 1024.0 => {
                format!("{:.1} MiB", number / 1024.0 / 1024.0)
            }
            Self::Bytes => format!("{number:.0} bytes"),
            Self::Instructions => format!("{number:.0} instructions"),
            Self::Microseconds => format!("{number:.0} µs"),
            Self::Milliseconds => format!("{number:.1} ms"),
            Self::Seconds => format!("{number:.2} s"),
        }
    }
}
