//! A service that retrieves seeds for others, woken by callbacks:
//!
//! ```sh
//! cargo run -p useapi-seed-callback --example service
//! ```
//!
//! The API is the emulator here. Use `Client::from_env()` and a public base URL for the
//! real one.

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
    let base_url = format!("{address}/callbacks");
    let (receiver, mut events) =
        Receiver::builder(client.clone(), base_url, Key::random()?).build()?;
    let app = Router::new()
        .route("/seeds/{job_id}", post(retrieve))
        .nest("/callbacks", receiver.router())
        .with_state((client, receiver));
    tokio::spawn(async move { axum::serve(listener, app).await });

    let job_id = &emulator.jobs().imagine;
    let http = useapi_seed::reqwest::Client::builder().no_proxy().build()?;
    let response = http
        .post(format!("{address}/seeds/{job_id}"))
        .send()
        .await?;
    println!("started {}", response.text().await?);
    while let Some(event) = events.next().await {
        match &event {
            Event::Progress(progress) => println!("{:?}", progress.content),
            Event::Completed(result) => println!("seed {}", result.seed()),
            event => println!("{event:?}"),
        }
        if event.is_terminal() {
            break;
        }
    }
    Ok(())
}

async fn retrieve(
    State((client, receiver)): State<(Client, Receiver)>,
    Path(job_id): Path<String>,
) -> Result<String, String> {
    let reply_url = receiver
        .reply_url(&job_id, None)
        .map_err(|error| error.to_string())?;
    let submitted = client
        .submit(job_id)
        .with_options(SubmitOptions::default().reply_url(reply_url))
        .await;
    match submitted.map_err(|error| error.to_string())? {
        SubmitOutcome::Started(job) => {
            receiver.track(job.wait());
            Ok(job.id().to_owned())
        }
        SubmitOutcome::AlreadyRetrieved(result) => Ok(result.seed().to_string()),
    }
}
