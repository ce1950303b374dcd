//! From a result to files.

use futures_util::StreamExt;
use indicatif::HumanBytes;
use useapi_seed::{SeedResult, Warning};

use super::context::Context;
use super::display::JobDisplay;
use super::output_dir::OutputDir;
use super::report::JobReport;
use super::seed_file::{NAME, SeedFile, listed};
use crate::atomic_file;
use crate::error::CliError;
use crate::terminal::{Verbosity, verbosity};
use crate::text::sanitize;

/// Saves all that can be; the report has what could not. A failed file keeps none of
/// the others back.
pub(super) async fn all(
    context: &Context,
    dir: &OutputDir,
    result: &SeedResult,
    display: &JobDisplay<'_>,
    report: &mut JobReport,
) {
    let JobReport {
        job_id,
        parent_job_id,
        seed_file,
        errors,
        ..
    } = report;
    // The response first, since everything else can be had from it.
    errors.extend(dir.write("job.json", result.raw_body()).err());

    // A `wait` may know from a record whose seed its job retrieves.
    let requested = parent_job_id.as_ref().unwrap_or(job_id);
    // The seed before the images, which may take their time.
    let mut file = SeedFile::new(requested, result, &context.images);
    if let Ok(Some(earlier)) = dir.read_json::<SeedFile>(NAME) {
        file.keep(&earlier, |name| atomic_file::size(&dir.path().join(name)));
    }
    let file = seed_file.insert(file);
    errors.extend(dir.write_json(NAME, file).err());

    let numbers = context.images.of(result.images().len());
    let saving = context.client.save_images(result, dir.path());
    let warnings: Vec<_> = result
        .warnings()
        .iter()
        .cloned()
        .chain(saving.warning())
        .collect();
    if !context.images.allows_none() {
        display.phase(&format!("downloading {} images", numbers.len()));
    }
    let mut outcomes = saving.with_numbers(numbers.clone()).into_stream();
    let mut numbers = numbers
        .into_iter()
        .filter(|number| result.images().iter().any(|image| image.number == *number));
    let mut has_outcome = false;
    while let (Some(outcome), Some(number)) = (outcomes.next().await, numbers.next()) {
        has_outcome = true;
        file.set(number, &outcome);
        match outcome {
            Ok(saved) => {
                let size = HumanBytes(saved.size);
                let reused = if saved.reused { " (already saved)" } else { "" };
                if display.shows_images() {
                    display.detail(format_args!("image {number}: {size}{reused}"));
                }
                for difference in &saved.mismatches {
                    let difference = sanitize(&difference.to_string());
                    display.note(format_args!("image {number}: {difference}"));
                }
            }
            Err(error) => errors.push(error.into()),
        }
    }
    errors.extend(dir.write_json(NAME, file).err());
    if !has_outcome && !context.images.allows_none() {
        errors.push(CliError::new("the response contains no images"));
    }

    note_warnings(display, &warnings);
    let files: Vec<_> = file
        .files
        .iter()
        .filter_map(|file| file.file.as_deref())
        .collect();
    for other in listed(&dir.other_images(&files)) {
        let other = sanitize(&other);
        display.note(format_args!(
            "{other} already existed and is not part of this job"
        ));
    }
}

/// Discord adds fields to its files at will: those share a line, with `--verbose`.
fn note_warnings(display: &JobDisplay<'_>, warnings: &[Warning]) {
    let (mut unknown, mut others) = (Vec::new(), Vec::new());
    for warning in warnings {
        match warning {
            Warning::UnknownField(path) => unknown.push(path.as_str()),
            warning => others.push(warning),
        }
    }
    for warning in listed(&others) {
        display.note(sanitize(&warning));
    }
    if !unknown.is_empty() && verbosity() >= Verbosity::Verbose {
        let unknown = sanitize(&listed(&unknown).join(", "));
        display.note(format_args!(
            "undocumented fields (kept in job.json): {unknown}"
        ));
    }
}
