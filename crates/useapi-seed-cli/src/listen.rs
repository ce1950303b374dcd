//! `listen`: callbacks, as lines of JSON.

use std::io;

use serde::Serialize;
use useapi_seed::{Error, Image, Retrieval, Update};
use useapi_seed_callback::Event;

use crate::arguments::Listen;
use crate::callback;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::fetch;
use crate::terminal::{give, plain, tell};

pub(crate) async fn run(arguments: Listen) -> Result<Exit, Failure> {
    let Listen {
        public_url,
        port,
        key_file,
        jobs,
    } = arguments;
    let client = fetch::client()?;
    let (receiver, mut events, port) =
        callback::receiver(client, &public_url, port, key_file).await?;
    tell(format_args!("listening on 127.0.0.1:{port}"));
    tell(format_args!(
        "replyUrl of the account: {}",
        receiver.account_url()
    ));
    for job in jobs {
        let address = receiver.reply_url(&job, None);
        let address = address.map_err(|error| Failure::new(error.to_string()))?;
        tell(format_args!("replyUrl for job {}: {address}", plain(&job)));
    }
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            end = tokio::signal::ctrl_c() => {
                end.map_err(|fault| Failure::new(format!("cannot wait for Ctrl-C: {fault}")))?;
                return Ok(Exit::Done);
            }
        };
        let Some(event) = event else {
            return Ok(Exit::Done);
        };
        match give(&line(&event)?) {
            // Whoever read has read enough.
            Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Done),
            Err(fault) => return Err(Failure::new(format!("cannot print an event: {fault}"))),
            Ok(()) => {}
        }
    }
}

/// What is printed of an event.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Progress(&'a Update),
    Finished {
        job_id: &'a str,
        original_job_id: Option<&'a str>,
        seed: u64,
        prompt: Option<&'a str>,
        images: &'a [Image],
    },
    Failed {
        job_id: &'a str,
        error: String,
        usual_cause: &'static str,
        advice: &'static str,
    },
}

impl<'a> Line<'a> {
    fn finished(retrieval: &'a Retrieval) -> Self {
        Self::Finished {
            job_id: retrieval.job_id(),
            original_job_id: retrieval.original_job_id(),
            seed: retrieval.seed(),
            prompt: retrieval.prompt(),
            images: retrieval.images(),
        }
    }

    fn failed(job_id: &'a str, error: &Error) -> Self {
        Self::Failed {
            job_id,
            error: error.to_string(),
            usual_cause: error.usual_cause(),
            advice: error.advice(),
        }
    }
}

fn line(event: &Event) -> Result<String, Failure> {
    let line = match event {
        Event::Progress(update) => Line::Progress(update),
        Event::Finished(retrieval) => Line::finished(retrieval),
        Event::Failed { job_id, error, .. } => Line::failed(job_id, error),
        _ => return Err(Failure::new("an event of a kind that is not known")),
    };
    match serde_json::to_string(&line) {
        Ok(line) => Ok(line + "\n"),
        Err(fault) => Err(Failure::new(format!("cannot print an event: {fault}"))),
    }
}
