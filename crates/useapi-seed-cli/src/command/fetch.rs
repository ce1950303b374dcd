//! `fetch`: seeds and images of finished jobs.

use super::batch::{Batch, context, images};
use super::callback;
use crate::arguments::{Common, Fetch};
use crate::error::CliError;
use crate::exit::Exit;
use crate::fetch::{Exec, Mode, plan};
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;

pub(crate) async fn run(common: &Common, arguments: Fetch) -> Result<Exit, CliError> {
    let Fetch {
        input,
        output: target,
        batch: extras,
        poll,
        concurrency,
        callbacks,
    } = arguments;
    let schema = if extras.dry_run {
        schemas::PLAN
    } else {
        schemas::RESULT
    };
    let output = Output::new(common, schema)?;
    if extras.summary && !output.is_json() {
        return Err(CliError::usage("--summary needs --json"));
    }
    let settings = Settings::read(common)?;
    let exec = extras.exec.as_deref().map(Exec::parse).transpose()?;
    // Before anything listens for Ctrl-C, since stdin may be waited for.
    let ids = job_ids::read(&input.job_ids, &input.input_file)?;
    let mut batch = Batch::new(&settings, &target, ids)?;
    if extras.dry_run {
        let base_url = settings.base_url()?.value;
        plan::print(&batch.jobs, &images(&target), &base_url, &output)?;
        return Ok(Exit::Done);
    }
    let mut context = context(
        &settings,
        Mode::Fetch,
        &poll,
        &target,
        concurrency.jobs,
        batch.jobs.len(),
    )?;
    // Empty is absent.
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    context.reply_url = given(callbacks.reply_url);
    context.reply_ref = given(callbacks.reply_ref);
    context.resubmit = concurrency.resubmit;
    context.fail_fast = concurrency.fail_fast;
    context.exec = exec;
    if let Some((url, port)) = callbacks.callback_url.zip(callbacks.callback_port) {
        let client = context.client.clone();
        let key_file = settings.key_file(callbacks.key_file)?;
        let (receiver, _, _) = callback::receiver(client, &url, port, key_file).await?;
        context.receiver = Some(receiver);
    }
    batch.failed_file = extras.failed_file;
    batch.summary = extras.summary;
    batch.run(&context, &output).await
}
