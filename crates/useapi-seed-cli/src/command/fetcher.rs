//! From options and settings to an errand: what `fetch` and `wait` have in common.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use tokio::sync::Semaphore;

use crate::arguments::{OutputArgs, PollArgs};
use crate::error::CliError;
use crate::fetch::accounts::Accounts;
use crate::fetch::{Fetcher, Pages, SAVE_PERMITS, dir_name};
use crate::gallery::has_page_about_all;
use crate::settings::{Setting, Settings, Source};
use crate::shutdown::Shutdown;

/// The errand, before it is called back.
pub(super) fn fetcher(
    settings: &Settings,
    pace: &PollArgs,
    at_once: Option<NonZeroUsize>,
) -> Result<Fetcher, CliError> {
    Ok(Fetcher {
        client: settings.client()?,
        interval: settings.interval(pace.interval)?.value,
        timeout: settings.timeout(pace.timeout)?.value,
        is_persistent: true,
        receiver: None,
        reply_url: None,
        reply_ref: None,
        resubmit: false,
        accounts: Accounts::new(settings.jobs(at_once)?.value),
        is_reached: AtomicBool::new(false),
        save_permits: Semaphore::new(SAVE_PERMITS),
        shutdown: Shutdown::listen()?,
    })
}

/// The jobs, each with a folder of its own, and the pages to write about them. One
/// about all is only for a directory that was named for jobs, or has several.
pub(super) fn dirs(
    settings: &Settings,
    place: OutputArgs,
    ids: Vec<String>,
) -> Result<(Vec<(String, PathBuf)>, Pages), CliError> {
    let OutputArgs {
        out,
        into,
        no_gallery,
    } = place;
    let unless_off = |pages| if no_gallery { Pages::None } else { pages };
    if let Some(out) = out {
        return match <[String; 1]>::try_from(ids) {
            Ok([id]) => Ok((vec![(id, out)], unless_off(Pages::Each))),
            Err(ids) => Err(CliError::usage(format!(
                "--out names one folder, and there are {} jobs",
                ids.len()
            ))
            .hint("Name a folder for all their folders with --into.")),
        };
    }
    let Setting {
        value: into,
        source,
    } = settings.dir(into)?;
    let jobs: Vec<_> = ids
        .into_iter()
        .map(|id| {
            let dir = into.join(dir_name(&id));
            (id, dir)
        })
        .collect();
    let has_several = jobs.len() > 1 || source != Source::Default || has_page_about_all(&into);
    let pages = if has_several {
        Pages::All(into)
    } else {
        Pages::Each
    };
    Ok((jobs, unless_off(pages)))
}
