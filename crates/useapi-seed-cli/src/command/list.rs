//! `list`: what is saved.

use std::io::{self, IsTerminal};

use console::{Alignment, Term, measure_text_width, pad_str};

use crate::arguments::{Common, Format, List, SortKey};
use crate::atomic_file::or_current_dir;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::saved_jobs::{SavedJob, read, to_csv};
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::{eprint_note, print_or_closed};
use crate::text::{is_unprintable, one_line};

const GAP: &str = "  ";
/// What a narrow terminal does not show, the first of them first.
const OMITTED: [&str; 5] = ["DIRECTORY", "STATUS", "RETRIEVED", "IMAGES", "JOB ID"];
/// The column that is truncated, and its least width.
const CUT: [(&str, usize); 2] = [("PROMPT", 17), ("JOB ID", 18)];

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
    let filter = arguments.filter.map(|text| text.to_lowercase());
    jobs.retain(|job| {
        let has = |text: &str| {
            filter
                .as_ref()
                .is_none_or(|it| text.to_lowercase().contains(it))
        };
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
        job.directory = match job.directory.as_str() {
            "." => or_current_dir(&dir).to_path_buf(),
            name => dir.join(name),
        }
        .to_string_lossy()
        .into_owned();
    }
    if jobs.is_empty() {
        eprint_note("no matching jobs");
    }
    if output.is_json() {
        jobs.iter().try_for_each(|job| output.print(job))?;
        return Ok(Exit::Done);
    }
    let is_terminal = io::stdout().is_terminal();
    let mut text = match format {
        Some(Format::Csv) => to_csv(&jobs, b',')?,
        Some(Format::Tsv) => to_csv(&jobs, b'\t')?,
        _ => table(&jobs, is_terminal.then(|| Term::stdout().size().1.into())),
    };
    if is_terminal {
        text.retain(|letter| matches!(letter, '\n' | '\t') || !is_unprintable(letter));
    }
    print_or_closed(&text)?;
    Ok(Exit::Done)
}

#[derive(Debug)]
struct Column {
    heading: &'static str,
    cells: Vec<String>,
    width: usize,
}

/// Lines of at most `limit` columns of the terminal, if the least fits.
fn table(jobs: &[SavedJob], limit: Option<usize>) -> String {
    let date = |time: &str| match limit {
        Some(_) => time.chars().take("2026-01-01".len()).collect(),
        None => time.to_owned(),
    };
    let column = |heading: &'static str, cell: &dyn Fn(&SavedJob) -> Option<String>| {
        let cells = jobs
            .iter()
            .map(|job| one_line(&cell(job).unwrap_or("-".to_owned())));
        let cells: Vec<String> = [heading.to_owned()].into_iter().chain(cells).collect();
        let widths = cells.iter().map(|cell| measure_text_width(cell));
        Column {
            heading,
            width: widths.max().unwrap_or(0),
            cells,
        }
    };
    let mut columns = vec![
        column("JOB ID", &|job| Some(job.job_id.clone())),
        column("SEED", &|job| job.seed.map(|seed| seed.to_string())),
        column("PROMPT", &|job| job.prompt.clone()),
        column("IMAGES", &|job| Some(job.images.len().to_string())),
        column("RETRIEVED", &|job| job.retrieved_at.as_deref().map(date)),
        column("DIRECTORY", &|job| Some(job.directory.clone())),
        column("STATUS", &|job| Some(job.status.to_string())),
    ];
    if let Some(limit) = limit {
        fit(&mut columns, limit);
    }
    let line = |row: usize| {
        let cells = columns.iter().map(|column| {
            let cell = column.cells.get(row).map_or("", String::as_str);
            pad_str(cell, column.width, Alignment::Left, Some("…"))
        });
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned() + "\n"
    };
    (0..=jobs.len()).map(line).collect()
}

/// Omits columns until the others can be truncated to the limit, and truncates them.
fn fit(columns: &mut Vec<Column>, limit: usize) {
    let excess = |columns: &[Column]| {
        let widths = columns.iter().map(|column| column.width + GAP.len());
        widths.sum::<usize>().saturating_sub(limit + GAP.len())
    };
    let spare = |column: &Column| {
        let least = CUT.iter().find(|(heading, _)| *heading == column.heading);
        least.map_or(0, |(_, least)| column.width.saturating_sub(*least))
    };
    for heading in OMITTED {
        if excess(columns) > columns.iter().map(spare).sum() {
            columns.retain(|column| column.heading != heading);
        }
    }
    // An ID that cannot be copied as a whole leaves its room to the prompt.
    let mut cut = CUT.map(|(heading, _)| heading);
    let prompt = columns.iter().find(|column| column.heading == "PROMPT");
    if excess(columns) > prompt.map_or(0, spare) {
        cut.reverse();
    }
    for heading in cut {
        let excess = excess(columns);
        let column = columns.iter_mut().find(|column| column.heading == heading);
        if let Some(column) = column {
            column.width -= excess.min(spare(column));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved_jobs::SavedStatus;

    fn job(prompt: &str) -> SavedJob {
        SavedJob {
            job_id: "20240225145303538-user:1234-channel:1114555266835431444".to_owned(),
            seed: Some(1_059_022_248),
            prompt: Some(prompt.to_owned()),
            prompt_with_seed: None,
            images: vec!["image-1.png".to_owned()],
            retrieved_at: Some("2026-01-02T03:04:05Z".to_owned()),
            directory: "images/cat".to_owned(),
            status: SavedStatus::Completed,
        }
    }

    #[test]
    fn table_fits_the_terminal() {
        let jobs = [
            job("misty tea house, 35mm film --ar 16:9"),
            job("霧の茶屋\n\u{1b}[31m".repeat(9).as_str()),
        ];
        for limit in 30..250 {
            let table = table(&jobs, Some(limit));
            let widths = table.lines().map(measure_text_width);
            assert!(widths.max().unwrap() <= limit, "{limit}\n{table}");
        }
        let lines = |limit| {
            table(&jobs[..1], limit)
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            lines(Some(80)),
            [
                "JOB ID              SEED        PROMPT             IMAGES  RETRIEVED   STATUS",
                "20240225145303538…  1059022248  misty tea house,…  1       2026-01-02  completed",
            ]
        );
        assert_eq!(
            lines(None)[1],
            "20240225145303538-user:1234-channel:1114555266835431444  1059022248  misty tea house, \
             35mm film --ar 16:9  1       2026-01-02T03:04:05Z  images/cat  completed"
        );
    }
}
