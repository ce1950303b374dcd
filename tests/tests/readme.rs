//! The README's table of measured performance.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

const README: &str = include_str!("../../README.md");
const TABLE: &str = "| figure | measured | goal |\n| --- | --- | --- |\n";

/// A figure in its smallest unit, and whether it is marked.
fn figure(text: &str) -> (f64, bool) {
    let bare = text.trim_matches('*');
    let (number, unit) = bare.split_once(' ').unwrap_or((bare, ""));
    let factor = match unit {
        "" | "bytes" => 1.0,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        other => panic!("unit {other}"),
    };
    (number.parse::<f64>().unwrap() * factor, bare != text)
}

#[test]
fn missed_goals_are_marked() {
    let (_, table) = README.split_once(TABLE).unwrap();
    let mut marked = 0;
    for row in table.lines().take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, measured, goals] = cells[..] else {
            panic!("{row}");
        };
        let goals: Vec<_> = goals.split(", ").map(figure).collect();
        for (index, measured) in measured.split(", ").map(figure).enumerate() {
            let (goal, _) = goals.get(index).or(goals.last()).unwrap();
            assert_eq!(measured.0 > *goal, measured.1, "{row}");
            marked += usize::from(measured.1);
        }
    }
    assert!(marked > 0 && README.contains("**Bold**\nfigures miss their goal"));
}
