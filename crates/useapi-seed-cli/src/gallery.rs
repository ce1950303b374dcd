//! HTML pages: one for each completed job, and one about all jobs in a directory.

mod completed;
mod owner;
pub(crate) mod page;

use std::fmt::Display;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::atomic_file::{self, or_current_dir};
use crate::error::CliError;
use crate::fetch::{STATE_DIR, SeedFile, images_base};
use crate::local_file::{self, Links};
use crate::terminal::eprint_note;
use crate::text::sanitize;
use completed::CompletedJob;
pub(crate) use completed::PAGE;
use owner::Owner;

/// A directory with one of these is a job's.
const OWN_FILES: [&str; 3] = ["seed.json", "job.json", "pending.json"];
/// A page that does not begin with it is another program's.
const GENERATOR_TAG: &str = "<meta name=\"generator\" content=\"useapi-seed\">";
const GENERATOR_TAG_WITHIN: u64 = 512;

/// What became of the pages.
#[derive(Debug, Default)]
pub(crate) struct GalleryReport {
    /// How many completed jobs were found.
    pub(crate) jobs: usize,
    /// The page about all of them, if it was written.
    pub(crate) page: Option<PathBuf>,
    /// Pages of other programs, which are unchanged.
    pub(crate) skipped_foreign: Vec<PathBuf>,
    /// Directories of jobs that have no page: incomplete, another user's, or links.
    pub(crate) skipped_incomplete: Vec<PathBuf>,
}

impl GalleryReport {
    /// Notes the pages of other programs.
    pub(crate) fn eprint_foreign(&self) {
        for path in &self.skipped_foreign {
            let path = sanitize(&path.to_string_lossy());
            eprint_note(format_args!(
                "{path} was not created by useapi-seed; left unchanged"
            ));
        }
    }

    /// Writes a page, unless another program's is there.
    fn write(
        &mut self,
        path: &Path,
        owner: Owner,
        page: askama::Result<String>,
    ) -> Result<bool, CliError> {
        let failed = |cause: &dyn Display| {
            CliError::file(format!("cannot write {}: {cause}", path.display()))
        };
        atomic_file::remove_abandoned(path.parent().unwrap_or(path));
        if !may_overwrite(path, owner) {
            self.skipped_foreign.push(path.to_owned());
            return Ok(false);
        }
        let page = page.map_err(|cause| failed(&cause))?;
        let present = local_file::read(path, local_file::OUTPUT_LIMIT);
        if !present.is_ok_and(|present| present == page.as_bytes()) {
            atomic_file::write(path, page.as_bytes()).map_err(|cause| failed(&cause))?;
        }
        Ok(true)
    }
}

/// Writes the page of one completed job.
pub(crate) fn write_one(dir: &Path) -> Result<GalleryReport, CliError> {
    let owner = Owner::of_new_files(dir);
    let mut report = GalleryReport::default();
    if let Some(job) = CompletedJob::read(dir, "", owner) {
        report.jobs = 1;
        // Of the directory itself: the path's last component may be `..`.
        let has_parent = fs::canonicalize(or_current_dir(dir)).is_ok_and(|dir| {
            let base = Some(images_base(&dir)).filter(|base| *base != dir);
            base.or(dir.parent()).is_some_and(has_page_about_all)
        });
        report.write(&dir.join(PAGE), owner, page::of_job(&job, has_parent))?;
    }
    Ok(report)
}

/// Writes the pages of the completed jobs in a directory, and the one about all of them.
pub(crate) fn write_all(dir: &Path) -> Result<GalleryReport, CliError> {
    write_all_of(Owner::of_new_files(dir), dir)
}

fn write_all_of(owner: Owner, dir: &Path) -> Result<GalleryReport, CliError> {
    let entries = fs::read_dir(or_current_dir(dir)).map_err(|error| {
        let dir = or_current_dir(dir).display();
        CliError::file(format!("cannot read {dir}: {error}"))
    })?;
    let state_dir = dir.join(STATE_DIR);
    let states = owner.is_dir(&state_dir).then(|| fs::read_dir(&state_dir));
    let states = states.into_iter().flatten().flatten().flatten();
    let entries = entries.flatten().map(|entry| dir.join(entry.file_name()));
    let entries = entries.chain(states.map(|entry| state_dir.join(entry.file_name())));
    let mut jobs = Vec::new();
    let mut report = GalleryReport::default();
    for path in entries.filter(|path| path.is_dir()) {
        let path_from_all = path.strip_prefix(dir).ok().and_then(Path::to_str);
        let path_from_all = path_from_all.filter(|_| owner.is_dir(&path));
        if let Some(job) =
            path_from_all.and_then(|path_from_all| CompletedJob::read(&path, path_from_all, owner))
        {
            jobs.push((path, job));
        } else if OWN_FILES.iter().any(|file| path.join(file).is_file()) {
            report.skipped_incomplete.push(path);
        }
    }
    report.skipped_incomplete.sort();
    report.jobs = jobs.len();
    if jobs.is_empty() {
        return Ok(report);
    }
    // The newest first.
    jobs.sort_by(|(_, one), (_, other)| other.order().cmp(&one.order()));
    let all = dir.join(PAGE);
    let is_job = has_seed(dir);
    let has_parent = !is_job && may_overwrite(&all, owner);
    let mut outcome = Ok(());
    for (path, job) in &jobs {
        let page = page::of_job(job, has_parent);
        // One that cannot be written does not prevent the others.
        if let Err(error) = report.write(&path.join(PAGE), owner, page) {
            outcome = Err(error);
        }
    }
    if is_job {
        return Err(CliError::file(format!(
            "{} is the page of the job in this directory; no page about all jobs was written",
            all.display()
        )));
    }
    let jobs: Vec<_> = jobs.into_iter().map(|(_, job)| job).collect();
    if report.write(&all, owner, page::of_all(&jobs))? {
        report.page = Some(all);
    }
    outcome.map(|()| report)
}

/// Whether a directory has a page about all jobs in it.
pub(crate) fn has_page_about_all(dir: &Path) -> bool {
    !has_seed(dir) && is_generated(&dir.join(PAGE)).unwrap_or(false)
}

/// Whether a directory's page is, or will be, that of one job.
fn has_seed(dir: &Path) -> bool {
    local_file::read_json::<SeedFile>(&dir.join("seed.json")).is_some()
}

/// Whether a page can be written: none is there, or a generated one.
fn may_overwrite(path: &Path, owner: Owner) -> bool {
    match fs::metadata(path) {
        Ok(data) => owner.has(&data) && is_generated(path).unwrap_or(false),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(dir: &Path, images: &Path) {
        fs::create_dir_all(dir).unwrap();
        let image = r#"{"number": 1, "file": "image-1.png", "size": 1, "differences": []}"#;
        let seed = format!(
            r#"{{"job_id": "1", "seed": 7, "images": [], "warnings": [], "files": [{image}]}}"#
        );
        fs::write(dir.join("seed.json"), seed).unwrap();
        fs::write(dir.join("job.json"), "{}").unwrap();
        fs::write(images.join("image-1.png"), "1").unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn files_of_other_users_are_skipped() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("one");
        finished(&dir, &dir);
        let own = Owner::of_new_files(root.path());

        let report = write_all_of(own.another(), root.path()).unwrap();
        assert_eq!((report.jobs, report.page), (0, None));
        assert_eq!(report.skipped_incomplete, [dir.as_path()]);
        assert!(CompletedJob::read(&dir, "one", own.another()).is_none());

        let report = write_all_of(own, root.path()).unwrap();
        assert_eq!((report.jobs, report.skipped_foreign.len()), (1, 0));
        let page = root.path().join(PAGE);
        assert!(may_overwrite(&page, own) && !may_overwrite(&page, own.another()));
    }

    #[test]
    fn page_of_one_job_links_to_existing_parent() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join(".useapi-seed/one");
        finished(&dir, root.path());
        let page = |link: &str| {
            assert_eq!(write_one(&dir).unwrap().jobs, 1);
            fs::read_to_string(dir.join(PAGE)).unwrap().contains(link)
        };
        assert!(!page("../../index.html") && page("../../image-1.png"));
        fs::write(root.path().join(PAGE), GENERATOR_TAG).unwrap();
        assert!(page("../../index.html"));
    }
}
