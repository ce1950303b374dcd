//! `gallery`: HTML pages about saved jobs.

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

pub(crate) fn run(common: &Common, arguments: Gallery) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::GALLERY)?;
    let dir = Settings::read(common)?.dir(arguments.dir)?.value;
    let report = write_all(&dir)?;
    if !output.is_json() || report.jobs == 0 {
        report.eprint_foreign();
        for path in &report.skipped_incomplete {
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
    if output.is_json() {
        output.print(&report)?;
    } else if let Some(page) = report.page {
        print_or_closed(&(sanitize(&page) + "\n"))?;
    }
    Ok(Exit::Done)
}
