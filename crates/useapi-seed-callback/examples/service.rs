//! A service that retrieves seeds for others, woken by callbacks:
//!
//! ```sh
//! cargo run -p useapi-seed-callback --example service
//! ```
//!
//! Here the API is the emulator; with `Client::from_env()` and a public address it
//! is the real one.

use std::error::Error;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use tokio::net::TcpListener;
use useapi_seed::{Client, SubmitOptions, SubmitOutcome};
use useapi_seed_callback::{Event, Key, Receiver};
use useapi_seed_emulator::Emulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().time_scale(60.0).start().await?;
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .build()?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    // These are the five lines.
    let base = format!("{address}/callbacks");
    let (receiver, mut events) = Receiver::builder(client.clone(), base, Key::random()?).build()?;
    let app = Router::new()
        .route("/seeds/{jobid}", post(retrieve))
        .nest("/callbacks", receiver.router())
        .with_state((client, receiver));
    tokio::spawn(async move { axum::serve(listener, app).await });

    let jobid = &emulator.jobs().imagine;
    let http = useapi_seed::reqwest::Client::builder().no_proxy().build()?;
    let answer = http.post(format!("{address}/seeds/{jobid}")).send().await?;
    println!("started {}", answer.text().await?);
    while let Some(event) = events.next().await {
        match &event {
            Event::Progress(update) => println!("{:?}", update.content),
            Event::Finished(retrieval) => println!("seed {}", retrieval.seed()),
            event => println!("{event:?}"),
        }
        if event.is_end() {
            break;
        }
    }
    Ok(())
}

async fn retrieve(
    State((client, receiver)): State<(Client, Receiver)>,
    Path(jobid): Path<String>,
) -> Result<String, String> {
    let reply_url = receiver
        .reply_url(&jobid, None)
        .map_err(|error| error.to_string())?;
    let submitted = client
        .submit(jobid)
        .with_options(SubmitOptions::default().reply_url(reply_url))
        .await;
    match submitted.map_err(|error| error.to_string())? {
        SubmitOutcome::Started(job) => {
            receiver.follow(job.wait());
            Ok(job.id().to_owned())
        }
        SubmitOutcome::AlreadyRetrieved(retrieval) => Ok(retrieval.seed().to_string()),
    }
}
