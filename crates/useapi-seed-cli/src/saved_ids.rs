//! Completes job IDs with those of the job directories on this machine.

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap_complete::engine::CompletionCandidate;
use serde_json::Value;

use crate::local_file::{OUTPUT_LIMIT, read};

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
    let entries = dir().read_dir().into_iter().flatten();
    entries
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
    let documents = FILES.iter().filter_map(|(name, pointers)| {
        let text = read(&dir.join(name), OUTPUT_LIMIT).ok()?;
        let document: Value = serde_json::from_slice(&text).ok()?;
        Some((document, pointers))
    });
    documents
        .flat_map(|(document, pointers)| {
            let ids = pointers
                .iter()
                .filter_map(|pointer| document.pointer(pointer)?.as_str());
            ids.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
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
