//! The pages that the command leaves beside what it has fetched.

#[path = "gallery/all.rs"]
mod all;
#[path = "gallery/copying.rs"]
mod copying;
#[path = "gallery/hostile.rs"]
mod hostile;
#[path = "gallery/job.rs"]
mod job;
#[path = "gallery/keys.rs"]
mod keys;
#[path = "gallery/looks.rs"]
mod looks;
#[path = "gallery/without_script.rs"]
mod without_script;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use url::Url;
use useapi_seed_emulator::Emulator;

use crate::given;

/// A folder with the folders of three jobs, fetched from the emulator.
pub(crate) struct Gallery {
    folder: TempDir,
    /// The folders' names.
    jobs: Vec<String>,
}

impl Gallery {
    pub(crate) async fn fetched() -> Self {
        let emulator = Emulator::builder().time_scale(600.0).start().await.unwrap();
        let jobs = emulator.jobs();
        let folder = tempfile::tempdir().unwrap();
        let mut fetch = command(folder.path());
        fetch
            .args(["fetch", &jobs.imagine, &jobs.button, &jobs.blend])
            .args(["--into", ".", "--interval", "0.02"])
            .env("USEAPI_BASE_URL", emulator.base_url())
            .env("USEAPI_TOKEN", emulator.token());
        run(&mut fetch);
        let jobs = [&jobs.imagine, &jobs.button, &jobs.blend];
        Self {
            jobs: jobs.map(|id| id.replace(':', "-")).into(),
            folder,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the first job.
    fn job(&self) -> PathBuf {
        self.path().join(&self.jobs[0])
    }

    /// Its page, on disk.
    pub(crate) fn job_page(&self) -> Url {
        Url::from_file_path(self.job().join("index.html")).unwrap()
    }

    /// The page about all, on disk.
    fn all_page(&self) -> Url {
        Url::from_file_path(self.path().join("index.html")).unwrap()
    }

    /// A document in the folder of the first job.
    fn read(&self, file: &str) -> Value {
        serde_json::from_slice(&fs::read(self.job().join(file)).unwrap()).unwrap()
    }

    /// Lets the first job have another prompt.
    fn set_prompt(&self, prompt: &str) {
        let mut seed = self.read("seed.json");
        seed["prompt"] = prompt.into();
        seed["prompt_with_seed"] = format!("{prompt} --seed 7").into();
        fs::write(self.job().join("seed.json"), seed.to_string()).unwrap();
        self.write_pages();
    }

    /// Copies the first job until there are so many.
    fn grow(&mut self, jobs: usize) {
        let first = self.job();
        for number in self.jobs.len()..jobs {
            let name = format!("job-{number}");
            let copy = self.path().join(&name);
            fs::create_dir(&copy).unwrap();
            for file in ["seed.json", "job.json"] {
                fs::copy(first.join(file), copy.join(file)).unwrap();
            }
            for file in (1..=4).map(|number| format!("image-{number}.png")) {
                fs::hard_link(first.join(&file), copy.join(&file)).unwrap();
            }
            self.jobs.push(name);
        }
        self.write_pages();
    }

    fn write_pages(&self) {
        run(command(self.path()).arg("gallery"));
    }
}

/// The command in a folder, with nothing of this environment in its way.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(given("BROWSER_TESTS_COMMAND"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("USEAPI_") {
            command.env_remove(name);
        }
    }
    // No folder can be made there, so there are no settings and no state.
    command.current_dir(folder).env("HOME", "/dev/null");
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {told}", output.status);
}
