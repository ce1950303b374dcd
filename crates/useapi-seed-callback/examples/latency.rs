//! How soon whoever waits has the result after its callback has come:
//!
//! ```sh
//! cargo run --release -p useapi-seed-callback --example latency
//! ```
//!
//! Against the emulator, through sockets: the callback, the look at the API, and the
//! wait's end. A poll would come after ten minutes.

use std::error::Error;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::middleware::{Next, from_fn};
use tokio::net::TcpListener;
use useapi_seed::{Client, SubmitOptions, SubmitOutcome, WaitOptions};
use useapi_seed_callback::{Key, Receiver};
use useapi_seed_emulator::{Emulator, Scenario};

const JOBS: usize = 100;
const RARELY: Duration = Duration::from_secs(600);

fn scenario() -> Result<Scenario, Box<dyn Error>> {
    let mut text = "title = \"Jobs to be called back about\"\n".to_owned();
    for number in 0..JOBS {
        write!(
            text,
            "[[job]]\nname = \"job-{number}\"\nverb = \"imagine\"\nseed = {number}\n\
             channel = \"1114555266835431444\"\n"
        )?;
    }
    Ok(Scenario::from_toml(&text)?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().scenario(scenario()?).paused();
    let emulator = emulator.start().await?;
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let (receiver, _events) = Receiver::builder(client.clone(), base, Key::random()?).build()?;

    let arrival = Arc::new(Mutex::new(Instant::now()));
    let last = Arc::clone(&arrival);
    let note = from_fn(move |request, next: Next| {
        if let Ok(mut last) = last.lock() {
            *last = Instant::now();
        }
        next.run(request)
    });
    let app: Router = receiver.router().layer(note);
    tokio::spawn(async move { axum::serve(listener, app).await });

    let mut times = Vec::new();
    for number in 0..JOBS {
        let parent = emulator
            .job(&format!("job-{number}"))
            .ok_or("no such job")?;
        let reply_url = receiver.reply_url(parent, None)?;
        let submitted = client
            .submit(parent)
            .with_options(SubmitOptions::default().reply_url(reply_url))
            .await?;
        let SubmitOutcome::Started(job) = submitted else {
            return Err("it was not started".into());
        };
        let wait = receiver.wait(
            job.wait()
                .with_options(WaitOptions::default().poll_interval(RARELY).timeout(RARELY)),
        );
        emulator.advance(Duration::from_secs(60));
        wait.await?;
        let now = Instant::now();
        times.extend(arrival.lock().map(|arrival| now.duration_since(*arrival)));
    }
    times.sort_unstable();
    let at = |share: usize| {
        times
            .get((times.len() - 1) * share / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{JOBS} callbacks: half within {:.2?}, 95 of 100 within {:.2?}, all within {:.2?}",
        at(50),
        at(95),
        at(100)
    );
    Ok(())
}
