//! Compares two programs in alternate runs, A B A B: other load on the machine slows
//! both, so the ratio of neighbouring runs varies less than their costs.

use std::env;
use std::time::Duration;

/// Runs both alternately, `rounds` times or as often as `BENCH_ROUNDS` says, and
/// prints the median of the ratios of the seconds that they return, with its quartiles.
/// It is bold when it misses the goal. The first round warms up and does not count.
pub fn compare(
    figure: &str,
    goal: f64,
    rounds: usize,
    mut ours: impl FnMut() -> f64,
    mut rival: impl FnMut() -> f64,
) {
    let rounds = env::var("BENCH_ROUNDS").map_or(rounds, |text| text.parse().expect("a number"));
    let costs = (0..=rounds).map(|_| (ours(), rival()));
    let (ours, rivals): (Vec<f64>, Vec<f64>) = costs.skip(1).unzip();
    let ratios = ours.iter().zip(&rivals).map(|(ours, rival)| ours / rival);
    let [low, ratio, high] = quartiles(ratios.collect());
    let bold = if ratio > goal { "**" } else { "" };
    let [ours, rival] = [ours, rivals].map(|costs| Duration::from_secs_f64(quartiles(costs)[1]));
    println!(
        "{figure}: {bold}{ratio:.2}{bold} ({low:.2} to {high:.2}; {ours:.1?} to \
         {rival:.1?}), goal {goal:.2}"
    );
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    [1, 2, 3].map(|quarter| *values.get(last * quarter / 4).expect("at least one round"))
}
