//! Completes job IDs with those of the job directories on this machine.

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap_complete::engine::CompletionCandidate;
use serde_json::Value;

use crate::fetch::STATE_DIR;
use crate::local_file::read_json;

/// A shell waits for the candidates, and shows them all.
const MAX_TIME: Duration = Duration::from_millis(300);
const MAX_IDS: usize = 200;

/// Where the IDs are, by file. Those of `pending.json` include the running seed job's.
const FILES: [(&str, &[&str]); 2] = [
    ("pending.json", &["/job_id", "/submission/job/job_id"]),
    ("seed.json", &["/requested_job_id"]),
];

/// The IDs that start with `current`; none where anything fails.
pub(crate) fn complete(current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let started = Instant::now();
    let mut seen = BTreeSet::new();
    let dir = dir();
    let dirs = [dir.join(STATE_DIR), dir];
    dirs.iter()
        .filter_map(|dir| dir.read_dir().ok())
        .flatten()
        .take_while(|_| started.elapsed() < MAX_TIME)
        .flatten()
        .flat_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let ids = ids(&entry.path()).into_iter();
            ids.map(move |id| CompletionCandidate::new(id).help(Some(name.clone().into())))
        })
        .filter(|candidate| {
            let id = candidate.get_value().to_string_lossy();
            id.starts_with(&*current)
                && !id.contains(char::is_whitespace)
                && seen.insert(id.into_owned())
        })
        .take(MAX_IDS)
        .collect()
}

fn ids(dir: &Path) -> Vec<String> {
    let ids = FILES.iter().flat_map(|(name, pointers)| {
        let document: Value = read_json(&dir.join(name)).unwrap_or_default();
        let id = |pointer: &&str| Some(document.pointer(pointer)?.as_str()?.to_owned());
        pointers.iter().filter_map(id).collect::<Vec<_>>()
    });
    ids.collect()
}

/// That of the command line to complete, of the environment, or the current directory.
fn dir() -> PathBuf {
    let words: Vec<OsString> = env::args_os().collect();
    let option = words.windows(2).find_map(|pair| match pair {
        [option, dir] if option == "--dir" || option == "-d" => Some(dir.clone()),
        [_, word] => Some(word.to_str()?.strip_prefix("--dir=")?.into()),
        _ => None,
    });
    let dir = option.or_else(|| env::var_os("USEAPI_DIR"));
    dir.filter(|dir| !dir.is_empty())
        .map_or_else(|| PathBuf::from("."), PathBuf::from)
}
