//! From a result to files.

use futures_util::StreamExt;
use useapi_seed::{Client, SeedResult, Warning};

use super::output_dir::OutputDir;
use super::progress::Progress;
use super::report::JobReport;
use super::seed_file::{NAME, SeedFile, listed};
use crate::error::CliError;
use crate::terminal::note_label;
use crate::text::IMAGES_SHOWN;
use crate::text::sanitize;

/// Saves all that can be; the report has what could not. A file that fails keeps
/// none of the others back.
///
/// The answer comes first, since everything else can be had from it.
pub(crate) async fn all(
    client: &Client,
    dir: &OutputDir,
    result: &SeedResult,
    progress: &Progress,
    report: &mut JobReport,
) {
    let JobReport {
        job_id,
        parent_job_id,
        seed_file,
        errors,
        ..
    } = report;
    errors.extend(dir.write("job.json", result.raw_body()).err());

    let saving = client.save_images(result, dir.path());
    let notes: Vec<_> = result
        .warnings()
        .iter()
        .cloned()
        .chain(saving.warning())
        .collect();

    // A `wait` may know from a record whose seed its job retrieves.
    let requested = parent_job_id.as_ref().unwrap_or(job_id);
    // And the seed before the images, which may take their time. If this is the
    // end, the images are missing.
    let first = seed_file.insert(SeedFile::new(requested, result, &[]));
    errors.extend(dir.write_json(NAME, first).err());

    let count = result.images().len().min(IMAGES_SHOWN);
    progress.status(&format!("saving {count} images"));
    let outcomes = saving.into_stream();
    let outcomes: Vec<_> = outcomes
        .inspect(|outcome| progress.image(outcome))
        .collect()
        .await;
    let last = seed_file.insert(SeedFile::new(requested, result, &outcomes));
    errors.extend(dir.write_json(NAME, last).err());
    if outcomes.is_empty() {
        errors.push(CliError::new("the answer lists no images"));
    }

    tell_notes(progress, &notes);
    let mut files = Vec::new();
    for (image, outcome) in result.images().iter().zip(outcomes) {
        match outcome {
            Ok(saved) => {
                for difference in &saved.mismatches {
                    let difference = sanitize(&difference.to_string());
                    tell_note(progress, &format!("image {}: {difference}", image.number));
                }
                files.push(saved.name);
            }
            Err(error) => errors.push(error.into()),
        }
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    for other in listed(&dir.other_pictures(&files)) {
        let other = sanitize(&other);
        tell_note(
            progress,
            &format!("{other} was there before and is not of this result"),
        );
    }
}

/// Discord adds fields to its files at will, so those share a line.
fn tell_notes(progress: &Progress, notes: &[Warning]) {
    let (mut unknown, mut others) = (Vec::new(), Vec::new());
    for note in notes {
        match note {
            Warning::UnknownField(path) => unknown.push(path.as_str()),
            note => others.push(note),
        }
    }
    for note in listed(&others) {
        tell_note(progress, &sanitize(&note));
    }
    if !unknown.is_empty() {
        let unknown = sanitize(&listed(&unknown).join(", "));
        tell_note(progress, &format!("not documented, but kept: {unknown}"));
    }
}

fn tell_note(progress: &Progress, note: &str) {
    progress.eprint(format_args!("{} {note}", note_label()));
}
