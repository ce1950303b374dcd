//! `fetch`: seeds and images of completed jobs.

use super::callback;
use super::fetcher::{dirs, fetcher};
use crate::arguments::{Common, Fetch};
use crate::error::CliError;
use crate::exit::Exit;
use crate::fetch::{Mode, run as fetch_jobs};
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;

pub(crate) async fn run(common: &Common, arguments: Fetch) -> Result<Exit, CliError> {
    let Fetch {
        job_ids,
        input_file,
        place,
        pace,
        at_once,
        callback_url,
        callback_port,
        key_file,
        reply_url,
        reply_ref,
        resubmit,
    } = arguments;
    let output = Output::new(common, schemas::RESULT)?;
    let settings = Settings::read(common)?;
    // Before anything listens for Ctrl-C, since stdin may be waited for.
    let ids = job_ids::read(&job_ids, &input_file)?;
    let (jobs, pages) = dirs(&settings, place, ids)?;
    let mut fetcher = fetcher(&settings, &pace, at_once)?;
    fetcher.reply_url = reply_url.filter(|text| !text.trim().is_empty());
    // Empty is absent.
    fetcher.reply_ref = reply_ref.filter(|text| !text.trim().is_empty());
    fetcher.resubmit = resubmit;
    if let Some((url, port)) = callback_url.zip(callback_port) {
        let client = fetcher.client.clone();
        let key_file = settings.key_file(key_file)?;
        let (receiver, _, _) = callback::receiver(client, &url, port, key_file).await?;
        fetcher.receiver = Some(receiver);
    }
    fetch_jobs(&fetcher, Mode::Fetch, jobs, &pages, &output).await
}
