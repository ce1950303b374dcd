//! Callbacks to `replyUrl`: on progress and at the end of a job.

use std::collections::VecDeque;
use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use url::Url;

use crate::clock::{Clock, with_milliseconds};
use crate::faults::Fault;
use crate::operation::Operation;
use crate::recorder::Recorder;
use crate::service::Service;

/// How many callbacks are kept: the latest.
const MAX_CALLBACKS: usize = 1000;
/// From a failed attempt to the next one, on the virtual clock.
const RETRIES: [SignedDuration; 2] = [SignedDuration::from_secs(10), SignedDuration::from_secs(60)];
/// In real time.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONCURRENCY: usize = 64;

/// An attempt to send a callback.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Callback {
    /// When, on the emulator's clock.
    pub time: String,
    /// Id of the job.
    pub job: String,
    /// The `replyUrl`, verbatim.
    pub url: String,
    /// The job, as sent.
    pub body: Value,
    /// The outcome.
    pub outcome: Outcome,
    /// The applied fault.
    pub fault: Option<Fault>,
}

/// The outcome of a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The status of the receiver's response. Any other than 2xx is a failure; each
    /// callback has at most three attempts.
    Responded(u16),
    /// It could not be delivered, with the reason.
    Failed(String),
    /// It was not sent: the URL is not on loopback, is not `http:`, or is invalid.
    Rejected,
    /// It was dropped by a fault.
    Dropped,
}

/// The URL, if it may be called.
fn callable(text: &str, allow_external: bool) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "http")?;
    let host = url.host_str()?.trim_matches(['[', ']']);
    let is_loopback = match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    };
    (is_loopback || allow_external).then_some(url)
}

/// A callback before its outcome.
struct Call {
    job: String,
    reply_url: String,
    body: Value,
    fault: Option<Fault>,
}

pub(crate) struct Callbacks {
    /// Built for the first callback: it takes longer than the rest of a start.
    http: OnceLock<Result<reqwest::Client, String>>,
    permits: Semaphore,
    allow_external: bool,
    clock: Clock,
    recorder: Arc<Recorder>,
    log: Mutex<VecDeque<Callback>>,
}

impl Callbacks {
    pub(crate) fn new(allow_external: bool, clock: Clock, recorder: Arc<Recorder>) -> Self {
        Self {
            http: OnceLock::new(),
            permits: Semaphore::new(CONCURRENCY),
            allow_external,
            clock,
            recorder,
            log: Mutex::default(),
        }
    }

    fn locked_log(&self) -> MutexGuard<'_, VecDeque<Callback>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn log(&self) -> Vec<Callback> {
        self.locked_log().iter().cloned().collect()
    }

    /// Sends the callbacks of a job until its end.
    pub(crate) fn schedule(self: &Arc<Self>, service: &Arc<Service>, jobid: &str) {
        let Some((reply_url, milestones)) = service.milestones(jobid) else {
            return;
        };
        let (callbacks, service) = (Arc::clone(self), Arc::clone(service));
        let job = jobid.to_owned();
        tokio::spawn(async move {
            let url = callable(&reply_url, callbacks.allow_external);
            let mut reordered = Vec::new();
            for milestone in milestones {
                tokio::select! {
                    () = callbacks.clock.sleep_until(milestone) => {}
                    () = service.cancelled(&job) => {}
                }
                let Some((stage, body)) = service.callback(&job, milestone) else {
                    return;
                };
                let is_last = !stage.is_executing();
                let call = Call {
                    job: job.clone(),
                    reply_url: reply_url.clone(),
                    body,
                    // A callback that is not sent has none.
                    fault: url.as_ref().and_then(|_| callbacks.next_fault(is_last)),
                };
                match &url {
                    None => callbacks.record(&call, Outcome::Rejected),
                    Some(_) if call.fault == Some(Fault::Reordered) => reordered.push(call),
                    Some(url) => {
                        callbacks.deliver(url, call).await;
                        for call in reordered.drain(..) {
                            callbacks.deliver(url, call).await;
                        }
                    }
                }
                if is_last {
                    return;
                }
            }
        });
    }

    fn next_fault(&self, is_last: bool) -> Option<Fault> {
        let mut plan = self.recorder.plan();
        let mut triggered = plan.next(Operation::Callback)?;
        if is_last && *triggered.fault == Fault::Reordered {
            triggered = plan.next_after_unused(&triggered, |it| *it != Fault::Reordered)?;
        }
        Some(Fault::clone(&triggered.fault))
    }

    async fn deliver(self: &Arc<Self>, url: &Url, call: Call) {
        match call.fault {
            Some(Fault::Dropped) => return self.record(&call, Outcome::Dropped),
            Some(Fault::Latency { milliseconds }) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            }
            Some(Fault::Duplicated) => {
                self.attempt(url, &call).await;
            }
            _ => {}
        }
        if self.attempt(url, &call).await {
            return;
        }
        // In its own task, so that the job's next callback does not wait for it.
        let (callbacks, url) = (Arc::clone(self), url.clone());
        tokio::spawn(async move {
            for pause in RETRIES {
                let next = callbacks.clock.now().checked_add(pause);
                let next = next.unwrap_or(Timestamp::MAX);
                callbacks.clock.sleep_until(next).await;
                if callbacks.attempt(&url, &call).await {
                    return;
                }
            }
        });
    }

    /// Returns whether the receiver accepted it.
    async fn attempt(&self, url: &Url, call: &Call) -> bool {
        let sent = self.send(url, call).await;
        let outcome = sent.map_or_else(Outcome::Failed, Outcome::Responded);
        let is_accepted = matches!(outcome, Outcome::Responded(200..=299));
        self.record(call, outcome);
        is_accepted
    }

    async fn send(&self, url: &Url, call: &Call) -> Result<u16, String> {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await;
        let http = self.http.get_or_init(|| {
            reqwest::Client::builder()
                .no_proxy()
                // A redirect could leave loopback.
                .redirect(reqwest::redirect::Policy::none())
                .timeout(TIMEOUT)
                .build()
                .map_err(|error| with_sources(&error))
        });
        let request = http
            .as_ref()
            .map_err(Clone::clone)?
            .post(url.clone())
            .json(&call.body);
        match request.send().await {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) if error.is_timeout() => Err(format!("no response within {TIMEOUT:?}")),
            Err(error) => Err(with_sources(&error.without_url())),
        }
    }

    fn record(&self, call: &Call, outcome: Outcome) {
        let mut log = self.locked_log();
        if log.len() == MAX_CALLBACKS {
            log.pop_front();
        }
        log.push_back(Callback {
            time: with_milliseconds(self.clock.now()),
            job: call.job.clone(),
            url: call.reply_url.clone(),
            body: call.body.clone(),
            outcome,
            fault: call.fault.clone(),
        });
    }
}

fn with_sources(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", with_sources(source)),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::callable;

    #[test]
    fn only_loopback_is_called_by_default() {
        for url in [
            "http://127.0.0.1:8080/hook?key=5",
            "http://127.9.9.9/",
            "http://2130706433/",
            "http://[::1]:80/",
            "http://LOCALHOST/",
        ] {
            assert!(callable(url, false).is_some(), "{url}");
        }
        for url in [
            "http://192.0.2.1/",
            "http://127.0.0.1@192.0.2.1/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://0.0.0.0/",
            "http://[::ffff:192.0.2.1]/",
        ] {
            assert!(callable(url, false).is_none(), "{url}");
            assert!(callable(url, true).is_some(), "{url}");
        }
        for url in ["https://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", ""] {
            assert!(callable(url, true).is_none(), "{url}");
        }
    }
}
