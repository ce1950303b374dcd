//! `fetch` and `wait`: the service, as the environment has it.

use useapi_seed::{Client, ErrorKind};

use crate::arguments::{Fetch, Options, Wait};
use crate::callback;
use crate::errand::Errand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder_name;
use crate::shell;

pub(crate) async fn fetch(arguments: Fetch) -> Result<Exit, Failure> {
    let Fetch {
        job_id,
        options,
        callback_url,
        callback_port,
        key_file,
        reply_url,
        reply_ref,
    } = arguments;
    let mut errand = errand(options, &job_id)?;
    let mut submit = errand.client.submit(&job_id);
    if let Some(url) = reply_url {
        submit = submit.reply_url(url);
    }
    if let Some((url, port)) = callback_url.zip(callback_port) {
        let client = errand.client.clone();
        let (receiver, _, _) = callback::receiver(client, &url, port, key_file).await?;
        let address = receiver.reply_url(&job_id, reply_ref.as_deref());
        let address = address.map_err(|error| Failure::new(error.to_string()))?;
        submit = submit.reply_url(address);
        errand.receiver = Some(receiver);
    }
    if let Some(reference) = reply_ref {
        submit = submit.reply_ref(reference);
    }
    errand.fetch(submit, &job_id).await
}

pub(crate) async fn wait(arguments: Wait) -> Result<Exit, Failure> {
    let Wait { job_id, options } = arguments;
    let errand = errand(options, &job_id)?;
    let job = errand.client.job(job_id);
    errand.wait(&job).await
}

fn errand(options: Options, job_id: &str) -> Result<Errand, Failure> {
    let Options {
        out,
        interval,
        timeout,
    } = options;
    Ok(Errand {
        client: client()?,
        out: out.unwrap_or_else(|| folder_name::of(job_id)),
        interval,
        timeout,
        resumable: true,
        receiver: None,
    })
}

pub(crate) fn client() -> Result<Client, Failure> {
    Client::from_env().map_err(|error| {
        let about_token = matches!(
            error.kind(),
            ErrorKind::InvalidInput {
                field: "USEAPI_TOKEN",
                ..
            }
        );
        let failure = Failure::from(error);
        if about_token {
            let demo = format!("{} demo", shell::program());
            failure.suggest("To try the command without an account:", &demo)
        } else {
            failure
        }
    })
}
