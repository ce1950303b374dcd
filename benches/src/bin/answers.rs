//! Serves the emulator's answers, recorded when this starts, as fast as can be:
//! what the service itself does would be a part of each measured time. Prints
//! where it is, as JSON.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, TRANSFER_ENCODING,
};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use useapi_seed_bench::{Fault, Ids, Service};
use useapi_seed_emulator::Emulator;

const PICTURES: usize = 4;
/// Midjourney's largest are about that large.
const PICTURE_BYTES: usize = 5_000_000;

/// All that is ever answered.
struct Answers {
    authorization: String,
    started: Answer,
    jobs: HashMap<String, Answer>,
    pictures: Vec<Bytes>,
}

#[derive(Clone)]
struct Answer {
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Deserialize)]
struct JobQuery {
    jobid: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let host = format!("http://{}", listener.local_addr()?);
    let (service, answers) = record(&host).await?;
    println!("{}", serde_json::to_string(&service)?);
    let app = Router::new()
        .route("/v2/jobs/seed_async", post(submit))
        .route("/v2/jobs/", get(job))
        .route("/pictures/{number}", get(picture))
        .with_state(Arc::new(answers));
    Ok(axum::serve(listener, app).await?)
}

async fn record(host: &str) -> Result<(Service, Answers), Fault> {
    let emulator = Emulator::builder().paused().start().await?;
    let (base_url, token) = (emulator.base_url(), emulator.token());
    let parent = emulator.jobs().imagine.clone();
    let http = reqwest::Client::builder().no_proxy().build()?;

    let started = http
        .post(format!("{base_url}/jobs/seed_async"))
        .json(&json!({ "jobid": parent }));
    let started = answer(started.bearer_auth(token)).await?;
    let job: Value = serde_json::from_slice(&started.body)?;
    let progress = job.get("jobid").and_then(Value::as_str);
    let progress = progress.ok_or("the started job has no id")?.to_owned();

    let look_up = || {
        let job = http.get(format!("{base_url}/jobs/"));
        answer(job.query(&[("jobid", &progress)]).bearer_auth(token))
    };
    emulator.advance(Duration::from_secs(20));
    let in_progress = look_up().await?;
    emulator.advance(Duration::from_secs(60));
    let completed = look_up().await?;

    let ids = Ids {
        parent,
        completed: format!("{progress}1"),
        pictures: format!("{progress}2"),
        progress,
    };
    let answers = Answers {
        authorization: format!("Bearer {token}"),
        started,
        jobs: HashMap::from([
            (ids.progress.clone(), in_progress),
            (ids.pictures.clone(), linked(&completed, host)?),
            (ids.completed.clone(), completed),
        ]),
        pictures: (0..PICTURES).map(|_| png()).collect(),
    };
    let service = Service {
        base_url: format!("{host}/v2"),
        token: token.to_owned(),
        ids,
    };
    Ok((service, answers))
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, Fault> {
    let response = request.send().await?.error_for_status()?;
    let mut headers = response.headers().clone();
    // The server's own affairs.
    for name in [CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    let body = response.bytes().await?;
    Ok(Answer { headers, body })
}

/// The same answer, with links to pictures here.
fn linked(answer: &Answer, host: &str) -> Result<Answer, Fault> {
    let mut job: Value = serde_json::from_slice(&answer.body)?;
    let pictures = job
        .pointer_mut("/seed/attachments")
        .and_then(Value::as_array_mut)
        .filter(|pictures| pictures.len() == PICTURES)
        .ok_or("the completed job has no four pictures")?;
    for (number, picture) in pictures.iter_mut().enumerate() {
        *picture = json!({ "url": format!("{host}/pictures/{number}"), "size": PICTURE_BYTES });
    }
    Ok(Answer {
        headers: answer.headers.clone(),
        body: serde_json::to_vec(&job)?.into(),
    })
}

/// A picture's beginning and end, with noise between them. Nobody decodes it.
fn png() -> Bytes {
    const BEGINNING: &[u8] =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\0\0\0\x04\0\x08\x02\0\0\0\xf0\x7f\xbc\xd4";
    const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
    let mut noise = vec![0; PICTURE_BYTES - BEGINNING.len() - END.len()];
    fastrand::fill(&mut noise);
    [BEGINNING, &noise, END].concat().into()
}

async fn submit(
    State(answers): State<Arc<Answers>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    match serde_json::from_slice::<JobQuery>(&body) {
        Ok(_) => answers.respond(&headers, Some(&answers.started)),
        Err(_) => refuse(StatusCode::BAD_REQUEST),
    }
}

async fn job(
    State(answers): State<Arc<Answers>>,
    Query(query): Query<JobQuery>,
    headers: HeaderMap,
) -> Response<Body> {
    answers.respond(&headers, answers.jobs.get(&query.jobid))
}

async fn picture(State(answers): State<Arc<Answers>>, Path(number): Path<usize>) -> Response<Body> {
    match answers.pictures.get(number) {
        Some(picture) => {
            let mut response = Response::new(Body::from(picture.clone()));
            if let Ok(kind) = "image/png".parse() {
                response.headers_mut().insert(CONTENT_TYPE, kind);
            }
            response
        }
        None => refuse(StatusCode::NOT_FOUND),
    }
}

impl Answers {
    fn respond(&self, headers: &HeaderMap, answer: Option<&Answer>) -> Response<Body> {
        let authorization = headers.get(AUTHORIZATION).map(AsRef::as_ref);
        if authorization != Some(self.authorization.as_bytes()) {
            return refuse(StatusCode::UNAUTHORIZED);
        }
        let Some(answer) = answer else {
            return refuse(StatusCode::NOT_FOUND);
        };
        let mut response = Response::new(Body::from(answer.body.clone()));
        *response.headers_mut() = answer.headers.clone();
        response
    }
}

fn refuse(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
