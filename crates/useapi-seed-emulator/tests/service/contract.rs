//! Two thousand requests, most of them malformed: every response of the emulator is
//! declared in the spec.
//!
//! Each case depends on the previous ones, so there is no shrinking. The seed is
//! fixed and the clock paused: each run has the same requests and responses.

mod call;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use proptest::test_runner::{Config, RngSeed, TestRunner};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Url};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use useapi_seed_emulator::{Emulator, Operation};

use crate::spec::API;
use call::{Body, Call, Id, Query, Target, Token, call};

const CASES: u32 = 2000;
const SEED: u64 = 596;

/// The state that the cases share.
struct Shared {
    runtime: Runtime,
    emulator: Emulator,
    http: Client,
    /// Ids of sample jobs.
    ids: Vec<String>,
    progress: RefCell<Progress>,
}

#[derive(Default)]
struct Progress {
    calls: u64,
    started: Vec<String>,
    seen: BTreeSet<(Option<Operation>, u16)>,
}

impl Shared {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let emulator = runtime
            .block_on(Emulator::builder().paused().start())
            .unwrap();
        let jobs = emulator.jobs().clone();
        // With their weights. The emulator keeps only the latest images, and drawing
        // those of all jobs repeatedly would take a minute.
        let ids = [
            (jobs.imagine, 6),
            (jobs.blend, 4),
            (jobs.halted, 4),
            (jobs.progress, 2),
            (jobs.unsupported, 2),
            (jobs.button, 1),
            (jobs.no_account, 1),
        ];
        let ids = ids
            .into_iter()
            .flat_map(|(id, times)| vec![id; times])
            .collect();
        Self {
            runtime,
            emulator,
            http: Client::builder().no_proxy().build().unwrap(),
            ids,
            progress: RefCell::default(),
        }
    }

    fn id(&self, id: &Id) -> String {
        let progress = self.progress.borrow();
        match id {
            Id::Known(index) => self.ids[index % self.ids.len()].clone(),
            Id::Lacking(index) => {
                let jobs = self.emulator.jobs();
                [&jobs.no_channel, &jobs.no_channel, &jobs.no_discord][index % 3].clone()
            }
            Id::Started(_) if progress.started.is_empty() => "none started".to_owned(),
            Id::Started(index) => progress.started[index % progress.started.len()].clone(),
            Id::Malformed(text) => text.clone(),
        }
    }

    /// The id of a known job ends with its channel.
    fn channel(&self, id: &Id) -> String {
        let id = self.id(id);
        id.rsplit(':').next().unwrap_or_default().to_owned()
    }

    fn url(&self, target: &Target) -> (Method, Url) {
        let (method, path) = match target {
            Target::Submit => (Method::POST, "/jobs/seed_async"),
            Target::Poll(_) => (Method::GET, "/jobs/"),
            Target::List => (Method::GET, "/jobs"),
            Target::Cancel(_) => (Method::GET, "/jobs/cancel/"),
            Target::Reset(_) => (Method::POST, "/account/midjourney/CHANNEL/reset"),
            Target::Malformed(_, true) => (Method::POST, ""),
            Target::Malformed(_, false) => (Method::GET, ""),
        };
        let mut url = Url::parse(&format!("{}{path}", self.emulator.base_url())).unwrap();
        match target {
            Target::Poll(Query::Id(id)) | Target::Cancel(Query::Id(id)) => {
                url.query_pairs_mut().append_pair("jobid", &self.id(id));
            }
            Target::Poll(Query::Malformed(query)) | Target::Cancel(Query::Malformed(query)) => {
                url = Url::parse(&format!("{url}{query}")).unwrap();
            }
            Target::Reset(id) => {
                let channel = self.channel(id);
                let mut parts = url.path_segments_mut().unwrap();
                parts.pop().pop().push(&channel).push("reset");
            }
            Target::Malformed(path, _) => {
                let host = self.emulator.base_url().trim_end_matches("/v2");
                url = Url::parse(&format!("{host}{path}")).unwrap();
            }
            Target::Submit | Target::List => {}
        }
        (method, url)
    }

    fn body(&self, body: &Body) -> Vec<u8> {
        match body {
            Body::None => Vec::new(),
            Body::Raw(bytes) => bytes.clone(),
            Body::Long => json!({ "jobid": self.ids[0], "other": "x".repeat(65 * 1024) })
                .to_string()
                .into(),
            Body::Fields { jobid, others } => {
                let mut fields: Map<_, _> = others.iter().cloned().collect();
                if let Some(id) = jobid {
                    fields.insert("jobid".to_owned(), self.id(id).into());
                }
                Value::Object(fields).to_string().into()
            }
        }
    }

    fn send(&self, call: &Call, method: Method, url: Url) -> (u16, HeaderMap, String) {
        let mut request = self.http.request(method, url);
        let token = match &call.token {
            Token::Good => Some(format!("Bearer {}", self.emulator.token()).into_bytes()),
            Token::Expired => {
                Some(format!("Bearer {}", self.emulator.expired_token()).into_bytes())
            }
            Token::Malformed(bytes) => Some(bytes.clone()),
            Token::None => None,
        };
        // A value that no header can have is left out.
        if let Some(value) = token.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok()) {
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(kind) = &call.content_type {
            request = request.header(CONTENT_TYPE, kind);
        }
        if matches!(call.target, Target::Submit) || call.method.is_some() {
            request = request.body(self.body(&call.body));
        }
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            (status, headers, response.text().await.unwrap())
        })
    }

    fn check(&self, call: &Call) {
        self.emulator.advance(Duration::from_secs(call.after));
        let (own, url) = self.url(&call.target);
        let method = call
            .method
            .map_or(own, |method| method.parse::<Method>().unwrap());
        let path = url.path().strip_prefix("/v2");
        let operation = path.and_then(|path| API.operation(&method, path));
        let is_known = operation.is_some();
        let (status, headers, text) = self.send(call, method.clone(), url.clone());
        if let Some(operation) = operation {
            let violations = API.violations(operation, status, &headers, &text);
            assert!(
                violations.is_empty(),
                "{method} {url}: {violations:#?}\n{text}"
            );
        }
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(code) = body.get("code") {
            assert_eq!(code, status, "{text}");
        }

        let mut progress = self.progress.borrow_mut();
        progress.calls += 1;
        let entry = self.emulator.journal().pop().unwrap();
        assert_eq!(entry.number, progress.calls);
        assert_eq!(entry.method, method.as_str());
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        assert_eq!(entry.target, target);
        assert_eq!(entry.status, Some(status));
        assert_eq!(entry.operation.is_some(), is_known, "{method} {url}");
        if !is_known {
            assert!([404, 405].contains(&status), "{method} {url}: {status}");
        }
        if entry.operation == Some(Operation::RetrieveSeed) && body["verb"] == "seed_async" {
            let id = body["jobid"].as_str().unwrap();
            progress.started.push(id.to_owned());
        }
        progress.seen.insert((entry.operation, status));
    }
}

/// The responses that the requests must cause.
fn expected() -> BTreeSet<(Option<Operation>, u16)> {
    let of = |operation, statuses: &'static [u16]| {
        statuses.iter().map(move |status| (operation, *status))
    };
    of(
        Some(Operation::RetrieveSeed),
        &[200, 400, 401, 402, 404, 429, 596],
    )
    .chain(of(Some(Operation::GetJob), &[200, 400, 401, 402, 404, 596]))
    .chain(of(Some(Operation::ListJobs), &[200, 401, 402]))
    .chain(of(
        Some(Operation::CancelJob),
        &[200, 400, 401, 402, 404, 596],
    ))
    .chain(of(Some(Operation::ResetAccount), &[200, 401, 402, 404]))
    .chain(of(None, &[404, 405]))
    .collect()
}

#[test]
fn responses_are_declared_by_the_spec() {
    let shared = Shared::start();
    let config = Config {
        cases: CASES,
        rng_seed: RngSeed::Fixed(SEED),
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&call(), |call| {
        shared.check(&call);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    let progress = shared.progress.borrow();
    assert_eq!(progress.calls, u64::from(CASES));
    // All of them, and no others.
    assert_eq!(progress.seen, expected());
}
