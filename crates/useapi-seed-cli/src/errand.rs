//! The errand that the commands share: get a job's result into a folder.

use std::path::PathBuf;
use std::time::Duration;

use useapi_seed::{Client, Delivery, Error, ErrorKind, Job, Retrieval, Submit, Submitted, Verb};
use useapi_seed_callback::Receiver;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::progress::Progress;
use crate::save;
use crate::shell;
use crate::terminal::{plain, tell};

/// What the errand needs.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) client: Client,
    pub(crate) out: PathBuf,
    pub(crate) interval: Option<Duration>,
    pub(crate) timeout: Option<Duration>,
    /// Whether another run can go on: the service outlives this process.
    pub(crate) resumable: bool,
    /// Receives the service's calls about the job.
    pub(crate) receiver: Option<Receiver>,
}

impl Errand {
    /// Submits and sees it through. `job_id` is the one that is submitted.
    pub(crate) async fn fetch(&self, submit: Submit, job_id: &str) -> Result<Exit, Failure> {
        let folder = self.folder(job_id)?;
        let again = self.line("fetch", job_id);
        let job = match submit.send().await {
            Ok(Submitted::Started(job)) => job,
            Ok(Submitted::AlreadyRetrieved(retrieval)) => {
                let id = plain(retrieval.job_id());
                tell(format_args!("the seed of job {id} was retrieved before"));
                return Ok(self.save(&folder, &retrieval, again).await);
            }
            Ok(_) => return Err(Failure::new("the answer is of a kind that is not known")),
            Err(error) => {
                keep(&folder, &error);
                let halted = matches!(error.kind(), ErrorKind::Halted { .. });
                return Err(with_line(
                    Failure::from(error),
                    "When that is done:",
                    again.filter(|_| halted),
                ));
            }
        };
        tell(format_args!("started job {}", plain(job.id())));
        if let Some(line) = self.line("wait", job.id()) {
            tell(format_args!("if this is interrupted, go on by: {line}"));
        }
        self.see_through(&folder, &job, again).await
    }

    /// Waits for a job that was started before.
    pub(crate) async fn wait(&self, job: &Job) -> Result<Exit, Failure> {
        let folder = self.folder(job.id())?;
        tell(format_args!("waiting for job {}", plain(job.id())));
        self.see_through(&folder, job, None).await
    }

    /// The folder, before anything is sent about the job.
    fn folder(&self, job_id: &str) -> Result<Folder, Failure> {
        Folder::prepare(&self.out)
            .and_then(|folder| {
                let other = other_result(&folder, job_id);
                other.map_or(Ok(folder), Err)
            })
            .map_err(|failure| failure.about(&format!("job {}", plain(job_id))))
    }

    /// `anew` is the line that would start another job in place of this one.
    async fn see_through(
        &self,
        folder: &Folder,
        job: &Job,
        anew: Option<String>,
    ) -> Result<Exit, Failure> {
        let outcome = {
            let progress = Progress::start(if job.submitted().is_some() {
                "started"
            } else {
                "waiting"
            });
            let mut wait = job
                .wait()
                .on_update(progress.updates())
                .on_fault(progress.faults());
            if let Some(interval) = self.interval {
                wait = wait.interval(interval);
            }
            if let Some(timeout) = self.timeout {
                wait = wait.timeout(timeout);
            }
            match &self.receiver {
                Some(receiver) => receiver.wait(wait).await,
                None => wait.await,
            }
        };
        let go_on = self.line("wait", job.id());
        match outcome {
            Ok(retrieval) => Ok(self.save(folder, &retrieval, go_on).await),
            Err(error) => {
                keep(folder, &error);
                Err(self.waited_in_vain(error, go_on, anew))
            }
        }
    }

    fn waited_in_vain(&self, error: Error, go_on: Option<String>, anew: Option<String>) -> Failure {
        let (why, line) = match error.kind() {
            ErrorKind::InvalidInput { .. } | ErrorKind::JobEnded { .. } | ErrorKind::NotFound => {
                ("", None)
            }
            // To wait for a job that has failed would only show that again.
            ErrorKind::Halted {
                job_failed: true, ..
            } => {
                let parent = error.parent_job_id();
                let anew = anew.or_else(|| self.line("fetch", parent?));
                ("When that is done, start anew:", anew)
            }
            ErrorKind::Halted { .. } => ("When that is done, go on with the job:", go_on),
            ErrorKind::NoSeed {
                verb: Some(Verb::Imagine | Verb::Button | Verb::Blend),
                ..
            } => (
                "This is no started seed job. To retrieve its seed:",
                error.job_id().and_then(|id| self.line("fetch", id)),
            ),
            _ => ("Go on with the job by:", go_on),
        };
        with_line(Failure::from(error), why, line)
    }

    async fn save(&self, folder: &Folder, retrieval: &Retrieval, again: Option<String>) -> Exit {
        let faults = save::all(&self.client, folder, retrieval).await;
        for fault in &faults {
            fault.report();
        }
        let printed = save::print(folder, retrieval);
        if let Err(fault) = &printed {
            fault.report();
        }
        if !faults.is_empty() {
            // What could not be saved must not be lost with it.
            let (seed, id) = (retrieval.seed(), plain(retrieval.job_id()));
            tell(format_args!("the seed is {seed}, of job {id}"));
            if let Some(line) = again {
                tell(format_args!("to save it again, at no cost: {line}"));
            }
        }
        if faults.is_empty() && printed.is_ok() {
            Exit::Done
        } else {
            Exit::Failed
        }
    }

    /// A line that goes on with a job, if any can.
    fn line(&self, command: &str, id: &str) -> Option<String> {
        self.resumable.then(|| shell::line(command, id, &self.out))
    }
}

/// The refusal of a folder that holds another job's result: the two would mix.
fn other_result(folder: &Folder, job_id: &str) -> Option<Failure> {
    let seed_file = folder.read_json("seed.json")?;
    let id = |name: &str| seed_file.get(name)?.as_str().map(str::to_owned);
    let present = id("job_id")?;
    if present == job_id || id("original_job_id").as_deref() == Some(job_id) {
        return None;
    }
    let folder = folder.path().display();
    let message = format!("{folder} holds the result of job {present}");
    Some(Failure::new(message).advise("Nothing was submitted. Choose another folder with --out."))
}

/// An answer that is of no use may still be the only trace of a job.
fn keep(folder: &Folder, error: &Error) {
    let is_puzzling = matches!(error.kind(), ErrorKind::UnreadableAnswer { .. })
        || error.delivery() == Delivery::MayHaveBeenSent;
    let body = error.received().map(|received| &received.body);
    if let Some(body) = body.filter(|body| is_puzzling && !body.is_empty()) {
        match folder.write("answer.txt", body) {
            Ok(()) => {
                let file = folder.path().join("answer.txt");
                tell(format_args!("the answer is kept in {}", file.display()));
            }
            Err(fault) => fault.report(),
        }
    }
}

fn with_line(failure: Failure, why: &str, line: Option<String>) -> Failure {
    match line {
        Some(line) => failure.suggest(why, &line),
        None => failure,
    }
}
