//! From options and settings to an errand: what `fetch` and `wait` have in common.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use tokio::sync::Semaphore;

use crate::arguments::{Pace, Place};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::retrieve::accounts::Accounts;
use crate::retrieve::{Errand, folder_name};
use crate::settings::Settings;

/// Each saves four images at once, for which it needs eight files and connections.
const SAVERS: usize = 4;

/// The errand, before it is called back.
pub(super) fn errand(
    settings: &Settings,
    pace: &Pace,
    at_once: Option<NonZeroUsize>,
) -> Result<Errand, Failure> {
    Ok(Errand {
        client: settings.client()?,
        interval: settings.interval(pace.interval)?.value,
        timeout: settings.timeout(pace.timeout)?.value,
        is_lasting: true,
        receiver: None,
        reply_url: None,
        reply_ref: None,
        resubmit: false,
        accounts: Accounts::new(settings.at_once(at_once)?.value),
        is_answered: AtomicBool::new(false),
        savers: Semaphore::new(SAVERS),
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
    let jobs = ids.into_iter().map(|id| {
        let folder = into.join(folder_name(&id));
        (id, folder)
    });
    Ok(jobs.collect())
}
