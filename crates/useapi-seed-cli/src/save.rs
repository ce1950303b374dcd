//! From a result to files, and to the lines on stdout.

use std::io;

use useapi_seed::{Client, Note, Retrieval};

use crate::failure::Failure;
use crate::folder::Folder;
use crate::seed_file::{SeedFile, file_name};
use crate::terminal::{give, plain, tell};

/// Saves all that can be, and gives what could not: a file that fails keeps
/// none of the others back.
///
/// The answer comes first, since everything else can be had from it.
pub(crate) async fn all(client: &Client, folder: &Folder, retrieval: &Retrieval) -> Vec<Failure> {
    let mut faults = Vec::new();
    faults.extend(folder.write("job.json", retrieval.answer()).err());

    // And the seed before the images, which may take their time.
    let first = SeedFile::new(retrieval, &[]).to_json();
    faults.extend(write_seed_file(folder, first).err());

    tell(format_args!("saving {} images", retrieval.images().len()));
    let outcomes = client.save_images(retrieval, folder.path()).await;
    let last = SeedFile::new(retrieval, &outcomes).to_json();
    faults.extend(write_seed_file(folder, last).err());
    if outcomes.is_empty() {
        faults.push(Failure::new("the answer lists no images"));
    }

    tell_notes(retrieval.notes());
    let mut files = Vec::new();
    for (image, outcome) in retrieval.images().iter().zip(outcomes) {
        let what = format!("image {}", image.number);
        match outcome {
            Ok(saved) => {
                for difference in &saved.differences {
                    let difference = plain(&difference.to_string());
                    tell(format_args!("note: {what}: {difference}"));
                }
                files.extend(file_name(&saved));
            }
            Err(error) => faults.push(error.into()),
        }
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    for other in folder.other_pictures(&files) {
        tell(format_args!(
            "note: {} was there before and is not of this result",
            plain(&other)
        ));
    }
    faults
}

fn write_seed_file(folder: &Folder, json: serde_json::Result<Vec<u8>>) -> Result<(), Failure> {
    match json {
        Ok(json) => folder.write("seed.json", &json),
        Err(fault) => Err(Failure::new(format!("cannot write seed.json: {fault}"))),
    }
}

/// Discord adds fields to its files at will, so those share a line.
fn tell_notes(notes: &[Note]) {
    let mut unknown = Vec::new();
    for note in notes {
        match note {
            Note::UnknownField(path) => unknown.push(path.as_str()),
            note => tell(format_args!("note: {}", plain(&note.to_string()))),
        }
    }
    if !unknown.is_empty() {
        let unknown = plain(&unknown.join(", "));
        tell(format_args!("note: not documented, but kept: {unknown}"));
    }
}

/// Prints the seed, the prompt to paste, and in the last line the folder.
pub(crate) fn print(folder: &Folder, retrieval: &Retrieval) -> Result<(), Failure> {
    let mut lines = format!("seed {}\n", retrieval.seed());
    if let Some(prompt) = retrieval.prompt_with_seed() {
        lines.push_str(&plain(&prompt));
        lines.push('\n');
    }
    lines.push_str(&folder.path().to_string_lossy());
    lines.push('\n');
    match give(&lines) {
        // Whoever read has read enough.
        Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(fault) => Err(Failure::new(format!("cannot print the result: {fault}"))),
        Ok(()) => Ok(()),
    }
}
