//! `gallery`: HTML pages, one for each completed job, and one about all jobs in a
//! directory.

mod completed;
mod owner;
mod page;

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{fs, io, thread};

use askama::Template;
use serde::Serialize;

use crate::arguments::{Common, Gallery};
use crate::atomic_file::{self, or_current_dir};
use crate::error::CliError;
use crate::exit::Exit;
use crate::fetch::{STATE_DIR, SeedFile, images_base};
use crate::local_file;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::{eprint_note, print_or_closed};
use crate::text::sanitize;
use completed::CompletedJob;
pub(super) use completed::PAGE;
use owner::Owner;
use page::{AllPage, JobPage};

/// A directory with one of these is a job's.
const OWN_FILES: [&str; 3] = ["seed.json", "job.json", "pending.json"];
/// A page that does not begin so is another program's.
const START: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
                     <meta name=\"generator\" content=\"useapi-seed\">";

/// The pages.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Gallery"))]
pub(crate) struct GalleryReport {
    /// The page about all jobs; null when another program's page has its name.
    pub(super) page: Option<String>,
    /// How many completed jobs were found.
    jobs: usize,
    /// Pages of other programs, which are unchanged.
    skipped_foreign: Vec<String>,
    /// Directories of jobs that have no page: incomplete, another user's, or links.
    skipped_incomplete: Vec<String>,
}

pub(crate) fn run(common: &Common, arguments: Gallery) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::GALLERY)?;
    let dir = Settings::read(common)?.dir(arguments.dir)?.value;
    let report = write_all(&dir)?;
    if !output.is_json() || report.jobs == 0 {
        report.eprint_foreign();
        for path in &report.skipped_incomplete {
            let path = sanitize(path);
            eprint_note(format_args!(
                "skipped {path}: unfinished, its files changed, another user's, or a link"
            ));
        }
    }
    if report.jobs == 0 {
        let message = format!("no finished jobs in {}", or_current_dir(&dir).display());
        return Err(
            CliError::usage(message).hint("Pass the directory that contains the job directories.")
        );
    }
    if output.is_json() {
        output.print(&report)?;
    } else if let Some(page) = report.page {
        print_or_closed(&(sanitize(&page) + "\n"))?;
    }
    Ok(Exit::Done)
}

impl GalleryReport {
    /// Notes the pages of other programs.
    pub(super) fn eprint_foreign(&self) {
        for path in &self.skipped_foreign {
            let path = sanitize(path);
            eprint_note(format_args!(
                "{path} was not created by useapi-seed; left unchanged"
            ));
        }
    }

    /// Writes a page, unless another program's is there. Returns its path.
    fn write(
        &mut self,
        dir: &Path,
        owner: Owner,
        page: &impl Template,
    ) -> Result<Option<String>, CliError> {
        let path = dir.join(PAGE);
        let shown = path.to_string_lossy().into_owned();
        if !may_overwrite(&path, owner) {
            self.skipped_foreign.push(shown);
            return Ok(None);
        }
        atomic_file::remove_abandoned(dir);
        let page = page.render().map_err(io::Error::other);
        let written =
            page.and_then(
                |page| match local_file::read(&path, local_file::OUTPUT_LIMIT) {
                    Ok(present) if present == page.as_bytes() => Ok(()),
                    _ => atomic_file::write(&path, page.as_bytes()),
                },
            );
        match written {
            Ok(()) => Ok(Some(shown)),
            Err(error) => Err(CliError::file(format!("cannot write {shown}: {error}"))),
        }
    }
}

/// Writes the page of one completed job.
pub(super) fn write_one(dir: &Path) -> Result<GalleryReport, CliError> {
    let mut report = GalleryReport::default();
    if !has_seed(dir) {
        return Ok(report);
    }
    let owner = Owner::of_new_files(dir)?;
    if let Some(job) = CompletedJob::read(dir, "", owner) {
        let all = has_page_about_all(&dir.join(job.parent));
        report.write(dir, owner, &JobPage::new(&job, all, None, None))?;
    }
    Ok(report)
}

/// Writes the pages of the completed jobs in a directory, and the one about all of them.
pub(super) fn write_all(dir: &Path) -> Result<GalleryReport, CliError> {
    let paths = entries(dir)?;
    write_all_of(Owner::of_new_files(dir)?, dir, paths)
}

fn write_all_of(
    owner: Owner,
    dir: &Path,
    mut paths: Vec<PathBuf>,
) -> Result<GalleryReport, CliError> {
    let state_dir = dir.join(STATE_DIR);
    if owner.has_dir(&state_dir) {
        paths.extend(entries(&state_dir)?);
    }
    paths.sort();
    let mut report = GalleryReport::default();
    let mut jobs = Vec::new();
    for path in paths
        .iter()
        .map(PathBuf::as_path)
        .filter(|path| path.is_dir())
    {
        let name = path.strip_prefix(dir).ok().and_then(Path::to_str);
        let name = name.filter(|_| owner.has_dir(path));
        if let Some(job) = name.and_then(|name| CompletedJob::read(path, name, owner)) {
            jobs.push((path, job));
        } else if OWN_FILES.iter().any(|file| path.join(file).is_file()) {
            let path = path.to_string_lossy().into_owned();
            report.skipped_incomplete.push(path);
        }
    }
    report.jobs = jobs.len();
    if jobs.is_empty() {
        return Ok(report);
    }
    // The newest first.
    jobs.sort_by_cached_key(|(path, job)| Reverse((job.retrieved.clone(), *path)));
    add_thumbnails(&mut jobs, owner);
    let is_job = has_seed(dir);
    let has_all = !is_job && may_overwrite(&dir.join(PAGE), owner);
    let mut outcome = Ok(());
    for (index, (path, job)) in jobs.iter().enumerate() {
        let neighbor = |index: Option<usize>| jobs.get(index?).map(|(_, job)| job);
        let (previous, next) = (neighbor(index.checked_sub(1)), neighbor(Some(index + 1)));
        let page = JobPage::new(job, has_all, previous, next);
        // One that cannot be written does not prevent the others.
        let written = report.write(path, owner, &page);
        outcome = written.map(|_| ()).and(outcome);
    }
    if is_job {
        return Err(CliError::file(format!(
            "{} is the page of the job in this directory; no page about all jobs was written",
            dir.join(PAGE).display()
        )));
    }
    let jobs = jobs.iter().map(|(_, job)| job).collect();
    report.page = report.write(dir, owner, &AllPage { jobs })?;
    outcome.map(|()| report)
}

/// Makes the thumbnails that are missing. Each takes some tens of milliseconds.
fn add_thumbnails(jobs: &mut [(&Path, CompletedJob)], owner: Owner) {
    let images = jobs.iter_mut().flat_map(|(path, job)| {
        let base = images_base(path);
        job.images.iter_mut().map(move |image| (base, image))
    });
    let images = Mutex::new(images);
    let next = || images.lock().ok()?.next();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((base, image)) = next() {
                    image.add_thumbnails(base, owner);
                }
            });
        }
    });
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, CliError> {
    let entries = fs::read_dir(or_current_dir(dir)).map_err(|error| {
        let dir = or_current_dir(dir).display();
        CliError::file(format!("cannot read {dir}: {error}"))
    })?;
    let names = entries.flatten().map(|entry| dir.join(entry.file_name()));
    Ok(names.collect())
}

/// Whether a directory has a page about all jobs in it.
pub(super) fn has_page_about_all(dir: &Path) -> bool {
    let is_own = local_file::own_file_exists(&dir.join(PAGE), START);
    !has_seed(dir) && is_own.unwrap_or(false)
}

/// Whether a directory's page is, or will be, that of one job.
fn has_seed(dir: &Path) -> bool {
    local_file::read_json::<SeedFile>(&dir.join("seed.json")).is_some()
}

/// Whether a page can be written: none is there, or one of this command and this owner.
fn may_overwrite(path: &Path, owner: Owner) -> bool {
    match local_file::own_file_exists(path, START) {
        Ok(exists) => !exists || owner.metadata(path).is_some(),
        Err(_) => false,
    }
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
        let own = Owner::of_new_files(root.path()).unwrap();

        let report =
            write_all_of(own.another(), root.path(), entries(root.path()).unwrap()).unwrap();
        assert_eq!((report.jobs, report.page), (0, None));
        assert_eq!(report.skipped_incomplete, [dir.to_str().unwrap()]);
        assert!(CompletedJob::read(&dir, "one", own.another()).is_none());

        let report = write_all_of(own, root.path(), entries(root.path()).unwrap()).unwrap();
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
            write_one(&dir).unwrap();
            fs::read_to_string(dir.join(PAGE)).unwrap().contains(link)
        };
        assert!(!page("../../index.html") && page("../../image-1.png"));
        fs::write(root.path().join(PAGE), START).unwrap();
        assert!(page("../../index.html"));
    }
}
