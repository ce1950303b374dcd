//! Two thousand requests, most of them odd: whatever is asked, the emulator's
//! answer is one that the description declares.
//!
//! Each case meets what those before it left, so none is tried again to make it
//! smaller. The same seed brings the same requests, and a clock that stands
//! still brings the same answers.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

#[path = "emulator_contract/call.rs"]
mod call;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use proptest::test_runner::{Config, RngSeed, TestRunner};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, Url};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use useapi_seed_emulator::{Emulator, Operation};
use useapi_seed_tests::Spec;

use call::{Body, Call, Id, Query, Target, Token, call};

const CASES: u32 = 2000;
const SEED: u64 = 596;

/// The operations of the description: method, parts of the path.
struct Known(Vec<(String, Vec<String>)>);

impl Known {
    fn read() -> Self {
        let description = Spec::read();
        let paths = description.at("/paths").unwrap().as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            let path = format!("/v2{path}");
            let parts: Vec<_> = path.split('/').map(str::to_owned).collect();
            let methods = item.as_object().unwrap().keys();
            methods
                .map(move |method| (method.to_uppercase(), parts.clone()))
                .collect::<Vec<_>>()
        });
        Self(operations.collect())
    }

    fn has(&self, method: &str, path: &str) -> bool {
        let parts: Vec<_> = path.split('/').collect();
        self.0.iter().any(|(known, pattern)| {
            known == method
                && pattern.len() == parts.len()
                && pattern
                    .iter()
                    .zip(&parts)
                    .all(|(pattern, part)| pattern == part || pattern.starts_with('{'))
        })
    }

    fn has_text(&self, text: &str) -> bool {
        self.0.iter().any(|(method, parts)| {
            text.replace('*', "{channel}") == format!("{method} {}", parts.join("/"))
        })
    }
}

/// All that the cases share.
struct Shared {
    runtime: Runtime,
    emulator: Emulator,
    http: Client,
    known: Known,
    /// Ids that work somewhere: sample jobs, and channels.
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
            .block_on(Emulator::builder().stopped().start())
            .unwrap();
        let jobs = emulator.jobs().clone();
        // How often each is asked for. The emulator keeps only the latest
        // pictures: to paint those of all jobs again and again takes a minute.
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
            known: Known::read(),
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
            Id::Started(_) if progress.started.is_empty() => "none yet".to_owned(),
            Id::Started(index) => progress.started[index % progress.started.len()].clone(),
            Id::Odd(text) => text.clone(),
        }
    }

    /// A known job's id ends in its channel's.
    fn channel(&self, id: &Id) -> String {
        let id = self.id(id);
        id.rsplit(':').next().unwrap_or_default().to_owned()
    }

    fn url(&self, target: &Target) -> (Method, Url) {
        let (method, path) = match target {
            Target::Submit => (Method::POST, "/jobs/seed_async"),
            Target::Look(_) => (Method::GET, "/jobs/"),
            Target::List => (Method::GET, "/jobs"),
            Target::Cancel(_) => (Method::GET, "/jobs/cancel/"),
            Target::Reset(_) => (Method::POST, "/account/midjourney/CHANNEL/reset"),
            Target::Odd(_, true) => (Method::POST, ""),
            Target::Odd(_, false) => (Method::GET, ""),
        };
        let mut url = Url::parse(&format!("{}{path}", self.emulator.base_url())).unwrap();
        match target {
            Target::Look(Query::Id(id)) | Target::Cancel(Query::Id(id)) => {
                url.query_pairs_mut().append_pair("jobid", &self.id(id));
            }
            Target::Look(Query::Odd(query)) | Target::Cancel(Query::Odd(query)) => {
                url = Url::parse(&format!("{url}{query}")).unwrap();
            }
            Target::Reset(id) => {
                let channel = self.channel(id);
                let mut parts = url.path_segments_mut().unwrap();
                parts.pop().pop().push(&channel).push("reset");
            }
            Target::Odd(path, _) => {
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
            Body::Long => json!({ "jobid": self.ids[0], "news": "x".repeat(65 * 1024) })
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

    /// Sends it; status and body.
    fn send(&self, call: &Call, method: Method, url: Url) -> (u16, Vec<u8>) {
        let mut request = self.http.request(method, url);
        let token = match &call.token {
            Token::Good => Some(format!("Bearer {}", self.emulator.token()).into_bytes()),
            Token::Expired => {
                Some(format!("Bearer {}", self.emulator.expired_token()).into_bytes())
            }
            Token::Odd(bytes) => Some(bytes.clone()),
            Token::None => None,
        };
        // What cannot be in a header is left out.
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
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            (status, answer.bytes().await.unwrap().to_vec())
        })
    }

    fn check(&self, call: &Call) {
        self.emulator.advance(Duration::from_secs(call.after));
        let (own, url) = self.url(&call.target);
        let method = call
            .method
            .map_or(own, |method| method.parse::<Method>().unwrap());
        let is_known = self.known.has(method.as_str(), url.path());
        let (status, body) = self.send(call, method.clone(), url.clone());

        let text = String::from_utf8_lossy(&body);
        let violations = self.emulator.violations();
        assert!(violations.is_empty(), "{violations:#?}");
        assert_ne!(status, 500, "{text}");
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
        match entry.closest {
            None => assert!(is_known, "{method} {url}: nothing closest"),
            Some(closest) => {
                assert!(!is_known, "{method} {url}: {closest}");
                assert!(self.known.has_text(&closest), "{closest}");
                assert!([404, 405].contains(&status), "{method} {url}: {status}");
            }
        }
        if entry.operation == Some(Operation::RetrieveSeed) && body["verb"] == "seed_async" {
            let id = body["jobid"].as_str().unwrap();
            progress.started.push(id.to_owned());
        }
        progress.seen.insert((entry.operation, status));
    }
}

/// What the requests have to bring about, or they are not odd enough.
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
fn every_response_is_declared_by_the_spec() {
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
    // All that can come about did, and nothing else.
    assert_eq!(progress.seen, expected());
}
