//! `fetch`: seeds and images of completed jobs.

use super::callback;
use super::errand::{errand, folders};
use crate::arguments::{Common, Fetch};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::job_ids;
use crate::json::Output;
use crate::retrieve::{Task, run as run_errand};
use crate::schemas;
use crate::settings::Settings;

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
        resubmit,
    } = arguments;
    let output = Output::new(common, schemas::RESULT)?;
    let settings = Settings::read(common)?;
    // Before anything listens for Ctrl-C, since stdin may be waited for.
    let ids = job_ids::read(&job_ids, from.as_deref())?;
    let (jobs, pages) = folders(&settings, place, ids)?;
    let mut errand = errand(&settings, &pace, at_once)?;
    errand.reply_url = reply_url.filter(|text| !text.trim().is_empty());
    // Empty is absent.
    errand.reply_ref = reply_ref.filter(|text| !text.trim().is_empty());
    errand.resubmit = resubmit;
    if let Some((url, port)) = callback_url.zip(callback_port) {
        let client = errand.client.clone();
        let key_file = settings.key_file(key_file)?;
        let (receiver, _, _) = callback::receiver(client, &url, port, key_file).await?;
        errand.receiver = Some(receiver);
    }
    run_errand(&errand, Task::Fetch, jobs, &pages, &output).await
}
