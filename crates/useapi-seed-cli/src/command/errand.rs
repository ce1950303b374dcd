//! From options and settings to an errand: what `fetch` and `wait` have in common.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use tokio::sync::Semaphore;

use crate::arguments::{Pace, Place};
use crate::failure::Failure;
use crate::gallery::has_page_about_all;
use crate::interrupt::Interrupt;
use crate::retrieve::accounts::Accounts;
use crate::retrieve::{Errand, Pages, SAVERS, folder_name};
use crate::settings::{Origin, Setting, Settings};

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

/// The jobs, each with a folder of its own, and the pages to write about them. One
/// about all is only for a directory that was named for jobs, or has several.
pub(super) fn folders(
    settings: &Settings,
    place: Place,
    ids: Vec<String>,
) -> Result<(Vec<(String, PathBuf)>, Pages), Failure> {
    let Place {
        out,
        into,
        no_gallery,
    } = place;
    let unless_off = |pages| if no_gallery { Pages::None } else { pages };
    if let Some(out) = out {
        return match <[String; 1]>::try_from(ids) {
            Ok([id]) => Ok((vec![(id, out)], unless_off(Pages::Each))),
            Err(ids) => Err(Failure::wrong_use(format!(
                "--out names one folder, and there are {} jobs",
                ids.len()
            ))
            .advise("Name a folder for all their folders with --into.")),
        };
    }
    let Setting {
        value: into,
        origin,
    } = settings.parent_folder(into)?;
    let jobs: Vec<_> = ids
        .into_iter()
        .map(|id| {
            let folder = into.join(folder_name(&id));
            (id, folder)
        })
        .collect();
    let has_several = jobs.len() > 1 || origin != Origin::Default || has_page_about_all(&into);
    let pages = if has_several {
        Pages::All(into)
    } else {
        Pages::Each
    };
    Ok((jobs, unless_off(pages)))
}
