//! The spans of calls, waits and searches, with OpenTelemetry's names.
//!
//! In a process of its own, because it captures all spans.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use useapi_seed::{Client, SubmitOutcome};
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
use useapi_seed_tests::{no_retry, poll_every};

/// A span, with the name of the one around it.
#[derive(Clone, Debug, Default)]
struct Seen {
    name: &'static str,
    parent: Option<&'static str>,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

/// Every span of this project, by its id.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<(u64, Seen)>>>);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listener {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !attributes.metadata().target().starts_with("useapi_seed") {
            return;
        }
        let span = context.span(id).unwrap();
        let mut seen = Seen {
            name: attributes.metadata().name(),
            parent: span.parent().map(|parent| parent.name()),
            fields: BTreeMap::new(),
        };
        attributes.record(&mut seen);
        self.0.lock().unwrap().push((id.into_u64(), seen));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut seen = self.0.lock().unwrap();
        // Ids are reused.
        let last = seen
            .iter_mut()
            .rev()
            .find(|(known, _)| *known == id.into_u64());
        if let Some((_, span)) = last {
            values.record(span);
        }
    }
}

impl Listener {
    fn take(&self) -> Vec<Seen> {
        let seen = std::mem::take(&mut *self.0.lock().unwrap());
        seen.into_iter().map(|(_, seen)| seen).collect()
    }
}

fn assert_fields(seen: &Seen, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        let found = seen.fields.get(name).map(String::as_str);
        assert_eq!(found, Some(*value), "{name} of {seen:#?}");
    }
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one listener captures all spans")]
async fn calls_waits_and_searches_are_spans() {
    let listener = Listener::default();
    tracing_subscriber::registry().with(listener.clone()).init();
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let port = emulator.base_url();
    let port = port.rsplit(':').next().unwrap().trim_end_matches("/v2");
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(no_retry().max_attempts(2))
        .build()
        .unwrap();
    let parent = emulator.jobs().imagine.as_str();

    // A submission that is rejected first, and then accepted.
    emulator
        .inject(
            Operation::RetrieveSeed,
            Trigger::Next(1),
            Fault::status(429),
        )
        .unwrap();
    let Ok(SubmitOutcome::Started(job)) = client.submit(parent).await else {
        panic!("not started");
    };
    let seen = listener.take();
    assert_eq!(seen.len(), 2, "{seen:#?}");
    for span in &seen {
        assert_eq!(span.name, "useapi_seed.request");
        assert_fields(
            span,
            &[
                ("otel.name", "POST /jobs/seed_async"),
                ("otel.kind", "client"),
                ("http.request.method", "POST"),
                ("url.template", "/jobs/seed_async"),
                ("server.address", "127.0.0.1"),
                ("server.port", port),
                ("useapi.parent_job.id", parent),
                ("useapi.request.status", "response_received"),
            ],
        );
        assert!(!span.fields.contains_key("useapi.job.id"));
    }
    assert_fields(
        &seen[0],
        &[
            ("useapi.attempt", "1"),
            ("http.response.status_code", "429"),
            ("error.type", "too_many_jobs"),
            ("otel.status_code", "ERROR"),
        ],
    );
    assert!(!seen[0].fields.contains_key("http.request.resend_count"));
    assert_fields(
        &seen[1],
        &[
            ("useapi.attempt", "2"),
            ("http.request.resend_count", "1"),
            ("http.response.status_code", "200"),
        ],
    );
    assert!(!seen[1].fields.contains_key("error.type"));

    // A wait, with a poll in it.
    emulator.advance(Duration::from_secs(60));
    let wait = job
        .wait()
        .with_options(poll_every(Duration::from_millis(1)));
    let result = wait.await.unwrap();
    let seen = listener.take();
    assert_eq!(seen[0].name, "useapi_seed.wait");
    assert_fields(
        &seen[0],
        &[
            ("useapi.job.id", job.id()),
            ("useapi.polls", "1"),
            ("useapi.job.status", "completed"),
        ],
    );
    assert_eq!(seen[1].parent, Some("useapi_seed.wait"));
    assert_fields(
        &seen[1],
        &[("http.request.method", "GET"), ("useapi.job.id", job.id())],
    );

    // Images; of a URL only the host is recorded.
    let directory = tempfile::tempdir().unwrap();
    for saved in client.save_images(&result, &directory).await {
        saved.unwrap();
    }
    let seen = listener.take();
    assert_eq!(seen[0].name, "useapi_seed.save_images");
    assert_fields(&seen[0], &[("useapi.job.id", job.id())]);
    let downloads: Vec<_> = seen
        .iter()
        .filter(|span| span.name == "useapi_seed.download")
        .collect();
    assert_eq!(downloads.len(), 4);
    for (number, span) in (1..).zip(downloads) {
        assert_eq!(span.parent, Some("useapi_seed.save_images"));
        let number = number.to_string();
        let image = result
            .images()
            .iter()
            .find(|image| image.number.to_string() == number);
        let size = image.unwrap().size.unwrap().to_string();
        assert_fields(
            span,
            &[
                ("server.address", "127.0.0.1"),
                ("http.request.method", "GET"),
                ("http.response.status_code", "200"),
                ("useapi.attempt", "1"),
                ("useapi.request.status", "response_received"),
                ("useapi.image.number", &number),
                ("useapi.image.reused", "false"),
                ("useapi.image.size", &size),
            ],
        );
        assert!(!format!("{span:?}").contains("hm="));
    }

    // A search for a job.
    client.find_seed_job(parent).await.unwrap();
    let seen = listener.take();
    assert_eq!(seen[0].name, "useapi_seed.find_seed_job");
    assert_fields(&seen[0], &[("useapi.parent_job.id", parent)]);
    assert!(
        seen[1..]
            .iter()
            .all(|span| span.parent == Some(seen[0].name))
    );

    // A lost response.
    emulator
        .inject(Operation::CancelJob, Trigger::Next(1), Fault::ResetBefore)
        .unwrap();
    job.cancel().await.unwrap_err();
    let seen = listener.take();
    assert_fields(
        &seen[0],
        &[
            ("otel.name", "GET /jobs/cancel/"),
            ("useapi.request.status", "may_have_been_sent"),
            ("error.type", "transport"),
        ],
    );
    assert!(!seen[0].fields.contains_key("http.response.status_code"));
}
