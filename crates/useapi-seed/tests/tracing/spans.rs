//! The spans of calls, waits and searches, with OpenTelemetry's names.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use useapi_seed_emulator::{Fault, Operation};
use useapi_seed_tests::{Harness, no_retry};

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

/// Compares what the listener has seen, without what differs between runs.
fn assert_spans(name: &str, listener: &Listener) {
    let mut seen = listener.take();
    // Some are concurrent.
    seen.sort_by_key(|span| (span.parent.is_some(), format!("{:?}", span.fields)));
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r#"("server.port": )"\d+""#, r#"$1"PORT""#);
    settings.add_filter(r#"("useapi.image.size": )"\d+""#, r#"$1"SIZE""#);
    settings.bind(|| insta::assert_debug_snapshot!(name, seen));
}

#[tokio::test]
async fn calls_waits_and_searches_are_spans() {
    let listener = Listener::default();
    let subscriber = tracing_subscriber::registry().with(listener.clone());
    let _guard = subscriber.set_default();
    let harness = Harness::paused().await;
    let harness = harness.configured(|builder| builder.retry(no_retry().max_attempts(2)));

    harness.inject(Operation::RetrieveSeed, 1, Fault::status(429));
    let job = harness.start_job().await;
    assert_spans("rejected_and_accepted_submission", &listener);

    harness.emulator.advance(Duration::from_secs(60));
    let result = job.wait().await.unwrap();
    assert_spans("wait", &listener);

    // Of a URL only the host is recorded.
    let directory = tempfile::tempdir().unwrap();
    for saved in harness.client.save_images(&result, &directory).await {
        saved.unwrap();
    }
    assert_spans("images", &listener);

    harness
        .client
        .find_seed_job(harness.parent())
        .await
        .unwrap();
    assert_spans("search", &listener);

    harness.inject(Operation::CancelJob, 1, Fault::ResetBefore);
    job.cancel().await.unwrap_err();
    assert_spans("lost_response", &listener);
}
