//! How soon whoever waits has the result after its callback was sent:
//!
//! ```sh
//! cargo run --release -p useapi-seed-callback --example latency
//! ```
//!
//! All on this machine, by sockets: the callback, the look at the API, and the
//! wait's end. A poll would come after ten minutes.

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use serde::Deserialize;
use tokio::net::TcpListener;
use useapi_seed::{Client, reqwest};
use useapi_seed_callback::{Key, Receiver};

const JOBS: usize = 500;
const PARENT: &str = "parent";
const RARELY: Duration = Duration::from_secs(600);

type Ended = Arc<Mutex<HashSet<String>>>;

#[derive(Deserialize)]
struct Asked {
    jobid: String,
}

/// A service whose jobs end when they are said to.
async fn job(State(ended): State<Ended>, Query(Asked { jobid }): Query<Asked>) -> String {
    let has_ended = ended.lock().is_ok_and(|ended| ended.contains(&jobid));
    let state = if has_ended {
        r#""status":"completed","seed":{"value":7}"#
    } else {
        r#""status":"progress""#
    };
    format!(r#"{{"jobid":"{jobid}","verb":"seed_async","parentJobId":"{PARENT}",{state}}}"#)
}

async fn serve(app: Router) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ended = Ended::default();
    let api = Router::new()
        .route("/v2/jobs/", get(job))
        .with_state(Arc::clone(&ended));
    let api = serve(api).await?;
    let client = Client::builder("a-token")
        .base_url(format!("{api}/v2"))
        .build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let (receiver, _events) = Receiver::builder(client.clone(), base, Key::random()?).build()?;
    let app: Router = receiver.router();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let url = receiver.reply_url(PARENT, None)?;
    let http = reqwest::Client::builder().no_proxy().build()?;

    let mut times = Vec::new();
    for number in 0..JOBS {
        let id = format!("job-{number}");
        let wait = client.job(id.as_str()).wait();
        let wait = tokio::spawn(receiver.wait(wait.interval(RARELY).timeout(RARELY)));
        // Until the wait has looked for the first time, and the budget of looks has
        // recovered.
        tokio::time::sleep(Duration::from_millis(25)).await;
        if let Ok(mut ended) = ended.lock() {
            ended.insert(id.clone());
        }
        let begun = Instant::now();
        let body = format!(r#"{{"jobid":"{id}","status":"completed"}}"#);
        let call = http
            .post(&url)
            .header("content-type", "application/json")
            .body(body);
        let (called, outcome) = tokio::join!(call.send(), wait);
        called?.error_for_status()?;
        outcome??;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| {
        times
            .get((times.len() - 1) * share / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{JOBS} callbacks: half within {:.2?}, 99 of 100 within {:.2?}, all within {:.2?}",
        at(50),
        at(99),
        at(100)
    );
    Ok(())
}
