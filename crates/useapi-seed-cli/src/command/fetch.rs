//! `fetch`: seeds and images of completed jobs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::arguments::{Common, Fetch, Pace, Place};
use crate::command::callback;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::json::Output;
use crate::retrieve::accounts::Accounts;
use crate::retrieve::{Errand, Task, folder_name, read_ids, run as run_errand};
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::plain;

pub(crate) async fn run(common: &Common, arguments: Fetch) -> Result<Exit, Failure> {
    let Fetch {
        job_ids,
        from,
        place,
        pace,
        at_once,
        callback_url,
        callback_port,
        key_file,
        reply_url,
        reply_ref,
    } = arguments;
    let output = Output::new(common.json.as_deref(), schemas::RESULT)?;
    let settings = Settings::read(common)?;
    let mut errand = errand(&settings, &pace)?;
    errand.accounts = Accounts::new(settings.at_once(at_once)?.value);
    errand.reply_url = reply_url;
    errand.reply_ref = reply_ref;
    if let Some((url, port)) = callback_url.zip(callback_port) {
        let client = errand.client.clone();
        let key_file = settings.key_file(key_file)?;
        let (receiver, _, _) = callback::receiver(client, &url, port, key_file).await?;
        errand.receiver = Some(receiver);
    }
    let ids = read_ids(job_ids, from.as_deref())?;
    let jobs = folders(&settings, place, ids)?;
    run_errand(&errand, Task::Fetch, jobs, &output).await
}

/// What `fetch` and `wait` have in common.
pub(super) fn errand(settings: &Settings, pace: &Pace) -> Result<Errand, Failure> {
    Ok(Errand {
        client: settings.client()?,
        interval: settings.interval(pace.interval)?.value,
        timeout: settings.timeout(pace.timeout)?.value,
        is_lasting: true,
        receiver: None,
        reply_url: None,
        reply_ref: None,
        accounts: Accounts::new(settings.at_once(None)?.value),
        interrupt: Interrupt::listen()?,
    })
}

/// The jobs, each with a folder of its own.
pub(super) fn folders(
    settings: &Settings,
    place: Place,
    ids: Vec<String>,
) -> Result<Vec<(String, PathBuf)>, Failure> {
    let Place { out, into } = place;
    if let Some(out) = out {
        return match <[String; 1]>::try_from(ids) {
            Ok([id]) => Ok(vec![(id, out)]),
            Err(ids) => Err(Failure::wrong_use(format!(
                "--out names one folder, and there are {} jobs",
                ids.len()
            ))
            .advise("Name a folder for all their folders with --into.")),
        };
    }
    let into = settings.parent_folder(into)?.value;
    let jobs: Vec<_> = ids
        .into_iter()
        .map(|id| {
            let folder = into.join(folder_name(&id));
            (id, folder)
        })
        .collect();
    let mut owners: BTreeMap<&Path, &str> = BTreeMap::new();
    for (id, folder) in &jobs {
        if let Some(other) = owners.insert(folder, id) {
            let message = format!("jobs {other} and {id} would share {}", folder.display());
            return Err(Failure::wrong_use(plain(&message)).advise("Fetch one of them with --out."));
        }
    }
    Ok(jobs)
}
