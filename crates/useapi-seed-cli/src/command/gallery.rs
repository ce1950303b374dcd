//! `gallery`: HTML pages about saved jobs.

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
use crate::terminal::{eprint_note, print_or_closed};
use crate::text::sanitize;

/// The pages.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Gallery"))]
pub(crate) struct Printed {
    /// The page about all jobs; null when another program's page has its name.
    page: Option<String>,
    /// How many completed jobs were found.
    jobs: usize,
    /// Pages of other programs, which are unchanged.
    skipped_foreign: Vec<String>,
    /// Directories of jobs that have no page: incomplete, another user's, or links.
    skipped_incomplete: Vec<String>,
}

pub(crate) fn run(common: &Common, arguments: Gallery) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::GALLERY)?;
    let settings = Settings::read(common)?;
    let dir = settings.dir(arguments.dir)?.value;
    let report = write_all(&dir)?;
    let texts = |paths: &[PathBuf]| -> Vec<String> {
        let texts = paths.iter().map(|path| path.to_string_lossy().into_owned());
        texts.collect()
    };
    let skipped_incomplete = texts(&report.skipped_incomplete);
    if !output.is_json() || report.jobs == 0 {
        report.eprint_foreign();
        for path in &skipped_incomplete {
            let path = sanitize(path);
            eprint_note(format_args!(
                "skipped {path}: unfinished, its files changed, another user's, or a link"
            ));
        }
    }
    if report.jobs == 0 {
        let message = format!("no finished jobs in {}", or_current_dir(&dir).display());
        return Err(
            CliError::usage(message).hint("Pass the directory that contains the job directories.")
        );
    }
    let page = texts(report.page.as_slice()).pop();
    if output.is_json() {
        output.print(&Printed {
            page,
            jobs: report.jobs,
            skipped_foreign: texts(&report.skipped_foreign),
            skipped_incomplete,
        })?;
    } else if let Some(page) = page {
        print_or_closed(&(sanitize(&page) + "\n"))?;
    }
    Ok(Exit::Done)
}
