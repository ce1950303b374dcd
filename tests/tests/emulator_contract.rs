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

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, Url};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use useapi_seed_emulator::{Emulator, Operation};
use useapi_seed_tests::Description;

const CASES: u32 = 2000;
const SEED: u64 = 596;

/// A job or a channel.
#[derive(Clone, Debug)]
enum Id {
    /// One that the emulator has from the start.
    Known(usize),
    /// The same, but one that lacks something, so that it is refused as a rule.
    Lacking(usize),
    /// A job that a case before started.
    Started(usize),
    Odd(String),
}

#[derive(Clone, Debug)]
enum Token {
    Good,
    Expired,
    None,
    /// The whole header.
    Odd(Vec<u8>),
}

#[derive(Clone, Debug)]
enum Query {
    Id(Id),
    Odd(String),
}

#[derive(Clone, Debug)]
enum Target {
    Submit,
    Look(Query),
    List,
    Cancel(Query),
    Reset(Id),
    /// Path and query; whether it is posted.
    Odd(String, bool),
}

#[derive(Clone, Debug)]
enum Body {
    None,
    Fields {
        /// None to leave `jobid` to the others, or out.
        jobid: Option<Id>,
        others: Vec<(String, Value)>,
    },
    Raw(Vec<u8>),
    Long,
}

#[derive(Clone, Debug)]
struct Call {
    target: Target,
    /// Another method than the target's own.
    method: Option<&'static str>,
    token: Token,
    body: Body,
    content_type: Option<String>,
    /// How many seconds pass before.
    after: u64,
}

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "\\PC{0,40}",
        1 => "[ \t]{0,3}",
        1 => Just("\u{0}\u{7f}\u{202e}👩‍🚀é".to_owned()),
        // At and around the limit, in characters.
        2 => (select(vec!["x", "é", "🔄"]), 1022_usize..1027).prop_map(|(c, n)| c.repeat(n)),
    ]
    .boxed()
}

fn value() -> BoxedStrategy<Value> {
    prop_oneof![
        5 => text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => vec(text().prop_map(Value::from), 0..3).prop_map(Value::from),
        1 => text().prop_map(|text| json!({ "jobid": text })),
    ]
    .boxed()
}

fn id() -> BoxedStrategy<Id> {
    prop_oneof![
        6 => any::<usize>().prop_map(Id::Known),
        3 => any::<usize>().prop_map(Id::Started),
        1 => text().prop_map(Id::Odd),
    ]
    .boxed()
}

/// Not the account with the moderation message: it stays halted, and its pictures
/// need not be painted.
fn channel() -> BoxedStrategy<Id> {
    prop_oneof![1 => Just(Id::Known(0)), 4 => text().prop_map(Id::Odd)].boxed()
}

fn query() -> BoxedStrategy<Query> {
    prop_oneof![
        8 => id().prop_map(Query::Id),
        1 => select(vec!["", "?", "?jobid", "?jobid=", "?jobid=%ff", "?jobid=%", "?jobid=+",
            "?jobid=a&jobid=b", "?JobId=a", "?other=1&jobid=a", "?jobid[]=a"])
            .prop_map(|query| Query::Odd(query.to_owned())),
        1 => text().prop_map(|text| Query::Odd(format!("?jobid={text}"))),
    ]
    .boxed()
}

fn path() -> BoxedStrategy<String> {
    let strange = select(vec![
        "/",
        "/v2",
        "/v2/",
        "/v1/jobs",
        "/v2//jobs",
        "/v2/jobs//",
        "/V2/JOBS",
        "/v2/jobs/../jobs",
        "/v2/jobs/%2e%2e/%2f",
        "/v2/jobs/cancel",
        "/v2/jobs/seed",
        "/v2/jobs/seed_async/",
        "/v2/jobs/imagine",
        "/v2/account/midjourney//reset",
        "/v2/account/midjourney/%ff/reset",
        "/v2/account/midjourney/%00/reset",
        "/v2/account/midjourney/a%2Fb/reset",
        "/v2/account/midjourney/1/reset/",
        "/v2/%",
        "/favicon.ico",
    ]);
    prop_oneof![
        3 => strange.prop_map(str::to_owned),
        1 => "\\PC{0,30}".prop_map(|text| format!("/v2/{text}")),
        1 => "[a-z_/.%]{0,20}".prop_map(|text| format!("/v2/jobs/{text}")),
    ]
    .boxed()
}

fn target() -> BoxedStrategy<Target> {
    prop_oneof![
        8 => Just(Target::Submit),
        6 => query().prop_map(Target::Look),
        1 => Just(Target::List),
        2 => query().prop_map(Target::Cancel),
        2 => channel().prop_map(Target::Reset),
        2 => (path(), any::<bool>()).prop_map(|(path, posted)| Target::Odd(path, posted)),
    ]
    .boxed()
}

/// A job whose seed is asked for.
fn parent() -> BoxedStrategy<Id> {
    prop_oneof![9 => id(), 1 => any::<usize>().prop_map(Id::Lacking)].boxed()
}

fn body() -> BoxedStrategy<Body> {
    let names = select(vec!["discord", "replyUrl", "replyRef", "news"]);
    let odd = prop_oneof![
        8 => names.prop_map(str::to_owned),
        1 => Just("jobid".to_owned()),
        1 => text(),
    ];
    let fields = |jobid: BoxedStrategy<Option<Id>>, others: BoxedStrategy<_>| {
        (jobid, others).prop_map(|(jobid, others)| Body::Fields { jobid, others })
    };
    let none = || Just(Vec::new()).boxed();
    prop_oneof![
        5 => fields(parent().prop_map(Some).boxed(), none()),
        5 => fields(parent().prop_map(Some).boxed(), vec((odd.clone(), value()), 1..4).boxed()),
        2 => fields(Just(None).boxed(), vec((odd, value()), 0..4).boxed()),
        1 => value().prop_map(|value| Body::Raw(value.to_string().into())),
        1 => vec(any::<u8>(), 0..60).prop_map(Body::Raw),
        1 => Just(Body::None),
    ]
    .boxed()
}

fn call() -> impl Strategy<Value = Call> {
    let methods = vec![
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
    ];
    let method = prop_oneof![
        9 => Just(None),
        1 => select(methods).prop_map(Some),
    ];
    let token = prop_oneof![
        20 => Just(Token::Good),
        1 => Just(Token::Expired),
        1 => Just(Token::None),
        1 => select(vec!["", "Bearer", "Bearer ", "Bearer  \t", "Basic dXNlcg==", "bearer nobody"])
            .prop_map(|text| Token::Odd(text.into())),
        1 => vec(any::<u8>(), 0..30).prop_map(|bytes| Token::Odd([b"Bearer ", &*bytes].concat())),
    ];
    let content_type = prop_oneof![
        16 => Just(Some("application/json".to_owned())),
        1 => Just(Some("Application/JSON; charset=utf-8".to_owned())),
        1 => Just(None),
        1 => select(vec!["text/plain", "application/x-www-form-urlencoded", ";", "application/jsonp"])
            .prop_map(|kind| Some(kind.to_owned())),
        1 => "[ -~]{0,20}".prop_map(Some),
    ];
    let body = prop_oneof![60 => body(), 1 => Just(Body::Long)];
    let after = prop_oneof![24 => Just(0), 1 => 1_u64..15];
    (target(), method, token, body, content_type, after).prop_map(
        |(target, method, token, body, content_type, after)| Call {
            target,
            method,
            token,
            body,
            content_type,
            after,
        },
    )
}

/// The operations of the description: method, parts of the path.
struct Known(Vec<(String, Vec<String>)>);

impl Known {
    fn read() -> Self {
        let description = Description::read();
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
        &[200, 400, 401, 402, 404, 413, 429, 596],
    )
    .chain(of(Some(Operation::GetJob), &[200, 400, 401, 402, 404, 596]))
    .chain(of(Some(Operation::ListJobs), &[200, 401, 402]))
    .chain(of(Some(Operation::CancelJob), &[200, 400, 401, 402, 404]))
    .chain(of(Some(Operation::ResetAccount), &[200, 401, 402, 404]))
    .chain(of(None, &[404, 405]))
    .collect()
}

#[test]
fn no_answer_is_outside_of_the_description() {
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
