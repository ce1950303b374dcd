//! Completes job IDs with those of the job directories on this machine.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap_complete::engine::CompletionCandidate;

use crate::job_ids;
use crate::saved_jobs;

/// The IDs of saved jobs and their seed jobs that start with `current`.
pub(crate) fn complete(current: &OsStr) -> Vec<CompletionCandidate> {
    let jobs = saved_jobs::read(Path::new(&dir())).unwrap_or_default();
    let ids = jobs.into_iter().flat_map(|job| {
        let ids = [Some(job.job_id), job.seed_job_id].into_iter().flatten();
        ids.map(move |id| (id, job.directory.clone()))
    });
    let current = current.to_string_lossy();
    let ids: BTreeMap<_, _> = ids
        .filter(|(id, _)| id.starts_with(&*current) && job_ids::of_argument(id).is_ok())
        .collect();
    ids.into_iter()
        .map(|(id, directory)| CompletionCandidate::new(id).help(Some(directory.into())))
        .collect()
}

/// That of the command line to complete, or of the environment.
fn dir() -> OsString {
    let words: Vec<_> = env::args_os().collect();
    let option = words.windows(2).find_map(|pair| match pair {
        [option, dir] if option == "--dir" || option == "-d" => Some(dir.clone()),
        _ => None,
    });
    option.unwrap_or_else(|| env::var_os("USEAPI_DIR").unwrap_or_default())
}
