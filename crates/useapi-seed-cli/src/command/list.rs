//! `list`: what is saved.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use crate::arguments::{Common, Format, List, SortKey};
use crate::atomic_file::or_current_dir;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::saved_jobs::{SavedJob, read, to_csv};
use crate::schemas;
use crate::settings::Settings;
use crate::table::{Table, terminal_width};
use crate::terminal::{eprint_note, print_or_closed};
use crate::text::{is_unprintable, one_line};

pub(crate) fn run(common: &Common, arguments: List) -> Result<Exit, CliError> {
    let format = arguments.format;
    let output = if format == Some(Format::Json) {
        Output::json(common, schemas::LIST)?
    } else {
        Output::new(common, schemas::LIST)?
    };
    if output.is_json() && format.is_some_and(|format| format != Format::Json) {
        return Err(CliError::usage("--json and --fields need --format json"));
    }
    let dir = Settings::read(common)?.dir(arguments.dir)?.value;
    let mut jobs = read(&dir)?;
    if jobs.is_empty() {
        let message = format!("no finished jobs in {}", or_current_dir(&dir).display());
        return Err(CliError::usage(message)
            .hint("Pass the directory that contains the directories of jobs."));
    }
    let filter = arguments.filter.unwrap_or_default().to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&filter);
    jobs.retain(|job| {
        (has(&job.job_id) || job.prompt.as_deref().is_some_and(has))
            && arguments.status.is_none_or(|status| job.status == status)
    });
    match arguments.sort {
        // They are read so.
        SortKey::Date => {}
        SortKey::Prompt => {
            jobs.sort_by_cached_key(|job| job.prompt.as_ref().map(|it| it.to_lowercase()));
        }
        SortKey::Seed => jobs.sort_by_key(|job| job.seed),
        SortKey::Job => jobs.sort_by_cached_key(|job| job.job_id.clone()),
    }
    if arguments.reverse {
        jobs.reverse();
    }
    for job in &mut jobs {
        let path: PathBuf = dir.join(&job.directory).components().collect();
        job.directory = path.to_string_lossy().into_owned();
    }
    if jobs.is_empty() {
        eprint_note("no matching jobs");
    }
    if output.is_json() {
        jobs.iter().try_for_each(|job| output.print(job))?;
        return Ok(Exit::Done);
    }
    let mut text = match format {
        Some(Format::Csv) => to_csv(&jobs, b',')?,
        Some(Format::Tsv) => to_csv(&jobs, b'\t')?,
        _ => table(&jobs),
    };
    if io::stdout().is_terminal() {
        text.retain(|letter| matches!(letter, '\n' | '\t') || !is_unprintable(letter));
    }
    print_or_closed(&text)?;
    Ok(Exit::Done)
}

fn table(jobs: &[SavedJob]) -> String {
    let mut table = Table::new(&["JOB ID", "SEED", "IMAGES", "RETRIEVED", "STATUS", "PROMPT"]);
    for job in jobs {
        let retrieved_at = one_line(job.retrieved_at.as_deref().unwrap_or_default());
        table.push(vec![
            one_line(&job.job_id),
            job.seed.map(|seed| seed.to_string()).unwrap_or_default(),
            job.images.len().to_string(),
            retrieved_at.chars().take("2026-01-01".len()).collect(),
            format!("{:?}", job.status).to_lowercase(),
            one_line(job.prompt.as_deref().unwrap_or_default()),
        ]);
    }
    table.render(terminal_width())
}
