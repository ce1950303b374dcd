//! How far jobs have come: a line that changes for each on a terminal, lines that
//! stay anywhere else.

use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressState, ProgressStyle};
use useapi_seed::{Error, JobProgress, SavedImage};

use crate::terminal::{PROGRESS, eprint};
use crate::text::sanitize;

/// Parts that change stand in columns; what is wider than the terminal is cut.
const TEMPLATE: &str = "{spinner:.cyan} {percent_known:>5}  {age:>4}  {look:<7}  {wide_msg}";
/// For terminals of fewer columns.
const NARROW_TEMPLATE: &str = "{percent_known:>5} {wide_msg}";
const NARROW: u16 = 40;
const TICK: Duration = Duration::from_millis(200);

/// Shows one job's progress on stderr, until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    /// What lines begin with, where there are several jobs.
    name: Option<String>,
    shown: Mutex<Shown>,
}

#[derive(Debug, Default)]
struct Shown {
    /// None before there is anything to show, or when stderr is no terminal.
    bar: Option<ProgressBar>,
    columns: Arc<Mutex<Columns>>,
    told: String,
}

/// What the columns show.
#[derive(Debug, Default)]
struct Columns {
    percent: Option<u8>,
    next_look: Option<Instant>,
    /// How old the job was when it was first shown.
    age: Duration,
}

impl Progress {
    /// `name` is given where there are several jobs.
    pub(crate) fn new(name: Option<&str>) -> Self {
        Self {
            name: name.map(sanitize),
            shown: Mutex::default(),
        }
    }

    /// Says in a line that stays.
    pub(crate) fn eprint(&self, news: impl Display) {
        eprint(named(self.name.as_deref(), news));
    }

    /// Says what goes on now.
    pub(crate) fn status(&self, status: &str) {
        {
            // Percentage and look are those of a wait.
            let shown = lock(&self.shown);
            let mut columns = lock(&shown.columns);
            columns.percent = None;
            columns.next_look = None;
        }
        self.show(status, None);
    }

    /// Says how old the job is already.
    pub(crate) fn since(&self, age: Duration) {
        lock(&lock(&self.shown).columns).age = age;
    }

    /// As `eprint`, for one job; among many it is too much, but for the line that
    /// changes.
    pub(crate) fn detail(&self, news: &str) {
        if self.name.is_none() {
            self.eprint(news);
        } else if !PROGRESS.is_hidden() {
            self.show(news, None);
        }
    }

    /// Shows a job's progress; an unchanged line is not printed again.
    pub(crate) fn update(&self, job: &JobProgress) {
        let status = job.status.as_ref();
        let status = sanitize(status.map_or("in progress", |status| status.as_str()));
        self.show(&status, job.percent);
    }

    /// Tells a poll that failed.
    pub(crate) fn poll_error(&self, error: &Error) {
        self.eprint(sanitize(&format!("asking again: {error}")));
    }

    /// Shows when the next poll is due.
    pub(crate) fn pause(&self, pause: Duration) {
        lock(&lock(&self.shown).columns).next_look = Instant::now().checked_add(pause);
    }

    fn show(&self, status: &str, percent: Option<u8>) {
        let name = self.name.as_deref();
        let mut shown = lock(&self.shown);
        if PROGRESS.is_hidden() {
            // A line for every tenth of the way is enough to read later.
            let line = match percent {
                Some(percent) => format!("{status}, {} %", percent / 10 * 10),
                None => status.to_owned(),
            };
            if line != shown.told {
                eprint(named(name, &line));
                shown.told = line;
            }
            return;
        }
        {
            let mut column = lock(&shown.columns);
            column.percent = percent.or(column.percent);
        }
        let column = Arc::clone(&shown.columns);
        let bar = shown.bar.get_or_insert_with(|| bar(column));
        bar.set_message(match name {
            // What comes first is what ids differ in, and there is little room.
            Some(name) => format!("{}  {status}", name.split('-').next().unwrap_or(name)),
            None => status.to_owned(),
        });
    }

    /// Takes the images as they come.
    pub(crate) fn image(&self, outcome: &Result<SavedImage, Error>) {
        if let Ok(saved) = outcome {
            let size = HumanBytes(saved.size);
            let there = if saved.reused { ", there before" } else { "" };
            self.detail(&format!("image {}: {size}{there}", saved.number));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let shown = lock(&self.shown);
        if let Some(bar) = &shown.bar {
            bar.finish_and_clear();
            PROGRESS.remove(bar);
        }
    }
}

/// What another thread has left half-done is only shown.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn named(name: Option<&str>, news: impl Display) -> String {
    match name {
        Some(name) => format!("{name}: {news}"),
        None => news.to_string(),
    }
}

fn bar(column: Arc<Mutex<Columns>>) -> ProgressBar {
    let (_, width) = console::Term::stderr().size();
    let template = if width < NARROW {
        NARROW_TEMPLATE
    } else {
        TEMPLATE
    };
    let age = Arc::clone(&column);
    // Above the line about all of them.
    let bar = PROGRESS.insert_from_back(1, ProgressBar::no_length());
    let percent = Arc::clone(&column);
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key(
            "percent_known",
            move |_: &ProgressState, out: &mut dyn fmt::Write| {
                let column = lock(&percent);
                if let Some(percent) = column.percent {
                    let _ = write!(out, "{percent} %");
                }
            },
        )
        .with_key(
            "age",
            move |state: &ProgressState, out: &mut dyn fmt::Write| {
                let age = lock(&age).age + state.elapsed();
                let _ = out.write_str(&short(age));
            },
        )
        .with_key(
            "look",
            move |_: &ProgressState, out: &mut dyn fmt::Write| {
                let column = lock(&column);
                if let Some(next) = column.next_look {
                    let left = next.saturating_duration_since(Instant::now());
                    // The second that has begun counts.
                    let left = short(left + Duration::from_millis(999));
                    let _ = write!(out, "look {left}");
                }
            },
        );
    bar.set_style(style);
    bar.enable_steady_tick(TICK);
    bar
}

/// In one unit, as far as it matters to who waits.
fn short(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds}s"),
        seconds @ 120..7200 => format!("{}m", seconds / 60),
        seconds => format!("{}h", seconds / 3600),
    }
}

/// The line below those of many jobs.
#[derive(Debug)]
pub(crate) struct Total {
    bar: Option<ProgressBar>,
    of: usize,
    ended: usize,
}

impl Total {
    pub(crate) fn new(of: usize) -> Self {
        let bar = (of > 1 && !PROGRESS.is_hidden()).then(|| {
            let bar = PROGRESS.add(ProgressBar::no_length());
            bar.set_style(
                ProgressStyle::with_template("{wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar.set_message(format!("0 of {of} jobs have ended"));
            bar
        });
        Self { bar, of, ended: 0 }
    }

    pub(crate) fn one_more(&mut self) {
        self.ended += 1;
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{} of {} jobs have ended", self.ended, self.of));
        }
    }
}

impl Drop for Total {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            PROGRESS.remove(bar);
        }
    }
}
