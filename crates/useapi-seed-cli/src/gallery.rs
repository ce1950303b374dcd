//! Pages to look at: one for each finished folder, and one for all beneath a
//! folder.

mod finished;
pub(crate) mod page;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::local_file::{self, Links};
use crate::whole_file;
use finished::Finished;

/// The name that hosts of static files look for.
pub(crate) const PAGE: &str = "index.html";
/// A folder with one of these is one of ours.
const OURS: [&str; 3] = ["seed.json", "job.json", "pending.json"];
/// A page that begins otherwise is somebody else's.
const MARK: &str = "<meta name=\"generator\" content=\"useapi-seed\">";
const MARK_WITHIN: u64 = 512;

/// What became of the pages.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// How many jobs the page about all has.
    pub(crate) jobs: usize,
    /// Pages that were left alone, since somebody else has written them.
    pub(crate) others: Vec<PathBuf>,
    /// Folders that are not finished.
    pub(crate) unfinished: Vec<PathBuf>,
}

/// Writes the page of one finished folder alone.
pub(crate) fn write_one(folder: &Path) -> Result<(), Failure> {
    if let Some(job) = Finished::read(folder, "") {
        write(folder, || page::of_job(&job, false))?;
    }
    Ok(())
}

/// Writes the pages of the finished folders right beneath a folder, and the one about
/// all of them.
pub(crate) fn write_all(folder: &Path) -> Result<Written, Failure> {
    let folder = whole_file::here(folder);
    let mut jobs = Vec::new();
    let mut unfinished = Vec::new();
    let entries = fs::read_dir(folder)
        .map_err(|fault| Failure::file(format!("cannot read {}: {fault}", folder.display())))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|_| entry.path().is_dir()) else {
            continue;
        };
        let path = entry.path();
        if let Some(job) = Finished::read(&path, name) {
            jobs.push((path, job));
        } else if OURS.iter().any(|file| path.join(file).is_file()) {
            unfinished.push(path);
        }
    }
    if jobs.is_empty() {
        return Ok(Written::default());
    }
    unfinished.sort();
    // The newest first.
    jobs.sort_by(|(_, one), (_, other)| other.order().cmp(&one.order()));
    let mut written = Written {
        jobs: jobs.len(),
        others: Vec::new(),
        unfinished,
    };
    let has_parent = is_free(&folder.join(PAGE));
    let mut outcome = Ok(());
    for (path, job) in &jobs {
        match write(path, || page::of_job(job, has_parent)) {
            Ok(true) => {}
            Ok(false) => written.others.push(path.join(PAGE)),
            // One that cannot be written keeps none of the others back.
            Err(failure) => outcome = Err(failure),
        }
    }
    let jobs: Vec<_> = jobs.into_iter().map(|(_, job)| job).collect();
    if !write(folder, || page::of_all(&jobs))? {
        written.others.push(folder.join(PAGE));
    }
    outcome.map(|()| written)
}

/// Writes a page, unless somebody else's is there.
fn write(folder: &Path, page: impl FnOnce() -> askama::Result<String>) -> Result<bool, Failure> {
    whole_file::remove_abandoned(folder);
    let path = folder.join(PAGE);
    let fault = |fault: &dyn std::fmt::Display| {
        Failure::file(format!("cannot write {}: {fault}", path.display()))
    };
    if !is_free(&path) {
        return Ok(false);
    }
    let page = page().map_err(|error| fault(&error))?;
    // What is as it was is not written again.
    let present = local_file::read(&path, local_file::OUTPUT_LIMIT);
    if present.is_ok_and(|present| present == page.as_bytes()) {
        return Ok(true);
    }
    whole_file::write(&path, page.as_bytes()).map_err(|error| fault(&error))?;
    Ok(true)
}

/// Whether a page may be written: none is there, or one of before.
fn is_free(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(data) if data.is_file() => begins_as_ours(path).unwrap_or(false),
        // A folder, or a pipe that would wait for somebody who writes.
        Ok(_) => false,
        Err(fault) => fault.kind() == io::ErrorKind::NotFound,
    }
}

fn begins_as_ours(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    let file = local_file::open(path, Links::Follow, fs::File::options().read(true))?;
    file.take(MARK_WITHIN).read_to_end(&mut start)?;
    Ok(String::from_utf8_lossy(&start).contains(MARK))
}
