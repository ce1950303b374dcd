//! From a result to files.

use std::path::Path;

use futures_util::StreamExt;
use indicatif::HumanBytes;
use useapi_seed::{SeedResult, Warning};

use super::context::Context;
use super::display::{JobDisplay, plural};
use super::images::ImageSelection;
use super::metadata::{self, Metadata};
use super::output_dir::{OutputDir, images_base};
use super::placement::move_images;
use super::report::JobReport;
use super::seed_file::{self, NAME, SeedFile, listed};
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
    // The response first, since everything else can be had from it.
    let written = dir.write("job.json", result.raw_body());
    report.errors.extend(written.err());

    // A `wait` may know from a record whose seed its job retrieves.
    let requested = report
        .parent_job_id
        .as_ref()
        .unwrap_or(&report.job_id)
        .clone();
    let mut file = SeedFile::new(&requested, result, &context.images);
    let base = images_base(dir.path());
    let size = |name: &str| atomic_file::size(&base.join(name));
    if let Ok(Some(earlier)) = seed_file::read(dir.path())
        && earlier.result.job_id() == result.job_id()
    {
        file.keep(earlier, size);
        report.kept = file.saved();
    }
    // The seed before the images, which may take their time.
    report.errors.extend(dir.write_json(NAME, &file).err());
    let file = report.seed_file.insert(file);

    let errors = &mut report.errors;
    let saved = images(context, dir, result, &requested, file, display, errors).await;
    if let Some(template) = &context.template {
        let names = template.names(base, &context.reserved_names, &requested, result, &saved);
        for ((number, _), name) in saved.iter().zip(names) {
            file.rename(*number, name);
        }
    }
    let written = dir.write_json(NAME, file);
    if context.template.is_some() && written.is_ok() {
        errors.extend(move_images(dir.path(), base, &file.files).err());
    }
    errors.extend(written.err());

    let kept: Vec<_> = file
        .files
        .iter()
        .filter_map(|file| file.file.as_deref())
        .collect();
    for other in listed(&dir.other_images(&kept)) {
        let other = sanitize(&other);
        display.note(format_args!(
            "{other} already existed and is not part of this job"
        ));
    }
}

/// Downloads the images that are missing; gives the numbers and extensions of those.
async fn images(
    context: &Context,
    dir: &OutputDir,
    result: &SeedResult,
    requested: &str,
    file: &mut SeedFile,
    display: &JobDisplay<'_>,
    errors: &mut Vec<CliError>,
) -> Vec<(usize, String)> {
    let wanted = context.images.of(result.images().len());
    let is_kept = |number: &usize| {
        let mut kept = file.files.iter().filter(|file| file.file.is_some());
        kept.any(|file| file.number == *number)
    };
    let (kept, mut missing): (Vec<_>, Vec<_>) = wanted.iter().copied().partition(is_kept);
    for number in &kept {
        display.image(format_args!("image {number}: already saved"));
    }
    // Those that the result has.
    missing.retain(|number| result.images().iter().any(|image| image.number == *number));
    let saving = context.client.save_images(result, dir.path());
    // The selection is within the limit already.
    let is_all = matches!(context.images, ImageSelection::All);
    let limit = saving.warning().filter(|_| is_all);
    let saving = saving.with_numbers(missing.iter().copied());
    let warnings = result.warnings().iter().cloned().chain(limit);
    note_warnings(display, &warnings.collect::<Vec<_>>());
    if kept.len() + missing.len() < wanted.len().max(1) && !context.images.allows_none() {
        let count = result.images().len();
        errors.push(match count {
            // They may follow.
            0 => CliError::new("the response contains no images"),
            _ => CliError::new(format!("the response contains only {count} images")).permanent(),
        });
    }
    if !missing.is_empty() {
        display.phase(&format!("downloading {}", plural(missing.len(), "image")));
    }
    let metadata = Metadata::new(requested, result);
    let mut saved_images = Vec::new();
    let mut outcomes = saving.into_stream();
    for number in missing {
        let Some(outcome) = outcomes.next().await else {
            break;
        };
        file.set(number, &outcome);
        let saved = match outcome {
            Ok(saved) => saved,
            Err(error) => {
                errors.push(error.into());
                continue;
            }
        };
        let (bytes, reused) = (
            HumanBytes(saved.size),
            if saved.reused { " (already saved)" } else { "" },
        );
        display.image(format_args!("image {number}: {bytes}{reused}"));
        for difference in &saved.mismatches {
            let difference = sanitize(&difference.to_string());
            display.note(format_args!("image {number}: {difference}"));
        }
        if context.embed_metadata {
            match metadata::embed(&dir.path().join(&saved.name), &metadata) {
                Ok(Some(size)) => file.resize(number, size),
                Ok(None) => display.note(format_args!("image {number}: no metadata, not a PNG")),
                Err(error) => errors.push(error),
            }
        }
        let extension = Path::new(&saved.name).extension().unwrap_or_default();
        saved_images.push((number, extension.to_string_lossy().into_owned()));
    }
    saved_images
}

/// Writes metadata into the images that an earlier run saved.
pub(super) fn embed_saved(report: &mut JobReport) -> Result<(), CliError> {
    let Some(file) = &mut report.seed_file else {
        return Ok(());
    };
    let requested = file.requested_job_id.as_ref().unwrap_or(&report.job_id);
    let metadata = Metadata::new(requested, &file.result);
    let base = images_base(&report.directory).to_owned();
    let mut is_changed = false;
    for image in &mut file.files {
        if let Some(name) = &image.file
            && let Some(size) = metadata::embed(&base.join(name), &metadata)?
        {
            is_changed |= image.size.replace(size) != Some(size);
        }
    }
    if !is_changed {
        return Ok(());
    }
    let dir = OutputDir::prepare(&report.directory)?;
    dir.map_or(Ok(()), |dir| dir.write_json(NAME, file))
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
