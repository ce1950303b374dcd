//! Pages to look at: one for each finished folder, and one for all beneath a
//! folder.

mod finished;
pub(crate) mod page;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::whole_file;
use finished::Finished;

/// The name that hosts of static files look for.
pub(crate) const PAGE: &str = "index.html";
/// A page that begins otherwise is somebody else's.
const MARK: &str = "<meta name=\"generator\" content=\"useapi-seed\">";
const MARK_WITHIN: usize = 512;
/// More than a page about ten thousand jobs has.
const LARGEST: u64 = 64 << 20;

/// What became of the pages.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// How many jobs the page about all has.
    pub(crate) jobs: usize,
    /// Pages that were left alone, since somebody else has written them.
    pub(crate) others: Vec<PathBuf>,
}

/// Writes the page of one finished folder alone.
pub(crate) fn write_one(folder: &Path) -> Result<(), Failure> {
    if let Some(job) = Finished::read(folder, "")? {
        write(folder, || page::of_job(&job, false))?;
    }
    Ok(())
}

/// Writes the pages of the finished folders right beneath a folder, and the one about
/// all of them.
pub(crate) fn write_all(folder: &Path) -> Result<Written, Failure> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let mut jobs = Vec::new();
    let entries = fs::read_dir(folder)
        .map_err(|fault| Failure::file(format!("cannot read {}: {fault}", folder.display())))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|_| entry.path().is_dir()) else {
            continue;
        };
        if let Some(job) = Finished::read(&entry.path(), name)? {
            jobs.push((entry.path(), job));
        }
    }
    if jobs.is_empty() {
        return Ok(Written::default());
    }
    // The newest first.
    jobs.sort_by(|(_, one), (_, other)| other.order().cmp(&one.order()));
    let mut written = Written {
        jobs: jobs.len(),
        others: Vec::new(),
    };
    for (path, job) in &jobs {
        if !write(path, || page::of_job(job, true))? {
            written.others.push(path.join(PAGE));
        }
    }
    let jobs: Vec<_> = jobs.into_iter().map(|(_, job)| job).collect();
    if !write(folder, || page::of_all(&jobs))? {
        written.others.push(folder.join(PAGE));
    }
    Ok(written)
}

/// Writes a page, unless somebody else's is there.
fn write(folder: &Path, page: impl FnOnce() -> askama::Result<String>) -> Result<bool, Failure> {
    let path = folder.join(PAGE);
    let fault = |fault: &dyn std::fmt::Display| {
        Failure::file(format!("cannot write {}: {fault}", path.display()))
    };
    let present = present(&path).map_err(|error| fault(&error))?;
    if !present.as_deref().is_none_or(is_ours) {
        return Ok(false);
    }
    let page = page().map_err(|error| fault(&error))?;
    if present.as_deref() == Some(page.as_bytes()) {
        return Ok(true);
    }
    whole_file::write(&path, page.as_bytes()).map_err(|error| fault(&error))?;
    Ok(true)
}

/// The page that is there. Of somebody else's only the beginning is of interest.
fn present(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let mut content = Vec::new();
    file.take(LARGEST).read_to_end(&mut content)?;
    Ok(Some(content))
}

fn is_ours(page: &[u8]) -> bool {
    let start = page.get(..MARK_WITHIN).unwrap_or(page);
    String::from_utf8_lossy(start).contains(MARK)
}
