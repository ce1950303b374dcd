//! The jobs that are saved in a directory, and `seeds.csv`, which lists their seeds.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use clap::ValueEnum;
use csv::WriterBuilder;
use serde::Serialize;
use serde_json::Value;

use crate::atomic_file::{self, or_current_dir};
use crate::error::CliError;
use crate::fetch::{STATE_DIR, SeedFile};
use crate::local_file::{own_file_exists, read_json};

const NAME: &str = "seeds.csv";
/// The columns of CSV.
const COLUMNS: [&str; 9] = [
    "job_id",
    "seed_job_id",
    "seed",
    "prompt",
    "prompt_with_seed",
    "images",
    "retrieved_at",
    "directory",
    "status",
];

/// A saved job.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "List"))]
pub(crate) struct SavedJob {
    /// ID of the requested job.
    pub(crate) job_id: String,
    /// ID of the job that the response is about, or of the running seed job.
    pub(crate) seed_job_id: Option<String>,
    /// The seed; null if it was not retrieved yet.
    pub(crate) seed: Option<u64>,
    /// The prompt.
    pub(crate) prompt: Option<String>,
    /// The prompt that recreates the images.
    pub(crate) prompt_with_seed: Option<String>,
    /// The image files that are present, relative to `directory`.
    pub(crate) images: Vec<String>,
    /// When the seed was retrieved (RFC 3339).
    pub(crate) retrieved_at: Option<String>,
    /// The directory of the images.
    pub(crate) directory: String,
    /// Whether it is complete.
    pub(crate) status: SavedStatus,
}

/// Whether a saved job is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum SavedStatus {
    /// The seed and the images were saved.
    Completed,
    /// The same `fetch` resumes it.
    #[default]
    Pending,
}

impl SavedJob {
    /// `images` is the directory that the files' names are relative to.
    fn read(state: &Path, images: &Path, directory: &str) -> Option<Self> {
        let pending: Option<Value> = read_json(&state.join("pending.json"));
        let directory = directory.to_owned();
        let Some(file) = read_json::<SeedFile>(&state.join("seed.json")) else {
            let id = |pointer| Some(pending.as_ref()?.pointer(pointer)?.as_str()?.to_owned());
            return Some(Self {
                job_id: id("/job_id")?,
                seed_job_id: id("/submission/job/job_id"),
                directory,
                ..Self::default()
            });
        };
        let size = |name: &str| {
            let mut components = Path::new(name).components();
            let is_below = components.all(|part| matches!(part, Component::Normal(_)));
            is_below.then(|| atomic_file::size(&images.join(name)))?
        };
        let status = if pending.is_none() || file.is_whole(size) {
            SavedStatus::Completed
        } else {
            SavedStatus::Pending
        };
        let result = &file.result;
        let job_id = file.requested_job_id.as_deref().or(result.parent_job_id());
        let files = file.files.iter().filter_map(|image| image.file.clone());
        Some(Self {
            job_id: job_id.unwrap_or(result.job_id()).to_owned(),
            seed_job_id: Some(result.job_id().to_owned()),
            seed: Some(result.seed()),
            prompt: result.prompt().map(str::to_owned),
            prompt_with_seed: result.prompt_with_seed().map(str::to_owned),
            images: files.filter(|name| size(name).is_some()).collect(),
            retrieved_at: file.retrieved_at,
            directory,
            status,
        })
    }
}

/// The jobs that are saved in a directory, those with the oldest seeds first. Their
/// directories are relative to it.
pub(crate) fn read(dir: &Path) -> Result<Vec<SavedJob>, CliError> {
    let dir = or_current_dir(dir);
    let below = names(dir)
        .map_err(|error| CliError::file(format!("cannot read {}: {error}", dir.display())))?;
    let mut jobs: Vec<_> = SavedJob::read(dir, dir, ".").into_iter().collect();
    jobs.extend(below.iter().filter_map(|name| {
        let path = dir.join(name);
        SavedJob::read(&path, &path, name)
    }));
    let state = dir.join(STATE_DIR);
    let with_template = names(&state).unwrap_or_default();
    let read = |name| SavedJob::read(&state.join(name), dir, ".");
    jobs.extend(with_template.iter().filter_map(read));
    jobs.sort_by_cached_key(|job| {
        let time = job.retrieved_at.clone();
        (
            time.is_none(),
            time,
            job.directory.clone(),
            job.job_id.clone(),
        )
    });
    Ok(jobs)
}

/// The names in a directory; those of this command are Unicode.
fn names(dir: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(dir)?.flatten().map(|entry| entry.file_name());
    Ok(names.filter_map(|name| name.into_string().ok()).collect())
}

/// All columns, separated by `delimiter`.
pub(crate) fn to_csv(jobs: &[SavedJob], delimiter: u8) -> Result<String, CliError> {
    let text = csv(jobs, delimiter);
    let text = text.map_err(|error| CliError::new(format!("cannot write CSV: {error}")))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn csv(jobs: &[SavedJob], delimiter: u8) -> csv::Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut writer = WriterBuilder::new();
    let mut writer = writer.delimiter(delimiter).from_writer(&mut text);
    writer.write_record(COLUMNS)?;
    for job in jobs {
        writer.serialize((
            &job.job_id,
            &job.seed_job_id,
            job.seed,
            &job.prompt,
            &job.prompt_with_seed,
            job.images.join(";"),
            &job.retrieved_at,
            &job.directory,
            job.status,
        ))?;
    }
    writer.flush()?;
    drop(writer);
    Ok(text)
}

/// Writes the completed jobs in a directory into its `seeds.csv`; none where there is no
/// such job. A file of another program is left unchanged, which is an error.
pub(crate) fn write_csv(dir: &Path) -> Result<Option<PathBuf>, CliError> {
    let path = dir.join(NAME);
    let mut jobs = read(dir)?;
    jobs.retain(|job| job.status == SavedStatus::Completed);
    if !own_file_exists(&path, &to_csv(&[], b',')?)? && jobs.is_empty() {
        return Ok(None);
    }
    atomic_file::write(&path, to_csv(&jobs, b',')?.as_bytes())
        .map_err(|error| CliError::file(format!("cannot write {}: {error}", path.display())))?;
    Ok(Some(path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const HEADER: &str =
        "job_id,seed_job_id,seed,prompt,prompt_with_seed,images,retrieved_at,directory,status\n";

    /// Saves a job in a directory, and its images in another one.
    fn save(dir: &Path, images: &Path, id: &str, files: &[&str], retrieved_at: Option<&str>) {
        fs::create_dir_all(dir).unwrap();
        let file = |(name, number): (&&str, usize)| json!({"number": number, "file": name, "size": 1, "differences": []});
        let seed = json!({
            "requested_job_id": id, "job_id": "9", "seed": 7, "prompt": "a \"cat\",\nhere",
            "prompt_with_seed": "=1+1 --seed 7", "images": [], "warnings": [],
            "files": files.iter().zip(1..).map(file).collect::<Vec<_>>(),
            "retrieved_at": retrieved_at,
        });
        fs::write(dir.join("seed.json"), seed.to_string()).unwrap();
        for name in files {
            fs::write(images.join(name), "1").unwrap();
        }
    }

    fn pend(dir: &Path, id: &str) {
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join("pending.json"), json!({"job_id": id}).to_string()).unwrap();
    }

    #[test]
    fn saved_jobs_are_read_by_time() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        let save = |id, dir: &str, files: &[&str], time| {
            save(&path(dir), &path(dir), id, files, time);
        };
        save("1", "new", &["a.png"], Some("2026-01-02T00:00:01Z"));
        save("2", "old", &["a.png"], Some("2026-01-02T00:00:00Z"));
        save("3", "cut", &["a.png", "b.png"], None);
        fs::remove_file(path("cut/b.png")).unwrap();
        pend(&path("cut"), "3");
        // The process ended before it removed the file.
        save("4", "late", &["a.png"], None);
        pend(&path("late"), "4");
        self::save(&path(".useapi-seed/5"), &path(""), "5", &["cat.png"], None);
        pend(&path(".useapi-seed/6"), "6");
        pend(&path("new/none"), "7");
        fs::create_dir(path("other")).unwrap();
        fs::write(path("other/seed.json"), "{}").unwrap();

        let jobs = read(root.path()).unwrap();
        let jobs = jobs.iter().map(|job| {
            let images = job.images.join(" ");
            format!(
                "{} {} {:?} [{images}]",
                job.job_id, job.directory, job.status
            )
        });
        assert_eq!(
            jobs.collect::<Vec<_>>(),
            [
                "2 old Completed [a.png]",
                "1 new Completed [a.png]",
                "5 . Completed [cat.png]",
                "6 . Pending []",
                "3 cut Pending [a.png]",
                "4 late Completed [a.png]",
            ]
        );
        assert!(read(&path("none")).is_err());
        // A directory with a job of its own.
        assert_eq!(read(&path("old")).unwrap()[0].directory, ".");
    }

    #[test]
    fn files_outside_the_directory_are_ignored() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("one");
        let outside = root.path().join("a.png");
        let names = ["../a.png", outside.to_str().unwrap(), "b.png"];
        save(&dir, &dir, "1", &names, None);
        assert_eq!(read(root.path()).unwrap()[0].images, ["b.png"]);
    }

    #[test]
    fn seeds_csv_has_completed_jobs() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("one");
        pend(&root.path().join("two"), "2");
        assert_eq!(write_csv(root.path()).unwrap(), None);

        save(
            &dir,
            &dir,
            "1",
            &["a.png", "b.png"],
            Some("2026-01-02T00:00:00Z"),
        );
        let csv = write_csv(root.path()).unwrap().unwrap();
        let row = "1,9,7,\"a \"\"cat\"\",\nhere\",=1+1 --seed 7,a.png;b.png,2026-01-02T00:00:00Z,one,completed\n";
        assert_eq!(fs::read_to_string(&csv).unwrap(), format!("{HEADER}{row}"));

        fs::remove_dir_all(dir).unwrap();
        assert!(write_csv(root.path()).unwrap().is_some());
        assert_eq!(fs::read_to_string(&csv).unwrap(), HEADER);
    }

    #[test]
    fn foreign_seeds_csv_is_kept() {
        let root = tempfile::tempdir().unwrap();
        save(&root.path().join("1"), root.path(), "1", &[], None);
        let csv = root.path().join("seeds.csv");
        for content in ["a,b\n", &HEADER.replace('\n', "\r\n"), "job_id,seed"] {
            fs::write(&csv, content).unwrap();
            let error = write_csv(root.path()).unwrap_err();
            assert!(
                error
                    .message()
                    .ends_with("seeds.csv was not created by useapi-seed; left unchanged")
            );
            assert_eq!(fs::read_to_string(&csv).unwrap(), content);
        }
    }

    proptest! {
        #[test]
        fn csv_keeps_every_prompt(prompt: String, is_tsv: bool) {
            let delimiter = if is_tsv { b'\t' } else { b',' };
            let job = SavedJob {
                job_id: "1".to_owned(),
                prompt: Some(prompt.clone()),
                ..SavedJob::default()
            };
            let text = to_csv(&[job.clone(), job.clone()], delimiter).unwrap();
            let mut reader = csv::ReaderBuilder::new();
            let mut reader = reader.delimiter(delimiter).from_reader(text.as_bytes());
            let records: Vec<_> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(records.len(), 2);
            let expected = ["1", "", "", &prompt, "", "", "", "", "pending"];
            prop_assert!(records[1].iter().eq(expected));
        }
    }
}
