//! Pages to look at: one for each finished folder, and one for all beneath a
//! folder.

mod completed;
mod owner;
pub(crate) mod page;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::atomic_file;
use crate::error::CliError;
use crate::fetch::SeedFile;
use crate::local_file::{self, Links};
use crate::terminal::{eprint, note_label};
use crate::text::sanitize;
use completed::CompletedJob;
use owner::Owner;

/// The name that hosts of static files look for.
pub(crate) const PAGE: &str = "index.html";
/// A folder with one of these is one of ours.
const OWN_FILES: [&str; 3] = ["seed.json", "job.json", "pending.json"];
/// A page that begins otherwise is somebody else's.
const GENERATOR_TAG: &str = "<meta name=\"generator\" content=\"useapi-seed\">";
const GENERATOR_TAG_WITHIN: u64 = 512;

/// What became of the pages.
#[derive(Debug, Default)]
pub(crate) struct GalleryReport {
    /// How many jobs were found finished.
    pub(crate) jobs: usize,
    /// The page about all of them, if it was written.
    pub(crate) page: Option<PathBuf>,
    /// Pages that were left alone, since somebody else has written them.
    pub(crate) others: Vec<PathBuf>,
    /// Folders that have no page: not finished, of another user, or links.
    pub(crate) left_out: Vec<PathBuf>,
}

impl GalleryReport {
    /// Notes the pages that were left alone.
    pub(crate) fn tell_left_alone(&self) {
        for path in &self.others {
            let path = sanitize(&path.to_string_lossy());
            eprint(format_args!(
                "{} {path} was not created by useapi-seed; left unchanged",
                note_label()
            ));
        }
    }
}

/// Writes the page of one finished folder alone.
pub(crate) fn write_one(dir: &Path) -> Result<GalleryReport, CliError> {
    let owner = Owner::of_new_files(dir);
    let mut written = GalleryReport::default();
    if let Some(job) = CompletedJob::read(dir, "", owner) {
        written.jobs = 1;
        // Not the folder's name without its last part: that may be `..`.
        let folder_itself = fs::canonicalize(atomic_file::or_current_dir(dir));
        let has_parent =
            folder_itself.is_ok_and(|dir| dir.parent().is_some_and(has_page_about_all));
        if !write(dir, owner, || page::of_job(&job, has_parent))? {
            written.others.push(dir.join(PAGE));
        }
    }
    Ok(written)
}

/// Writes the pages of the finished folders right beneath a folder, and the one about
/// all of them.
pub(crate) fn write_all(dir: &Path) -> Result<GalleryReport, CliError> {
    write_all_of(Owner::of_new_files(dir), dir)
}

fn write_all_of(owner: Owner, dir: &Path) -> Result<GalleryReport, CliError> {
    let entries = fs::read_dir(atomic_file::or_current_dir(dir)).map_err(|error| {
        let dir = atomic_file::or_current_dir(dir).display();
        CliError::file(format!("cannot read {dir}: {error}"))
    })?;
    let mut jobs = Vec::new();
    let mut written = GalleryReport::default();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let path = dir.join(&name);
        let Some(name) = name.to_str().filter(|_| path.is_dir()) else {
            continue;
        };
        let is_own = owner.data(&path).is_some_and(|data| data.is_dir());
        let job = is_own
            .then(|| CompletedJob::read(&path, name, owner))
            .flatten();
        if let Some(job) = job {
            jobs.push((path, job));
        } else if OWN_FILES.iter().any(|file| path.join(file).is_file()) {
            written.left_out.push(path);
        }
    }
    written.left_out.sort();
    written.jobs = jobs.len();
    if jobs.is_empty() {
        return Ok(written);
    }
    // The newest first.
    jobs.sort_by(|(_, one), (_, other)| other.order().cmp(&one.order()));
    let all = dir.join(PAGE);
    let is_job = has_a_seed(dir);
    let has_parent = !is_job && may_overwrite(&all, owner);
    let mut outcome = Ok(());
    for (path, job) in &jobs {
        match write(path, owner, || page::of_job(job, has_parent)) {
            Ok(true) => {}
            Ok(false) => written.others.push(path.join(PAGE)),
            // One that cannot be written keeps none of the others back.
            Err(error) => outcome = Err(error),
        }
    }
    if is_job {
        return Err(CliError::file(format!(
            "{} is the page of the job in this directory; no page about all jobs was written",
            all.display()
        )));
    }
    let jobs: Vec<_> = jobs.into_iter().map(|(_, job)| job).collect();
    if write(dir, owner, || page::of_all(&jobs))? {
        written.page = Some(all);
    } else {
        written.others.push(all);
    }
    outcome.map(|()| written)
}

/// Whether a folder has a page about all jobs below it.
pub(crate) fn has_page_about_all(dir: &Path) -> bool {
    !has_a_seed(dir) && is_generated(&dir.join(PAGE)).unwrap_or(false)
}

/// Whether a page in a folder is, or will be, that of one job.
fn has_a_seed(dir: &Path) -> bool {
    completed::json::<SeedFile>(&dir.join("seed.json")).is_some()
}

/// Writes a page, unless somebody else's is there.
fn write(
    dir: &Path,
    owner: Owner,
    page: impl FnOnce() -> askama::Result<String>,
) -> Result<bool, CliError> {
    atomic_file::remove_abandoned(dir);
    let path = dir.join(PAGE);
    let error = |error: &dyn std::fmt::Display| {
        CliError::file(format!("cannot write {}: {error}", path.display()))
    };
    if !may_overwrite(&path, owner) {
        return Ok(false);
    }
    let page = page().map_err(|cause| error(&cause))?;
    // What is as it was is not written again.
    let present = local_file::read(&path, local_file::OUTPUT_LIMIT);
    if present.is_ok_and(|present| present == page.as_bytes()) {
        return Ok(true);
    }
    atomic_file::write(&path, page.as_bytes()).map_err(|cause| error(&cause))?;
    Ok(true)
}

/// Whether a page may be written: none is there, or one of before.
fn may_overwrite(path: &Path, owner: Owner) -> bool {
    match fs::metadata(path) {
        Ok(data) if owner.has(&data) => is_generated(path).unwrap_or(false),
        Ok(_) => false,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// An error where it is not a regular file.
fn is_generated(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    let file = local_file::open(path, Links::Follow, fs::File::options().read(true))?;
    file.take(GENERATOR_TAG_WITHIN).read_to_end(&mut start)?;
    Ok(String::from_utf8_lossy(&start).contains(GENERATOR_TAG))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_users_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("one");
        fs::create_dir(&dir).unwrap();
        let image = r#"{"number": 1, "file": "image-1.png", "size": 1, "differences": []}"#;
        let seed = format!(
            r#"{{"job_id": "1", "seed": 7, "images": [], "warnings": [], "files": [{image}]}}"#
        );
        fs::write(dir.join("seed.json"), seed).unwrap();
        fs::write(dir.join("job.json"), "{}").unwrap();
        fs::write(dir.join("image-1.png"), "1").unwrap();
        let own = Owner::of_new_files(root.path());

        let written = write_all_of(own.another(), root.path()).unwrap();
        assert_eq!((written.jobs, written.page), (0, None));
        assert_eq!(written.left_out, [dir.as_path()]);
        assert!(CompletedJob::read(&dir, "one", own.another()).is_none());

        let written = write_all_of(own, root.path()).unwrap();
        assert_eq!((written.jobs, written.others.len()), (1, 0));
        let page = root.path().join(PAGE);
        assert!(may_overwrite(&page, own) && !may_overwrite(&page, own.another()));
    }
}
