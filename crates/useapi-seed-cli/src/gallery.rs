//! Pages to look at: one for each finished folder, and one for all beneath a
//! folder.

mod finished;
mod owner;
pub(crate) mod page;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::local_file::{self, Links};
use crate::retrieve::SeedFile;
use crate::terminal::{note_mark, plain, tell};
use crate::whole_file;
use finished::Finished;
use owner::Owner;

/// The name that hosts of static files look for.
const PAGE: &str = "index.html";
/// A folder with one of these is one of ours.
const OURS: [&str; 3] = ["seed.json", "job.json", "pending.json"];
/// A page that begins otherwise is somebody else's.
const MARK: &str = "<meta name=\"generator\" content=\"useapi-seed\">";
const MARK_WITHIN: u64 = 512;

/// What became of the pages.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// How many jobs were found finished.
    pub(crate) jobs: usize,
    /// The page about all of them, if it was written.
    pub(crate) page: Option<PathBuf>,
    /// Pages that were left alone, since somebody else has written them.
    pub(crate) others: Vec<PathBuf>,
    /// Folders that have no page: not finished, of another user, or links.
    pub(crate) left_out: Vec<PathBuf>,
}

impl Written {
    /// Notes the pages that were left alone.
    pub(crate) fn tell_left_alone(&self) {
        for path in &self.others {
            let path = plain(&path.to_string_lossy());
            tell(format_args!(
                "{} {path} was not created by useapi-seed; left unchanged",
                note_mark()
            ));
        }
    }
}

/// Writes the page of one finished folder alone.
pub(crate) fn write_one(folder: &Path) -> Result<Written, Failure> {
    let owner = Owner::of_new_files(folder);
    let mut written = Written::default();
    if let Some(job) = Finished::read(folder, "", owner) {
        written.jobs = 1;
        // Not the folder's name without its last part: that may be `..`.
        let folder_itself = fs::canonicalize(whole_file::here(folder));
        let has_parent =
            folder_itself.is_ok_and(|folder| folder.parent().is_some_and(has_page_about_all));
        if !write(folder, owner, || page::of_job(&job, has_parent))? {
            written.others.push(folder.join(PAGE));
        }
    }
    Ok(written)
}

/// Writes the pages of the finished folders right beneath a folder, and the one about
/// all of them.
pub(crate) fn write_all(folder: &Path) -> Result<Written, Failure> {
    write_all_of(Owner::of_new_files(folder), folder)
}

fn write_all_of(owner: Owner, folder: &Path) -> Result<Written, Failure> {
    let entries = fs::read_dir(whole_file::here(folder)).map_err(|fault| {
        let folder = whole_file::here(folder).display();
        Failure::file(format!("cannot read {folder}: {fault}"))
    })?;
    let mut jobs = Vec::new();
    let mut written = Written::default();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let path = folder.join(&name);
        let Some(name) = name.to_str().filter(|_| path.is_dir()) else {
            continue;
        };
        let is_own = owner.data(&path).is_some_and(|data| data.is_dir());
        let job = is_own.then(|| Finished::read(&path, name, owner)).flatten();
        if let Some(job) = job {
            jobs.push((path, job));
        } else if OURS.iter().any(|file| path.join(file).is_file()) {
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
    let all = folder.join(PAGE);
    let is_job = has_a_seed(folder);
    let has_parent = !is_job && is_free(&all, owner);
    let mut outcome = Ok(());
    for (path, job) in &jobs {
        match write(path, owner, || page::of_job(job, has_parent)) {
            Ok(true) => {}
            Ok(false) => written.others.push(path.join(PAGE)),
            // One that cannot be written keeps none of the others back.
            Err(failure) => outcome = Err(failure),
        }
    }
    if is_job {
        return Err(Failure::file(format!(
            "{} is the page of the job in this directory; no page about all jobs was written",
            all.display()
        )));
    }
    let jobs: Vec<_> = jobs.into_iter().map(|(_, job)| job).collect();
    if write(folder, owner, || page::of_all(&jobs))? {
        written.page = Some(all);
    } else {
        written.others.push(all);
    }
    outcome.map(|()| written)
}

/// Whether a folder has a page about all jobs below it.
pub(crate) fn has_page_about_all(folder: &Path) -> bool {
    !has_a_seed(folder) && begins_as_ours(&folder.join(PAGE)).unwrap_or(false)
}

/// Whether a page in a folder is, or will be, that of one job.
fn has_a_seed(folder: &Path) -> bool {
    finished::json::<SeedFile>(&folder.join("seed.json")).is_some()
}

/// Writes a page, unless somebody else's is there.
fn write(
    folder: &Path,
    owner: Owner,
    page: impl FnOnce() -> askama::Result<String>,
) -> Result<bool, Failure> {
    whole_file::remove_abandoned(folder);
    let path = folder.join(PAGE);
    let fault = |fault: &dyn std::fmt::Display| {
        Failure::file(format!("cannot write {}: {fault}", path.display()))
    };
    if !is_free(&path, owner) {
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
fn is_free(path: &Path, owner: Owner) -> bool {
    match fs::metadata(path) {
        Ok(data) if owner.has(&data) => begins_as_ours(path).unwrap_or(false),
        Ok(_) => false,
        Err(fault) => fault.kind() == io::ErrorKind::NotFound,
    }
}

/// An error where it is not a regular file.
fn begins_as_ours(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    let file = local_file::open(path, Links::Follow, fs::File::options().read(true))?;
    file.take(MARK_WITHIN).read_to_end(&mut start)?;
    Ok(String::from_utf8_lossy(&start).contains(MARK))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_users_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("one");
        fs::create_dir(&folder).unwrap();
        let image = r#"{"number": 1, "file": "image-1.png", "size": 1, "differences": []}"#;
        let seed = format!(
            r#"{{"job_id": "1", "seed": 7, "images": [], "warnings": [], "files": [{image}]}}"#
        );
        fs::write(folder.join("seed.json"), seed).unwrap();
        fs::write(folder.join("job.json"), "{}").unwrap();
        fs::write(folder.join("image-1.png"), "1").unwrap();
        let own = Owner::of_new_files(root.path());

        let written = write_all_of(own.another(), root.path()).unwrap();
        assert_eq!((written.jobs, written.page), (0, None));
        assert_eq!(written.left_out, [folder.as_path()]);
        assert!(Finished::read(&folder, "one", own.another()).is_none());

        let written = write_all_of(own, root.path()).unwrap();
        assert_eq!((written.jobs, written.others.len()), (1, 0));
        let page = root.path().join(PAGE);
        assert!(is_free(&page, own) && !is_free(&page, own.another()));
    }
}
