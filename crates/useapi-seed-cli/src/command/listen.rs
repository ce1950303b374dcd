//! `listen`: callbacks, as lines of JSON.

use std::io;

use serde::Serialize;
use useapi_seed::{Error, Image, Retrieval, Update};
use useapi_seed_callback::Event;

use super::callback;
use crate::arguments::{Common, Listen};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::job_ids;
use crate::json::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::{IMAGES_SHOWN, give, plain, tell};

pub(crate) async fn run(common: &Common, arguments: Listen) -> Result<Exit, Failure> {
    let Listen {
        public_url,
        port,
        key_file,
        jobs,
    } = arguments;
    let output = Output::json(common, schemas::EVENT)?;
    let jobs = job_ids::of_arguments("--for", &jobs)?;
    let settings = Settings::read(common)?;
    let client = settings.client()?;
    let key_file = settings.key_file(key_file)?;
    let interrupt = Interrupt::listen()?;
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
            _ = interrupt.came() => return Ok(Exit::Done),
        };
        let Some(event) = event else {
            return Ok(Exit::Done);
        };
        match give(&(output.line(&line(&event)?)? + "\n")) {
            // Whoever read has read enough.
            Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Done),
            Err(fault) => return Err(Failure::file(format!("cannot print an event: {fault}"))),
            Ok(()) => {}
        }
    }
}

/// What is printed of an event.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Event"))]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Printed<'a> {
    /// News of a job that has not ended.
    Progress(&'a Update),
    /// A job that has its seed.
    Finished {
        /// Id of the job that the answer is about.
        job_id: &'a str,
        /// Id of the imagine, button or blend job that the seed belongs to.
        original_job_id: Option<&'a str>,
        /// The seed, from Midjourney 0 to 4294967295.
        seed: u64,
        /// The prompt, with its parameters.
        prompt: Option<&'a str>,
        /// The first 16 images, with their links.
        images: &'a [Image],
        /// How many images there are.
        image_count: usize,
    },
    /// A job that has ended otherwise, or cannot be asked for.
    Failed {
        /// The job's id.
        job_id: &'a str,
        /// What went wrong.
        error: String,
        /// What it is usually caused by.
        usual_cause: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
}

impl<'a> Printed<'a> {
    fn finished(retrieval: &'a Retrieval) -> Self {
        let images = retrieval.images();
        Self::Finished {
            job_id: retrieval.job_id(),
            original_job_id: retrieval.original_job_id(),
            seed: retrieval.seed(),
            prompt: retrieval.prompt(),
            images: images.get(..IMAGES_SHOWN).unwrap_or(images),
            image_count: images.len(),
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

fn line(event: &Event) -> Result<Printed<'_>, Failure> {
    match event {
        Event::Progress(update) => Ok(Printed::Progress(update)),
        Event::Finished(retrieval) => Ok(Printed::finished(retrieval)),
        Event::Failed { job_id, error, .. } => Ok(Printed::failed(job_id, error)),
        _ => Err(Failure::new("an event of a kind that is not known")),
    }
}
