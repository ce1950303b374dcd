//! From a result to files.

use useapi_seed::{Client, Note, Retrieval};

use super::folder::Folder;
use super::progress::Progress;
use super::report::Report;
use super::seed_file::{NAME, SeedFile, file_name};
use crate::failure::Failure;
use crate::terminal::{IMAGES_SHOWN, note_mark, plain};

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
    let failures = &mut report.failures;
    failures.extend(folder.write("job.json", retrieval.answer()).err());

    // And the seed before the images, which may take their time. If this is the
    // end, the images are missing.
    let first = report.seed_file.insert(SeedFile::new(retrieval, &[]));
    failures.extend(folder.write_json(NAME, first).err());

    progress.status(&format!("saving {} images", retrieval.images().len()));
    let outcomes = client
        .save_images(retrieval, folder.path())
        .on_each(|outcome| progress.image(outcome))
        .await;
    let last = report.seed_file.insert(SeedFile::new(retrieval, &outcomes));
    failures.extend(folder.write_json(NAME, last).err());
    if outcomes.is_empty() {
        failures.push(Failure::new("the answer lists no images"));
    }

    tell_notes(progress, retrieval.notes());
    if let Some(more) = beyond_shown(outcomes.len()) {
        progress.detail(&format!("{more} more images"));
    }
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    for (image, outcome) in retrieval.images().iter().zip(outcomes) {
        match outcome {
            Ok(saved) => {
                let differences = saved.differences.iter();
                for difference in differences.filter(|_| image.number <= IMAGES_SHOWN) {
                    let difference = plain(&difference.to_string());
                    tell_note(progress, &format!("image {}: {difference}", image.number));
                }
                files.extend(file_name(&saved));
            }
            Err(error) => failed.push(error.into()),
        }
    }
    failures.extend(shortened(failed));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let others = folder.other_pictures(&files);
    for other in others.iter().take(IMAGES_SHOWN) {
        let other = plain(other);
        tell_note(
            progress,
            &format!("{other} was there before and is not of this result"),
        );
    }
    if let Some(more) = beyond_shown(others.len()) {
        tell_note(progress, &format!("{more} more images were there before"));
    }
}

fn beyond_shown(count: usize) -> Option<usize> {
    count.checked_sub(IMAGES_SHOWN).filter(|more| *more > 0)
}

/// The first failures, and one in place of all others.
fn shortened(mut failures: Vec<Failure>) -> Vec<Failure> {
    let others = failures.split_off(failures.len().min(IMAGES_SHOWN));
    failures.extend(others.iter().map(Failure::exit).max().map(|worst| {
        let count = others.len();
        Failure::new(format!("{count} more images could not be saved")).ends(worst)
    }));
    failures
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn failures_beyond_the_shown_are_counted() {
        let failures = |count: usize| -> Vec<_> {
            let image = |number| Failure::new(format!("image {number}"));
            let worst = Failure::file("the last");
            (1..count).map(image).chain([worst]).collect()
        };
        assert_eq!(shortened(failures(16)).len(), 16);
        let shown = shortened(failures(20));
        let last = shown.last().unwrap();
        assert_eq!(shown.len(), 17);
        assert_eq!(last.message(), "4 more images could not be saved");
        assert_eq!(last.exit(), Exit::File);
    }
}
