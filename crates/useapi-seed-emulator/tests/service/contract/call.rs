//! Malformed calls, and some well-formed ones.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// A job or a channel.
#[derive(Clone, Debug)]
pub(crate) enum Id {
    /// A sample of the emulator.
    Known(usize),
    /// A sample that lacks something, so that it is usually rejected.
    Lacking(usize),
    /// A job that a previous case started.
    Started(usize),
    Malformed(String),
}

#[derive(Clone, Debug)]
pub(crate) enum Token {
    Good,
    Expired,
    None,
    /// The complete header.
    Malformed(Vec<u8>),
}

#[derive(Clone, Debug)]
pub(crate) enum Query {
    Id(Id),
    Malformed(String),
}

#[derive(Clone, Debug)]
pub(crate) enum Target {
    Submit,
    Poll(Query),
    List,
    Cancel(Query),
    Reset(Id),
    /// Path and query; whether the method is POST.
    Malformed(String, bool),
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Fields {
        /// None: `jobid` may be among the others.
        jobid: Option<Id>,
        others: Vec<(String, Value)>,
    },
    Raw(Vec<u8>),
    Long,
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) target: Target,
    /// Overrides the target's own method.
    pub(crate) method: Option<&'static str>,
    pub(crate) token: Token,
    pub(crate) body: Body,
    pub(crate) content_type: Option<String>,
    /// Advances the clock by this many seconds before the call.
    pub(crate) after: u64,
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
        1 => text().prop_map(Id::Malformed),
    ]
    .boxed()
}

/// Not the account with the moderation message: it stays halted, and its images
/// need not be drawn.
fn channel() -> BoxedStrategy<Id> {
    prop_oneof![1 => Just(Id::Known(0)), 4 => text().prop_map(Id::Malformed)].boxed()
}

fn query() -> BoxedStrategy<Query> {
    prop_oneof![
        8 => id().prop_map(Query::Id),
        1 => select(vec!["", "?", "?jobid", "?jobid=", "?jobid=%ff", "?jobid=%", "?jobid=+",
            "?jobid=a&jobid=b", "?JobId=a", "?other=1&jobid=a", "?jobid[]=a"])
            .prop_map(|query| Query::Malformed(query.to_owned())),
        1 => text().prop_map(|text| Query::Malformed(format!("?jobid={text}"))),
    ]
    .boxed()
}

fn path() -> BoxedStrategy<String> {
    let unusual = select(vec![
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
        3 => unusual.prop_map(str::to_owned),
        1 => "\\PC{0,30}".prop_map(|text| format!("/v2/{text}")),
        1 => "[a-z_/.%]{0,20}".prop_map(|text| format!("/v2/jobs/{text}")),
    ]
    .boxed()
}

fn target() -> BoxedStrategy<Target> {
    prop_oneof![
        8 => Just(Target::Submit),
        6 => query().prop_map(Target::Poll),
        1 => Just(Target::List),
        2 => query().prop_map(Target::Cancel),
        2 => channel().prop_map(Target::Reset),
        2 => (path(), any::<bool>()).prop_map(|(path, posted)| Target::Malformed(path, posted)),
    ]
    .boxed()
}

/// A job whose seed is requested.
fn parent() -> BoxedStrategy<Id> {
    prop_oneof![9 => id(), 1 => any::<usize>().prop_map(Id::Lacking)].boxed()
}

fn body() -> BoxedStrategy<Body> {
    let names = select(vec!["discord", "replyUrl", "replyRef", "other"]);
    let others = prop_oneof![
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
        5 => fields(parent().prop_map(Some).boxed(), vec((others.clone(), value()), 1..4).boxed()),
        2 => fields(Just(None).boxed(), vec((others, value()), 0..4).boxed()),
        1 => value().prop_map(|value| Body::Raw(value.to_string().into())),
        1 => vec(any::<u8>(), 0..60).prop_map(Body::Raw),
        1 => Just(Body::None),
    ]
    .boxed()
}

pub(crate) fn call() -> impl Strategy<Value = Call> {
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
            .prop_map(|text| Token::Malformed(text.into())),
        1 => vec(any::<u8>(), 0..30).prop_map(|bytes| Token::Malformed([b"Bearer ", &*bytes].concat())),
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
