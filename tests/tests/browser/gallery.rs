//! The pages that the command writes beside what it has fetched.

mod find;
mod index;
mod job;
mod keyboard;
mod themes;
mod viewer;
mod xss;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use url::Url;
use useapi_seed_emulator::Emulator;

use crate::setting;

/// A directory with the directories of three jobs, fetched from the emulator.
pub(crate) struct Gallery {
    directory: TempDir,
    /// The directories' names.
    jobs: Vec<String>,
}

impl Gallery {
    pub(crate) async fn fetched() -> Self {
        let emulator = Emulator::builder().time_scale(600.0).start().await.unwrap();
        let jobs = emulator.jobs();
        let jobs = [&jobs.imagine, &jobs.button, &jobs.blend];
        let directory = tempfile::tempdir().unwrap();
        let mut fetch = command(directory.path());
        fetch
            .arg("fetch")
            .args(jobs)
            .args(["-d", ".", "--interval", "0.02"])
            .env("USEAPI_BASE_URL", emulator.base_url())
            .env("USEAPI_TOKEN", emulator.token());
        run(&mut fetch);
        Self {
            jobs: jobs.map(|id| id.replace(':', "-")).into(),
            directory,
        }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The directory of the first job.
    fn job(&self) -> PathBuf {
        self.path().join(&self.jobs[0])
    }

    /// Its page, on disk.
    pub(crate) fn job_page(&self) -> Url {
        Url::from_file_path(self.job().join("index.html")).unwrap()
    }

    /// The index of all jobs, on disk.
    fn index_page(&self) -> Url {
        Url::from_file_path(self.path().join("index.html")).unwrap()
    }

    /// A document in the directory of the first job.
    fn read(&self, file: &str) -> Value {
        serde_json::from_slice(&fs::read(self.job().join(file)).unwrap()).unwrap()
    }

    /// Replaces the prompt of the first job.
    fn set_prompt(&self, prompt: &str) {
        self.set_prompt_and_seed(0, prompt, 7);
        self.write_pages();
    }

    /// Replaces the prompt and the seed of a job, but writes no pages.
    fn set_prompt_and_seed(&self, job: usize, prompt: &str, seed: u64) {
        let file = self.path().join(&self.jobs[job]).join("seed.json");
        let mut saved: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        saved["prompt"] = prompt.into();
        saved["seed"] = seed.into();
        saved["prompt_with_seed"] = format!("{prompt} --seed {seed}").into();
        fs::write(file, saved.to_string()).unwrap();
    }

    /// Copies the first job until there are this many.
    fn grow(&mut self, count: usize) {
        let first = self.job();
        for number in self.jobs.len()..count {
            let name = format!("job-{number}");
            let copy = self.path().join(&name);
            fs::create_dir_all(copy.join(".thumbs")).unwrap();
            for file in ["seed.json", "job.json"] {
                fs::copy(first.join(file), copy.join(file)).unwrap();
            }
            for image in (1..=4).map(|number| format!("image-{number}.png")) {
                let thumbnails = [256, 400].map(|edge| format!(".thumbs/{image}-{edge}.jpg"));
                for file in thumbnails.into_iter().chain([image]) {
                    fs::hard_link(first.join(&file), copy.join(&file)).unwrap();
                }
            }
            self.jobs.push(name);
        }
        self.write_pages();
    }

    fn write_pages(&self) {
        run(command(self.path()).arg("gallery"));
    }
}

/// The command in a directory, without the settings of this environment.
fn command(directory: &Path) -> Command {
    let mut command = Command::new(setting("BROWSER_TESTS_COMMAND"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("USEAPI_") {
            command.env_remove(name);
        }
    }
    // No directory can be made there, so there are no settings and no state.
    command.current_dir(directory).env("HOME", "/dev/null");
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
}
