//! How far a job has come: a bar on a terminal, lines anywhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use useapi_seed::{Error, Update};

use crate::terminal::{plain, tell};

const TEMPLATE: &str = "{spinner} [{bar:30}] {pos:>3} %  {msg}  {elapsed}";

/// Shows progress on stderr until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    news: &'static str,
    /// None when stderr is no terminal that could show one.
    bar: Option<ProgressBar>,
}

impl Progress {
    /// `news` is the status, as the caller has just told it.
    pub(crate) fn start(news: &'static str) -> Self {
        let bar = ProgressBar::new(100);
        if bar.is_hidden() {
            return Self { news, bar: None };
        }
        let style = ProgressStyle::with_template(TEMPLATE)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        bar.set_style(style);
        bar.set_message(news);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self {
            news,
            bar: Some(bar),
        }
    }

    /// Takes the news of a wait; what was told before is not told again.
    pub(crate) fn updates(&self) -> impl FnMut(&Update) + Send + 'static {
        let bar = self.bar.clone();
        let mut told = self.news.to_owned();
        move |update| {
            let status = update
                .status
                .as_ref()
                .map_or("in progress", |status| status.as_str());
            let status = plain(status);
            if let Some(bar) = &bar {
                if let Some(percent) = update.percent {
                    bar.set_position(percent.into());
                }
                bar.set_message(status);
                return;
            }
            // A line for every tenth of the way is enough to read later.
            let line = match update.percent {
                Some(percent) => format!("{status}, {} %", percent / 10 * 10),
                None => status,
            };
            if line != told {
                tell(&line);
                told = line;
            }
        }
    }
}

impl Progress {
    /// Takes the polls of a wait that brought nothing.
    pub(crate) fn faults(&self) -> impl FnMut(&Error) + Send + 'static {
        let bar = self.bar.clone();
        move |fault| {
            let line = plain(&format!("asking again: {fault}"));
            match &bar {
                Some(bar) => bar.println(line),
                None => tell(line),
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
