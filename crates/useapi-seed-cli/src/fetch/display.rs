//! What stderr shows of jobs: on a terminal a row for each active job and a total;
//! elsewhere lines.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display as Text;
use std::time::{Duration, Instant};

use console::{Term, measure_text_width, truncate_str};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use useapi_seed::{JobProgress, JobStatus};

use super::report::{JobReport, Status};
use crate::arguments::Progress;
use crate::terminal::{
    self, PROGRESS, Verbosity, eprint, eprint_always, eprint_error_line, failure, success,
};
use crate::text::{one_line, sanitize};

/// How often the rows are drawn.
pub(crate) const TICK: Duration = Duration::from_millis(200);
/// How often the total is printed where there are no rows, and a repeated outage.
const LINE_INTERVAL: Duration = Duration::from_secs(60);
/// A request is called slow after this.
const SLOW: Duration = Duration::from_secs(3);
/// Where less is left for a row's label, it has none.
const MIN_LABEL: usize = 4;
/// Narrower terminals have no details of finished jobs.
const LEAST_WIDTH: usize = 60;
/// Width of a line where there is no terminal.
const PLAIN_WIDTH: usize = 120;

/// All jobs of a command.
#[derive(Debug)]
pub(crate) struct Display {
    progress: Progress,
    total: usize,
    started: Instant,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Active jobs, by their position in the input.
    rows: BTreeMap<usize, Row>,
    bar: Option<ProgressBar>,
    finished: usize,
    skipped: usize,
    /// Of these, how many were reported.
    skipped_reported: usize,
    failed: usize,
    outage: Option<Outage>,
    /// When an outage was last reported.
    last_outage: Option<Instant>,
    /// Whether an error of all jobs was printed.
    is_stopped: bool,
    last_total: Option<Instant>,
}

#[derive(Debug)]
struct Outage {
    since: Instant,
    is_reported: bool,
}

#[derive(Debug)]
struct Row {
    label: String,
    phase: String,
    percent: Option<u8>,
    started: Instant,
    /// When the next request is sent, or was.
    next_request: Option<Instant>,
    last_line: String,
}

impl Display {
    pub(crate) fn new(progress: Progress, total: usize) -> Self {
        let is_live = progress == Progress::Auto
            && !PROGRESS.is_hidden()
            && terminal::verbosity() > Verbosity::Quiet;
        Self {
            progress: match progress {
                Progress::Auto if !is_live => Progress::Plain,
                progress => progress,
            },
            total,
            started: Instant::now(),
            state: RefCell::default(),
        }
    }

    /// Shows an active job until the result is dropped.
    pub(crate) fn job(&self, index: usize, job_id: &str) -> JobDisplay<'_> {
        let row = Row {
            label: sanitize(job_id),
            phase: String::new(),
            percent: None,
            started: Instant::now(),
            next_request: None,
            last_line: String::new(),
        };
        self.state.borrow_mut().rows.insert(index, row);
        JobDisplay {
            display: self,
            index,
            job_id: sanitize(job_id),
        }
    }

    fn is_batch(&self) -> bool {
        self.total > 1
    }

    fn is_live(&self) -> bool {
        self.progress == Progress::Auto
    }

    /// Prints what came of a job of several.
    pub(crate) fn finished(&self, report: &JobReport) {
        let mut state = self.state.borrow_mut();
        state.finished += 1;
        state.skipped += usize::from(report.already_present);
        state.failed += usize::from(report.status() == Status::Failed);
        let number = state.finished;
        let error = report.errors.iter().find(|error| !error.is_not_submitted());
        // An error of all jobs is printed once.
        let is_repeated = error.is_some_and(|error| {
            error.is_about_all() && std::mem::replace(&mut state.is_stopped, true)
        });
        drop(state);
        if !self.is_batch() || is_repeated {
            return;
        }
        let start = format!("[{number}/{}]", self.total);
        match error {
            Some(error) if error.is_about_all() => {
                self.print_skipped();
                eprint_error_line(error);
            }
            Some(error) if report.status() == Status::Failed => {
                self.print_skipped();
                let (failed, id) = (failure("failed"), sanitize(&report.job_id));
                eprint_always(format_args!("{start} {failed}  {}: {id}", error.message()));
            }
            None if report.errors.is_empty() && !report.already_present => {
                self.print_skipped();
                if let Some(line) = completed_line(&start, report) {
                    eprint(line);
                }
            }
            _ => {}
        }
    }

    /// Reports the jobs that were complete before, in one line.
    fn print_skipped(&self) {
        let mut state = self.state.borrow_mut();
        let skipped = state.skipped - state.skipped_reported;
        state.skipped_reported = state.skipped;
        drop(state);
        if skipped > 0 && self.is_batch() {
            eprint(format_args!("{skipped} already complete, skipped"));
        }
    }

    /// Reports once that the service is unreachable, for all jobs.
    pub(crate) fn unreachable(&self, cause: &str, gives_up_in: Duration) {
        if self.is_outage_due(Instant::now()) {
            eprint_always(format_args!(
                "service unreachable ({cause}); retrying, giving up in {}",
                short(gives_up_in)
            ));
        }
    }

    /// Whether an outage is to be reported: once, and once a minute where only some
    /// requests fail.
    fn is_outage_due(&self, now: Instant) -> bool {
        let mut state = self.state.borrow_mut();
        let last = state.last_outage;
        let is_recent = last.is_some_and(|last| now.duration_since(last) < LINE_INTERVAL);
        let outage = state.outage.get_or_insert(Outage {
            since: now,
            is_reported: false,
        });
        let is_due = !outage.is_reported && !is_recent;
        if is_due {
            outage.is_reported = true;
            state.last_outage = Some(now);
        }
        is_due
    }

    /// Reports once that the service responds again.
    pub(crate) fn reachable(&self) {
        let outage = self.state.borrow_mut().outage.take();
        if let Some(outage) = outage.filter(|outage| outage.is_reported) {
            eprint_always(format_args!(
                "reachable again after {}",
                short(outage.since.elapsed())
            ));
        }
    }

    /// Draws the rows, or prints the total when it is due; called every [`TICK`].
    pub(crate) fn tick(&self) {
        match self.progress {
            Progress::Auto => self.draw(),
            Progress::Plain if self.is_batch() => {
                if let Some(line) = self.due_total(Instant::now()) {
                    eprint(line);
                }
            }
            _ => {}
        }
    }

    /// The total, once a minute.
    fn due_total(&self, now: Instant) -> Option<String> {
        let mut state = self.state.borrow_mut();
        let last = state.last_total.unwrap_or(self.started);
        if now.duration_since(last) < LINE_INTERVAL {
            return None;
        }
        state.last_total = Some(now);
        Some(self.total_line(&state, now))
    }

    fn draw(&self) {
        let (height, width) = Term::stderr().size();
        let mut state = self.state.borrow_mut();
        let fitting = usize::from(height).saturating_sub(4).max(1);
        let width = usize::from(width).saturating_sub(1);
        let rows = state.rows.values().take(fitting);
        let mut lines: Vec<_> = rows.map(|row| row.line(width)).collect();
        if self.is_batch() {
            lines.push("----".to_owned());
            lines.push(fit(&self.total_line(&state, Instant::now()), width));
        }
        // One bar of several lines is drawn at once.
        let bar = state.bar.get_or_insert_with(|| {
            terminal::begin_progress();
            let bar = PROGRESS.add(ProgressBar::no_length());
            bar.set_style(
                ProgressStyle::with_template("{msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar
        });
        bar.set_message(lines.join("\n"));
    }

    fn total_line(&self, state: &State, now: Instant) -> String {
        let (total, finished, running) = (self.total, state.finished, state.rows.len());
        let failed = match state.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        let elapsed = now.duration_since(self.started);
        let queued = total.saturating_sub(finished + running);
        let processed = u32::try_from(finished - state.skipped);
        let left = match (processed, u32::try_from(total - finished)) {
            (Ok(processed @ 1..), Ok(left @ 1..)) => {
                let left = elapsed.saturating_mul(left) / processed;
                format!(", about {} left", short(left))
            }
            _ => String::new(),
        };
        let elapsed = short(elapsed);
        format!(
            "{finished}/{total} done{failed} | {running} running, {queued} queued | {elapsed} \
             elapsed{left}"
        )
    }
}

impl Display {
    /// Removes the rows.
    pub(crate) fn close(&self) {
        self.print_skipped();
        if let Some(bar) = self.state.borrow_mut().bar.take() {
            bar.finish_and_clear();
            PROGRESS.remove(&bar);
            terminal::end_progress();
        }
    }
}

/// One job, while it is active.
#[derive(Debug)]
pub(crate) struct JobDisplay<'a> {
    display: &'a Display,
    index: usize,
    job_id: String,
}

impl JobDisplay<'_> {
    fn update(&self, update: impl FnOnce(&mut Row)) {
        if let Some(row) = self.display.state.borrow_mut().rows.get_mut(&self.index) {
            update(row);
        }
    }

    /// What is being done now; a line of its own where one job has no row.
    pub(crate) fn phase(&self, phase: &str) {
        self.update(|row| row.percent = None);
        self.waiting(phase);
        self.line(phase);
    }

    /// As [`phase`](Self::phase), without a line of its own.
    pub(crate) fn waiting(&self, phase: &str) {
        self.update(|row| {
            phase.clone_into(&mut row.phase);
            row.next_request = None;
        });
    }

    /// Shows no percentage any more.
    pub(crate) fn end_of_progress(&self) {
        self.update(|row| row.percent = None);
    }

    /// Shows the prompt instead of the ID.
    pub(crate) fn prompt(&self, prompt: Option<&str>) {
        if let Some(prompt) = prompt {
            self.update(|row| row.label = sanitize(prompt));
        }
    }

    /// As [`phase`](Self::phase), while a request is sent.
    pub(crate) fn requesting(&self, phase: &str) {
        self.phase(phase);
        self.update(|row| row.next_request = Some(Instant::now()));
    }

    /// The job is polled from now on.
    pub(crate) fn polling(&self) {
        self.waiting("");
        self.line("queued");
    }

    /// A detail that stays for one job. For several it is a row's phase, and a line
    /// with `--verbose`.
    pub(crate) fn detail(&self, detail: impl Text) {
        let detail = detail.to_string();
        if !self.display.is_batch() {
            eprint(detail);
        } else if terminal::verbosity() >= Verbosity::Verbose {
            eprint(format_args!("{}: {detail}", self.job_id));
        } else {
            self.waiting(&detail);
        }
    }

    /// A saved image, where there is one job.
    pub(crate) fn image(&self, line: impl Text) {
        if !self.display.is_batch() {
            eprint(line);
        }
    }

    /// A note that is always printed.
    pub(crate) fn note(&self, note: impl Text) {
        if self.display.is_batch() {
            terminal::eprint_note(format_args!("{}: {note}", self.job_id));
        } else {
            terminal::eprint_note(note);
        }
    }

    /// How old the job is already.
    pub(crate) fn set_age(&self, age: Duration) {
        self.update(|row| row.started = row.started.checked_sub(age).unwrap_or(row.started));
    }

    pub(crate) fn progress(&self, job: &JobProgress) {
        self.prompt(job.prompt());
        self.update(|row| row.percent = job.percent.or(row.percent));
        // A line for every tenth is enough to read later.
        match (job.percent, &job.status) {
            (Some(percent), _) => self.line(&format!("{}%", percent / 10 * 10)),
            (None, None | Some(JobStatus::Created | JobStatus::Started)) => self.line("queued"),
            (None, Some(status)) => self.line(&sanitize(status.as_str())),
        }
    }

    /// The next request is sent after this pause.
    pub(crate) fn sleeping(&self, pause: Duration) {
        self.update(|row| row.next_request = Instant::now().checked_add(pause));
    }

    /// Prints a changed line where one job has no row.
    fn line(&self, line: &str) {
        let display = self.display;
        if display.is_batch() || display.progress != Progress::Plain {
            return;
        }
        let mut is_new = false;
        self.update(|row| {
            is_new = row.last_line != line;
            line.clone_into(&mut row.last_line);
        });
        if is_new {
            eprint(line);
        }
    }
}

impl Drop for JobDisplay<'_> {
    fn drop(&mut self) {
        self.display.state.borrow_mut().rows.remove(&self.index);
        if self.display.is_live() && !self.display.is_batch() {
            self.display.draw();
        }
    }
}

impl Row {
    fn line(&self, width: usize) -> String {
        let now = Instant::now();
        let waited = self
            .next_request
            .map(|next| now.checked_duration_since(next));
        let state = match (waited, self.next_request) {
            (Some(Some(waited)), _) if waited >= SLOW => {
                format!("no response for {}", short(waited))
            }
            _ if !self.phase.is_empty() => self.phase.clone(),
            (Some(None), Some(next)) => format!("next check {}", short(next - now + ROUND_UP)),
            (Some(Some(_)), _) => "checking...".to_owned(),
            _ => String::new(),
        };
        let percent = self
            .percent
            .map_or(String::new(), |percent| format!("{percent}%"));
        let start = format!("{percent:>5} {:>6}  ", short(self.started.elapsed()));
        let room = width.saturating_sub(start.len() + measure_text_width(&state) + 3);
        if room < MIN_LABEL {
            return fit(&format!("{start}{state}"), width);
        }
        let label = fit(&self.label, room);
        let gap = room.saturating_sub(measure_text_width(&label)) + 2;
        format!("{start}{label}{:gap$}{state}", "")
    }
}

/// The current second counts.
const ROUND_UP: Duration = Duration::from_millis(999);

fn fit(text: &str, width: usize) -> String {
    truncate_str(text, width, "...").into_owned()
}

fn completed_line(start: &str, report: &JobReport) -> Option<String> {
    let file = report.seed_file.as_ref()?;
    let (images, bytes) = file.saved();
    let end = format!(
        "  {}  {}  {}",
        plural(images, "image"),
        HumanBytes(bytes),
        short(report.elapsed)
    );
    let (seed, ok) = (file.result.seed(), success("ok"));
    let start = format!("{start} {ok}      {seed:<10}  ");
    let width = Term::stderr().size_checked().map(|(_, width)| width.into());
    let width: usize = width.unwrap_or(PLAIN_WIDTH);
    let end = if width < LEAST_WIDTH { "" } else { &end };
    let room = width.saturating_sub(measure_text_width(&start) + end.len() + 1);
    let prompt = one_line(file.result.prompt().unwrap_or("-"));
    Some(format!("{start}{}{end}", fit(&prompt, room)))
}

/// `1 image`, `4 images`.
pub(crate) fn plural(count: usize, what: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {what}{end}")
}

/// `9s`, `3m 12s`, `2h 5m`.
pub(crate) fn short(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds @ 60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        seconds => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_is_due_once_a_minute() {
        let display = Display::new(Progress::Plain, 98);
        let jobs = [3, 7].map(|index| display.job(index, "5"));
        {
            let mut state = display.state.borrow_mut();
            (state.finished, state.skipped, state.failed) = (14, 2, 1);
        }
        let due = |seconds| display.due_total(display.started + Duration::from_secs(seconds));
        let total = "14/98 done, 1 failed | 2 running, 82 queued";
        let lines = [
            (59, None),
            (60, Some("1m elapsed, about 7m left")),
            (61, None),
            (119, None),
            (192, Some("3m 12s elapsed, about 22m 24s left")),
            (251, None),
        ];
        for (seconds, end) in lines {
            let line = end.map(|end| format!("{total} | {end}"));
            assert_eq!(due(seconds), line, "{seconds}");
        }
        drop(jobs);
    }

    #[test]
    fn repeated_outage_is_due_once_a_minute() {
        let display = Display::new(Progress::Plain, 98);
        let due = |seconds| display.is_outage_due(display.started + Duration::from_secs(seconds));
        assert_eq!([0, 1, 90].map(due), [true, false, false]);
        display.state.borrow_mut().outage = None;
        assert_eq!([100, 150, 160].map(due), [true, false, false]);
        display.state.borrow_mut().outage = None;
        assert_eq!([159, 161, 162].map(due), [false, true, false]);
    }

    #[test]
    fn row_fits_every_width() {
        let display = Display::new(Progress::None, 2);
        let job = display.job(0, "20240225-user:1-channel:2");
        let row = |width| {
            let state = display.state.borrow();
            let line = state.rows[&0].line(width);
            (measure_text_width(&line), line)
        };
        job.set_age(Duration::from_secs(7500));
        for phase in ["", "account busy; waiting for a free slot"] {
            for prompt in ["cat", "\u{732b}\u{732b}\u{732b}, watercolour, in a teacup"] {
                job.prompt(Some(prompt));
                job.update(|row| row.percent = Some(100));
                job.waiting(phase);
                job.sleeping(Duration::from_secs(10));
                for width in 20..120 {
                    let (used, line) = row(width);
                    assert!(used <= width, "{width}: {line:?}");
                    assert!(line.starts_with(" 100%  2h 5m  "), "{line:?}");
                }
            }
        }
    }
}
