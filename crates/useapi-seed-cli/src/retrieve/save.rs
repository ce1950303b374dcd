//! From a result to files.

use useapi_seed::{Client, Note, Retrieval};

use super::folder::Folder;
use super::progress::Progress;
use super::report::Report;
use super::seed_file::{NAME, SeedFile, file_name};
use crate::failure::Failure;
use crate::terminal::{note_mark, plain};

/// Saves all that can be; the report has what could not. A file that fails keeps
/// none of the others back.
///
/// The answer comes first, since everything else can be had from it.
pub(crate) async fn all(
    client: &Client,
    folder: &Folder,
    retrieval: &Retrieval,
    progress: &Progress,
    report: &mut Report,
) {
    let Report {
        job_id,
        seed_file,
        failures,
        ..
    } = report;
    failures.extend(folder.write("job.json", retrieval.answer()).err());

    // And the seed before the images, which may take their time. If this is the
    // end, the images are missing.
    let first = seed_file.insert(SeedFile::new(job_id, retrieval, &[]));
    failures.extend(folder.write_json(NAME, first).err());

    progress.status(&format!("saving {} images", retrieval.images().len()));
    let outcomes = client
        .save_images(retrieval, folder.path())
        .on_each(|outcome| progress.image(outcome))
        .await;
    let last = seed_file.insert(SeedFile::new(job_id, retrieval, &outcomes));
    failures.extend(folder.write_json(NAME, last).err());
    if outcomes.is_empty() {
        failures.push(Failure::new("the answer lists no images"));
    }

    tell_notes(progress, retrieval.notes());
    let mut files = Vec::new();
    for (image, outcome) in retrieval.images().iter().zip(outcomes) {
        match outcome {
            Ok(saved) => {
                for difference in &saved.differences {
                    let difference = plain(&difference.to_string());
                    tell_note(progress, &format!("image {}: {difference}", image.number));
                }
                files.extend(file_name(&saved));
            }
            Err(error) => failures.push(error.into()),
        }
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    for other in folder.other_pictures(&files) {
        let other = plain(&other);
        tell_note(
            progress,
            &format!("{other} was there before and is not of this result"),
        );
    }
}

/// Discord adds fields to its files at will, so those share a line.
fn tell_notes(progress: &Progress, notes: &[Note]) {
    let mut unknown = Vec::new();
    for note in notes {
        match note {
            Note::UnknownField(path) => unknown.push(path.as_str()),
            note => tell_note(progress, &plain(&note.to_string())),
        }
    }
    if !unknown.is_empty() {
        let unknown = plain(&unknown.join(", "));
        tell_note(progress, &format!("not documented, but kept: {unknown}"));
    }
}

fn tell_note(progress: &Progress, note: &str) {
    progress.tell(format_args!("{} {note}", note_mark()));
}
