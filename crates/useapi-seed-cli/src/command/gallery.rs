//! `gallery`: pages to look at.

use std::path::PathBuf;

use serde::Serialize;

use crate::arguments::{Common, Gallery};
use crate::atomic_file::or_current_dir;
use crate::error::CliError;
use crate::exit::Exit;
use crate::gallery::write_all;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::{eprint, note_label, print_or_closed};
use crate::text::sanitize;

/// The pages.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Gallery"))]
pub(crate) struct Printed {
    /// The page about all jobs; null when another program's page was left in its place.
    page: Option<String>,
    /// How many jobs were found finished.
    jobs: usize,
    /// Pages that somebody else has written, and that were left alone.
    left_alone: Vec<String>,
    /// Folders that have no page: not finished, of another user, or links.
    left_out: Vec<String>,
}

pub(crate) fn run(common: &Common, arguments: Gallery) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::GALLERY)?;
    let settings = Settings::read(common)?;
    let dir = settings.dir(arguments.dir)?.value;
    let written = write_all(&dir)?;
    let text = |path: &PathBuf| path.to_string_lossy().into_owned();
    let left_out: Vec<_> = written.left_out.iter().map(text).collect();
    if !output.is_json() || written.jobs == 0 {
        written.tell_left_alone();
        for path in &left_out {
            let path = sanitize(path);
            eprint(format_args!(
                "{} skipped {path}: unfinished, its files changed, another user's, or a link",
                note_label()
            ));
        }
    }
    if written.jobs == 0 {
        let message = format!("no finished jobs in {}", or_current_dir(&dir).display());
        return Err(CliError::usage(message)
            .hint("Pass the directory that contains the directories of jobs."));
    }
    let page = written.page.as_ref().map(text);
    if output.is_json() {
        output.print(&Printed {
            page,
            jobs: written.jobs,
            left_alone: written.others.iter().map(text).collect(),
            left_out,
        })?;
    } else if let Some(page) = page {
        print_or_closed(&(sanitize(&page) + "\n"))?;
    }
    Ok(Exit::Done)
}
