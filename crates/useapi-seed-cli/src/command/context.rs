//! From options and settings to what `fetch` and `wait` need.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::time::Instant;

use tokio::sync::Semaphore;

use crate::arguments::{OutputArgs, PollArgs};
use crate::error::CliError;
use crate::fetch::{
    Accounts, Context, Display, Extras, ImageSelection, Layout, Mode, SAVE_PERMITS,
};
use crate::settings::Settings;
use crate::shutdown::Shutdown;

pub(super) fn context(
    settings: &Settings,
    mode: Mode,
    poll: &PollArgs,
    output: &OutputArgs,
    jobs: Option<NonZeroUsize>,
    layout: &Layout,
) -> Result<Context, CliError> {
    let deadline = poll
        .max_time
        .and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
    Ok(Context {
        client: settings.client()?,
        mode,
        interval: settings.interval(poll.interval)?.value,
        timeout: settings.timeout(poll.timeout)?.value,
        deadline,
        is_persistent: true,
        receiver: None,
        reply_url: None,
        reply_ref: None,
        resubmit: false,
        images: images(output),
        exec: None,
        accounts: Accounts::new(settings.at_once(jobs)?.value),
        is_reached: Cell::new(false),
        save_permits: Semaphore::new(SAVE_PERMITS),
        shutdown: Shutdown::listen()?,
        display: Display::new(output.progress, layout.jobs.len()),
    })
}

pub(super) fn images(output: &OutputArgs) -> ImageSelection {
    if output.images.is_empty() && !output.seed_only {
        ImageSelection::All
    } else {
        ImageSelection::Numbers(output.images.iter().copied().collect())
    }
}

pub(super) fn extras(output: &OutputArgs) -> Extras {
    Extras {
        no_gallery: output.no_gallery,
        open: output.open,
        ..Extras::default()
    }
}
